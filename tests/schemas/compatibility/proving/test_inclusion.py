"""Patterns as automata, compared with other matchers on every short text of a few letters."""

from __future__ import annotations

import re
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.schemas.compatibility.proving.expressions import Unread
from bridge.schemas.compatibility.proving.inclusion import NEWLINE, Automaton, escaping, includes, read
from bridge.schemas.compatibility.proving.parts import matches

TEXTS = ["".join(each) for length in range(5) for each in product("ab1", repeat=length)]
atoms = st.sampled_from(
    ["a", "b", "1", ".", "[ab]", "[^a]", r"\d", r"\w", r"\W", "[a-b1]", "(?:a|b1)", "(a)", r"\."]
)
marks = st.sampled_from(["", "", "", "*", "+", "?", "{2}", "{1,2}", "{0,1}", "{2,}", "*?"])
bodies = st.lists(st.tuples(atoms, marks).map("".join), max_size=4).map("".join)
patterns = st.tuples(st.sampled_from(["", "^"]), bodies, st.sampled_from(["", "$"])).map("".join) | st.tuples(
    bodies, bodies
).map(lambda two: f"^{two[0]}|{two[1]}$")


def accepts(automaton: Automaton, text: str) -> bool:
    states = automaton.closure(frozenset({automaton.start}))
    for character in text:
        states = automaton.after(states, ord(character))
    return automaton.end in states


@settings(max_examples=150, deadline=None)
@given(patterns)
def test_an_automaton_matches_the_same_texts_as_the_expression(pattern: str) -> None:
    automaton = read(pattern, NEWLINE)
    assert [text for text in TEXTS if accepts(automaton, text)] == [t for t in TEXTS if re.search(pattern, t)]


@settings(max_examples=150, deadline=None)
@given(patterns, patterns)
def test_inclusion_is_never_claimed_where_a_text_escapes(wide: str, narrow: str) -> None:
    if includes(wide, narrow):
        assert [text for text in TEXTS if matches(narrow, text) and not matches(wide, text)] == []
    else:
        text = escaping(wide, narrow)
        assert text is None or (matches(narrow, text) and not matches(wide, text))


def test_a_pattern_that_the_validator_matches_incorrectly_proves_nothing() -> None:
    """The validator matches "a" with the narrow pattern, so at runtime the wide one does not include it."""
    assert matches("^a+a*a+$", "a") is not includes("^aa+$", "^a+a*a+$")


@pytest.mark.parametrize(
    ("wide", "narrow", "answer"),
    [
        ("^[a-z0-9]+$", "^[a-z]+$", True),
        ("^[a-z]+$", "^[a-z0-9]+$", False),
        ("^[A-Z]{2,3}$", "^(?:EUR|USD|GBP)$", True),
        (r"^\d{4}-\d{2}$", "^20[0-9]{2}-(0[1-9]|1[0-2])$", True),
        ("^(a|aa)+$", "^(a+)+$", True),
        ("^.+$", "^[^@]+@[^@]+$", False),
        ("@", "^[^@]+@[^@]+$", True),
        ("^a", "a", False),
    ],
)
def test_inclusion_of_usual_patterns(wide: str, narrow: str, answer: bool) -> None:
    assert includes(wide, narrow) is answer


@pytest.mark.parametrize(
    "pattern",
    [r"\bа", "(?=a)a", r"(a)\1", r"\s", r"\p{L}", "a^b", "a$b", "[[a]]", "a{1000}", "((a{99}){99}){99}"],
)
def test_expressions_that_engines_may_read_differently_are_not_read(pattern: str) -> None:
    with pytest.raises(Unread):
        read(pattern, NEWLINE)


@pytest.mark.parametrize("pattern", [r"^\w$", r"^\d$", r"^\W$", r"^\D$", "^.$", "^[^a]$"])
def test_character_classes_match_the_same_characters_beyond_ascii(pattern: str) -> None:
    characters = ["é", "٣", "\u00a0", "\u017f", "\u212a", "\n", "\U0001f600", "_", "Z", "9"]
    automaton = read(pattern, NEWLINE)
    assert [c for c in characters if accepts(automaton, c)] == [c for c in characters if matches(pattern, c)]


def test_halves_of_surrogate_pairs_are_no_characters() -> None:
    """The last character before them and the first one after them are, and no text holds a half."""
    whole = b"^[\\u0000-\\ud7ff\\ue000-\\U0010ffff]*$".decode("unicode_escape")
    assert includes(whole, "^[^b]*$")
    for missing in ("\ud7ff", "\ue000"):
        text = escaping(f"^[^{missing}]*$", "^[^b]*$")
        assert text == missing


@pytest.mark.parametrize("end", ["\n", "\r", "\u2028", "\u2029"])
def test_a_dot_takes_no_end_of_a_line_and_its_neighbours(end: str) -> None:
    assert not includes("^.$", f"^{end}$")
    for beside in (chr(ord(end) - 1), chr(ord(end) + 1)):
        assert includes("^.$", f"^{beside}$") is (beside not in "\n\r\u2028\u2029")
