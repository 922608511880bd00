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
    """Whether all assertions of a test are inside loops, branches and functions that may not be entered."""
    function, _ = _parsed(test)
    return any(map(is_assertion, ast.walk(function))) and not _always_asserts(function.body)


def is_assertion(node: ast.AST) -> bool:
    if isinstance(node, ast.With):
        return any("raises" in ast.unparse(item.context_expr) for item in node.items)
    return isinstance(node, ast.Assert)


def _always_asserts(statements: Sequence[ast.stmt]) -> bool:
    for statement in statements:
        if is_assertion(statement):
            return True
        if isinstance(statement, ast.With) and _always_asserts(statement.body):
            return True
        if isinstance(statement, ast.If) and all(map(_always_asserts, (statement.body, statement.orelse))):
            return True
    return False


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
