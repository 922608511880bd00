"""Members of YAML mappings, one by one; every problem is kept with its line and column.

Scalars are read from their text, whatever type YAML gives them, so that ``1``, ``1.1.0`` and ``2027-06-30``
mean what they look like.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, TypeVar

import yaml

from bridge.errors import ConfigurationError, Problem
from bridge.schemas.finding import finding, refused
from bridge.settings.yaml_nodes import compose

_TEXT = "tag:yaml.org,2002:str"
_DAY = "tag:yaml.org,2002:timestamp"
_E = TypeVar("_E", bound=StrEnum)

Members = dict[str, Any]


class YamlMembers:
    """Reads one file. Collects ``problems`` until :meth:`finish` raises them."""

    def __init__(self, file: str, rule: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self._rule = rule

    def document(self, content: bytes) -> Any:
        """The root node. Raises :class:`ConfigurationError` where the file is not YAML."""
        try:
            return compose(content)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line, column = (mark.line + 1, mark.column + 1) if mark is not None else (0, 0)
            what = getattr(error, "problem", None) or "it contains a character that YAML does not allow"
            message = f"is not YAML: {what}"
            raise refused(self.file, message, rule=self._rule, line=line, column=column) from error
        except (RecursionError, UnicodeDecodeError) as error:
            raise refused(self.file, "is not valid YAML", rule=self._rule) from error

    def mapping(
        self, node: Any, path: str, *, required: tuple[str, ...] = (), optional: tuple[str, ...] = ()
    ) -> Members:
        """The members of a mapping whose keys are known. ``path`` is its place, "" for the root."""
        known = (*required, *optional)
        members: Members = {}
        for key, name, value in self._pairs(node, path):
            where = _join(path, name)
            if name not in known:
                close = get_close_matches(name, known, n=1)
                advice = f"did you mean '{close[0]}'?" if close else f"one of {', '.join(known)}"
                self.problem(key, where, f"unknown key '{name}'", advice)
            members[name] = value
        if isinstance(node, yaml.MappingNode):
            for name in required:
                if name not in members:
                    self.problem(node, path, f"required key '{name}' is missing")
        return members

    def named(self, node: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
        """Name, node of the name, and node of the value, of a mapping whose keys the writer chose."""
        for key, name, value in self._pairs(node, path):
            yield name, key, value

    def _pairs(self, node: Any, path: str) -> list[tuple[Any, str, Any]]:
        if not isinstance(node, yaml.MappingNode):
            self.problem(node, path, "is empty" if node is None else "must be a mapping")
            return []
        seen: set[str] = set()
        pairs = []
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else ""
            if name in seen:
                self.problem(key, _join(path, name), "is given twice")
            seen.add(name)
            pairs.append((key, name, value))
        return pairs

    def elements(self, members: Members, name: str, prefix: str = "") -> list[tuple[str, Any]]:
        """The elements of a list, each with its path; empty where the member is missing."""
        node = members.get(name)
        if node is None:
            return []
        path = f"{prefix}{name}"
        if not isinstance(node, yaml.SequenceNode):
            self.problem(node, path, "must be a list")
            return []
        return [(f"{path}[{index}]", each) for index, each in enumerate(node.value)]

    def text(self, members: Members, name: str, prefix: str = "") -> str:
        """Text on one line; "" where the member is missing or not text."""
        node = members.get(name)
        if node is None:
            return ""
        if isinstance(node, yaml.ScalarNode) and node.tag == _TEXT and node.value.strip():
            return " ".join(node.value.split())
        self.problem(node, f"{prefix}{name}", "must be text that is not empty")
        return ""

    def scalar(self, node: Any) -> str | None:
        """The text of a scalar as written, whatever type YAML gives it."""
        return str(node.value).strip() if isinstance(node, yaml.ScalarNode) else None

    def value(self, node: Any, path: str) -> Any:
        """The JSON value of a node: a date stays text, and a name is text whatever YAML makes of it."""
        if isinstance(node, yaml.MappingNode):
            return {name: self.value(each, _join(path, name)) for _, name, each in self._pairs(node, path)}
        if isinstance(node, yaml.SequenceNode):
            return [self.value(each, f"{path}[{index}]") for index, each in enumerate(node.value)]
        if node is None:
            return None
        if node.tag == _TEXT or node.tag == _DAY:
            return str(node.value)
        try:
            return yaml.SafeLoader("").construct_object(node)
        except yaml.YAMLError:
            self.problem(node, path, "is no value of JSON")
            return None

    def day(self, members: Members, name: str, prefix: str = "") -> date | None:
        node = members.get(name)
        return None if node is None else self.day_of(node, f"{prefix}{name}")

    def day_of(self, node: Any, path: str) -> date | None:
        text = self.scalar(node)
        try:
            if text is not None and len(text) == len("2027-06-30"):
                return date.fromisoformat(text)
        except ValueError:
            pass
        self.problem(node, path, "must be a date", "such as 2027-06-30")
        return None

    def choice(self, members: Members, name: str, choices: type[_E], prefix: str = "") -> _E | None:
        node = members.get(name)
        if node is None:
            return None
        text = self.scalar(node) or ""
        names = [each.value for each in choices]
        if text in names:
            return choices(text)
        self.problem(node, f"{prefix}{name}", f"must be one of {', '.join(names)}", meant(text, names))
        return None

    def problem(
        self, node: Any, path: str, message: str, suggestion: str = "", severity: str = "error"
    ) -> None:
        line, column = (0, 0) if node is None else (node.start_mark.line + 1, node.start_mark.column + 1)
        self.problems.append(
            finding(self._rule, self.file, message, suggestion, severity, path=path, line=line, column=column)
        )

    def finish(self) -> None:
        if self.problems:
            raise ConfigurationError(self.problems)


def meant(text: str, names: Sequence[str]) -> str:
    """The suggestion for a misspelt name, whatever its case; "" where no name is close."""
    by_case = {name.casefold(): name for name in names}
    close = get_close_matches(text.casefold(), list(by_case), n=1)
    return f"did you mean '{by_case[close[0]]}'?" if close else ""


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
