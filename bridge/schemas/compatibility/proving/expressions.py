"""Regular expressions (ECMA-262) as trees, from which automata and sample texts are made.

Look-around, back-references, ``\\b`` and ``\\p`` are not read. Some characters have samples in the tree but
no ranges, because engines differ about what they match: for example ``\\s``, or set operations in brackets.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bridge.schemas.compatibility.proving.parts import matches

Ranges = tuple[tuple[int, int], ...]
"""Code points, first and last of each range, both included; sorted, and no two ranges touch."""
LAST: Final = 0x10FFFF


class Unread(Exception):
    """The expression contains something that is not read."""


def negated(ranges: Ranges) -> Ranges:
    out: list[tuple[int, int]] = []
    start = 0
    for low, high in ranges:
        if low > start:
            out.append((start, low - 1))
        start = high + 1
    if start <= LAST:
        out.append((start, LAST))
    return tuple(out)


def merged(ranges: list[tuple[int, int]]) -> Ranges:
    out: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if out and low <= out[-1][1] + 1:
            out[-1] = (out[-1][0], max(out[-1][1], high))
        else:
            out.append((low, high))
    return tuple(out)


class Anchor(StrEnum):
    BEGIN = "^"
    END = "$"


@dataclass(frozen=True, slots=True)
class Characters:
    """One character of these ``ranges`` (``None`` where engines differ); ``samples`` are a few of them."""

    ranges: Ranges | None
    samples: tuple[str, ...]

    @property
    def single(self) -> int | None:
        """The code point, if it is only one."""
        if self.ranges is None or len(self.ranges) != 1 or self.ranges[0][0] != self.ranges[0][1]:
            return None
        return self.ranges[0][0]


@dataclass(frozen=True, slots=True)
class Repeat:
    """``most``: ``None`` without an upper limit."""

    part: Node
    least: int
    most: int | None


@dataclass(frozen=True, slots=True)
class Choice:
    """Alternatives, each a sequence."""

    options: tuple[tuple[Node, ...], ...]


Node = Anchor | Characters | Repeat | Choice

DOT: Final = Characters(None, ("a", "0"))
_DIGIT: Final[Ranges] = ((48, 57),)
_WORD: Final[Ranges] = ((48, 57), (65, 90), (95, 95), (97, 122))
_CLASSES: Final = {
    "d": Characters(_DIGIT, tuple("0159")),
    "D": Characters(negated(_DIGIT), tuple("a-")),
    "w": Characters(_WORD, tuple("aZ0_")),
    "W": Characters(negated(_WORD), tuple("- ")),
    "s": Characters(None, (" ",)),
    "S": Characters(None, tuple("a0")),
}
_CONTROL: Final = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "0": "\0"}
_COUNTS: Final = {"*": (0, None), "+": (1, None), "?": (0, 1)}
_OUTSIDE: Final = "a0 -_~Zéx9"
"""Samples for a negated bracket, as far as they match."""


def parse(pattern: str, spaces: Ranges | None = None) -> Choice:
    """``spaces``: what ``\\s`` matches, where that is given. Raises :class:`Unread`."""
    parser = _Parser(pattern, spaces)
    try:
        tree = parser.choice()
    except (IndexError, ValueError, RecursionError) as error:
        raise Unread from error
    if parser.peek():
        raise Unread
    return tree


def _spaces(spaces: Ranges) -> dict[str, Characters]:
    return {
        "s": Characters(spaces, _CLASSES["s"].samples),
        "S": Characters(negated(spaces), _CLASSES["S"].samples),
    }


def _plain(character: str) -> Characters:
    return Characters(((ord(character), ord(character)),), (character,))


class _Parser:
    def __init__(self, text: str, spaces: Ranges | None) -> None:
        self._text = text
        self._at = 0
        self._classes = _CLASSES if spaces is None else {**_CLASSES, **_spaces(spaces)}

    def peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _next(self) -> str:
        self._at += 1
        return self._text[self._at - 1]

    def _skip(self, text: str) -> bool:
        found = self._text.startswith(text, self._at)
        self._at += len(text) if found else 0
        return found

    def choice(self) -> Choice:
        options = [self._sequence()]
        while self._skip("|"):
            options.append(self._sequence())
        return Choice(tuple(options))

    def _sequence(self) -> tuple[Node, ...]:
        parts: list[Node] = []
        while self.peek() and self.peek() not in "|)":
            parts.append(self._repeated())
        return tuple(parts)

    def _repeated(self) -> Node:
        part = self._one()
        mark = self.peek()
        if not mark or mark not in "*+?{":
            return part
        self._at += 1
        if mark == "{":
            end = self._text.index("}", self._at)
            low, comma, high = self._text[self._at : end].partition(",")
            self._at = end + 1
            if not low.isdecimal() or (high and not high.isdecimal()):
                raise Unread
            least, most = int(low), int(high) if high else None if comma else int(low)
        else:
            least, most = _COUNTS[mark]
        self._skip("?")
        if self.peek() and self.peek() in "*+?{":
            raise Unread
        return Repeat(part, least, most)

    def _one(self) -> Node:
        mark = self._next()
        if mark in "*+?":
            raise Unread
        if mark in "^$":
            return Anchor(mark)
        if mark == ".":
            return DOT
        if mark == "(":
            return self._group()
        if mark == "[":
            return self._bracket()
        if mark == "\\":
            return self._escaped()
        return Characters(None, (mark,)) if mark in "{}]" else _plain(mark)

    def _group(self) -> Choice:
        if self._skip("?<"):
            if self.peek() in ("=", "!"):
                raise Unread
            self._at = self._text.index(">", self._at) + 1
        elif not self._skip("?:") and self.peek() == "?":
            raise Unread
        inner = self.choice()
        if self._next() != ")":
            raise Unread
        return inner

    def _escaped(self) -> Characters:
        mark = self._next()
        if mark in self._classes:
            return self._classes[mark]
        if mark in _CONTROL and not (mark == "0" and self.peek().isdecimal()):
            return _plain(_CONTROL[mark])
        if mark in "xu":
            size = 2 if mark == "x" else 4
            digits = self._text[self._at : self._at + size]
            if len(digits) < size or not digits.isalnum():
                raise Unread
            self._at += size
            return _plain(chr(int(digits, 16)))
        if mark.isalnum() or ord(mark) > 127:
            raise Unread
        return _plain(mark)

    def _bracket(self) -> Characters:
        start = self._at - 1
        negative = self._skip("^")
        ranges: list[tuple[int, int]] = []
        samples: list[str] = []
        exact = True
        while not self._skip("]"):
            first = self._member()
            low = first.single
            between = self.peek() == "-" and self._text[self._at + 1] != "]"
            if between and low is not None:
                self._at += 1
                high = self._member().single
                if high is None or high < low:
                    raise Unread
                ranges.append((low, high))
                samples += map(chr, (low, high, (low + high) // 2))
            else:
                exact = exact and first.ranges is not None and not between
                ranges += first.ranges or ()
                samples += first.samples
        if negative:
            whole = f"^{self._text[start : self._at]}$"
            samples = [each for each in _OUTSIDE if matches(whole, each)][:4]
        inside = merged(ranges)
        found = negated(inside) if negative else inside
        return Characters(found if exact else None, tuple(dict.fromkeys(samples)))

    def _member(self) -> Characters:
        mark = self._next()
        if mark == "\\":
            return self._escaped()
        # set operations, in engines that have them
        is_operation = mark == "[" or (mark in "&-~" and self.peek() == mark)
        return Characters(None, (mark,)) if is_operation else _plain(mark)
