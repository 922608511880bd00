"""Published events against a proposed version: how many would fail, and why.

A failure names place and rule, never a value. The first value of each kind is kept only on request.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from bridge.schemas.documents.proposed import Proposed
from bridge.schemas.documents.validation import NOT_JSON, Violation

KINDS_MAX: Final = 200
_INDEX: Final = re.compile(r"/[0-9]+(?=/|$)")
_MAJOR: Final = re.compile(r"\.v[0-9]+$")


@dataclass(slots=True)
class FailureKind:
    """One broken rule at one place, with ``*`` for elements and for names that may be data.

    ``events`` is the number of events that break it. ``event_id``, ``event_type`` and ``event_time`` are the
    first event's, and so is ``value`` where values are kept."""

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
    """Takes one CloudEvent after the other. ``type_name`` (without a major; empty: any) selects the events to
    validate; ``keep_values`` keeps the first failing value of each kind."""

    proposed: Proposed
    type_name: str = ""
    keep_values: bool = False

    looked: int = field(default=0, init=False)
    failed: int = field(default=0, init=False)
    other_types: int = field(default=0, init=False)
    without_data: int = field(default=0, init=False)
    """Their data is in S3, or missing."""
    more_kinds: bool = field(default=False, init=False)
    kinds: dict[tuple[str, str, str], FailureKind] = field(default_factory=dict, init=False)

    def take(self, event: Mapping[str, Any]) -> bool:
        """Validate an event. False for one that is not selected or has no data."""
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
        except ValueError:  # its text would contain the value
            errors = []
        self.failed += 1
        if not errors:
            self._count(event, Violation("", "json", NOT_JSON), None, set())
            return
        counted: set[tuple[str, str, str]] = set()
        for error in errors:
            self._count(event, Violation.of(error), error.instance, counted)

    def _count(
        self, event: Mapping[str, Any], found: Violation, value: Any, counted: set[tuple[str, str, str]]
    ) -> None:
        """An event counts once for each kind."""
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
