"""The smallest event that still shows the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

CHECKS: Final = 400


def shrink(value: Any, holds: Callable[[Any], bool]) -> Any:
    """``value`` with all left out, shortened and made plain that can be while ``holds`` says yes."""
    left = CHECKS
    again = True
    while again:
        again = False
        for smaller in _smaller(value):
            left -= 1
            if left < 0:
                return value
            if holds(smaller):
                value = smaller
                again = True
                break
    return value


def _smaller(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        if len(value) > 8:  # halves first: a wide event comes down in few steps
            names = list(value)
            for part in (names[: len(names) // 2], names[len(names) // 2 :]):
                yield {name: value[name] for name in part}
        for name in value:
            yield {other: each for other, each in value.items() if other != name}
        for name, each in value.items():
            for smaller in _smaller(each):
                yield {**value, name: smaller}
    elif isinstance(value, list):
        if len(value) > 2:
            yield value[: len(value) // 2]
        for index in range(len(value) - 1, max(-1, len(value) - 9), -1):
            yield value[:index] + value[index + 1 :]
        for index, each in enumerate(value[:8]):
            for smaller in _smaller(each):
                yield [*value[:index], smaller, *value[index + 1 :]]
    elif isinstance(value, str) and value:
        if len(value) > 2:
            yield value[: len(value) // 2]
        if value not in ("", "x"):
            yield value[:-1]
    elif isinstance(value, float) and value not in (0, 0.5):
        yield from (0, 0.5)
    elif isinstance(value, int) and not isinstance(value, bool) and value not in (0, 1):
        yield from (0, 1)
