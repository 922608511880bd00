"""Comparisons of two schemas as JSON, and many of them in one process: one line in, one line out."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from difflib import get_close_matches
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

import orjson

from bridge.errors import ConfigurationError
from bridge.schemas.compatibility.verdict import Break, Comparison, Mode, Policy, Unproven
from bridge.schemas.documents.json_document import parse_json

if TYPE_CHECKING:
    from bridge.schemas.evolution.promises import Compare

_E = TypeVar("_E", bound=StrEnum)


def comparison_json(comparison: Comparison) -> dict[str, Any]:
    """``verdict``, ``breaks``, ``bump`` (in every mode) and ``needed`` (in this mode, where it is less);
    ``unproven`` and ``problem`` only where they are not empty."""
    answer: dict[str, Any] = {
        "verdict": str(comparison.verdict),
        "bump": str(comparison.bump),
        **({"needed": str(comparison.needed)} if comparison.needed is not comparison.bump else {}),
        "breaks": [_break(each) for each in comparison.breaks],
    }
    if comparison.unproven:
        answer["unproven"] = [_unproven(each) for each in comparison.unproven]
    if comparison.problem:
        answer["problem"] = comparison.problem
    return answer


def _break(found: Break) -> dict[str, Any]:
    """``example`` is data that ``producedBy`` writes and ``refusedBy`` does not accept."""
    names = ("rule", "direction", "old_pointer", "new_pointer", "message", "example", "produced_by")
    refused_by = "new" if found.produced_by == "old" else "old"
    return {**_members(found, names), "refusedBy": refused_by, "bump": str(found.bump), "hint": found.hint}


def _unproven(found: Unproven) -> dict[str, Any]:
    return _members(found, ("direction", "reason", "message", "old_pointer", "new_pointer"))


def _members(found: Break | Unproven, names: tuple[str, ...]) -> dict[str, Any]:
    """Attributes under their names in JSON: ``old_pointer`` as ``oldPointer``."""
    return {re.sub(r"_([a-z])", lambda match: match[1].upper(), name): getattr(found, name) for name in names}


class _Unusable(ValueError):
    """A line that is not a valid question."""


def answer_line(line: bytes, compare: Compare, *, mode: Mode, policy: Policy) -> bytes:
    """The answer to one line ``{"id", "old", "new", "mode", "policy"}``, without a line feed.

    ``mode`` and ``policy`` are the defaults for a line without them. An unusable line is answered with the
    verdict ``invalid`` and a ``problem``; its id is null where it cannot be read.
    """
    pair_id: Any = None
    try:
        pair = _read(line)
        pair_id = pair.get("id")
        old, new = _schema(pair, "old"), _schema(pair, "new")
        line_mode = _choice(pair, "mode", Mode, mode)
        line_policy = _choice(pair, "policy", Policy, policy)
    except _Unusable as error:
        return _line({"id": pair_id, "verdict": "invalid", "breaks": [], "problem": str(error)})
    comparison = compare(old, new, mode=line_mode, policy=line_policy)
    return _line({"id": pair_id, **comparison_json(comparison)})


def _read(line: bytes) -> dict[str, Any]:
    try:
        pair = parse_json(line, "the line")
    except ConfigurationError as error:
        raise _Unusable(f"the line {error.problems[0].message}") from error
    if not isinstance(pair, dict):
        raise _Unusable("the line is not a JSON object")
    return pair


def _schema(pair: Mapping[str, Any], name: str) -> Any:
    if name not in pair:
        raise _Unusable(f"'{name}' is missing")
    if not isinstance(pair[name], dict | bool):
        raise _Unusable(f"'{name}' is not a JSON Schema: neither an object nor true or false")
    return pair[name]


def _choice(pair: Mapping[str, Any], name: str, choices: type[_E], default: _E) -> _E:
    value = pair.get(name)
    if value is None:
        return default
    names = {each.value.casefold(): each for each in choices}
    if isinstance(value, str) and value.casefold() in names:
        return names[value.casefold()]
    close = get_close_matches(value.casefold(), list(names), n=1) if isinstance(value, str) else []
    advice = f"did you mean {names[close[0]]}?" if close else f"one of {', '.join(names.values())}"
    raise _Unusable(f"'{name}' is no {name}: {advice}")


def _line(answer: Mapping[str, Any]) -> bytes:
    try:
        return orjson.dumps(answer)
    except orjson.JSONEncodeError:  # an integer of more than 64 bits, which JSON allows
        return json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode()
