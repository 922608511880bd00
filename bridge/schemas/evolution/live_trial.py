"""Events that were really published against a version that is only proposed: how many would fail, and why.

What is told of a failure is where and which rule, never a value; the first value of each kind is kept only
for who asks to see it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from bridge.schemas.documents.proposed import Proposed
from bridge.schemas.documents.validation import Violation

KINDS_MAX: Final = 200
_INDEX: Final = re.compile(r"/[0-9]+(?=/|$)")
_MAJOR: Final = re.compile(r"\.v[0-9]+$")


@dataclass(slots=True)
class FailureKind:
    """One broken rule at one place (``*`` stands for any element, and for names that may be data).

    ``events`` is how many events break it; ``event_id``, ``event_type`` and ``event_time`` are of the first
    of them, ``value`` is what stood there, where values are kept."""

    rule: str
    path: str
    what: str
    event_id: str
    event_type: str
    event_time: str
    events: int = 0
    value: Any = None


@dataclass(slots=True)
class Trial:
    """Takes one CloudEvent after the other. ``type_name`` (without a major; empty: any) says which count;
    ``keep_values`` remembers the first failing value of each kind."""

    proposed: Proposed
    type_name: str = ""
    keep_values: bool = False

    looked: int = field(default=0, init=False)
    failed: int = field(default=0, init=False)
    other_types: int = field(default=0, init=False)
    without_data: int = field(default=0, init=False)
    """Their data lies in S3, or they have none."""
    more_kinds: bool = field(default=False, init=False)
    kinds: dict[tuple[str, str, str], FailureKind] = field(default_factory=dict, init=False)

    def take(self, event: Mapping[str, Any]) -> bool:
        """Whether the event was one to look at."""
        event_type = str(event.get("type", ""))
        if self.type_name and self.type_name not in (event_type, _MAJOR.sub("", event_type)):
            self.other_types += 1
            return False
        if "data" not in event:
            self.without_data += 1
            return False
        self.looked += 1
        self._judge(event, event["data"])
        return True

    def _judge(self, event: Mapping[str, Any], data: Any) -> None:
        validator = self.proposed.validator
        try:
            if validator.is_valid(data):
                return
            errors = list(validator.iter_errors(data))
        except ValueError:  # its text would hold the value
            errors = []
        self.failed += 1
        if not errors:
            self._count(event, Violation("", "json", "holds something that JSON cannot say"), None, set())
            return
        counted: set[tuple[str, str, str]] = set()
        for error in errors:
            self._count(event, Violation.of(error), error.instance, counted)

    def _count(
        self, event: Mapping[str, Any], found: Violation, value: Any, counted: set[tuple[str, str, str]]
    ) -> None:
        """One event counts once for each kind."""
        path = _INDEX.sub("/*", found.path)
        key = (found.keyword, path, found.what)
        if key in counted:
            return
        counted.add(key)
        kind = self.kinds.get(key)
        if kind is None:
            if len(self.kinds) >= KINDS_MAX:
                self.more_kinds = True
                return
            kind = self.kinds[key] = FailureKind(
                found.keyword,
                path,
                found.what,
                str(event.get("id", "")),
                str(event.get("type", "")),
                str(event.get("time", "")),
                value=value if self.keep_values else None,
            )
        kind.events += 1

    def worst_first(self) -> list[FailureKind]:
        return sorted(self.kinds.values(), key=lambda kind: (-kind.events, kind.path, kind.rule))
