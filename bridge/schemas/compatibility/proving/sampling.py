"""A few short texts that match a regular expression (ECMA-262): guesses that the validator checks."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from bridge.schemas.compatibility.proving.expressions import Anchor, Characters, Choice, Node, Unread, parse
from bridge.schemas.compatibility.proving.parts import matches

_MOST: Final = 24
_REPEATS_MAX: Final = 400
_ALWAYS_TRIED: Final = ("a", "A", "0", "a-b", "user@example.com", "2030-01-01")


@lru_cache(maxsize=512)
def sample_texts(pattern: str) -> tuple[str, ...]:
    """Texts that match, shortest first. A pattern that is not understood may have none."""
    try:
        found = _texts(parse(pattern))
    except (Unread, OverflowError):
        found = []
    shortest = sorted({*found, *_ALWAYS_TRIED}, key=lambda text: (len(text), text))
    return tuple(each for each in shortest if len(each) < 2_000 and matches(pattern, each))[:_MOST]


def sample_name(pattern: str | None, taken: set[str]) -> str:
    """A name that matches and is not ``taken``; any name if none is found."""
    names = sample_texts(pattern) if pattern is not None else _names()
    return next((name for name in names if name not in taken), "undeclared")


def _names() -> Iterator[str]:
    yield "undeclared"
    yield from (f"undeclared{number}" for number in range(2, 100))


def _texts(node: Node) -> list[str]:
    if isinstance(node, Anchor):
        return [""]
    if isinstance(node, Characters):
        return list(node.samples)
    if isinstance(node, Choice):
        return [text for option in node.options for text in _sequence(option)][:_MOST]
    least, most = node.least, node.least + 1 if node.most is None else node.most
    if least > _REPEATS_MAX:
        raise Unread
    part = _texts(node.part)
    counts = sorted({least, min(most, least + 1)} | ({1} if least <= 1 <= most else set()))
    # one repeated character, or a mixture, so that the texts differ
    return [_repeat(part, count, shift) for count in counts for shift in range(len(part))][:_MOST]


def _sequence(parts: tuple[Node, ...]) -> list[str]:
    texts = [""]
    for part in parts:
        texts = [left + right for right in _texts(part) for left in texts][:_MOST]
    return texts


def _repeat(part: list[str], count: int, shift: int) -> str:
    return "".join(part[(index + shift) % len(part)] for index in range(count))
