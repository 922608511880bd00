"""A change as the rest of the walk reads it: plain values, made only when they are asked for, once."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any

from bridge.core.change import Change
from bridge.core.diff import FieldChange
from bridge.core.values import plain_item

_UNSET: Any = object()


@lru_cache(maxsize=1024)  # the changes of a batch share a few seconds
def _time_text(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


class ChangeView:
    """One change, redacted and diffed. ``changes`` follows DESIGN: ``None`` = cannot be known from this
    stream view (or there is nothing to compare: an insert or a remove), ``[]`` = nothing changed."""

    __slots__ = ("_after", "_before", "_key", "_meta", "change", "changes")

    def __init__(self, change: Change, changes: list[FieldChange] | None) -> None:
        self.change = change
        self.changes = changes
        self._key: Any = _UNSET
        self._before: Any = _UNSET
        self._after: Any = _UNSET
        self._meta: Any = _UNSET

    @property
    def key(self) -> dict[str, Any]:
        if self._key is _UNSET:
            self._key = plain_item(self.change.key)
        return self._key  # type: ignore[no-any-return]

    @property
    def before(self) -> dict[str, Any] | None:
        if self._before is _UNSET:
            image = self.change.before
            self._before = None if image is None else plain_item(image)
        return self._before  # type: ignore[no-any-return]

    @property
    def after(self) -> dict[str, Any] | None:
        if self._after is _UNSET:
            image = self.change.after
            self._after = None if image is None else plain_item(image)
        return self._after  # type: ignore[no-any-return]

    @property
    def time_text(self) -> str:
        """RFC 3339 in UTC, whole seconds."""
        return _time_text(self.change.time)

    @property
    def meta(self) -> dict[str, Any]:
        """What a mapping may take about the change itself."""
        if self._meta is _UNSET:
            change = self.change
            self._meta = {
                "table": change.table,
                "operation": change.operation,
                "time": self.time_text,
                "sequence": change.position.sequence,
                "recordId": change.record_id,
                "actor": change.actor,
            }
        return self._meta  # type: ignore[no-any-return]

    def document(self) -> dict[str, Any]:
        """Everything that a JSONPath may look into; what is ``None`` is left out."""
        every = {
            "key": self.key,
            "before": self.before,
            "after": self.after,
            "changes": self.changes,
            "meta": self.meta,
        }
        return {name: value for name, value in every.items() if value is not None}


ROOTS = ("key", "before", "after", "changes", "meta")


def default_data(view: ChangeView) -> dict[str, Any]:
    """``{operation, key, before?, after?, changes?}``; what this change does not have is left out."""
    data: dict[str, Any] = {"operation": view.change.operation, "key": view.key}
    if view.change.before is not None:
        data["before"] = view.before
    if view.change.after is not None:
        data["after"] = view.after
    if view.changes is not None:
        data["changes"] = view.changes
    return data
