"""Whether every text that matches one pattern also matches another, decided with their automata.

A pattern without an anchor matches anywhere in a text. Anchors are read only at the ends of an alternative.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import Final

from bridge.schemas.compatibility.proving.expressions import (
    DOT,
    LAST,
    Anchor,
    Characters,
    Choice,
    Node,
    Ranges,
    Repeat,
    Unread,
    negated,
    parse,
)
from bridge.schemas.compatibility.proving.parts import matches

MAX_PAIRS: Final = 1_000
MAX_STATES: Final = 800
REPEATS_MAX: Final = 400
NEWLINE: Final[Ranges] = ((10, 10),)
NEWLINES: Final[Ranges] = ((10, 10), (13, 13), (0x2028, 0x2029))


def includes(wide: str, narrow: str) -> bool:
    """``True`` only if it is proven, for both meanings of a dot."""
    return _compare(wide, narrow) == (True, None)


def escaping(wide: str, narrow: str) -> str | None:
    """The shortest text found that matches ``narrow`` and not ``wide``."""
    return _compare(wide, narrow)[1]


@lru_cache(maxsize=1024)
def _compare(wide: str, narrow: str) -> tuple[bool, str | None]:
    dots = (NEWLINE, NEWLINES) if "." in wide + narrow else (NEWLINE,)
    try:
        for line_ends in dots:
            included, text = _search(Side(wide, line_ends), Side(narrow, line_ends))
            if not included:
                shown = text is not None and matches(narrow, text) and not matches(wide, text)
                return False, text if shown else None
    except Unread:
        return False, None
    return True, None


@dataclass(slots=True)
class Automaton:
    """``steps[s]`` are (ranges, to); ``empty[s]`` are the states reached without a character."""

    states_max: int = MAX_STATES
    steps: list[list[tuple[Ranges, int]]] = field(default_factory=list)
    empty: list[list[int]] = field(default_factory=list)
    start: int = 0
    end: int = 0

    def state(self) -> int:
        if len(self.steps) >= self.states_max:
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
    return build(parse(pattern), line_ends)


def build(
    tree: Choice, line_ends: Ranges, *, states_max: int = MAX_STATES, repeats_max: int = REPEATS_MAX
) -> Automaton:
    """As :func:`read`, for a pattern that is a tree already."""
    return _Builder(line_ends, states_max, repeats_max).build(tree)


class _Builder:
    """Each part of a tree becomes a pair of states: its first and its last."""

    def __init__(self, line_ends: Ranges, states_max: int, repeats_max: int) -> None:
        self._dot = negated(line_ends)
        self._repeats_max = repeats_max
        self._out = Automaton(states_max)

    def build(self, tree: Choice) -> Automaton:
        out = self._out
        out.start, out.end = out.state(), out.state()
        for option in tree.options:
            before, after = option[:1] != (Anchor.BEGIN,), option[-1:] != (Anchor.END,)
            first, last = self._sequence(option[0 if before else 1 : None if after else -1])
            for state, wanted in ((first, before), (last, after)):
                if wanted:  # any text
                    out.steps[state].append((((0, LAST),), state))
            out.empty[out.start].append(first)
            out.empty[last].append(out.end)
        return out

    def _sequence(self, parts: tuple[Node, ...]) -> tuple[int, int]:
        first = last = self._out.state()
        for part in parts:
            begin, end = self._part(part)
            self._out.empty[last].append(begin)
            last = end
        # a separate state, so that a loop added to it affects nothing else
        final = self._out.state()
        self._out.empty[last].append(final)
        return first, final

    def _part(self, node: Node) -> tuple[int, int]:
        if isinstance(node, Repeat):
            return self._repeat(node)
        if isinstance(node, Anchor):
            raise Unread
        first, last = self._out.state(), self._out.state()
        if isinstance(node, Characters):
            ranges = self._dot if node is DOT else node.ranges
            if ranges is None:
                raise Unread
            self._out.steps[first].append((ranges, last))
            return first, last
        for option in node.options:
            begin, end = self._sequence(option)
            self._out.empty[first].append(begin)
            self._out.empty[end].append(last)
        return first, last

    def _repeat(self, node: Repeat) -> tuple[int, int]:
        if max(node.least, node.most or 0) > self._repeats_max:
            raise Unread
        out = self._out
        first = last = out.state()
        for number in range(node.least if node.most is None else node.most):
            begin, end = self._part(node.part)
            out.empty[last].append(begin)
            if number >= node.least:
                out.empty[begin].append(end)
            last = end
        if node.most is None:
            begin, end = self._part(node.part)
            around = out.state()
            out.empty[last].append(around)
            out.empty[around].append(begin)
            out.empty[end].append(around)
            last = around
        return first, last


class Side:
    """A pattern and its automaton."""

    def __init__(self, pattern: str, line_ends: Ranges) -> None:
        self.pattern = pattern
        self.automaton = read(pattern, line_ends)

    def begin(self) -> frozenset[int]:
        return self.automaton.closure(frozenset({self.automaton.start}))

    def accepts(self, states: frozenset[int], text: str) -> bool:
        """Raises :class:`Unread` where the validator differs, because the validator is what refuses events.

        For example, jsonschema-rs 0.60 matches "a" with ``a+a*a+``.
        """
        accepted = self.automaton.end in states
        if accepted != matches(self.pattern, text):
            raise Unread
        return accepted


def _search(wide: Side, narrow: Side) -> tuple[bool, str | None]:
    letters = _letters(wide.automaton, narrow.automaton)
    begin = (narrow.begin(), wide.begin())
    seen = {begin}
    waiting = deque([(begin, "")])
    while waiting:
        (mine, theirs), text = waiting.popleft()
        sent, taken = narrow.accepts(mine, text), wide.accepts(theirs, text)
        if sent and not taken:
            return False, text
        for letter in letters:
            left = narrow.automaton.after(mine, letter)
            if not left:
                continue
            pair = (left, wide.automaton.after(theirs, letter))
            if pair not in seen:
                if len(seen) >= MAX_PAIRS:
                    raise Unread
                seen.add(pair)
                waiting.append((pair, text + chr(letter)))
    return True, None


def _letters(*automata: Automaton) -> list[int]:
    """One character of each kind that the automata distinguish, a plain one where possible."""
    cuts = {0, LAST + 1}
    for automaton in automata:
        for steps in automaton.steps:
            for ranges, _ in steps:
                for low, high in ranges:
                    cuts.update((low, high + 1))
    cuts.update((0xD800, 0xE000))
    edges = sorted(cuts)
    letters: list[int] = []
    for low, high in pairwise(edges):
        if low == 0xD800:
            continue  # halves of surrogate pairs are not characters
        plain = next((code for code in (97, 65, 48, 45, 32) if low <= code < high), None)
        letters.append(low if plain is None else plain)
    return sorted(letters, key=lambda code: (not 32 <= code < 127, code))
