"""An example is made as small as it can be while it still breaks the promise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bridge.schemas.compatibility.proving.witness import SHRINK_CHECKS, shrink


def has(*path: str | int) -> Callable[[Any], bool]:
    def holds(value: Any) -> bool:
        for step in path:
            if step not in (value if isinstance(value, dict) else range(len(value))):
                return False
            value = value[step]
        return True

    return holds


@pytest.mark.parametrize(
    ("value", "holds", "smallest"),
    [
        ({f"m{number}": 5 for number in range(20)}, has("m13"), {"m13": 0}),
        ({f"m{number}": 5 for number in range(9)}, has("m0"), {"m0": 0}),
        ({"a": {"b": {"c": "text", "d": 1}, "e": 2}}, has("a", "b", "c"), {"a": {"b": {"c": ""}}}),
        ([7, 8, 9], lambda value: 9 in value, [9]),
        ([7, 8, 9], lambda value: 7 in value, [7]),
        (list(range(20, 40)), lambda value: 39 in value, [39]),
        ([5, 5], lambda value: len(value) == 2, [0, 0]),
        ([{"a": "xyz", "b": 1}], has(0, "a"), [{"a": "x"}]),
        ("abcdefgh", lambda value: isinstance(value, str), ""),
        ("abcdefgh", lambda value: len(value) >= 3, "abc"),
        ("abcd", lambda value: value.startswith("a"), "a"),
        (17.25, lambda value: isinstance(value, float | int), 0),
        (17.25, lambda value: value > 0, 0.5),
        (17, lambda value: True, 0),
        (17, lambda value: value > 0, 1),
        (True, lambda value: True, True),
        (None, lambda value: True, None),
        ({"a": True, "b": None}, lambda value: len(value) == 2, {"a": True, "b": None}),
    ],
)
def test_only_what_breaks_it_is_left(value: Any, holds: Callable[[Any], bool], smallest: Any) -> None:
    found = shrink(value, holds)
    assert found == smallest
    assert type(found) is type(smallest)


def test_the_search_ends_after_its_checks_with_what_it_has() -> None:
    asked = 0

    def longest(value: Any) -> bool:
        nonlocal asked
        asked += 1
        return False

    wide = {f"m{number}": {"a": 5, "b": 5} for number in range(300)}
    assert shrink(wide, longest) == wide
    assert asked == SHRINK_CHECKS == 400
