"""Texts that match some patterns and not others, compared with every short text of a few letters."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.schemas.compatibility.proving.parts import matches
from bridge.schemas.compatibility.solving.languages import NONE, find_texts
from bridge.schemas.compatibility.solving.machines import OTHERS, VALIDATOR, expression

SHORT = ["".join(each) for length in range(5) for each in product("ab\n ", repeat=length)]
atoms = st.sampled_from(["a", "b", ".", "[ab]", "[^a]", r"\s", r"\S", r"\w", "(?:a|bb)", "(a|$)", "(^|b)"])
marks = st.sampled_from(["", "", "", "*", "+", "?", "{2}", "{1,2}"])
bodies = st.lists(st.tuples(atoms, marks).map("".join), max_size=3).map("".join)
ahead = st.sampled_from(["", "", "(?=.*b)", "(?!a)", "(?=.{2,3}$)"])
patterns = st.one_of(
    st.tuples(st.sampled_from(["", "^"]), bodies, st.sampled_from(["", "$"])).map("".join),
    st.tuples(ahead, bodies).map(lambda two: f"^{two[0]}{two[1]}$"),
)
conditions = st.tuples(
    st.lists(patterns, max_size=2).map(tuple),
    st.lists(patterns, max_size=2).map(tuple),
    st.integers(0, 3),
    st.one_of(st.none(), st.integers(0, 4)),
)


def fits(text: str, condition: tuple[tuple[str, ...], tuple[str, ...], int, int | None]) -> bool:
    wanted, refused, least, most = condition
    if len(text) < least or (most is not None and len(text) > most):
        return False
    return all(matches(each, text) for each in wanted) and not any(matches(each, text) for each in refused)


@settings(max_examples=200, deadline=None)
@given(conditions)
def test_no_text_is_missed_where_none_is_said_to_exist(
    condition: tuple[tuple[str, ...], tuple[str, ...], int, int | None],
) -> None:
    found = find_texts(*condition, 4)
    if found.complete:
        assert [text for text in SHORT if fits(text, condition) and text not in found.texts] == []


@settings(max_examples=200, deadline=None)
@given(conditions)
def test_what_is_found_fits_if_the_patterns_can_be_read(
    condition: tuple[tuple[str, ...], tuple[str, ...], int, int | None],
) -> None:
    if all(expression(each, VALIDATOR) for each in (*condition[0], *condition[1])):
        found = find_texts(*condition, 4)
        assert [text for text in found.texts if not fits(text, condition)] == []


@pytest.mark.parametrize(
    ("patterns", "refused", "least", "most"),
    [
        (("^(ab)+$",), (), 3, 3),
        (("^.+$",), (), 0, 0),
        ((), (r"^[\s\S]*$",), 0, None),
        ((), ("x?",), 0, None),
        (("^[ab]*$", "^[bc]*$"), ("^b*$",), 0, None),
        (("^x{1000}$",), (), 1_001, None),
        (("^(?=.{3,5}$)[a-z]+$",), ("^[a-z]{3,5}$",), 0, None),
    ],
)
def test_that_no_text_exists_is_proven(
    patterns: tuple[str, ...], refused: tuple[str, ...], least: int, most: int | None
) -> None:
    assert find_texts(patterns, refused, least, most, 3) == NONE


def test_a_few_texts_are_all_listed_and_many_are_not() -> None:
    assert find_texts(("^[ab]$",), (), 0, None, 9) == (("a", "b"), True)
    assert find_texts(("^[a-z]$",), (), 0, None, 9).complete is False
    assert find_texts(("^a*$",), (), 0, None, 3) == (("", "a", "aa"), False)


@pytest.mark.parametrize("refused", ["^.*$", r"^\S*$"])
def test_what_engines_read_differently_is_only_proven_for_all_of_them(refused: str) -> None:
    narrow = "^a\r$" if "." in refused else "^a\x1cb$"
    assert find_texts((narrow,), (refused,), 0, None, 1) != NONE
    assert len({VALIDATOR, *OTHERS}) == 4


def test_a_pattern_that_the_validator_matches_incorrectly_proves_nothing() -> None:
    """The validator does not match "a" with this pattern, although any engine should."""
    assert not find_texts(("^a$",), ("^a+a*$",), 0, None, 1).texts
    assert find_texts(("^a+a*a+$",), ("^aa+$",), 0, None, 1) != NONE
