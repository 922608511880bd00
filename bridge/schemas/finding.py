"""A finding about schemas: a problem with the name of the rule that it breaks, for programs to read."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final, TypedDict, Unpack

from bridge.errors import ConfigurationError, Problem


@dataclass(frozen=True, slots=True)
class Finding(Problem):
    """``rule`` is a stable name such as ``reference``; docs/schemas.md lists them. ``path`` is a JSON Pointer
    in a schema, and a dotted path in YAML.

    ``since`` and ``at`` are the two versions that a finding is about; its message begins with them.
    ``example`` is the data of an event as JSON text, and ``shows`` says what it proves."""

    rule: str = ""
    since: str = ""
    at: str = ""
    shows: str = ""
    example: str = ""


APPROACHING: Final = "sunset-soon"
"""The rule of a warning that is no mistake: a day comes closer. ``--strict`` does not count it."""


class Where(TypedDict, total=False):
    """The place in a file; without one a finding is about the whole file."""

    path: str
    line: int
    column: int


def finding(
    rule: str, file: object, message: str, suggestion: str = "", severity: str = "error", **at: Unpack[Where]
) -> Finding:
    """A finding about ``file`` (text or a path)."""
    line, column, path = at.get("line", 0), at.get("column", 0), at.get("path", "")
    return Finding(str(file), line, column, path, message, suggestion, severity, rule=rule)


def refused(
    file: object, message: str, suggestion: str = "", *, rule: str = "", **at: Unpack[Where]
) -> ConfigurationError:
    """One finding as an error to raise."""
    return ConfigurationError([finding(rule, file, message, suggestion, **at)])


def rule_of(problem: Problem) -> str:
    """The rule of a problem. ``folder`` is the rule of problems without one: a misplaced or unreadable
    file."""
    return (problem.rule if isinstance(problem, Finding) else "") or "folder"


def approaching(problem: Problem) -> Finding:
    """A warning about a day that comes closer."""
    values = {each.name: getattr(problem, each.name) for each in fields(Problem)}
    return Finding(**values, rule=APPROACHING)


def counts(problem: Problem, *, strict: bool) -> bool:
    """Whether a problem makes a verb fail."""
    return problem.severity == "error" or (strict and rule_of(problem) != APPROACHING)
