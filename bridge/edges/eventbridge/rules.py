"""The rules on an event bus."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bridge.edges.answers.errors import AwsTarget
from bridge.errors import SourceUnavailable


def list_patterns(events: Any, bus: str) -> Iterator[tuple[str, str]]:
    """Name and pattern (JSON text) of every rule of a bus that has a pattern; rules on a schedule have none.

    Needs ``events:ListRules``. Raises ``TargetMissing``, ``AccessDenied``, ``SourceUnavailable``.
    """
    target = AwsTarget(events, "events", f"event bus {bus}", unavailable=SourceUnavailable)
    for page in target.pages("ListRules", EventBusName=bus):
        for rule in page["Rules"]:
            if rule.get("EventPattern"):
                yield rule["Name"], rule["EventPattern"]
