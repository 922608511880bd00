"""Lists whose elements have an identity: the elements removed, added and moved between two of them.

One of its members identifies an element, as the key identifies an item. As few elements as possible are
reported as moved: those that kept their order among each other stay. The steps read like a JSON Patch (RFC
6902): each place is valid once the steps before it are done.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from decimal import Decimal
from typing import Literal, NamedTuple

from bridge.core.change import TypedValue
from bridge.core.pointer import Segments, escape
from bridge.core.values import base64_text

Identity = tuple[str, object]
"""Type and value: equal for equal members, however a number is written."""

_NULL: TypedValue = {"NULL": True}
_NOTHING: dict[str, TypedValue] = {}


class ByMember:
    """How elements are identified: by the member at ``segments``, inside each element."""

    __slots__ = ("_segments", "pointer")

    def __init__(self, segments: Segments) -> None:
        self._segments = segments
        self.pointer = "".join("/" + escape(segment) for segment in segments)

    def member(self, element: TypedValue) -> TypedValue:
        """The typed member that identifies ``element``; a NULL, which is no identity, where it is missing."""
        for segment in self._segments:
            element = element.get("M", _NOTHING).get(segment, _NULL)
        return element

    def identities(self, elements: Sequence[TypedValue]) -> list[Identity] | None:
        """The identity of every element, or None unless each has one and all are different.

        The types of keys can identify an element: S, N and B.
        """
        found: list[Identity] = []
        for element in elements:
            ((tag, content),) = self.member(element).items()
            if tag == "S":
                found.append((tag, content))
            elif tag == "N":
                found.append((tag, Decimal(content)))
            elif tag == "B":
                found.append((tag, base64_text(content)))
            else:
                return None
        return found if len(set(found)) == len(found) else None


class Step(NamedTuple):
    """``place`` is the element's new index, or its index when it was removed. ``origin`` is the previous
    index of a moved element. ``element`` is its index in the old list (remove) or in the new list."""

    op: Literal["remove", "add", "move"]
    place: int
    element: int
    origin: int = -1


def rearrange(old: Sequence[Identity], new: Sequence[Identity]) -> list[Step]:
    """The steps from ``old`` to ``new``: removals from the end, then additions and moves in the new order.

    It takes n log n steps, because a list may have tens of thousands of elements.
    """
    place_in_new = {identity: index for index, identity in enumerate(new)}
    place_in_old = {identity: index for index, identity in enumerate(old)}
    steps = [Step("remove", i, i) for i in range(len(old) - 1, -1, -1) if old[i] not in place_in_new]
    common = [place_in_new[identity] for identity in old if identity in place_in_new]
    staying = _longest_rising(common)
    if len(staying) == len(new):
        return steps
    # One slot for every place that is taken at some time, in the order of the list: the place that a moved
    # element leaves comes after the elements that are inserted behind the last element that stays.
    leaving: dict[int, int] = {}  # index in new -> slot
    coming: dict[int, int] = {}
    present: list[bool] = []
    left, right = 0, 0
    while left < len(common) or right < len(new):
        while right < len(new) and right not in staying:
            coming[right] = len(present)
            present.append(False)
            right += 1
        while left < len(common) and common[left] not in staying:
            leaving[common[left]] = len(present)
            present.append(True)
            left += 1
        if left < len(common):  # the same element on both sides
            present.append(True)
            left, right = left + 1, right + 1
    taken = _Taken(present)
    for index in sorted(coming):
        if new[index] in place_in_old:
            origin = taken.before(leaving[index])
            taken.change(leaving[index], -1)
            steps.append(Step("move", taken.before(coming[index]), index, origin))
        else:
            steps.append(Step("add", taken.before(coming[index]), index))
        taken.change(coming[index], 1)
    return steps


def _longest_rising(numbers: Sequence[int]) -> set[int]:
    """Of different numbers those of the longest rising subsequence (patience sorting)."""
    ends: list[int] = []  # the lowest end of a rising run of each length
    previous: dict[int, int | None] = {}
    for number in numbers:
        length = bisect_left(ends, number)
        previous[number] = ends[length - 1] if length else None
        ends[length : length + 1] = [number]
    run: set[int] = set()
    last = ends[-1] if ends else None
    while last is not None:
        run.add(last)
        last = previous[last]
    return run


class _Taken:
    """How many slots before a given one are taken: a Fenwick tree, so that each answer takes log n."""

    __slots__ = ("_sums",)

    def __init__(self, present: Sequence[bool]) -> None:
        sums = [0, *map(int, present)]
        for i in range(1, len(sums)):
            parent = i + (i & -i)
            if parent < len(sums):
                sums[parent] += sums[i]
        self._sums = sums

    def before(self, slot: int) -> int:
        count = 0
        while slot > 0:
            count += self._sums[slot]
            slot &= slot - 1
        return count

    def change(self, slot: int, by: int) -> None:
        slot += 1
        while slot < len(self._sums):
            self._sums[slot] += by
            slot += slot & -slot
