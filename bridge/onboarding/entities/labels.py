"""Which segments of the values of one key attribute are labels (``USER#``, ``PROFILE``), and which are data.

The values are read as a tree, one segment after the other. A segment is a label where it is a word, occurs
again and again, and separates items of different form; the segment after a label is data. Where items of
several labels look alike and more structure follows, the labels are data too: tenants, currencies, tickers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

from bridge.onboarding.entities.segments import DELIMITERS, Segment, is_word, split

Skeleton = tuple[str | None, ...]
"""The literals of a value in order; None for each part that is data."""

Path = tuple[tuple[str | None, str], ...]
"""The segments before a node: text (None: data) and delimiter."""

SMALL: Final = 20
"""Among so few values, a word is a label although it occurs once."""

LABELS_MAX: Final = 30
_UPPER_MAX: Final = 12
_WHOLE_MAX: Final = 8
_DEPTH_MAX: Final = 10
_ALIKE: Final = 0.9
_NAMESPACE_FROM: Final = 5
_RARE_SHARE: Final = 0.02

ENDS: Final = frozenset(
    {"profile", "metadata", "meta", "info", "details", "detail", "config", "configuration", "settings",
     "root",
     "summary", "stats", "latest", "current", "header", "counter", "self", "state", "data", "attributes",
     "preferences", "properties"}
)  # fmt: skip
"""Words that name the main item, or the only one of its kind, below a partition key."""


@dataclass(slots=True)
class _Node:
    """The values with one path: how often each segment follows, and the attributes of their items."""

    counts: Counter[Segment] = field(default_factory=Counter)
    names: dict[Segment, Counter[str]] = field(default_factory=dict)
    below: dict[Segment, Counter[str]] = field(default_factory=dict)
    """The segments after each segment that is not the last one."""

    def add(self, segments: Sequence[Segment], at: int, names: Iterable[str]) -> None:
        segment = segments[at]
        self.counts[segment] += 1
        self.names.setdefault(segment, Counter()).update(names)
        if at + 1 < len(segments):
            self.below.setdefault(segment, Counter())[segments[at + 1].text] += 1

    @property
    def total(self) -> int:
        return self.counts.total()

    def alike(self, one: Segment, other: Segment) -> bool:
        """Whether the items of two segments have about the same attributes."""
        mine, its = self.names[one], self.names[other]
        shares = [
            (mine[name] / self.counts[one], its[name] / self.counts[other])
            for name in mine.keys() | its.keys()
        ]
        most = sum(map(max, shares))
        return most == 0 or sum(map(min, shares)) >= _ALIKE * most

    def structured(self, segment: Segment) -> bool:
        """Whether few different words follow a segment, so that a label may come after it."""
        after = self.below.get(segment, Counter())
        words = sum(count for text, count in after.items() if is_word(text))
        return words > 0.5 * after.total() and len(after) <= LABELS_MAX


class Labels:
    """``partition`` says that the values are those of a partition key. ``vocabulary`` are texts that are
    labels elsewhere: they are labels after another label too."""

    def __init__(
        self,
        values: Iterable[tuple[str, Iterable[str]]],
        *,
        partition: bool,
        vocabulary: frozenset[str] = frozenset(),
    ) -> None:
        """``values`` are the values, each with the names of its item's attributes."""
        self._partition = partition
        self._vocabulary = vocabulary
        self._labels: dict[Path, frozenset[Segment]] = {}
        level: dict[Path, list[tuple[tuple[Segment, ...], tuple[str, ...]]]] = {
            (): [(split(value), tuple(names)) for value, names in values]
        }
        for depth in range(_DEPTH_MAX):
            below: dict[Path, list[tuple[tuple[Segment, ...], tuple[str, ...]]]] = {}
            for path, rows in level.items():
                node = _Node()
                for segments, names in rows:
                    node.add(segments, depth, names)
                self._labels[path] = self._decided(path, node)
                for segments, names in rows:
                    if depth + 1 < len(segments):
                        step = (*path, self._step(path, segments[depth]))
                        below.setdefault(step, []).append((segments, names))
            level = below

    @property
    def first(self) -> frozenset[str]:
        """The labels at the beginning of values, without the delimiters before them."""
        return frozenset(each.text.lstrip(DELIMITERS) for each in self._labels[()] if each.delimiter)

    def skeleton(self, value: str) -> Skeleton:
        """The literals of a value, and None for its data. Data never follow data directly."""
        path: Path = ()
        pieces: list[str | None] = []
        for segment in split(value):
            step = self._step(path, segment) if path in self._labels else (None, segment.delimiter)
            path = (*path, step)
            pieces += [step[0], segment.delimiter]
        if pieces[0] is None and len(pieces) == 2 and not value:
            return ("",)
        return joined(pieces)

    def _step(self, path: Path, segment: Segment) -> tuple[str | None, str]:
        return (segment.text if segment in self._labels[path] else None, segment.delimiter)

    def _decided(self, path: Path, node: _Node) -> frozenset[Segment]:
        empty = frozenset(segment for segment in node.counts if not segment.text)
        found = {
            segment
            for segment, count in node.counts.items()
            if segment.text and is_word(segment.text) and self._may_be(path, node, segment, count)
        }
        if len(found) > LABELS_MAX:
            least = max(5, _RARE_SHARE * node.total)
            found = {segment for segment in found if node.counts[segment] >= least}
        return empty | (found - _values(found, node))

    def _may_be(self, path: Path, node: _Node, segment: Segment, count: int) -> bool:
        text = segment.text.lstrip(DELIMITERS)
        often = count >= 2 or node.total <= SMALL
        known = text.lower() in ENDS
        before = path[-1][0] if path else None
        if before is not None:
            if text in self._vocabulary or known:
                return often
            return bool(segment.delimiter) and count >= _NAMESPACE_FROM and self._namespace(path, text)
        if segment.delimiter:
            return often
        if known:
            return True
        whole = sum(not each.delimiter for each in node.counts)
        if path and whole == 1:
            return False
        if text.isupper():
            return often
        return count >= (5 if self._partition and not path else 3) and whole <= _WHOLE_MAX

    def _namespace(self, path: Path, text: str) -> bool:
        """Whether every value begins with one label of the same style, so that labels may follow it."""
        first = path[0][0]
        return (
            len(path) == 1
            and len(self._labels[()]) == 1
            and first is not None
            and _style(first) == _style(text)
        )


