"""YAML with positions: plain data, and the line and column of each key and value.

Reads the intersection of YAML 1.1 (PyYAML) and YAML 1.2 (editors). A value that the two read differently,
such as an unquoted ``on`` or ``010``, is refused with an explanation, so that it is never misread without
notice. Dates stay text. Anchors, aliases and merge keys work.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from bridge.errors import ConfigurationError, Problem
from bridge.settings.yaml_nodes import compose

MAX_BYTES: Final = 1024 * 1024
MAX_VALUES: Final = 100_000  # after aliases are expanded, so that a few lines cannot fill the memory
MAX_DEPTH: Final = 64

YamlPath = tuple[str | int, ...]
"""The path of a value: ``("tables", "Users", "events", 1)``."""

_TAG: Final = "tag:yaml.org,2002:"
_PLAIN_INTEGER: Final = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_PLAIN_DECIMAL: Final = re.compile(r"[-+]?(0|[1-9][0-9]*)?\.?[0-9]*([eE][-+]?[0-9]+)?")
_INTEGER_DIGITS: Final = 400  # far beyond any number here, below the interpreter's own limit


@dataclass(frozen=True, slots=True)
class Place:
    """Line and column, counted from 1, of a value and of its key (``None`` in a list)."""

    key: tuple[int, int] | None
    value: tuple[int, int]

    @property
    def shown(self) -> tuple[int, int]:
        """The place to show: the value if it is on the line of its key, else the key."""
        return self.key if self.key is not None and self.key[0] != self.value[0] else self.value


@dataclass(frozen=True, slots=True)
class YamlSource:
    """One parsed file. ``problems`` are findings that did not stop the reading; entries of mappings that
    could not be read are absent from ``data``."""

    file: str
    data: Any
    places: Mapping[YamlPath, Place]
    problems: tuple[Problem, ...] = ()

    def locate(self, path: YamlPath, *, key: bool = False) -> tuple[int, int]:
        """Line and column of ``path``, or of the nearest value around it that is in the file; ``(0, 0)`` for
        the whole file. With ``key``, the position of the key."""
        for length in range(len(path), -1, -1):
            place = self.places.get(path[:length])
            if place is not None and length:
                return place.key if key and place.key is not None else place.shown
        return (0, 0)

    def problem(
        self,
        path: YamlPath,
        message: str,
        suggestion: str = "",
        severity: str = "error",
        *,
        key: bool = False,
    ) -> Problem:
        line, column = self.locate(path, key=key)
        return Problem(self.file, line, column, format_path(path), message, suggestion, severity)


def format_path(path: Sequence[str | int]) -> str:
    """``tables.Users.events[1]``; a key that is not a plain word is quoted: ``tables["my.table"]``."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif re.fullmatch(r"[\w-]+", part):
            text += f".{part}" if text else part
        else:
            text += f"[{json.dumps(part, ensure_ascii=not part.isprintable())}]"
    return text


def parse_yaml(content: bytes, file: str) -> YamlSource:
    """Parse one YAML document in UTF-8. Raises ``ConfigurationError`` for a file that cannot be read at all:
    a syntax error, more than ``MAX_BYTES``, ``MAX_VALUES`` or ``MAX_DEPTH``."""
    if len(content) > MAX_BYTES:
        raise ConfigurationError([Problem(file, 0, 0, "", f"is larger than {MAX_BYTES} bytes")])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line, column = _line_and_column(content[: error.start].decode("utf-8-sig", "replace"))
        raise ConfigurationError([Problem(file, line, column, "", "is not UTF-8 text")]) from error
    try:
        node = compose(text)
    except RecursionError as error:
        raise ConfigurationError([_too_deep(file, 0, 0)]) from error
    except yaml.YAMLError as error:
        raise ConfigurationError([_syntax_problem(error, text, file)]) from error
    if node is None:
        return YamlSource(file, None, {})
    reader = _Reader(file)
    data = reader.read(node, (), None)
    return YamlSource(file, data, reader.places, tuple(reader.problems))


