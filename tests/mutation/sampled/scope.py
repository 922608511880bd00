"""Which parts of a file are mutated.

Left out, because no promise depends on them: annotations and type aliases, ``TYPE_CHECKING`` blocks, bodies
of protocols, ``__all__`` and ``__slots__``; decorators (``frozen=True``); docstrings; what is inside an
f-string; calls of a logger or of a ``log`` method; what an error is raised with (raising it is mutated);
every argument that is a text for people: ``message``, ``fix``, ``hint``, ``reason``, ``why``; ``strict`` of
``zip``, which is an assertion; and the ``NotImplementedError`` of a method that a class must have.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

TEXTS: Final = {"message", "fix", "hint", "reason", "why", "problem", "description"}
LOGGERS: Final = {"log", "logger", "_log", "_logger", "logging", "warnings"}
TYPING: Final = {"TypeVar", "NewType", "ParamSpec", "NamedTuple", "cast"}
DECLARED: Final = {"__all__", "__slots__", "__match_args__"}


def mutable(node: ast.AST) -> Iterator[ast.AST]:
    """``node`` and what is under it, without the parts that are not mutated."""
    if _left_out(node):
        return
    yield node
    for child in _children(node):
        yield from mutable(child)


def _left_out(node: ast.AST) -> bool:
    match node:
        case ast.JoinedStr() | ast.Import() | ast.ImportFrom() | ast.Assert():
            return True
        case ast.Expr(value=ast.Constant()):
            return True
        case ast.Expr(value=ast.Call(func=func)) | ast.Call(func=func):
            return _named(func) in TYPING or _owner(func) in LOGGERS or _method(func) == "log"
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return True
        case ast.Raise(exc=ast.Name(id="NotImplementedError")):
            return True
        case ast.ClassDef(bases=bases):
            return any(_named(base) == "Protocol" for base in bases)
        case ast.Assign(targets=[ast.Name(id=name)]):
            return name in DECLARED
        case ast.AnnAssign(annotation=annotation):
            return _named(annotation) == "TypeAlias"
        case ast.keyword(arg=arg):
            return arg in TEXTS
    return False


def _children(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.Raise():
            return
        case ast.AnnAssign(value=value):
            if value is not None:
                yield value
        case ast.FunctionDef(args=arguments, body=body) | ast.AsyncFunctionDef(args=arguments, body=body):
            yield from arguments.defaults
            yield from (each for each in arguments.kw_defaults if each is not None)
            yield from body
        case ast.ClassDef(body=body):
            yield from body
        case ast.Assign(value=value) if _is_alias(value):
            return
        case ast.Call(func=ast.Name(id="zip"), args=arguments):
            yield from arguments
        case _:
            yield from ast.iter_child_nodes(node)


def _is_alias(value: ast.expr) -> bool:
    """``A = B | C`` or ``A = Callable[…]``: a name for a type."""
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.BitOr):
        return all(_is_alias(each) or _is_type(each) for each in (value.left, value.right))
    return isinstance(value, ast.Subscript) and _is_type(value.value)


def _is_type(node: ast.expr) -> bool:
    return (isinstance(node, ast.Constant) and node.value is None) or _named(node)[:1].isupper()


def _named(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(attr=name):
            return name
        case ast.Subscript(value=value):
            return _named(value)
    return ""


def _owner(node: ast.expr) -> str:
    return _named(node.value) if isinstance(node, ast.Attribute) else ""


def _method(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else ""
