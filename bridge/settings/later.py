"""What bridge.yaml will say in a later version: refused by name today, never accepted and ignored.

When a feature arrives, its line leaves this table and nothing else here changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from bridge import __version__
from bridge.errors import Problem
from bridge.settings.yaml_source import YamlPath, YamlSource

Test = Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Later:
    """``path`` with ``*`` for any key or index, the values it is about, its name, and what to do today."""

    path: str
    test: Test
    name: str
    instead: str


LATER: Final[tuple[Later, ...]] = ()


def find_later(source: YamlSource, data: Any) -> dict[YamlPath, Problem]:
    """The refused places of ``data`` (the file with its environment) and what to say about each."""
    release = ".".join(__version__.split(".")[:2])
    found: dict[YamlPath, Problem] = {}
    for later in LATER:
        for path, value in _matches(data, tuple(later.path.split(".")), ()):
            if later.test(value):
                message = f"{later.name} is not supported by this version ({release})"
                found[path] = source.problem(path, message, later.instead)
    return found


def _matches(data: Any, pattern: tuple[str, ...], path: YamlPath) -> Iterator[tuple[YamlPath, Any]]:
    if not pattern:
        yield path, data
        return
    head, rest = pattern[0], pattern[1:]
    if isinstance(data, dict):
        for key in data if head == "*" else [head]:
            if key in data:
                yield from _matches(data[key], rest, (*path, key))
    elif isinstance(data, list) and head == "*":
        for index, member in enumerate(data):
            yield from _matches(member, rest, (*path, index))
