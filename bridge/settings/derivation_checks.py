"""Checks across the versions of one event: which of them may be derived from which, and their days.

The newest version is made from the change, and older versions from newer ones. A version can only be derived
from a newer major, so derivations never form a circle.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from bridge.errors import Problem, did_you_mean
from bridge.settings.environment import EnvironmentText, plain
from bridge.settings.types import DAY_PATTERN, SEMVER_PATTERN
from bridge.settings.yaml_source import YamlPath, YamlSource


def check_derivations(
    source: YamlSource, at: YamlPath, event: dict[str, Any]
) -> Iterator[tuple[YamlPath, Problem]]:
    """Errors in ``event["versions"]``, each with the path that it is about. ``at`` is the path of the
    event."""
    entries = event.get("versions")
    versions = entries if isinstance(entries, list) else []
    listed = [
        str(name)
        for each in versions
        if isinstance(name := each.get("schema") if isinstance(each, dict) else each, str)
    ]
    for index, version in enumerate(versions):
        if not isinstance(version, dict):
            continue
        place = (*at, "versions", index)
        for key, message, suggestion in (*_source(version, listed), *_way(version), *_days(version)):
            path = (*place, key)
            yield path, source.problem(path, message, suggestion)


Findings = Iterator[tuple[str, str, str]]
"""Key, message and suggestion."""


def _source(version: dict[str, Any], listed: list[str]) -> Findings:
    name, own = version.get("from"), version.get("schema")
    if not (isinstance(name, str) and isinstance(own, str) and _is_version(name) and _is_version(own)):
        return
    major, own_major = (int(each.split(".", 1)[0]) for each in (name, own))
    others = [each for each in listed if each != own]
    if name == own:
        yield "from", "is this version itself", "derive it from a newer major"
    elif major == own_major:
        message = "has the same major: publish only the newer minor, which readers of the older one accept"
        yield "from", message, "derive from a newer major"
    elif major < own_major:
        message = "is older: the newest version is made from the change, and older versions from newer ones"
        newest = f'write {{schema: "{plain(name)}", from: "{plain(own)}"}} instead'
        yield "from", message, "" if isinstance(name, EnvironmentText) else newest
    elif name not in listed:
        guess = "" if isinstance(name, EnvironmentText) else did_you_mean(name, others)
        same_major = [each for each in others if each.startswith(f"{major}.")]
        advice = f"did you mean '{same_major[0]}'?" if same_major else guess
        known = f"one of {', '.join(others)}" if others else "list it, with its data"
        yield "from", "is not one of this event's versions", advice or known


def _way(version: dict[str, Any]) -> Findings:
    if version.get("using") is None:
        return
    if version.get("from") is None:
        yield "using", "derives from another version, and from is missing", "map the change with data"
    if version.get("data") is not None:
        yield "using", "replaces data, so both cannot be set", "keep one of them"


def _days(version: dict[str, Any]) -> Findings:
    since, sunset = version.get("deprecated_from"), version.get("sunset")
    if _is_day(since) and _is_day(sunset) and str(since) > str(sunset):
        yield "deprecated_from", "is after the sunset", ""


def _is_version(text: str) -> bool:
    return re.fullmatch(SEMVER_PATTERN, text) is not None


def _is_day(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(DAY_PATTERN, value) is not None
