"""Every test can fail: it asserts something, about something that it ran, and names what it expects."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
Function = tuple[str, ast.FunctionDef]

_ASSERTING = frozenset({"raises", "fail", "warns"})
"""Calls of pytest that fail a test."""
_LITERALS = (ast.Tuple, ast.List, ast.Set, ast.Dict, ast.Constant)


@lru_cache
def functions() -> list[Function]:
    """Every function below tests/, with its file."""
    found: list[Function] = []
    for path in sorted(TESTS.rglob("*.py")):
        name = str(path.relative_to(TESTS))
        found += [
            (name, each)
            for each in ast.walk(ast.parse(path.read_text()))
            if isinstance(each, ast.FunctionDef)
        ]
    return found


def every_test() -> list[Function]:
    return [(file, each) for file, each in functions() if _is_test(file, each)]


def _is_test(file: str, function: ast.FunctionDef) -> bool:
    return Path(file).name.startswith("test_") and function.name.startswith("test_")


def called(function: ast.AST) -> set[str]:
    """The names of what a function calls."""
    calls = [node.func for node in ast.walk(function) if isinstance(node, ast.Call)]
    return {call.attr if isinstance(call, ast.Attribute) else ast.unparse(call) for call in calls}


def asserts(function: ast.AST) -> bool:
    return any(isinstance(node, ast.Assert | ast.Raise) for node in ast.walk(function)) or bool(
        called(function) & _ASSERTING
    )


def asserting() -> set[str]:
    """The names of functions that assert, or call one that does."""
    names = {each.name for _, each in functions() if asserts(each)}
    while more := {each.name for _, each in functions() if called(each) & names} - names:
        names |= more
    return names


def is_same(compared: ast.Compare) -> bool:
    """A thing compared with itself. Two calls are two things: they may answer differently."""
    sides = [compared.left, *compared.comparators]
    return any(
        ast.dump(left) == ast.dump(right) and not called(left) for left, right in itertools.pairwise(sides)
    )


def is_empty_truth(test: ast.expr) -> bool:
    """``all(...)`` and ``not any(...)`` of what may be nothing."""
    call, name = (test.operand, "any") if isinstance(test, ast.UnaryOp) else (test, "all")
    if not (isinstance(call, ast.Call) and ast.unparse(call.func) == name):
        return False
    (given,) = call.args
    if not isinstance(given, ast.GeneratorExp):
        return not (
            isinstance(given, ast.Call) and bool(given.args) and isinstance(given.args[-1], _LITERALS)
        )
    return not any(isinstance(part.iter, _LITERALS) for part in given.generators)


def wrong(assertion: ast.Assert) -> str:
    """Why an assertion cannot fail; empty if it can."""
    test = assertion.test
    if isinstance(test, ast.Constant | ast.Tuple):
        return "a constant is asserted"
    if isinstance(test, ast.BoolOp) and any(isinstance(each, ast.Constant) for each in test.values):
        return "one side is a constant"
    if isinstance(test, ast.Compare) and is_same(test):
        return "a thing is compared with itself"
    return ""


def test_every_test_asserts_something() -> None:
    helpers = asserting()
    silent = [
        f"{file}: {test.name}"
        for file, test in every_test()
        if not asserts(test) and not called(test) & helpers
    ]
    assert silent == []


def test_no_assertion_is_true_whatever_happens() -> None:
    found = [
        f"{file}:{node.lineno}: {why}"
        for file, function in functions()
        for node in ast.walk(function)
        if isinstance(node, ast.Assert) and (why := wrong(node))
    ]
    assert found == []


def test_no_assertion_is_true_of_nothing() -> None:
    """``assert {each.ok for each in found} == {True}`` is false of nothing; ``all(...)`` is true."""
    found = [
        f"{file}:{node.lineno}"
        for file, test in every_test()
        if "given" not in " ".join(map(ast.unparse, test.decorator_list))
        for node in ast.walk(test)
        if isinstance(node, ast.Assert) and is_empty_truth(node.test)
    ]
    assert found == []


def test_an_expected_error_is_never_any_error() -> None:
    found = [
        f"{file}:{node.lineno}"
        for file, function in functions()
        for node in ast.walk(function)
        if isinstance(node, ast.Call)
        and called(node.func) == set()
        and ast.unparse(node.func) in ("pytest.raises", "suppress", "contextlib.suppress")
        and {"Exception", "BaseException"} & set(names(node))
    ]
    assert found == []


def names(node: ast.Call) -> Iterator[str]:
    for given in node.args:
        yield from (each.id for each in ast.walk(given) if isinstance(each, ast.Name))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("assert x or True", "one side is a constant"),
        ("assert (x, 'said')", "a constant is asserted"),
        ("assert done.code == done.code", "a thing is compared with itself"),
        ("assert f() == f()", ""),
        ("assert x == y", ""),
    ],
)
def test_what_cannot_fail_is_found(text: str, why: str) -> None:
    (statement,) = ast.parse(text).body
    assert isinstance(statement, ast.Assert)
    assert wrong(statement) == why


@pytest.mark.parametrize(
    ("text", "empty"),
    [
        ("all(each.ok for each in found)", True),
        ("not any(each.ok for each in found)", True),
        ("all(f(n) for n in (1, 2))", False),
        ("all(map(f, (1, 2)))", False),
        ("all(map(f, found))", True),
        ("any(each.ok for each in found)", False),
        ("{each.ok for each in found} == {True}", False),
    ],
)
def test_a_truth_about_nothing_is_found(text: str, empty: bool) -> None:
    assert is_empty_truth(ast.parse(text, mode="eval").body) is empty
