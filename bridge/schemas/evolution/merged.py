"""Findings about one place of a file that several older versions share, as one finding."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from bridge.errors import Problem
from bridge.schemas.finding import Finding


def merge_findings(problems: Iterable[Problem]) -> list[Problem]:
    """Each problem once. Those of one version that differ only in the older version that it was compared with
    become one, which names all of these and has the example of the newest."""
    merged: dict[object, Problem] = {}
    for problem in problems:
        key: object = problem
        if isinstance(problem, Finding) and problem.since:
            key = replace(problem, message=_bare(problem), since="", shows="", example="")
        before = merged.get(key)
        merged[key] = _both(before, problem) if before is not None else problem
    return list(merged.values())


def _both(first: Problem, second: Problem) -> Problem:
    if not isinstance(first, Finding) or not isinstance(second, Finding) or not second.since:
        return first
    since = f"{first.since}, {second.since}"
    shown = second if second.example else first
    message = f"{since} → {first.at}: {_bare(first)}"
    return replace(first, message=message, since=since, shows=shown.shows, example=shown.example)


def _bare(finding: Finding) -> str:
    return finding.message.removeprefix(f"{finding.since} → {finding.at}: ")
