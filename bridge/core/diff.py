"""The field diff of two typed images: exact, minimal, in a fixed order.

DESIGN, "Values": values are equal only when type and value are; numbers are equal as numbers, sets as
sets. Maps recurse, lists compare by index with adds and removes at the tail, so that the result, read as
a JSON Patch (RFC 6902), turns ``before`` into ``after``.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Literal

from bridge.core.change import TypedItem, TypedValue
from bridge.core.pointer import Segments, below, escape
from bridge.core.values import base64_text, plain, same_number

FieldChange = dict[str, Any]
"""``{path, op, before?, after?}``; sets add ``added`` and ``removed``, a bare change of type ``types``."""

Lists = Literal["index", "whole"]
Differ = Callable[[TypedItem, TypedItem], list[FieldChange]]


def compile_diff(*, ignore: tuple[Segments, ...] = (), lists: Lists = "index") -> Differ:
    """A function from two checked images to their field changes.

    ``ignore`` names paths (with ``*`` segments) below which nothing is reported; ``lists`` compares
    lists by index or as one value.
    """
    whole_lists = lists == "whole"

    def diff(before: TypedItem, after: TypedItem) -> list[FieldChange]:
        found: list[FieldChange] = []
        _maps(before, after, "", ignore, whole_lists, found)
        return found

    return diff


def _maps(
    before: TypedItem,
    after: TypedItem,
    path: str,
    ignore: tuple[Segments, ...],
    whole_lists: bool,
    found: list[FieldChange],
) -> None:
    # Most attributes of most changes stand as they were: find the others before anything is sorted.
    names = [name for name, value in after.items() if before.get(name) != value]
    names += [name for name in before if name not in after]
    names.sort()
    for name in names:
        ignored = below(ignore, name) if ignore else ()
        if () in ignored:
            continue
        here = f"{path}/{escape(name)}"
        if name not in before:
            found.append({"path": here, "op": "add", "after": plain(after[name])})
        elif name not in after:
            found.append({"path": here, "op": "remove", "before": plain(before[name])})
        else:
            _values(before[name], after[name], here, ignored, whole_lists, found)


def _values(
    before: TypedValue,
    after: TypedValue,
    path: str,
    ignore: tuple[Segments, ...],
    whole_lists: bool,
    found: list[FieldChange],
) -> None:
    ((old_tag, old),) = before.items()
    ((new_tag, new),) = after.items()
    if old_tag != new_tag:
        _replace(before, after, path, found)
    elif old_tag == "M":
        _maps(old, new, path, ignore, whole_lists, found)
    elif old_tag == "L":
        inside: list[FieldChange] = [] if whole_lists else found
        _lists(old, new, path, ignore, whole_lists, inside)
        if whole_lists and inside:
            _replace(before, after, path, found)
    elif old_tag in _MEMBER:
        _sets(before, after, path, found)
    elif not _same_scalar(old_tag, old, new):
        _replace(before, after, path, found)


def _same_scalar(tag: str, old: Any, new: Any) -> bool:
    if tag == "N":
        return same_number(old, new)
    if tag == "B":
        return base64_text(old) == base64_text(new)
    return bool(old == new)


def _replace(before: TypedValue, after: TypedValue, path: str, found: list[FieldChange]) -> None:
    old, new = plain(before), plain(after)
    change: FieldChange = {"path": path, "op": "replace", "before": old, "after": new}
    # A set that became a list reads the same on both sides; only the types tell what happened.
    if old == new and type(old) is type(new):
        change["types"] = [*before, *after]
    found.append(change)


def _lists(
    old: list[TypedValue],
    new: list[TypedValue],
    path: str,
    ignore: tuple[Segments, ...],
    whole_lists: bool,
    found: list[FieldChange],
) -> None:
    shared = min(len(old), len(new))
    for index in range(shared):
        if old[index] != new[index]:
            ignored = below(ignore, str(index)) if ignore else ()
            if () not in ignored:
                _values(old[index], new[index], f"{path}/{index}", ignored, whole_lists, found)
    for index in range(shared, len(new)):
        if not ignore or () not in below(ignore, str(index)):
            found.append({"path": f"{path}/{index}", "op": "add", "after": plain(new[index])})
    # From the end, so that no removal moves the ones still to come.
    for index in range(len(old) - 1, shared - 1, -1):
        if not ignore or () not in below(ignore, str(index)):
            found.append({"path": f"{path}/{index}", "op": "remove", "before": plain(old[index])})


_MEMBER: dict[str, Callable[[Any], Any]] = {"SS": str, "NS": Decimal, "BS": base64_text}


def _sets(before: TypedValue, after: TypedValue, path: str, found: list[FieldChange]) -> None:
    ((tag, old),) = before.items()
    ((_, new),) = after.items()
    member = _MEMBER[tag]
    # Keyed by value, so that "1.0" and "1" are one member of a number set.
    was, now = {member(each): each for each in old}, {member(each): each for each in new}
    added = [now[each] for each in now.keys() - was.keys()]
    removed = [was[each] for each in was.keys() - now.keys()]
    if added or removed:
        found.append(
            {
                "path": path,
                "op": "replace",
                "before": plain(before),
                "after": plain(after),
                "added": plain({tag: added}),
                "removed": plain({tag: removed}),
            }
        )