@dataclass(slots=True)
class _Reader:
    """Turns composed nodes into plain data, and records positions and problems."""

    file: str
    places: dict[YamlPath, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    values: int = 0

    def read(self, node: yaml.Node, path: YamlPath, key: tuple[int, int] | None) -> Any:
        value_at = _mark(node.start_mark)
        self.places[path] = Place(key, value_at)
        self._count(node)
        if len(path) > MAX_DEPTH:
            raise ConfigurationError([_too_deep(self.file, *value_at)])
        if isinstance(node, yaml.MappingNode) and node.tag == _TAG + "map":
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode) and node.tag == _TAG + "seq":
            return [self.read(child, (*path, i), None) for i, child in enumerate(node.value)]
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, path)
        self._problem(node, path, f"the YAML tag {_tag(node)} is not supported here")
        return None

    def _mapping(self, node: yaml.MappingNode, path: YamlPath) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        seen: dict[str, int] = {}
        merged: list[yaml.Node] = []
        for key, at, value_node in self._members(node, path, merged):
            if key in seen:
                message = f"the key is there twice; the first is on line {seen[key]}"
                self.problems.append(Problem(self.file, *at, format_path((*path, key)), message))
                continue
            seen[key] = at[0]
            mapping[key] = self.read(value_node, (*path, key), at)
        for value_node in merged:
            self._merge(value_node, path, mapping, (id(node),))
        return mapping

    def _merge(
        self, node: yaml.Node, path: YamlPath, mapping: dict[str, Any], inside: tuple[int, ...]
    ) -> None:
        """``<<: *defaults``: keys that the mapping does not have itself (YAML 1.1, merge key)."""
        for part in node.value if isinstance(node, yaml.SequenceNode) else [node]:
            self._count(part)
            if not isinstance(part, yaml.MappingNode) or id(part) in inside:
                self._problem(part, path, "<< must name a mapping or a list of mappings, and not itself")
                continue
            nested: list[yaml.Node] = []
            for key, at, value_node in self._members(part, path, nested):
                if key not in mapping:
                    mapping[key] = self.read(value_node, (*path, key), at)
            for value_node in nested:
                self._merge(value_node, path, mapping, (*inside, id(part)))

    def _members(
        self, node: yaml.MappingNode, path: YamlPath, merged: list[yaml.Node]
    ) -> Iterator[tuple[str, tuple[int, int], yaml.Node]]:
        """Key, place of the key, and value node of each member; values of ``<<`` are added to ``merged``."""
        for key_node, value_node in node.value:
            if key_node.tag == _TAG + "merge":
                merged.append(value_node)
            elif (key := self._key(key_node, path)) is not None:
                yield key, _mark(key_node.start_mark), value_node

    def _count(self, node: yaml.Node) -> None:
        self.values += 1
        if self.values > MAX_VALUES:
            message = f"has more than {MAX_VALUES} values after aliases are expanded"
            raise ConfigurationError([Problem(self.file, *_mark(node.start_mark), "", message)])

    def _key(self, node: yaml.Node, path: YamlPath) -> str | None:
        if isinstance(node, yaml.ScalarNode) and node.tag in (_TAG + "str", _TAG + "timestamp"):
            return str(node.value)
        if not isinstance(node, yaml.ScalarNode):
            self._problem(node, path, "a key must be text, not a list or mapping")
        elif node.tag == _TAG + "bool":
            reading = "true" if node.value.lower() in ("true", "yes", "on") else "false"
            message = f"YAML 1.1 reads the unquoted key {node.value} as {reading}, not as text"
            self._problem(node, path, message, f'write "{node.value}" if you mean that name')
        else:
            self._problem(node, path, "a key must be text", "put it in quotes")
        return None

    def _scalar(self, node: yaml.ScalarNode, path: YamlPath) -> Any:
        text: str = node.value
        kind = node.tag.removeprefix(_TAG)
        if kind in ("str", "timestamp", "value"):
            return text
        if kind == "null":
            return None
        if kind == "bool":
            if text.lower() in ("true", "false"):
                return text.lower() == "true"
            reading = "true" if text.lower() in ("yes", "on") else "false"
            message = f"YAML 1.1 reads the unquoted {text} as {reading}, YAML 1.2 as text"
            self._problem(node, path, message, f'write {reading} or "{text}"')
        elif kind == "int" and _PLAIN_INTEGER.fullmatch(text) and len(text) <= _INTEGER_DIGITS:
            return int(text)
        elif kind == "float" and _PLAIN_DECIMAL.fullmatch(text) and math.isfinite(float(text)):
            return float(text)
        elif kind in ("int", "float"):
            message = "is not a plain decimal number, and YAML versions read it differently"
            self._problem(node, path, message, "put it in quotes if it is text")
        else:
            self._problem(node, path, f"the YAML tag {_tag(node)} is not supported here")
        return None

    def _problem(self, node: yaml.Node, path: YamlPath, message: str, suggestion: str = "") -> None:
        at = _mark(node.start_mark)
        self.problems.append(Problem(self.file, *at, format_path(path), message, suggestion))


def _mark(mark: Any) -> tuple[int, int]:
    return (mark.line + 1, mark.column + 1)


def _tag(node: yaml.Node) -> str:
    return json.dumps(node.tag.replace(_TAG, "!!"))


def _line_and_column(before: str) -> tuple[int, int]:
    return (before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)


def _too_deep(file: str, line: int, column: int) -> Problem:
    message = f"is nested deeper than {MAX_DEPTH} levels"
    return Problem(file, line, column, "", message, "does an alias contain itself?")


def _syntax_problem(error: yaml.YAMLError, text: str, file: str) -> Problem:
    if isinstance(error, yaml.reader.ReaderError):
        line, column = _line_and_column(text[: error.position])
        return Problem(file, line, column, "", "contains a character that YAML does not allow")
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    parts = (getattr(error, "context", None), getattr(error, "problem", None))
    message = "is not YAML: " + ", ".join(" ".join(part.split()) for part in parts if part)
    suggestion = "indent with spaces, not tabs" if "'\\t'" in message else ""
    line, column = _mark(mark) if mark is not None else (0, 0)
    return Problem(file, line, column, "", message, suggestion)
