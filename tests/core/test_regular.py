"""Regular expressions in mappings take time in proportion to the text, or are refused."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.jsonpath import JsonPathError, parse_path
from bridge.core.regular import Unbounded, check_bounded

BOUNDED = [
    "^a+$", "^[a-z]+@", "foo", "foo.*", "^u-[0-9]{1,4}$", "^(foo|bar)-[0-9]{4}$", r"\d{1,3}(\.\d{1,3}){3}",
    "^.*[.]png$", "[A-Z]{2}", "(?i)abc", "^$", "", r"\bword\b", "^ab?c+", "a{2,50}", r"\Aa+b",
]  # fmt: skip
ENDLESS = [
    "(a+)+$", "^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "(.*)*x", "^a*a*a*a*b", "a+b", ".*x", "^(ab)+$",
    "^(.+)+@", "(x+x+)+y", "(a?){25}a{25}", "^(a|b|ab){1,40}c", r"(a)\1+", "^(?=a+)b", "(?m)^a+x", "a+$",
]  # fmt: skip


@pytest.mark.parametrize("expression", BOUNDED)
def test_bounded_expressions_are_accepted(expression: str) -> None:
    assert is_bounded(expression)


def is_bounded(expression: str) -> bool:
    try:
        check_bounded(expression)
    except Unbounded:
        return False
    return True


@pytest.mark.parametrize("expression", ENDLESS)
def test_what_could_be_searched_without_end_is_refused(expression: str) -> None:
    with pytest.raises(Unbounded):
        check_bounded(expression)


def test_text_that_is_no_regular_expression_is_refused() -> None:
    with pytest.raises(Unbounded, match="not a regular expression"):
        check_bounded("(a")


def test_the_advice_of_a_refused_expression_leads_to_one_that_is_accepted() -> None:
    with pytest.raises(JsonPathError) as caught:
        parse_path("$.after.users[?(@.name =~ '(a+)+$')]")
    assert "begin it with ^, and use at most one *, + or {n,}" in caught.value.suggestion
    found = parse_path("$.after.users[?(@.name =~ '^a+$')].id")
    document = {"after": {"users": [{"name": "aaa", "id": 1}, {"name": "ab", "id": 2}]}}
    assert found.find(document) == [1]


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("$.after.tags.`split(-,0,-1)`", "$.after.tags"),
        ("$.after.tags.`len`", "$.after.tags"),
        ("$.after.name.`sub(/a/, b)`", "$.after.name"),
        ("$.after.tags.`sorted`", "$.after.tags"),
        ("$.after.lines[\\qty]", "$.after.lines"),
        ("$.after.a + $.after.b", "$.after.a"),
    ],
)
def test_functions_of_the_library_are_refused_with_the_path_before_them(wrong: str, right: str) -> None:
    with pytest.raises(JsonPathError) as caught:
        parse_path(wrong)
    assert caught.value.suggestion == f"did you mean '{right}'?"
    assert parse_path(right).steps is not None


@pytest.mark.parametrize(
    "text", ["$.after..id", "$.after.l[0:2]", "$.after.l[?(@.a == 'x' && @.b > 2)].c", "$.a,b"]
)
def test_filters_slices_and_descendants_stay(text: str) -> None:
    assert parse_path(text).steps is None


PIECES = st.sampled_from(
    ["a", "b", "[ab]", ".", "(a|b)", "a?", "a*", "a+", "(ab)?", "a{1,3}", "^", "$", "(a+)", "b*"]
)


@given(st.lists(PIECES, max_size=6).map("".join))
def test_an_accepted_expression_needs_few_steps_on_a_hostile_text(expression: str) -> None:
    """Work is counted, not timed: a text twice as long takes about twice the work."""
    try:
        check_bounded(expression)
    except Unbounded:
        return
    small, large = (_steps(expression, "a" * length) for length in (40, 80))
    assert large <= 3 * small + 400


sre: Any = import_module("re._constants")
parser: Any = import_module("re._parser")


class _Search:
    """A plain backtracking matcher over a parsed expression, which counts the states that it visits."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.visits = 0

    def search(self, expression: str) -> None:
        parts = tuple(parser.parse(expression))
        for start in range(len(self.text) + 1):
            if self.match(parts, start, lambda _: True):
                return

    def match(self, parts: tuple[Any, ...], at: int, then: Callable[[int], bool]) -> bool:
        self.visits += 1
        if not parts:
            return then(at)
        (operator, argument), rest = parts[0], parts[1:]
        if operator is sre.AT:
            there = at == 0 if argument is sre.AT_BEGINNING else at == len(self.text)
            return there and self.match(rest, at, then)
        if operator is sre.SUBPATTERN:
            return self.match((*tuple(argument[-1]), *rest), at, then)
        if operator is sre.BRANCH:
            return any(self.match((*tuple(branch), *rest), at, then) for branch in argument[1])
        if operator in (sre.MAX_REPEAT, sre.MIN_REPEAT):
            return self.repeat(argument, 0, at, lambda end: self.match(rest, end, then))
        if at >= len(self.text):
            return False
        fits = operator in (sre.ANY, sre.IN) or ord(self.text[at]) == argument
        return fits and self.match(rest, at + 1, then)

    def repeat(self, argument: Any, count: int, at: int, then: Callable[[int], bool]) -> bool:
        least, most, body = argument
        if count < most and at < len(self.text):

            def again(end: int) -> bool:
                return end > at and self.repeat(argument, count + 1, end, then)

            if self.match(tuple(body), at, again):
                return True
        return count >= least and then(at)


def _steps(expression: str, text: str) -> int:
    search = _Search(text)
    search.search(expression)
    return search.visits


@pytest.mark.parametrize(
    "expression",
    [
        "^a{0,99}$",  # 100 ways
        "^(ab|cd){1,2}" + "(ef|gh)" * 4 + "$",  # (2 + 4) * 16 = 96
        "^(a{0,9})(b{0,9})$",
        "^x*y?$",
    ],
)
def test_a_hundred_ways_are_accepted(expression: str) -> None:
    assert is_bounded(expression)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("^a{0,100}$", "more than 100 ways"),
        ("^(a{0,9})(b{0,10})$", "more than 100 ways"),
        ("^(ab|cd){1,6}$", "more than 100 ways"),
        ("^(ab|cd){50,50}$", "more than 100 ways"),
        ("^a*b*$", "several repeats without limit"),
        ("^a*b*c*$", "several repeats without limit"),
        ("^(a*)$", "inside another part"),
        ("^(xa*)?$", "inside another part"),
        ("^((a)*)$", "inside another part"),
        ("\\ba+b", "tried again from every character"),
        ("(x)(?=a)", "assert is not supported"),
        ("((?=a))", "assert is not supported"),
        ("(a)(?(1)b|c)", "groupref exists is not supported"),
        ("(?m)^a", r"\(\?m\) tries"),
    ],
)
def test_an_expression_is_refused_for_what_it_can_do(expression: str, message: str) -> None:
    with pytest.raises(Unbounded, match=message):
        check_bounded(expression)


def test_a_repeat_without_limit_at_the_end_needs_no_anchor() -> None:
    assert is_bounded("ab*")
    assert not is_bounded("b*a")
