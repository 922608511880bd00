"""Example values generated from an inferred schema, so that examples contain nothing of a real item.

Supports only what ``bridge.schemas.authoring.infer`` writes: types, format, pattern of numbers, properties,
items, additionalProperties.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bridge.onboarding.candidates import CURRENCY

_OF_FORMAT: Final = {
    "date-time": ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"),
    "date": ("2026-01-01", "2026-01-02"),
    "email": ("one@example.com", "two@example.com"),
    "uuid": ("00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"),
    "uri": ("https://example.com/1", "https://example.com/2"),
}


def example_of(schema: Mapping[str, Any], name: str = "value", *, full: bool = True, variant: int = 0) -> Any:
    """A value that satisfies ``schema``. ``full`` includes optional members; ``variant`` 1 gives other
    scalars than 0. Texts contain the name of their attribute."""
    types = schema.get("type", "string")
    kind = types if isinstance(types, str) else types[0]
    match kind:
        case "object":
            return _object(schema, full, variant)
        case "array":
            if not full:
                return []
            return [example_of(schema.get("items", {}), name, full=full, variant=variant)]
        case "number" | "integer":
            return 1 + variant
        case "boolean":
            return variant == 0
        case "null":
            return None
    if "format" in schema:
        return _OF_FORMAT[schema["format"]][variant]
    if "const" in schema:
        return schema["const"]
    if schema.get("pattern") == CURRENCY:
        return ("EUR", "USD")[variant]
    if schema.get("contentEncoding") == "base64":
        return ("AQ==", "Ag==")[variant]
    return f"{name}-{1 + variant}"


def _object(schema: Mapping[str, Any], full: bool, variant: int) -> dict[str, Any]:
    required = schema.get("required", ())
    made = {
        name: example_of(each, name, full=full, variant=variant)
        for name, each in schema.get("properties", {}).items()
        if full or name in required
    }
    if full and "additionalProperties" in schema:
        made["name-1"] = example_of(schema["additionalProperties"], "name-1", full=full, variant=variant)
    return made


def typed(value: Any) -> dict[str, Any]:
    """A plain JSON value as DynamoDB's typed JSON. Sets and binary become lists and strings, which are the
    same in events."""
    match value:
        case bool():
            return {"BOOL": value}
        case None:
            return {"NULL": True}
        case int() | float():
            return {"N": str(value)}
        case list():
            return {"L": [typed(each) for each in value]}
        case dict():
            return {"M": {name: typed(each) for name, each in value.items()}}
    return {"S": value}
