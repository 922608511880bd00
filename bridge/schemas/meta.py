"""The two YAML files beside the schemas: ``<type>/meta.yaml`` and ``registry.yaml``."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any
from urllib.parse import urlsplit

import yaml

from bridge.errors import ConfigurationError, Problem


@dataclass(frozen=True, slots=True)
class Meta:
    """What people should know about a type: what it tells of and who answers for it."""

    summary: str
    team: str
    contact: str = ""


def parse_meta(content: bytes, file: str) -> Meta:
    """Read ``meta.yaml``: ``summary``, and ``owner`` as ``{team, contact}`` or just the team's name.

    Raises :class:`ConfigurationError` with every problem.
    """
    reader = _Reader(file)
    root = reader.mapping(reader.document(content), "", required=("summary", "owner"))
    summary = reader.text(root, "summary")
    team = contact = ""
    owner = root.get("owner")
    if isinstance(owner, yaml.MappingNode):
        members = reader.mapping(owner, "owner", required=("team",), optional=("contact",))
        team, contact = reader.text(members, "team", "owner."), reader.text(members, "contact", "owner.")
    elif owner is not None:
        team = reader.text(root, "owner")
    reader.finish()
    return Meta(summary, team, contact)


def parse_registry(content: bytes, file: str) -> str:
    """Read ``registry.yaml`` and give its ``base``: the absolute URI that every ``$id`` begins with."""
    reader = _Reader(file)
    root = reader.mapping(reader.document(content), "", required=("base",))
    base = reader.text(root, "base")
    parts = urlsplit(base)
    if base and (not parts.scheme or not parts.netloc or parts.query or parts.fragment or base.endswith("/")):
        message = "must be an absolute URI without query, fragment or a slash at its end"
        reader.problem(root["base"], "base", message, "such as https://schemas.example.com")
    reader.finish()
    return base


class _Reader:
    """Reads plain text members of YAML mappings; every problem gets its line and column."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []

    def document(self, content: bytes) -> Any:
        try:
            return yaml.compose(content, Loader=yaml.SafeLoader)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line, column = (mark.line + 1, mark.column + 1) if mark is not None else (0, 0)
            what = getattr(error, "problem", None) or "it holds a character that YAML does not allow"
            problem = Problem(self.file, line, column, "", f"is not YAML: {what}")
            raise ConfigurationError([problem]) from error
        except (RecursionError, UnicodeDecodeError) as error:
            raise ConfigurationError([Problem(self.file, 0, 0, "", "is not YAML to rely on")]) from error

    def mapping(
        self, node: Any, path: str, *, required: tuple[str, ...], optional: tuple[str, ...] = ()
    ) -> dict[str, Any]:
        if not isinstance(node, yaml.MappingNode):
            self.problem(node, path, "is empty" if node is None else "must be a mapping")
            return {}
        known = (*required, *optional)
        members: dict[str, Any] = {}
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else ""
            where = f"{path}.{name}" if path else name
            if name in members:
                self.problem(key, where, "stands twice")
            elif name not in known:
                close = get_close_matches(name, known, n=1)
                advice = f"did you mean '{close[0]}'?" if close else f"one of {', '.join(known)}"
                self.problem(key, where, f"unknown key '{name}'", advice)
            members[name] = value
        for name in required:
            if name not in members:
                self.problem(node, path, f"required key '{name}' is missing")
        return members

    def text(self, members: dict[str, Any], name: str, prefix: str = "") -> str:
        node = members.get(name)
        if node is None:
            return ""
        if isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:str" and node.value.strip():
            return " ".join(node.value.split())
        self.problem(node, f"{prefix}{name}", "must be text that is not empty")
        return ""

    def problem(self, node: Any, path: str, message: str, suggestion: str = "") -> None:
        line, column = (0, 0) if node is None else (node.start_mark.line + 1, node.start_mark.column + 1)
        self.problems.append(Problem(self.file, line, column, path, message, suggestion))

    def finish(self) -> None:
        if self.problems:
            raise ConfigurationError(self.problems)
