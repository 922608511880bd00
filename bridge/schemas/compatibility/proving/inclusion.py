"""Whether every text that matches one pattern also matches another, decided with their automata."""

from __future__ import annotations

from collections import deque
from functools import lru_cache
from itertools import pairwise
from typing import Final

from bridge.schemas.compatibility.proving.expressions import (
    LAST,
    NEWLINE,
    NEWLINES,
    Automaton,
    Ranges,
    Unread,
    read,
)
from bridge.schemas.compatibility.proving.parts import matches

MAX_PAIRS: Final = 1_000


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
