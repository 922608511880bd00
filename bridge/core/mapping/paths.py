"""JSONPaths in the places of a mapping's values: found, parsed, and compiled to functions of a source."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from bridge.core.jsonpath import JsonPath, JsonPathError, Step, parse_path, walk_plain
from bridge.core.mapping.functions import MISSING
from bridge.errors import MappingFailed

Getter = Callable[[Any], Any]
Place = tuple[str | int, ...]
PathCompiler = Callable[[str, Place], Getter]
"""From a JSONPath's text and its place in the mapping to a function that finds its value or :data:`MISSING`.
Raises :class:`MappingError`."""


class MappingError(ValueError):
    """A mapping that cannot be compiled; ``path`` is the place inside it."""

    def __init__(self, path: Place, message: str, suggestion: str = "") -> None:
        super().__init__(message)
        self.path = path
        self.message = message
        self.suggestion = suggestion


def parsed(text: str, place: Place) -> JsonPath:
    """The JSONPath at a place of a mapping. Raises :class:`MappingError`."""
    try:
        return parse_path(text)
    except JsonPathError as error:
        raise MappingError(place, str(error), error.suggestion) from error


def find_by_library(path: JsonPath, document_of: Callable[[Any], Any], what: str) -> Getter:
    """All values that ``path`` finds in a source's document. ``what`` names the source in errors."""

    def get(source: Any) -> Any:
        try:
            return path.find(document_of(source))
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise MappingFailed(
                f"JSONPath {path.text} cannot be applied to {what} ({type(error).__name__})",
                hint="a filter in the path meets a value of another type",
            ) from error

    return get


def find_by_steps(root_of: Getter, steps: tuple[Step, ...], *, many: bool) -> Getter:
    """The value at ``steps`` below ``root_of(source)``, or the list of them where ``many`` may match."""

    def get(source: Any) -> Any:
        root = root_of(source)
        found = [] if root is MISSING else list(walk_plain(root, steps))
        return found if many else found[0] if found else MISSING

    return get


def is_path(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("$") and not value.startswith("$$")


def paths_of(value: Any, place: Place = ()) -> Iterator[tuple[Place, JsonPath]]:
    """The paths of a mapping that can be parsed, with their places."""
    if isinstance(value, Mapping):
        for name, each in value.items():
            if name != "$const":
                yield from paths_of(each, (*place, name))
    elif isinstance(value, list | tuple):
        for index, each in enumerate(value):
            yield from paths_of(each, (*place, index))
    elif is_path(value):
        try:
            yield place, parse_path(value)
        except JsonPathError:
            return
