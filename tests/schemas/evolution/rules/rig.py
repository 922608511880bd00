"""Two versions of a schema as rules see them, for tests of what a change does to patterns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridge.schemas.evolution.rules.finding import RuleImpact, Side
from bridge.schemas.evolution.rules.impact import Impact

TYPE = "com.example.user.plan_changed"
PLAN: dict[str, Any] = {
    "type": "object",
    "required": ["userId", "plan"],
    "properties": {
        "userId": {"type": "string", "pattern": "^u-"},
        "plan": {"enum": ["free", "pro", "enterprise"]},
        "seats": {"type": "integer", "minimum": 1, "maximum": 50},
        "address": {
            "type": "object",
            "required": ["city"],
            "properties": {"city": {"type": "string"}, "zip": {"type": "string"}},
        },
        "lines": {
            "type": "array",
            "items": {"type": "object", "properties": {"sku": {"type": "string"}}},
        },
        "trial": {"type": "boolean"},
        "anything": {"type": "object"},
    },
}


def changed(**properties: Any) -> dict[str, Any]:
    """``PLAN`` with other properties; None removes one."""
    kept = {**PLAN["properties"], **properties}
    return {**PLAN, "properties": {name: schema for name, schema in kept.items() if schema is not None}}


def side(
    document: Mapping[str, Any], version: str = "1.0.0", examples: Mapping[str, Any] | None = None
) -> Side:
    uri = f"https://schemas.example.com/{TYPE}/{version}.json"
    major = version.partition(".")[0]
    return Side(f"{TYPE}.v{major}", version, uri, {uri: {**document, "$id": uri}}, "shop", examples or {})


def judged(
    detail: Mapping[str, Any] | None,
    new: Mapping[str, Any],
    *,
    old: Mapping[str, Any] | None = PLAN,
    version: str = "1.1.0",
    examples: Mapping[str, Any] | None = None,
    new_examples: Mapping[str, Any] | None = None,
    **envelope: Any,
) -> RuleImpact:
    """A rule over ``detail.data``, from version 1.0.0 ``old`` to ``new``."""
    pattern = {"detail-type": [f"{TYPE}.v1"], **envelope}
    if detail is not None:
        pattern["detail"] = {"data": detail}
    before = None if old is None else side(old, "1.0.0", examples)
    return Impact(before, side(new, version, new_examples)).judge("rule", pattern)
