"""Where a test asserts something, read from its source."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

Lines = tuple[int, int]
"""The first and the last line of an assertion in its file."""


def assertions_of(test: Callable[..., Any]) -> list[Lines]:
    """Each ``assert`` and ``with pytest.raises(...)``; in a test that has neither, its last statement."""
    function, first = _parsed(test)
    found = [_lines(node) for node in ast.walk(function) if is_assertion(node)]
    if not found:
        last = function.body[-1]
        found = [(last.lineno, last.end_lineno or last.lineno)]
    return sorted((start + first - 1, end + first - 1) for start, end in found)


def may_pass_by(test: Callable[..., Any]) -> bool:
    """Whether all assertions of a test are inside loops, branches and functions that may not be entered. A
    call of a function of its module that asserts is an assertion."""
    function, _ = _parsed(test)
    helpers = {name for name, each in test.__globals__.items() if _is_helper(each, test)}
    return any(map(is_assertion, ast.walk(function))) and not _always_asserts(function.body, helpers)


def _is_helper(value: Any, test: Callable[..., Any]) -> bool:
    if not inspect.isfunction(value) or value.__module__ != test.__module__:
        return False
    names = {*value.__code__.co_names, *value.__code__.co_varnames}
    return "@pytest_ar" in names or any(name.startswith("@py_") for name in names)


def is_assertion(node: ast.AST) -> bool:
    if isinstance(node, ast.With):
        return any("raises" in ast.unparse(item.context_expr) for item in node.items)
    return isinstance(node, ast.Assert)


def _always_asserts(statements: Sequence[ast.stmt], helpers: set[str]) -> bool:
    return any(_reaches(statement, helpers) for statement in statements)


def _reaches(statement: ast.stmt, helpers: set[str]) -> bool:
    if is_assertion(statement):
        return True
    match statement:
        case ast.With():
            return _always_asserts(statement.body, helpers)
        case ast.If():
            ways = (statement.body, statement.orelse)
            return all(_always_asserts(way, helpers) for way in ways)
        case ast.For():
            return _is_entered(statement.iter) and _always_asserts(statement.body, helpers)
        case ast.Expr(value=ast.Call(func=function)):
            return ast.unparse(function) in helpers
    return False


def _is_entered(given: ast.expr) -> bool:
    """A loop over a list that is written down, or over numbers."""
    if isinstance(given, ast.Tuple | ast.List):
        return bool(given.elts)
    return isinstance(given, ast.Call) and ast.unparse(given.func) == "range"


@cache
def _parsed(test: Callable[..., Any]) -> tuple[ast.FunctionDef, int]:
    source, first = inspect.getsourcelines(test)
    (function,) = ast.parse(textwrap.dedent("".join(source))).body
    assert isinstance(function, ast.FunctionDef)
    return function, first


def _lines(node: ast.AST) -> Lines:
    if isinstance(node, ast.With):
        return node.lineno, node.body[0].lineno - 1
    assert isinstance(node, ast.Assert)
    return node.lineno, node.end_lineno or node.lineno
