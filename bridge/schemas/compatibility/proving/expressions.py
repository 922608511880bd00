"""Regular expressions (ECMA-262) as automata, if they are regular and mean the same in every engine.

Anchors are read only at the ends of an alternative. Look-around, back-references, ``\\b``, ``\\s`` and
``\\p`` are not read. An expression without an anchor matches anywhere in a text, as in ``pattern``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

Ranges = tuple[tuple[int, int], ...]
"""Code points, first and last of each range, both included; sorted, and no two ranges touch."""
LAST: Final = 0x10FFFF
MAX_STATES: Final = 800
_DIGIT: Final[Ranges] = ((48, 57),)
_WORD: Final[Ranges] = ((48, 57), (65, 90), (95, 95), (97, 122))
_CONTROL: Final = {"n": 10, "t": 9, "r": 13, "f": 12, "v": 11, "0": 0}
NEWLINE: Final[Ranges] = ((10, 10),)
NEWLINES: Final[Ranges] = ((10, 10), (13, 13), (0x2028, 0x2029))


class Unread(Exception):
    """The expression contains something that is not read as an automaton."""


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


@dataclass(slots=True)
class Automaton:
    """``steps[s]`` are (ranges, to); ``empty[s]`` are the states reached without a character."""

    steps: list[list[tuple[Ranges, int]]] = field(default_factory=list)
    empty: list[list[int]] = field(default_factory=list)
    start: int = 0
    end: int = 0

    def state(self) -> int:
        if len(self.steps) >= MAX_STATES:
            raise Unread
        self.steps.append([])
        self.empty.append([])
        return len(self.steps) - 1

    def closure(self, states: frozenset[int]) -> frozenset[int]:
        found = set(states)
        waiting = list(states)
        while waiting:
            for other in self.empty[waiting.pop()]:
                if other not in found:
                    found.add(other)
                    waiting.append(other)
        return frozenset(found)

    def after(self, states: frozenset[int], character: int) -> frozenset[int]:
        found = {
            to
            for state in states
            for ranges, to in self.steps[state]
            if any(low <= character <= high for low, high in ranges)
        }
        return self.closure(frozenset(found))


def read(pattern: str, line_ends: Ranges) -> Automaton:
    """``line_ends``: what a dot does not match, because engines differ. Raises :class:`Unread`."""
    reader = _Reader(pattern, line_ends)
    try:
        return reader.run()
    except (IndexError, ValueError, RecursionError) as error:
        raise Unread from error


class _Reader:
    """Builds the automaton while it reads. Each part is a pair of states: its first and its last."""

    def __init__(self, text: str, line_ends: Ranges) -> None:
        self._text = text
        self._at = 0
        self._dot = negated(line_ends)
        self._out = Automaton()

    def run(self) -> Automaton:
        out = self._out
        out.start, out.end = out.state(), out.state()
        while True:
            first, last = self._anchored()
            out.empty[out.start].append(first)
            out.empty[last].append(out.end)
            if self._peek() != "|":
                break
            self._at += 1
        if self._at < len(self._text):
            raise Unread
        return out

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _anchored(self) -> tuple[int, int]:
        """An alternative at the top level, with any text before and after it where it has no anchor."""
        before, after = self._peek() != "^", True
        self._at += not before
        first, last = self._sequence()
        if self._peek() == "$":
            self._at += 1
            after = False
            if self._peek() not in ("", "|"):
                raise Unread
        for state, wanted in ((first, before), (last, after)):
            if wanted:
                self._out.steps[state].append((((0, LAST),), state))
        return first, last

    def _sequence(self) -> tuple[int, int]:
        first = last = self._out.state()
        while self._peek() and self._peek() not in "|)$":
            begin, end = self._repeated()
            self._out.empty[last].append(begin)
            last = end
        # a separate state, so that a loop added to it affects nothing else
        final = self._out.state()
        self._out.empty[last].append(final)
        return first, final

    def _repeated(self) -> tuple[int, int]:
        start = self._at
        part = self._one()
        least, most = self._count()
        if (least, most) == (1, 1):
            return part
        stop = self._at
        out = self._out
        first = last = out.state()
        copies = least if most is None else most
        for number in range(copies):
            self._at = start
            begin, end = self._one()
            out.empty[last].append(begin)
            if number >= least:
                out.empty[begin].append(end)
            last = end
        if most is None:
            self._at = start
            begin, end = self._one()
            around = out.state()
            out.empty[last].append(around)
            out.empty[around].append(begin)
            out.empty[end].append(around)
            last = around
        self._at = stop
        return first, last

    def _count(self) -> tuple[int, int | None]:
        mark = self._peek()
        counts: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}
        if mark and mark in counts:
            self._at += 1
            result = counts[mark]
        elif mark == "{":
            end = self._text.index("}", self._at)
            low, comma, high = self._text[self._at + 1 : end].partition(",")
            self._at = end + 1
            result = (int(low), int(high) if high else None if comma else int(low))
            if max(result[0], result[1] or 0) > 400:
                raise Unread
        else:
            return 1, 1
        if self._peek() == "?":
            self._at += 1
        if self._peek() and self._peek() in "*+?{":
            raise Unread
        return result

    def _one(self) -> tuple[int, int]:
        mark = self._text[self._at]
        self._at += 1
        if mark == "(":
            return self._group()
        if mark in "^$*+?{}]":
            raise Unread
        if mark == ".":
            return self._character(self._dot)
        if mark == "[":
            return self._character(self._bracket())
        if mark == "\\":
            return self._character(self._escape())
        return self._character(((ord(mark), ord(mark)),))

    def _character(self, ranges: Ranges) -> tuple[int, int]:
        first, last = self._out.state(), self._out.state()
        self._out.steps[first].append((ranges, last))
        return first, last

    def _group(self) -> tuple[int, int]:
        if self._peek() == "?":
            if self._text[self._at + 1] != ":":
                raise Unread
            self._at += 2
        first, last = self._out.state(), self._out.state()
        while True:
            begin, end = self._sequence()
            self._out.empty[first].append(begin)
            self._out.empty[end].append(last)
            mark = self._text[self._at]
            self._at += 1
            if mark == ")":
                return first, last
            if mark != "|":
                raise Unread

    def _escape(self) -> Ranges:
        mark = self._text[self._at]
        self._at += 1
        if mark in "dDwW":
            ranges = _DIGIT if mark in "dD" else _WORD
            return ranges if mark in "dw" else negated(ranges)
        if mark in _CONTROL and not (mark == "0" and self._peek().isdecimal()):
            code = _CONTROL[mark]
        elif mark in "xu":
            size = 2 if mark == "x" else 4
            digits = self._text[self._at : self._at + size]
            if len(digits) < size:
                raise Unread
            code = int(digits, 16)
            self._at += size
        elif mark.isalnum() or ord(mark) > 127:
            raise Unread
        else:
            code = ord(mark)
        return ((code, code),)

    def _bracket(self) -> Ranges:
        negative = self._peek() == "^"
        self._at += negative
        found: list[tuple[int, int]] = []
        while self._text[self._at] != "]":
            low = self._member()
            if self._text[self._at] == "-" and self._text[self._at + 1] != "]":
                self._at += 1
                high = self._member()
                if len(low) != 1 or len(high) != 1 or low[0][0] != low[0][1] or high[0][0] < low[0][0]:
                    raise Unread
                if high[0][0] != high[0][1]:
                    raise Unread
                found.append((low[0][0], high[0][0]))
            else:
                found += low
        self._at += 1
        ranges = merged(found)
        return negated(ranges) if negative else ranges

    def _member(self) -> Ranges:
        mark = self._text[self._at]
        self._at += 1
        if mark == "[" or (mark in "&-~" and self._peek() == mark):
            raise Unread  # set operations, in engines that have them
        return self._escape() if mark == "\\" else ((ord(mark), ord(mark)),)
