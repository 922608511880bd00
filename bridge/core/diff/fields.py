"""The field diff of two typed images: exact, minimal, in a fixed order.

Values are equal only if type and value are equal; numbers compare as numbers, sets as sets. Maps are compared
member by member. Lists are compared by index with adds and removes at the end, or element by element where a
member identifies the elements. The result, read as a JSON Patch (RFC 6902), turns ``before`` into ``after``.
Only changed values are converted to plain values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Literal

from bridge.core.change import TypedItem, TypedValue
from bridge.core.diff.lists import ByMember, rearrange
from bridge.core.numbers import PlainAt
from bridge.core.pointer import Segments, below, escape
from bridge.core.values import base64_text, plain, plain_item, same_number
from bridge.errors import EventTooLarge, MalformedRecord
from bridge.limits import DIFF_PATHS_MAX_CHARS

FieldChange = dict[str, Any]
"""``{path, op, before?, after?}``; sets add ``added`` and ``removed``, a change of type alone adds ``types``.

Where a member identifies the elements of a list, entries about an element or below it add ``id``, and
``within`` (identities from the outside in) where that list is inside another such element. ``op`` may be
``move``, with ``from`` and without values."""

Lists = Literal["index", "whole"]
Differ = Callable[[TypedItem, TypedItem, list[str]], list[FieldChange]]


def differing_names(before: TypedItem, after: TypedItem) -> list[str]:
    """The attributes whose typed JSON differs, in order: all attributes that can have changed."""
    names = [name for name, value in after.items() if name not in before or before[name] != value]
    if len(before) != len(after) or len(names) != 0:
        names += [name for name in before if name not in after]
    names.sort()
    return names


def _names_to_compare(before: TypedItem, after: TypedItem) -> list[str]:
    """The same inside an attribute, for two maps that are compared member by member anyway.

    The only member that is a map or a list itself is not compared here: it would be compared again one level
    down, and so a chain of maps once for each level.
    """
    names: list[str] = []
    nested: list[str] = []
    for name, value in after.items():
        if name not in before:
            names.append(name)
        elif "M" in value or "L" in value:
            nested.append(name)
        elif before[name] != value:
            names.append(name)
    names += nested if len(nested) == 1 else [name for name in nested if before[name] != after[name]]
    names += [name for name in before if name not in after]
    names.sort()
    return names


def compile_diff(
    *,
    ignore: tuple[Segments, ...] = (),
    lists: Lists | ByMember = "index",
    plain_at: PlainAt = plain,
) -> Differ:
    """A function from two images and their :func:`differing_names` to the field changes.

    ``ignore`` names paths (with ``*`` segments) below which nothing is reported. ``lists`` says how lists are
    compared: by index, as one value, or element by element, where a member identifies the elements. In the
    last case their indexes mean nothing, and ``ignore`` names them with ``*``. A list is compared by index
    unless all its elements have that member, with different values. ``plain_at`` converts the values that are
    reported. The function raises :class:`MalformedRecord`, and :class:`EventTooLarge` where the paths of all
    changes together would be far larger than the images.
    """
    comparison = _Comparison(lists, plain_at)
    silent = frozenset(path[0] for path in ignore if len(path) == 1 and path[0] != "*")
    deeper = tuple(path for path in ignore if len(path) > 1 or path[0] == "*")

    def diff(before: TypedItem, after: TypedItem, names: list[str]) -> list[FieldChange]:
        found = _Found([DIFF_PATHS_MAX_CHARS])
        try:
            comparison.names([n for n in names if n not in silent], before, after, "", deeper, found)
        except (MalformedRecord, TypeError, ValueError, AttributeError, ArithmeticError) as error:
            # A value is not legal. The conversion reports which, and in which attribute.
            for image, what in ((before, "OldImage"), (after, "NewImage")):
                plain_item({name: image[name] for name in names if name in image}, what)
            raise MalformedRecord("the images cannot be compared") from error
        return list(found)

    return diff


class _Found(list[FieldChange]):
    """The changes so far. ``left``: how many characters their paths and identities may still have, shared
    with the lists of changes inside elements.

    Without a limit, 25,000 members below a name of 60,000 characters, which DynamoDB allows, would be more
    than a gigabyte of paths.
    """

    __slots__ = ("left",)

    def __init__(self, left: list[int]) -> None:
        super().__init__()
        self.left = left

    def spend(self, chars: int) -> None:
        self.left[0] -= chars
        if self.left[0] < 0:
            raise EventTooLarge(
                f"the paths of the field changes have more than {DIFF_PATHS_MAX_CHARS} characters",
                hint="thousands of values changed below very long names: ignore them in diff.ignore",
                stage="project",
            )


class _Comparison:
    __slots__ = ("_by", "_plain", "_whole_lists")

    def __init__(self, lists: Lists | ByMember, plain_at: PlainAt) -> None:
        self._whole_lists = lists == "whole"
        self._by = lists if isinstance(lists, ByMember) else None
        self._plain = plain_at

    def names(
        self,
        names: Sequence[str],
        before: TypedItem,
        after: TypedItem,
        path: str,
        ignore: tuple[Segments, ...],
        found: _Found,
    ) -> None:
        found.spend(len(path) * len(names))
        for name in names:
            ignored = below(ignore, name) if ignore else ()
            if ignored and () in ignored:
                continue
            here = f"{path}/{escape(name)}"
            if name not in before:
                found.append({"path": here, "op": "add", "after": self._plain(after[name], here)})
            elif name not in after:
                found.append({"path": here, "op": "remove", "before": self._plain(before[name], here)})
            else:
                self.values(before[name], after[name], here, ignored, found)

    def values(
        self,
        before: TypedValue,
        after: TypedValue,
        path: str,
        ignore: tuple[Segments, ...],
        found: _Found,
    ) -> None:
        ((old_tag, old),) = before.items()
        ((new_tag, new),) = after.items()
        if old_tag != new_tag:
            found.append(self._replace(before, after, path))
        elif old_tag == "M":
            self.names(_names_to_compare(old, new), old, new, path, ignore, found)
        elif old_tag == "L":
            inside = _Found(found.left) if self._whole_lists else found
            self.lists(old, new, path, ignore, inside)
            if self._whole_lists and inside:
                found.append(self._replace(before, after, path))
        elif old_tag in _MEMBER:
            self._sets(before, after, path, found)
        elif not _same_scalar(old_tag, old, new):
            found.append(self._replace(before, after, path))

    def lists(
        self,
        old: list[TypedValue],
        new: list[TypedValue],
        path: str,
        ignore: tuple[Segments, ...],
        found: _Found,
    ) -> None:
        if self._by is not None and self._by_identity(self._by, old, new, path, ignore, found):
            return
        shared = min(len(old), len(new))
        differing = [i for i in range(shared) if old[i] != new[i]]
        found.spend(len(path) * (len(differing) + max(len(old), len(new)) - shared))
        for i in differing:
            ignored = below(ignore, str(i)) if ignore else ()
            if () not in ignored:
                self.values(old[i], new[i], f"{path}/{i}", ignored, found)
        for i in range(shared, len(new)):
            if not ignore or () not in below(ignore, str(i)):
                here = f"{path}/{i}"
                found.append({"path": here, "op": "add", "after": self._plain(new[i], here)})
        # From the end, so that no removal moves the elements that are removed after it.
        for i in range(len(old) - 1, shared - 1, -1):
            if not ignore or () not in below(ignore, str(i)):
                here = f"{path}/{i}"
                found.append({"path": here, "op": "remove", "before": self._plain(old[i], here)})

    def _by_identity(
        self,
        by: ByMember,
        old: list[TypedValue],
        new: list[TypedValue],
        path: str,
        ignore: tuple[Segments, ...],
        found: _Found,
    ) -> bool:
        """Report first the removed, added and moved elements, then the changes inside elements, at their new
        places. False where the elements of either list cannot be distinguished."""
        was, now = by.identities(old), by.identities(new)
        if was is None or now is None:
            return False
        ignored = below(ignore, "*")
        if () in ignored:
            return True
        steps = rearrange(was, now)
        found.spend(2 * len(path) * len(steps))
        for step in steps:
            here = f"{path}/{step.place}"
            change: FieldChange = {"path": here, "op": step.op}
            element = old[step.element] if step.op == "remove" else new[step.element]
            if step.op == "move":
                change["from"] = f"{path}/{step.origin}"
            else:
                change["before" if step.op == "remove" else "after"] = self._plain(element, here)
            found.append(self._named(change, by, element, here))
        before = dict(zip(was, old, strict=True))
        for i, (identity, element) in enumerate(zip(now, new, strict=True)):
            if identity in before and before[identity] != element:
                inside = _Found(found.left)
                here = f"{path}/{i}"
                found.spend(len(path))
                self.values(before[identity], element, here, ignored, inside)
                found.spend(len(str(identity[1])) * len(inside))
                found += [self._named(each, by, element, here) for each in inside]
        return True

    def _named(self, change: FieldChange, by: ByMember, element: TypedValue, path: str) -> FieldChange:
        """``change`` with the identity of the element at ``path``, which changed or contains the change."""
        identity = self._plain(by.member(element), path + by.pointer)
        if "id" in change:
            change["within"] = [identity, *change.get("within", ())]
        else:
            change["id"] = identity
        return change

    def _replace(self, before: TypedValue, after: TypedValue, path: str) -> FieldChange:
        old, new = self._plain(before, path), self._plain(after, path)
        change: FieldChange = {"path": path, "op": "replace", "before": old, "after": new}
        # A set that became a list looks the same on both sides; only the types show what happened.
        if old == new and type(old) is type(new):
            change["types"] = [*before, *after]
        return change

    def _sets(self, before: TypedValue, after: TypedValue, path: str, found: list[FieldChange]) -> None:
        ((tag, old),) = before.items()
        ((_, new),) = after.items()
        member = _MEMBER[tag]
        # Keyed by value, so that "1.0" and "1" are one member of a number set.
        was, now = {member(each): each for each in old}, {member(each): each for each in new}
        added = {tag: [now[each] for each in now.keys() - was.keys()]}
        removed = {tag: [was[each] for each in was.keys() - now.keys()]}
        if added[tag] or removed[tag]:
            change = self._replace(before, after, path)
            change["added"] = self._plain(added, path) if added[tag] else []
            change["removed"] = self._plain(removed, path) if removed[tag] else []
            found.append(change)


def _same_scalar(tag: str, old: Any, new: Any) -> bool:
    if tag == "N":
        return same_number(old, new)
    if tag == "B":
        return base64_text(old) == base64_text(new)
    return bool(old == new)


_MEMBER: dict[str, Callable[[Any], Any]] = {"SS": str, "NS": Decimal, "BS": base64_text}
