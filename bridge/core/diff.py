"""The field diff of two typed images: exact, minimal, in a fixed order.

DESIGN, "Values": values are equal only when type and value are; numbers are equal as numbers, sets as
sets. Maps recurse, lists compare by index with adds and removes at the tail, so that the result, read as
a JSON Patch (RFC 6902), turns ``before`` into ``after``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from bridge.core.change import TypedItem, TypedValue
from bridge.core.pointer import Segments, below, escape
from bridge.core.values import base64_text, plain, plain_item, same_number

FieldChange = dict[str, Any]
"""``{path, op, before?, after?}``; sets add ``added`` and ``removed``, a bare change of type ``types``."""

PlainItem = dict[str, Any]

Lists = Literal["index", "whole"]


class Images(NamedTuple):
    """Both images of a change, typed and plain, and the names of the attributes that are not the same to
    the letter. Plain values are made once, here: what stands unchanged in both is converted only once."""

    before: TypedItem
    after: TypedItem
    plain_before: PlainItem
    plain_after: PlainItem
    differing: list[str]

    @classmethod
    def of(cls, before: TypedItem, after: TypedItem) -> Images:
        """Raises ``MalformedRecord`` where a value is not legal typed JSON."""
        plain_after = plain_item(after, "NewImage")
        plain_before: PlainItem = {}
        differing = []
        for name in sorted(before):
            if name in after and before[name] == after[name]:
                plain_before[name] = plain_after[name]
            else:
                plain_before[name] = None  # keeps its place in the order
                differing.append(name)
        plain_before.update(plain_item({name: before[name] for name in differing}, "OldImage"))
        if len(before) - len(after) != sum(name not in after for name in differing):
            differing += [name for name in after if name not in before]
            differing.sort()
        return cls(before, after, plain_before, plain_after, differing)


Differ = Callable[[Images], list[FieldChange]]


def compile_diff(*, ignore: tuple[Segments, ...] = (), lists: Lists = "index") -> Differ:
    """A function from the two images of a change to its field changes.

    ``ignore`` names paths (with ``*`` segments) below which nothing is reported; ``lists`` compares
    lists by index or as one value.
    """
    walk = _Walk(lists == "whole")

    def diff(images: Images) -> list[FieldChange]:
        found: list[FieldChange] = []
        walk.names(
            images.differing,
            images.before,
            images.after,
            images.plain_before,
            images.plain_after,
            "",
            ignore,
            found,
        )
        return found

    return diff


class _Walk:
    """Walks the typed images, which decide, and the plain ones, which are told, side by side."""

    __slots__ = ("_whole_lists",)

    def __init__(self, whole_lists: bool) -> None:
        self._whole_lists = whole_lists

    def names(
        self,
        names: Iterable[str],
        before: TypedItem,
        after: TypedItem,
        old: PlainItem,
        new: PlainItem,
        path: str,
        ignore: tuple[Segments, ...],
        found: list[FieldChange],
    ) -> None:
        for name in names:
            ignored = below(ignore, name) if ignore else ()
            if ignored and () in ignored:
                continue
            here = f"{path}/{escape(name)}"
            if name not in before:
                found.append({"path": here, "op": "add", "after": new[name]})
            elif name not in after:
                found.append({"path": here, "op": "remove", "before": old[name]})
            else:
                self.values(before[name], after[name], old[name], new[name], here, ignored, found)

    def values(
        self,
        before: TypedValue,
        after: TypedValue,
        old: Any,
        new: Any,
        path: str,
        ignore: tuple[Segments, ...],
        found: list[FieldChange],
    ) -> None:
        ((old_tag, was),) = before.items()
        ((new_tag, now),) = after.items()
        if old_tag != new_tag:
            found.append(_replace(old_tag, new_tag, old, new, path))
        elif old_tag == "M":
            names = sorted(
                [name for name, value in now.items() if was.get(name) != value]
                + [name for name in was if name not in now]
            )
            self.names(names, was, now, old, new, path, ignore, found)
        elif old_tag == "L":
            inside: list[FieldChange] = [] if self._whole_lists else found
            self.lists(was, now, old, new, path, ignore, inside)
            if self._whole_lists and inside:
                found.append(_replace(old_tag, new_tag, old, new, path))
        elif old_tag in _MEMBER:
            _sets(old_tag, was, now, old, new, path, found)
        elif not _same_scalar(old_tag, was, now):
            found.append(_replace(old_tag, new_tag, old, new, path))

    def lists(
        self,
        before: list[TypedValue],
        after: list[TypedValue],
        old: list[Any],
        new: list[Any],
        path: str,
        ignore: tuple[Segments, ...],
        found: list[FieldChange],
    ) -> None:
        shared = min(len(before), len(after))
        for i in range(shared):
            if before[i] != after[i]:
                ignored = below(ignore, str(i)) if ignore else ()
                if () not in ignored:
                    self.values(before[i], after[i], old[i], new[i], f"{path}/{i}", ignored, found)
        for i in range(shared, len(after)):
            if not ignore or () not in below(ignore, str(i)):
                found.append({"path": f"{path}/{i}", "op": "add", "after": new[i]})
        # From the end, so that no removal moves the ones still to come.
        for i in range(len(before) - 1, shared - 1, -1):
            if not ignore or () not in below(ignore, str(i)):
                found.append({"path": f"{path}/{i}", "op": "remove", "before": old[i]})


def _same_scalar(tag: str, was: Any, now: Any) -> bool:
    if tag == "N":
        return same_number(was, now)
    if tag == "B":
        return base64_text(was) == base64_text(now)
    return bool(was == now)


def _replace(old_tag: str, new_tag: str, old: Any, new: Any, path: str) -> FieldChange:
    change: FieldChange = {"path": path, "op": "replace", "before": old, "after": new}
    # A set that became a list reads the same on both sides; only the types tell what happened.
    if old == new and type(old) is type(new):
        change["types"] = [old_tag, new_tag]
    return change


_MEMBER: dict[str, Callable[[Any], Any]] = {"SS": str, "NS": Decimal, "BS": base64_text}


def _sets(
    tag: str, was: list[Any], now: list[Any], old: Any, new: Any, path: str, found: list[FieldChange]
) -> None:
    member = _MEMBER[tag]
    # Keyed by value, so that "1.0" and "1" are one member of a number set.
    before, after = {member(each): each for each in was}, {member(each): each for each in now}
    added = [after[each] for each in after.keys() - before.keys()]
    removed = [before[each] for each in before.keys() - after.keys()]
    if added or removed:
        change = _replace(tag, tag, old, new, path)
        found.append(change | {"added": plain({tag: added}), "removed": plain({tag: removed})})
