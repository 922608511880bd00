"""The mutants of one file: each is one small change of its text.

What is mutated: comparisons, ``and``/``or``, ``not``, arithmetic, numbers by one, ``True``/``False``,
returned values, statements, the order of arguments, ``continue``/``break``, bounds of slices, conditions,
``min``/``max`` and ``any``/``all``, keywords and members that are dropped (``ConsistentRead=True``). Numbers
and booleans among the default values of parameters are mutated like others. A returned ``False`` becomes
``True``, and not ``None``, which means the same to every caller.

What is not: see :mod:`tests.mutation.sampled.scope`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tests.mutation.sampled.scope import TEXTS, mutable

COMPARISONS: Final[dict[type[ast.cmpop], tuple[str, str]]] = {
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.Is: ("is", "is not"),
    ast.IsNot: ("is not", "is"),
    ast.In: ("in", "not in"),
    ast.NotIn: ("not in", "in"),
}
ARITHMETIC: Final[dict[type[ast.operator], tuple[str, str]]] = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "//"),
    ast.Div: ("/", "*"),
    ast.FloorDiv: ("//", "*"),
    ast.Mod: ("%", "*"),
    ast.Pow: ("**", "*"),
    ast.BitAnd: ("&", "|"),
    ast.BitOr: ("|", "&"),
    ast.LShift: ("<<", ">>"),
    ast.RShift: (">>", "<<"),
}
OTHER_NAME: Final = {"min": "max", "max": "min", "any": "all", "all": "any"}
SAME_IN_ANY_ORDER: Final = {
    "isinstance", "issubclass", "cast", "getattr", "hasattr", "min", "max", "zip", "suppress",
}  # fmt: skip
"""Calls whose first two arguments are not swapped: the result is the same, or every call fails."""


@dataclass(frozen=True, slots=True)
class Mutant:
    file: str
    start: int  # offsets in the bytes of the file
    end: int
    new: str
    kind: str
    line: int
    column: int
    was: str  # the line before and after, without its indentation
    becomes: str

    @property
    def name(self) -> str:
        """The same after lines were added above: results and reasons are kept under it."""
        return f"{self.file} | {self.was} | {self.becomes}"

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"

    def apply(self, text: str) -> str:
        data = text.encode()
        return (data[: self.start] + self.new.encode() + data[self.end :]).decode()


def mutants_of(file: str, text: str) -> list[Mutant]:
    """In the order of the text. Only changes that still compile, each once."""
    writer, seen, found = _Writer(file, text), set(), []
    for node in mutable(ast.parse(text)):
        for start, end, new, kind in _changes(writer, node):
            if (start, end, new) in seen:
                continue
            seen.add((start, end, new))
            mutant = writer.mutant(start, end, new, kind)
            if mutant.was != mutant.becomes and _compiles(mutant.apply(text)):
                found.append(mutant)
    return sorted(found, key=lambda each: (each.start, each.end, each.new))


def _compiles(text: str) -> bool:
    try:
        compile(text, "mutant", "exec", dont_inherit=True)
    except SyntaxError:
        return False
    return True


Change = tuple[int, int, str, str]


class _Writer:
    """Places and pieces of the text. Python counts columns in bytes of UTF-8."""

    def __init__(self, file: str, text: str) -> None:
        self.file, self.data = file, text.encode()
        self.lines = [0]
        for line in self.data.splitlines(keepends=True):
            self.lines.append(self.lines[-1] + len(line))

    def start(self, node: ast.expr | ast.stmt | ast.keyword) -> int:
        return self.lines[node.lineno - 1] + node.col_offset

    def end(self, node: ast.expr | ast.stmt | ast.keyword) -> int:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self.lines[node.end_lineno - 1] + node.end_col_offset

    def source(self, node: ast.expr | ast.stmt | ast.keyword) -> str:
        return self.data[self.start(node) : self.end(node)].decode()

    def between(self, left: ast.expr, right: ast.expr, old: str, new: str, kind: str) -> Iterator[Change]:
        """The operator ``old`` between two operands."""
        start, end = self.end(left), self.start(right)
        gap = re.sub(rb"#[^\n]*", lambda found: b" " * len(found[0]), self.data[start:end])
        words = rb"\s+".join(re.escape(word.encode()) for word in old.split())
        found = re.search(rb"\b" + words + rb"\b" if old[0].isalpha() else words, gap)
        if found is not None:
            yield start + found.start(), start + found.end(), new, kind

    def without(self, start: int, end: int, kind: str) -> Iterator[Change]:
        """The member of a list between ``start`` and ``end``, and the comma after or before it."""
        after = re.match(rb"\s*,[ \t]*", self.data[end:])
        if after:
            yield start, end + after.end(), "", kind
            return
        before = re.search(rb",\s*$", self.data[:start])
        yield before.start() if before else start, end, "", kind

    def mutant(self, start: int, end: int, new: str, kind: str) -> Mutant:
        line = self.data.count(b"\n", 0, start) + 1
        first, last = self.lines[line - 1], self.data.find(b"\n", end)
        last = len(self.data) if last < 0 else last
        was = self.data[first:last].decode()
        becomes = (self.data[first:start] + new.encode() + self.data[end:last]).decode()
        column = start - first + 1
        return Mutant(self.file, start, end, new, kind, line, column, _flat(was), _flat(becomes))


def _flat(text: str) -> str:
    return " ".join(text.split())


def _changes(text: _Writer, node: ast.AST) -> Iterator[Change]:
    match node:
        case ast.Compare():
            for left, operator, right in zip(
                [node.left, *node.comparators], node.ops, node.comparators, strict=False
            ):
                yield from text.between(left, right, *COMPARISONS[type(operator)], "comparison")
        case ast.BoolOp():
            old, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
            for left, right in zip(node.values, node.values[1:], strict=False):
                yield from text.between(left, right, old, new, "and, or")
        case ast.UnaryOp(op=ast.Not()):
            yield text.start(node), text.start(node.operand), "", "not"
        case ast.UnaryOp(op=ast.USub()):
            yield text.start(node), text.start(node.operand), "+", "sign"
        case ast.BinOp() if type(node.op) in ARITHMETIC:
            yield from text.between(node.left, node.right, *ARITHMETIC[type(node.op)], "arithmetic")
        case ast.AugAssign() if isinstance(node.op, ast.Add | ast.Sub):
            old, new = ("+=", "-=") if isinstance(node.op, ast.Add) else ("-=", "+=")
            yield from text.between(node.target, node.value, old, new, "arithmetic")
            yield text.start(node), text.end(node), "pass", "deleted statement"
        case ast.Constant():
            yield from _constant(text, node)
        case ast.Call():
            yield from _call(text, node)
        case ast.Dict():
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str) and key.value[:1].isupper():
                    yield from text.without(text.start(key), text.end(value), "dropped member")
        case ast.Slice():
            yield from _slice(text, node)
        case ast.If() | ast.While() | ast.IfExp():
            test = node.test
            if not isinstance(test, ast.Compare | ast.UnaryOp | ast.Constant):
                yield text.start(test), text.end(test), f"not ({text.source(test)})", "condition"
        case ast.stmt():
            yield from _statement(text, node)


def _constant(text: _Writer, node: ast.Constant) -> Iterator[Change]:
    start, end = text.start(node), text.end(node)
    match node.value:
        case bool():
            yield start, end, str(not node.value), "boolean"
        case int() | float():
            old = text.source(node)
            yield start, end, str(node.value + 1), "number"
            if old not in ("0", "1", "0.0"):
                yield start, end, str(node.value - 1), "number"


def _call(text: _Writer, node: ast.Call) -> Iterator[Change]:
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    if name in OTHER_NAME:
        yield text.start(node.func), text.end(node.func), OTHER_NAME[name], "other function"
    if len(node.args) >= 2 and name not in SAME_IN_ANY_ORDER:
        first, second = node.args[:2]
        if not isinstance(first, ast.Starred) and not isinstance(second, ast.Starred):
            gap = text.data[text.end(first) : text.start(second)].decode()
            swapped = f"{text.source(second)}{gap}{text.source(first)}"
            yield text.start(first), text.end(second), swapped, "swapped arguments"
    for each in node.keywords:
        if (
            each.arg is not None
            and name != "zip"
            and each.arg not in TEXTS
            and (each.arg[0].isupper() or isinstance(each.value, ast.Constant))
        ):
            yield from text.without(text.start(each), text.end(each), "dropped keyword")


def _slice(text: _Writer, node: ast.Slice) -> Iterator[Change]:
    for bound in (node.lower, node.upper):
        if bound is not None:
            yield text.start(bound), text.end(bound), "", "slice"
            if not isinstance(bound, ast.Constant):
                yield text.start(bound), text.end(bound), f"({text.source(bound)}) + 1", "slice"


def _statement(text: _Writer, node: ast.stmt) -> Iterator[Change]:
    start, end = text.start(node), text.end(node)
    match node:
        case ast.Return(value=value) if value is not None and text.source(value) not in ("None", "False"):
            yield text.start(value), text.end(value), "None", "returned value"
        case ast.Continue():
            yield start, end, "break", "continue, break"
        case ast.Break():
            yield start, end, "continue", "continue, break"
        case ast.Raise() | ast.Delete():
            yield start, end, "pass", "deleted statement"
        case ast.Expr(value=ast.Call()):
            yield start, end, "pass", "deleted statement"
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            yield start, end, "pass", "deleted statement"
