"""Texts that match some patterns and not others, within limits of length: the shortest first.

Patterns that cannot be read are left out. So a text that is found may not match them, but where no text is
found, no text exists.
"""

from __future__ import annotations

from collections import Counter, deque
from functools import lru_cache
from itertools import pairwise
from typing import Final, NamedTuple

from bridge.schemas.compatibility.proving.expressions import LAST, Unread
from bridge.schemas.compatibility.solving.machines import OTHERS, VALIDATOR, Engine, Expression, expression

MAX_NODES: Final = 8_000
FEW: Final = 6
"""Up to so many characters that are alike are all tried; of more, only some."""
LONG: Final = 8
"""Of shorter texts than the least length minus this, one of each kind is enough."""
_DIFFERENT: Final = (".", "\\s", "\\S")
_PLAIN: Final = (97, 48, 65, 45, 32)


class Texts(NamedTuple):
    """``complete``: there is no other text than these."""

    texts: tuple[str, ...]
    complete: bool


NONE: Final = Texts((), True)
UNKNOWN: Final = Texts((), False)


@lru_cache(maxsize=4_096)
def find_texts(
    patterns: tuple[str, ...], refused: tuple[str, ...], least: int, most: int | None, count: int
) -> Texts:
    """Up to ``count`` texts. Where none is found, none exists for any engine."""
    if most is not None and least > most:
        return NONE
    first = _Search(patterns, refused, VALIDATOR).run(least, most, count)
    if first != NONE or not any(mark in each for each in (*patterns, *refused) for mark in _DIFFERENT):
        return first
    others = (_Search(patterns, refused, engine).run(least, most, 1) for engine in OTHERS)
    return NONE if all(other == NONE for other in others) else UNKNOWN


class _Search:
    def __init__(self, patterns: tuple[str, ...], refused: tuple[str, ...], engine: Engine) -> None:
        self._wanted = _read(patterns, engine)
        self._refused = _read(refused, engine)
        self._all = [*self._wanted, *self._refused]
        self._letters, self._kinds, self._representing = _letters(self._all)

    def run(self, least: int, most: int | None, count: int) -> Texts:
        begin = tuple(each.begin for each in self._all)
        queued: Counter[tuple[tuple[tuple[int, ...], ...], int]] = Counter({(begin, 0): 1})
        waiting = deque([(begin, "", 0)])
        found: list[str] = []
        cut = False
        steps = 0
        while waiting:
            states, text, length = waiting.popleft()
            steps += 1
            if steps > MAX_NODES:
                return Texts(tuple(found), False)
            try:
                accepted = length >= least and self._accepts(states, text)
            except Unread:
                return Texts(tuple(found), False)
            if accepted:
                found.append(text)
                if len(found) >= count:
                    return Texts(tuple(found), False)
            if most is not None and length >= most:
                continue
            short = length + 1 < least - LONG
            for letter in self._kinds if short else self._letters:
                left = tuple(each.step(s, letter) for each, s in zip(self._all, states, strict=True))
                if any(each.is_lost(s) for each, s in zip(self._wanted, left, strict=False)):
                    continue
                node = (left, min(length + 1, least))
                if queued[node] >= (1 if short else count):
                    cut = True
                    continue
                queued[node] += 1
                waiting.append((left, text + chr(letter), length + 1))
        others = (cut or least > LONG) and bool(found)
        return Texts(tuple(found), not others and self._representing.isdisjoint("".join(found)))

    def _accepts(self, states: tuple[tuple[int, ...], ...], text: str) -> bool:
        wanted = len(self._wanted)
        taken = [each.accepts(s, text) for each, s in zip(self._all, states, strict=True)]
        return all(taken[:wanted]) and not any(taken[wanted:])


def _read(patterns: tuple[str, ...], engine: Engine) -> list[Expression]:
    read = (expression(each, engine) for each in patterns)
    return [each for each in read if each is not None]


def _letters(expressions: list[Expression]) -> tuple[list[int], list[int], set[str]]:
    """Some characters of each kind that the automata distinguish, plain ones where possible; one of each
    kind; and those that are examples of more characters."""
    cuts = {0, LAST + 1, 0xD800, 0xE000}
    for each in expressions:
        for machine in each.machines:
            cuts |= machine.cuts
    letters: list[int] = []
    kinds: list[int] = []
    representing: set[str] = set()
    for low, high in pairwise(sorted(cuts)):
        if low == 0xD800:
            continue  # halves of surrogate pairs are not characters
        if high - low <= FEW:
            letters += range(low, high)
            kinds.append(low)
            continue
        some = [code for code in _PLAIN if low <= code < high][:2] or [low, low + 1]
        letters += some
        kinds.append(some[0])
        representing.update(map(chr, some))
    return sorted(letters, key=_plain_first), sorted(kinds, key=_plain_first), representing


def _plain_first(code: int) -> tuple[bool, int]:
    return not 32 <= code < 127, code
