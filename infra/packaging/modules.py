"""The modules of ``bridge`` that a Lambda function can import, and the AWS services that they call.

They are read from the imports, including those inside functions, so that there is no list to maintain: a
module that a handler starts to use is in the next package, and a module that only the command line uses is in
none.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PACKAGE = "bridge"
FUNCTIONS = "lambdas"


def reachable(root: Path) -> list[Path]:
    """Files of the package in ``root`` that its Lambda handlers can import, sorted."""
    waiting = sorted((root / PACKAGE / FUNCTIONS).glob("*.py"))
    found: set[Path] = set()
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        waiting += [each for name in _imports(path, root) for each in _files(root, name)]
    return sorted(found)


def services(paths: list[Path]) -> set[str]:
    """Services for which these files create a client: ``client("events")`` and ``client_factory()("s3")``."""
    return {
        call.args[0].value
        for path in paths
        for call in ast.walk(_tree(path))
        if isinstance(call, ast.Call)
        and len(call.args) == 1
        and isinstance(call.args[0], ast.Constant)
        and isinstance(call.args[0].value, str)
        and "client" in _called(call.func)
    }


def _called(function: ast.expr) -> str:
    """The last name of a call. For ``client.get_object().get`` it is ``get``, which is not a client."""
    if isinstance(function, ast.Call):
        return _called(function.func)
    if isinstance(function, ast.BoolOp):
        return " ".join(map(_called, function.values))
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _imports(path: Path, root: Path) -> Iterator[str]:
    for node in _running(_tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            if node.level:
                above = path.relative_to(root).parent.parts
                base = ".".join(above[: len(above) - node.level + 1])
                module = f"{base}.{module}" if module else base
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def _running(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes that are executed, without those for type checkers only."""
    yield node
    if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
        children: list[ast.AST] = list(node.orelse)
    else:
        children = list(ast.iter_child_nodes(node))
    for child in children:
        yield from _running(child)


def _files(root: Path, name: str) -> Iterator[Path]:
    """The files of a dotted name and of its parent packages; none for a name that is not a module."""
    parts = name.split(".")
    if parts[0] != PACKAGE:
        return
    for length in range(1, len(parts) + 1):
        place = root.joinpath(*parts[:length])
        for path in (place / "__init__.py", place.with_suffix(".py")):
            if path.is_file():
                yield path


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))