def _style(text: str) -> tuple[bool, bool]:
    return text.isupper(), not text[:1].isalnum()


def _values(found: set[Segment], node: _Node) -> set[Segment]:
    """Those of ``found`` whose items look alike, so that they are values and not labels."""
    many = sum(bool(each.delimiter) for each in found) > _UPPER_MAX
    doubtful = [each for each in sorted(found) if _is_doubtful(each, node, many)]
    alike = {each: sum(node.alike(each, other) for other in doubtful) - 1 for each in doubtful}
    everyone = len(doubtful) >= 2 and all(count == len(doubtful) - 1 for count in alike.values())
    return {each for each, count in alike.items() if everyone or count >= 2}


def _is_doubtful(segment: Segment, node: _Node, many: bool) -> bool:
    if segment.text.lstrip(DELIMITERS).lower() in ENDS:
        return False
    if not segment.delimiter:
        return True
    return many or node.structured(segment)


def joined(pieces: Iterable[str | None]) -> Skeleton:
    """``pieces`` with adjacent literals as one, and without empty ones."""
    found: list[str | None] = []
    for is_data, group in groupby(pieces, key=lambda piece: piece is None):
        if is_data:
            found.append(None)
        elif text := "".join(piece for piece in group if piece):
            found.append(text)
    return tuple(_without_repeats(found))


def _without_repeats(pieces: Sequence[str | None]) -> Iterable[str | None]:
    for index, piece in enumerate(pieces):
        if piece is not None or index == 0 or pieces[index - 1] is not None:
            yield piece


def words_of(skeleton: Skeleton) -> tuple[str, ...]:
    """The labels of a skeleton, in order."""
    found: list[str] = []
    for piece in skeleton:
        text = "" if piece is None else piece
        for delimiter in DELIMITERS:
            text = text.replace(delimiter, "\0")
        found += [word for word in text.split("\0") if word]
    return tuple(found)


def merged(skeletons: Mapping[Skeleton, int]) -> Skeleton:
    """The common beginning of skeletons with the same labels: the last part takes what follows."""
    first, *others = sorted(skeletons, key=len)
    if not others:
        return first
    pieces: list[str | None] = []
    for index, piece in enumerate(first):
        if any(index >= len(other) or other[index] != piece for other in others):
            break
        pieces.append(piece)
    while pieces and pieces[-1] is not None:
        pieces.pop()
    return tuple(pieces) or (None,)
