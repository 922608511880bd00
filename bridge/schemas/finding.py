"""A finding about schemas: a problem with the name of the rule that it breaks, for programs to read."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.errors import ConfigurationError, Problem


@dataclass(frozen=True, slots=True)
class Finding(Problem):
    """``rule`` is a stable name such as ``reference``; docs/schemas.md lists them. ``path`` is a JSON Pointer
    in a schema, and a dotted path in YAML."""

    rule: str = ""


def finding(
    rule: str,
    file: object,
    message: str,
    suggestion: str = "",
    severity: str = "error",
    *,
    path: str = "",
    line: int = 0,
    column: int = 0,
) -> Finding:
    """A finding about ``file`` (text or a path), as a whole unless ``path`` or ``line`` say where."""
    return Finding(str(file), line, column, path, message, suggestion, severity, rule=rule)


def refused(
    file: object,
    message: str,
    suggestion: str = "",
    *,
    rule: str = "",
    path: str = "",
    line: int = 0,
    column: int = 0,
) -> ConfigurationError:
    """One finding as an error to raise."""
    return ConfigurationError([finding(rule, file, message, suggestion, path=path, line=line, column=column)])


def rule_of(problem: Problem) -> str:
    """The rule of a problem. ``folder`` is the rule of problems without one: a misplaced or unreadable
    file."""
    return (problem.rule if isinstance(problem, Finding) else "") or "folder"
