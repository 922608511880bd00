"""A finding about schemas: a problem that names the rule it breaks, so that programs can tell them apart."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.errors import ConfigurationError, Problem


@dataclass(frozen=True, slots=True)
class Finding(Problem):
    """``rule`` is a stable name such as ``reference``; docs/schemas.md lists them. ``path`` is a JSON Pointer
    in a schema, and a dotted path in YAML."""

    rule: str = ""


def rule_of(problem: Problem) -> str:
    """``folder`` stands for what has no rule of its own: a file out of place, or one that cannot be read."""
    return (problem.rule if isinstance(problem, Finding) else "") or "folder"


def refuse(
    rule: str,
    file: str,
    message: str,
    suggestion: str = "",
    *,
    path: str = "",
    line: int = 0,
    column: int = 0,
) -> ConfigurationError:
    """One finding as an error to raise."""
    return ConfigurationError([Finding(file, line, column, path, message, suggestion, rule=rule)])
