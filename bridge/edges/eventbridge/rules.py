"""The rules that stand on an event bus."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bridge.edges.answers.errors import AWS_ERRORS, AwsTarget
from bridge.errors import SourceUnavailable


def list_patterns(events: Any, bus: str) -> Iterator[tuple[str, str]]:
    """Name and pattern (JSON text) of every rule of a bus that has one; those on a schedule have none.

    Needs ``events:ListRules``. Raises ``TargetMissing``, ``AccessDenied``, ``SourceUnavailable``.
    """
    request: dict[str, Any] = {"EventBusName": bus}
    while True:
        try:
            page = events.list_rules(**request)
        except AWS_ERRORS as error:
            target = AwsTarget("events", f"event bus {bus}", unavailable=SourceUnavailable)
            raise target.translate(error) from error
        for rule in page.get("Rules") or ():
            if rule.get("EventPattern"):
                yield rule["Name"], rule["EventPattern"]
        if not page.get("NextToken"):
            return
        request["NextToken"] = page["NextToken"]
