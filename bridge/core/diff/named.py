"""Which attributes changed, where no before image tells: by the hashes of what was told last."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bridge.core.change import TypedItem
from bridge.core.diff.fields import FieldChange
from bridge.core.diff.view import ChangeView
from bridge.core.pointer import escape

FieldHashes = Callable[[TypedItem], dict[str, str]]


def named_changes(
    view: ChangeView, published: Mapping[str, str], hashes: FieldHashes
) -> list[FieldChange] | None:
    """``{path, op, after?}`` for each top-level attribute that is not what was told last, never with
    ``before``. ``after`` is there where the change itself has it; an item that was read later shows only
    which attributes differ by then. None where nothing can be known."""
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
    # An item that was read later may have changed and changed back, so nothing found proves nothing.
    return None if not found and change.after is None else found
