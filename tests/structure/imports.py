"""What the files of a tree import, read from their text; and the circles among them."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from tests.builders.places import ROOT


def module_of(path: Path) -> str:
    """``bridge/relay/gaps.py`` is ``bridge.relay.gaps``; a package is its ``__init__.py``."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def modules(*folders: str) -> dict[str, Path]:
    return {module_of(path): path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))}


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Every name that a file imports, as ``module`` and ``module.name``, with its line."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module, node.lineno
            for alias in node.names:
                yield f"{node.module}.{alias.name}", node.lineno


def graph(known: Mapping[str, Path]) -> dict[str, set[str]]:
    """Which module imports which. ``from bridge import __version__`` is no import of the whole package."""
    arrows: dict[str, set[str]] = defaultdict(set)
    for module, path in known.items():
        names = {name for name, _ in imports(path)}
        for name in names & known.keys():
            submodules = {other for other in names & known.keys() if other.startswith(f"{name}.")}
            only_the_version = name == "bridge" and "bridge.__version__" in names
            if name != module and not submodules and not only_the_version:
                arrows[module].add(name)
    return arrows


def by_folder(arrows: Mapping[str, Iterable[str]], known: Mapping[str, Path]) -> dict[str, set[str]]:
    """The same arrows between the folders that the files are in."""
    top = ROOT / "bridge"  # each of its few files is a floor of its own
    folder = {
        module: module if path.parent == top else str(path.parent.relative_to(ROOT))
        for module, path in known.items()
    }
    found: dict[str, set[str]] = defaultdict(set)
    for module, others in arrows.items():
        found[folder[module]] |= {folder[other] for other in others} - {folder[module]}
    return found


def circles(arrows: Mapping[str, Iterable[str]]) -> list[set[str]]:
    """Groups of nodes that reach each other (Tarjan's strongly connected components of two or more)."""
    index: dict[str, int] = {}
    lowest: dict[str, int] = {}
    path: list[str] = []
    found: list[set[str]] = []

    def visit(node: str) -> None:
        index[node] = lowest[node] = len(index)
        path.append(node)
        for other in arrows.get(node, ()):
            if other not in index:
                visit(other)
                lowest[node] = min(lowest[node], lowest[other])
            elif other in path:
                lowest[node] = min(lowest[node], index[other])
        if lowest[node] == index[node]:
            group = set(path[path.index(node) :])
            del path[path.index(node) :]
            if len(group) > 1:
                found.append(group)

    for node in list(arrows):
        if node not in index:
            visit(node)
    return found
