"""What the paths of field changes may cost, exactly; and what is ignored in the middle of lists and maps."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.core.diff import fields
from bridge.core.diff.fields import compile_diff, differing_names
from bridge.core.diff.lists import ByMember
from bridge.errors import EventTooLarge

BY_ID = ByMember(("id",))


def n(value: int) -> dict[str, Any]:
    return {"N": str(value)}


def m(**members: Any) -> dict[str, Any]:
    return {"M": members}


def numbers(*values: int) -> dict[str, Any]:
    return {"L": [n(value) for value in values]}


def elements(**values: int) -> dict[str, Any]:
    return {"L": [m(id={"S": name}, v=n(value)) for name, value in values.items()]}


PLAIN: dict[str, Any] = {}
COSTS: list[tuple[Any, Any, dict[str, Any], int]] = [
    # Each name that is compared costs the path above it.
    (n(1), n(2), PLAIN, 0),
    (m(x=n(1), y=n(1)), m(x=n(2), y=n(2)), PLAIN, 2 * 2),
    (m(x=m(k=n(1)), y=m(k=n(1))), m(x=m(k=n(2)), y=m(k=n(1))), PLAIN, 2 * 1 + 4 * 1),
    (m(x=n(1), z=m(k=n(1))), m(x=n(2), z=m(k=n(1))), PLAIN, 2 * 2),
    (m(x=n(1), z=numbers(1)), m(x=n(2), z=numbers(1)), PLAIN, 2 * 2),
    (m(p=n(1), q=m(k=n(1))), m(p=m(k=n(1)), q=m(k=n(1))), PLAIN, 2 * 1),
    # Each element that differs, comes or goes costs the path of its list.
    (numbers(1, 2, 3), numbers(9, 2), PLAIN, 2 * (1 + 1)),
    (numbers(1, 2), numbers(1, 2, 3, 4, 5), PLAIN, 2 * 3),
    (numbers(1, 2, 3, 4), numbers(1), {"lists": "whole"}, 2 * 3),
    # Each step costs its path twice, a move has two; each change inside an element its identity too.
    (elements(aa=1, bb=1), elements(aa=1), {"lists": BY_ID}, 2 * 2),
    (elements(aa=1, bb=1), elements(bb=1, aa=1), {"lists": BY_ID}, 2 * 2),
    (elements(aa=1, bb=1), elements(aa=2, bb=1), {"lists": BY_ID}, 2 + 4 + 2),
    (elements(aa=1, bb=1), elements(aa=2, cc=1), {"lists": BY_ID}, 2 * 2 * 2 + 2 + 4 + 2),
    (elements(aa=1), elements(aa=2, bb=1), {"lists": BY_ID, "ignore": (("a", "*"),)}, 0),
]


@pytest.mark.parametrize(("before", "after", "options", "cost"), COSTS)
def test_the_paths_of_all_changes_may_have_exactly_so_many_characters(
    monkeypatch: pytest.MonkeyPatch, before: Any, after: Any, options: dict[str, Any], cost: int
) -> None:
    images = ({"a": before}, {"a": after})
    diff = compile_diff(**options)
    monkeypatch.setattr(fields, "DIFF_PATHS_MAX_CHARS", cost)
    diff(*images, differing_names(*images))
    monkeypatch.setattr(fields, "DIFF_PATHS_MAX_CHARS", cost - 1)
    with pytest.raises(EventTooLarge, match="characters"):
        diff(*images, differing_names(*images))


def paths(before: Any, after: Any, *ignore: tuple[str, ...]) -> list[str]:
    images = ({"a": before, "b": n(1)}, {"a": after, "b": n(2)})
    return [each["path"] for each in compile_diff(ignore=ignore)(*images, differing_names(*images))]


def test_what_is_ignored_hides_nothing_beside_it() -> None:
    assert paths(m(x=n(1), y=n(1)), m(x=n(2), y=n(2)), ("a", "x")) == ["/a/y", "/b"]
    assert paths(n(1), n(2), ("a",)) == ["/b"]
    assert paths(n(1), n(2), ("*",)) == []
    assert paths(m(x=n(1), y=n(1)), m(x=n(2), y=n(2)), ("*", "x")) == ["/a/y", "/b"]


def test_an_ignored_index_is_silent_also_where_elements_come_or_go_and_no_other_is() -> None:
    one, four = numbers(1), numbers(1, 2, 3, 4)
    assert paths(one, four, ("a", "2")) == ["/a/1", "/a/3", "/b"]
    assert paths(four, one, ("a", "2")) == ["/a/3", "/a/1", "/b"]
    assert paths(one, four, ("c",)) == ["/a/1", "/a/2", "/a/3", "/b"]
    assert paths(four, one, ("c", "0")) == ["/a/3", "/a/2", "/a/1", "/b"]
    assert paths(one, four, ("a", "*")) == paths(four, one, ("a", "*")) == ["/b"]
