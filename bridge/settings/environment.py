"""``${NAME}`` in bridge.yaml, read from the environment.

``${NAME}`` must be set. ``${NAME:-default}`` takes the default if the variable is unset or empty. ``$${`` is
a plain ``${``. References work only in values, not in keys, and not in values that decide which keys a block
has (``version``, ``kind``).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from bridge.errors import Problem
from bridge.settings.yaml_source import YamlPath, YamlSource

_NAME: Final = "[A-Za-z_][A-Za-z0-9_]*"
_REFERENCE: Final = re.compile(rf"\$\$\{{|\$\{{(?P<name>{_NAME})(?::-(?P<default>[^}}]*))?\}}|\$\{{")

REFERENCE_PATTERN: Final = rf"(^|[^$])\$\{{{_NAME}(:-[^}}]*)?\}}"
"""For JSON Schema: text with at least one reference."""


class EnvironmentText(str):
    """Text that came, in whole or in part, from the environment. It may mean a number or a flag, and no
    message shows it, because it may be secret."""

    __slots__ = ()


class DefaultText(EnvironmentText):
    """The same, where a default of the file replaced a variable that is unset or empty."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Substituted:
    """``data`` with references replaced, and the paths where that failed: the text there is unchanged, and no
    other problem is reported for it."""

    data: Any
    problems: tuple[tuple[YamlPath, Problem], ...]


def substitute(source: YamlSource, environ: Mapping[str, str]) -> Substituted:
    """Replace every reference in the values of ``source`` by what ``environ`` has."""
    substitution = _Substitution(source, environ)
    data = substitution.value(source.data, ())
    return Substituted(data, tuple(substitution.problems))


def plain(value: Any) -> Any:
    """The same JSON value with ordinary strings."""
    if isinstance(value, dict):
        return {key: plain(member) for key, member in value.items()}
    if isinstance(value, list):
        return [plain(member) for member in value]
    return str(value) if isinstance(value, EnvironmentText) else value


@dataclass(slots=True)
class _Substitution:
    source: YamlSource
    environ: Mapping[str, str]
    problems: list[tuple[YamlPath, Problem]] = field(default_factory=list)

    def value(self, value: Any, path: YamlPath) -> Any:
        if isinstance(value, dict):
            return {key: self.value(member, (*path, key)) for key, member in value.items()}
        if isinstance(value, list):
            return [self.value(member, (*path, index)) for index, member in enumerate(value)]
        if isinstance(value, str) and "${" in value:
            return self._text(value, path)
        return value

    def _text(self, text: str, path: YamlPath) -> str:
        if _decides_shape(path):
            message = "cannot come from the environment, because it decides which keys this block has"
            self._refuse(path, message)
            return text
        kind: type[str] = str

        def replace(match: re.Match[str]) -> str:
            nonlocal kind
            if match[0] == "$${":
                return "${"
            name, default = match["name"], match["default"]
            if name is None:
                message = "${ must be followed by a name and }"
                self._refuse(path, message, "write ${NAME}, ${NAME:-default}, or $${ for a plain ${")
                return match[0]
            found = self.environ.get(name)
            if default is not None and not found:
                kind = DefaultText
                return str(default)
            kind = EnvironmentText if kind is str else kind
            if found is None:
                self._missing(name, path)
                return match[0]
            return found

        replaced = _REFERENCE.sub(replace, text)
        return kind(replaced)

    def _missing(self, name: str, path: YamlPath) -> None:
        close = difflib.get_close_matches(name, list(self.environ), n=1, cutoff=0.8)
        advice = f"did you mean ${{{close[0]}}}?" if close else f"set it, or write ${{{name}:-default}}"
        self._refuse(path, f"the environment variable {name} is not set", advice)

    def _refuse(self, path: YamlPath, message: str, suggestion: str = "") -> None:
        self.problems.append((path, self.source.problem(path, message, suggestion)))


def _decides_shape(path: YamlPath) -> bool:
    return path == ("version",) or (
        path[-1:] == ("kind",) and path[0] in ("sinks", "ledger", "quarantine", "mapping")
    )
