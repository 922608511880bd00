"""A change as the rest of the pipeline reads it: plain values and field changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from bridge.core.change import Change, TypedItem
from bridge.core.diff.fields import Differ, FieldChange, differing_names
from bridge.core.entities.template import KeyTemplate
from bridge.core.image import Image
from bridge.core.numbers import PlainItem
from bridge.core.pointer import escape
from bridge.core.values import plain_item

FieldHashes = Callable[[TypedItem], dict[str, str]]


@lru_cache(maxsize=1024)  # the changes of a batch fall into a few seconds
def _time_text(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


class ChangeView:
    """One redacted change with its values converted by ``convert``.

    ``key``, ``before`` and ``after`` give plain JSON, attribute by attribute on request; a missing image is
    ``None``. ``changes`` is ``None`` where it cannot be known from this stream view or where there is nothing
    to compare (an insert, a remove), and ``[]`` where nothing changed. ``current`` is the item as it was read
    later; it is never compared with the others.

    Creating a view, and reading from it, raises :class:`bridge.errors.MalformedRecord` where a value is not
    legal typed JSON.
    """

    __slots__ = ("_id", "_template", "after", "before", "change", "changes", "convert", "current", "key")

    def __init__(
        self,
        change: Change,
        diff: Differ,
        convert: PlainItem = plain_item,
        template: KeyTemplate | None = None,
    ) -> None:
        self.change = change
        self.convert = convert
        self._template = template
        self._id: dict[str, Any] | None = None
        self.key = Image(change.key, "Keys", convert=convert)
        self.before: Image | None = None
        self.after: Image | None = None
        self.changes: list[FieldChange] | None = None
        before, after = change.before, change.after
        if after is not None:
            self.after = Image(after, "NewImage", convert=convert)
        if before is not None and after is not None:
            names = differing_names(before, after)
            # A set: an item may have tens of thousands of attributes, and each is looked up.
            self.before = Image(before, "OldImage", self.after, frozenset(names), convert)
            self.changes = diff(before, after, names)
        elif before is not None:
            self.before = Image(before, "OldImage", convert=convert)
        self.current: Image | None = None
        if change.current is not None:
            self.current = Image(change.current, "current item", convert=convert)

    def check(self) -> None:
        """Raises :class:`bridge.errors.MalformedRecord` where a value that was not read yet is illegal."""
        for image in (self.key, self.before, self.after, self.current):
            if image is not None:
                image.check()

    @property
    def id(self) -> dict[str, Any] | None:
        """The parts of the key by name, as plain values; None where no template names any."""
        template = self._template
        if self._id is None and template is not None:
            change = self.change
            parts = change.parts if change.parts is not None else template.parse(change.key)
            if parts is not None:
                plain = not template.bare
                self._id = dict(parts) if plain else self.convert(template.typed(parts, change.key), "Keys")
        return self._id

    @property
    def time_text(self) -> str:
        """RFC 3339 in UTC, whole seconds."""
        return _time_text(self.change.time)

    @property
    def meta(self) -> dict[str, Any]:
        """What a mapping may use about the change itself."""
        change = self.change
        return {
            "table": change.table,
            "operation": change.operation,
            "time": self.time_text,
            "sequence": change.sequence,
            "recordId": change.record_id,
            "actor": change.actor,
        }

    def document(self) -> dict[str, Any]:
        """Everything that a JSONPath may search; members that are ``None`` are left out."""
        every = {
            "key": self.key.whole(),
            "id": self.id,
            "before": None if self.before is None else self.before.whole(),
            "after": None if self.after is None else self.after.whole(),
            "changes": self.changes,
            "current": None if self.current is None else self.current.whole(),
            "meta": self.meta,
        }
        return {name: value for name, value in every.items() if value is not None}


ROOTS = ("key", "before", "after", "changes", "current", "meta")
"""Where a JSONPath over a change begins; over a change of an entity also at ``id``."""


def default_data(view: ChangeView) -> dict[str, Any]:
    """``{operation, key, id?, before?, after?, changes?}``; members that this change does not have are left
    out. ``id`` holds the parts that key templates name.

    With ``fetch: current`` also ``fetched`` and ``current?``; an item gone by then has no ``current``.
    """
    data: dict[str, Any] = {"operation": view.change.operation, "key": view.key.whole()}
    if view.id:
        data["id"] = view.id
    if view.before is not None:
        data["before"] = view.before.whole()
    if view.after is not None:
        data["after"] = view.after.whole()
    if view.changes is not None:
        data["changes"] = view.changes
    if view.change.fetched:
        data["fetched"] = True
        if view.current is not None:
            data["current"] = view.current.whole()
    return data


def named_changes(
    view: ChangeView, published: Mapping[str, str], hashes: FieldHashes
) -> list[FieldChange] | None:
    """The changed attributes where the before image is missing, by the hashes of the last published state.

    ``{path, op, after?}`` for each top-level attribute that differs, never with ``before``. ``after`` is
    given where the change itself has it; an item that was read later shows only which attributes differ by
    then. None where nothing can be known.
    """
    change = view.change
    typed = change.after if change.after is not None else change.current
    if typed is None:
        return None
    now = hashes(typed)
    found: list[FieldChange] = []
    for name in sorted(now.keys() | published.keys()):
        if now.get(name) == published.get(name):
            continue
        op = "add" if name not in published else "remove" if name not in now else "replace"
        entry: FieldChange = {"path": f"/{escape(name)}", "op": op}
        if op != "remove" and view.after is not None:
            entry["after"] = view.after[name]
        found.append(entry)
    # An item that was read later may have changed and changed back, so no difference proves nothing.
    return None if not found and change.after is None else found
