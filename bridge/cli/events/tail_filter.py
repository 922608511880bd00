"""Which events ``stream-bridge tail`` shows, and how much of that a rule can decide already."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any

from bridge.core.pattern.matching import Pattern, compile_pattern
from bridge.core.pattern.rules import too_long

_MAJOR = re.compile(r"\.v[0-9]+$")
_ANY_CLOUD_EVENT: dict[str, Any] = {"specversion": ["1.0"]}


@dataclass(frozen=True)
class TailFilter:
    """``type`` and ``subject`` are globs (``*``, ``?``, ``[...]``); ``type`` may leave the major out.
    ``pattern`` is a valid one over the CloudEvent. Empty takes all."""

    type: str = ""
    subject: str = ""
    pattern: Mapping[str, Any] | None = None

    @cached_property
    def _compiled(self) -> Pattern | None:
        return None if self.pattern is None else compile_pattern(self.pattern)

    def takes(self, event: Mapping[str, Any]) -> bool:
        name = str(event.get("type", ""))
        if self.type and not any(fnmatchcase(each, self.type) for each in (name, _MAJOR.sub("", name))):
            return False
        if self.subject and not fnmatchcase(str(event.get("subject", "")), self.subject):
            return False
        return self._compiled is None or self._compiled.matches(event)

    def rule_pattern(self) -> dict[str, Any]:
        """What a rule lets through: every event that is taken, and no more than needed. Events of a bus carry
        their type as ``detail-type``."""
        rule: dict[str, Any] = {"detail": _ANY_CLOUD_EVENT}
        if self.type and not re.search(r"[?\[\]\\]|\*\*", self.type):
            same: Any = {"wildcard": self.type} if "*" in self.type else self.type
            rule["detail-type"] = [same]
            if not self.type.endswith("*"):
                rule["detail-type"].append({"wildcard": f"{self.type}.v*"})
        if self.pattern is None:
            return rule
        narrow = {**rule, "detail": {**_ANY_CLOUD_EVENT, **self.pattern}}
        return rule if too_long(narrow) else narrow
