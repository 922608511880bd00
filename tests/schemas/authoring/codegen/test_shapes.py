"""A union of shapes has no option that another one allows, and at most one array and one map."""

from __future__ import annotations

import pytest

from bridge.schemas.authoring.codegen.shapes import (
    ANY,
    NEVER,
    Array,
    Constant,
    Map,
    Named,
    Plain,
    Shape,
    Union,
    canonical,
    union,
)

TEXT, WHOLE, NUMBER = Plain("text"), Plain("integer"), Plain("number")
BOOLEAN, NULL = Plain("boolean"), Plain("null")
ONE, TRUE, HALF, WORD, NOTHING = (Constant(canonical(each)) for each in (1, True, 0.5, "a", None))
CLASS = Named(frozenset({("https://x.example.com/a.json", "")}))

UNIONS: list[tuple[tuple[Shape, ...], Shape]] = [
    ((), NEVER),
    ((NEVER, TEXT), TEXT),
    ((TEXT, ANY, CLASS), ANY),
    ((WHOLE, NUMBER), NUMBER),
    ((ONE, WHOLE), WHOLE),
    ((HALF, WHOLE), Union((HALF, WHOLE))),
    ((HALF, NUMBER, ONE), NUMBER),
    ((TRUE, NUMBER), Union((TRUE, NUMBER))),
    ((TRUE, BOOLEAN), BOOLEAN),
    ((WORD, TEXT), TEXT),
    ((NOTHING, NULL), NULL),
    ((TEXT, Union((NULL, TEXT))), Union((TEXT, NULL))),
    ((Array(TEXT), Array(WHOLE)), Array(Union((TEXT, WHOLE)))),
    ((Array(NULL, (TEXT,)), Array(NULL)), Array(Union((TEXT, NULL)))),
    ((Map(TEXT), CLASS, Map(NULL)), Union((CLASS, Map(Union((TEXT, NULL)))))),
]


@pytest.mark.parametrize(("options", "expected"), UNIONS)
def test_a_union_says_each_thing_once(options: tuple[Shape, ...], expected: Shape) -> None:
    assert union(options) == expected


def test_canonical_text_is_equal_exactly_for_equal_json() -> None:
    assert canonical([1.0, {"b": 2, "a": 3.0}]) == canonical([1, {"a": 3, "b": 2.0}])
    assert len({canonical(each) for each in (1, True, "1", [1], 1.5, None, 0, False)}) == 8
