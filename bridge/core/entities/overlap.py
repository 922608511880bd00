"""Whether two key templates take a common key, shown by such a key. Pure.

A template reads a value character by character with finitely many states, so the shortest value that two
templates read to the end is found by searching the pairs of their states.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import islice, product
from typing import Final

from bridge.core.entities.template import KeyTemplate, ValueTemplate

_OTHER: Final = "abcdefghijklmnopqrstuvwxyz0123456789"
_VALUES_MAX: Final = 40
"""Of each attribute, how many common values are tried where a name is in several attributes."""

_STEPS_MAX: Final = 20_000

_State = tuple[int, int, str]
"""Index of the piece; characters of the literal or of the part (at most one more than the literal after it
has); the end of the part, as far as it may begin that literal."""


def overlap(one: KeyTemplate, other: KeyTemplate) -> dict[str, str] | None:
    """The texts of a key that both take; None where no such key exists. They have the same
    attributes."""
    choices: list[list[str]] = []
    repeats = _repeats(one) or _repeats(other)
    for attribute, template in one.values.items():
        values = list(islice(_common(template, other.values[attribute]), _VALUES_MAX if repeats else 1))
        if not values:
            return None
        choices.append(values)
    for texts in islice(product(*choices), _STEPS_MAX):
        found = dict(zip(one.values, texts, strict=True))
        for key in (found, *_made_equal(one, found), *_made_equal(other, found)) if repeats else (found,):
            typed = {name: {"S": text} for name, text in key.items()}
            if one.parse(typed) is not None and other.parse(typed) is not None:
                return key
    return None


def _made_equal(template: KeyTemplate, key: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """The key again, with a part that is in several attributes taken from one of them."""
    for first in template.attributes:
        parts: dict[str, str] = {}
        for attribute in (first, *template.attributes):
            for name, text in (template.values[attribute].parse(key[attribute]) or {}).items():
                parts.setdefault(name, text)
        with suppress(ValueError, KeyError):
            yield template.build(parts)


def _repeats(template: KeyTemplate) -> bool:
    """Whether a name is there twice, so that the attributes depend on each other."""
    return len(template.names) < sum(len(template.named_by(name)) for name in template.attributes)


def _common(one: ValueTemplate, other: ValueTemplate) -> Iterator[str]:
    """Values that both read to the end, shortest first."""
    literals = "".join(piece.literal for template in (one, other) for piece in template.pieces)
    fresh = next((letter for letter in _OTHER if letter not in literals), "")
    alphabet = [*([fresh] if fresh else []), *dict.fromkeys(literals)]
    start = ((0, 0, ""), (0, 0, ""))
    queue: deque[tuple[tuple[_State, _State], str]] = deque([(start, "")])
    seen: dict[tuple[_State, _State], int] = {start: 1}
    while queue:
        (left, right), text = queue.popleft()
        if _ended(one, left) and _ended(other, right):
            yield text
        for letter in alphabet:
            after_left, after_right = _step(one, left, letter), _step(other, right, letter)
            if after_left is None or after_right is None:
                continue
            pair = (after_left, after_right)
            # A pair that was reached before gives other values for parts that must be equal elsewhere.
            if seen.get(pair, 0) < 3:
                seen[pair] = seen.get(pair, 0) + 1
                queue.append((pair, text + letter))


def _ended(template: ValueTemplate, state: _State) -> bool:
    index, count, _ = state
    pieces = template.pieces
    if index == len(pieces):
        return True
    return index == len(pieces) - 1 and pieces[index].name != "" and count > 0


def _step(template: ValueTemplate, state: _State, letter: str) -> _State | None:
    """The state after one more character; None where the template no longer matches."""
    index, count, tail = state
    pieces = template.pieces
    if index == len(pieces):
        return None
    piece = pieces[index]
    if not piece.name:
        if piece.literal[count] != letter:
            return None
        return (index + 1, 0, "") if count + 1 == len(piece.literal) else (index, count + 1, "")
    if index == len(pieces) - 1:
        return index, 1, ""
    ending = pieces[index + 1].literal
    count = min(count + 1, len(ending) + 1)
    tail = (tail + letter)[-len(ending) :]
    if tail == ending:
        return (index + 2, 0, "") if count > len(ending) else None
    while tail and not ending.startswith(tail):
        tail = tail[1:]
    return index, count, tail
