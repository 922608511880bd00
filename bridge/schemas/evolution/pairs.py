"""Many pairs of schemas in one process: a line of JSON in, a line of JSON out, whatever the line holds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from difflib import get_close_matches
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

import orjson

from bridge.errors import ConfigurationError
from bridge.schemas.compatibility.verdict import Mode, Policy
from bridge.schemas.documents.json_document import parse_json
from bridge.schemas.evolution.comparison_json import comparison_json

if TYPE_CHECKING:
    from bridge.schemas.evolution.promises import Compare

_E = TypeVar("_E", bound=StrEnum)


class _Unusable(ValueError):
    """A line that asks for nothing that could be answered."""


def answer_line(line: bytes, compare: Compare, *, mode: Mode, policy: Policy) -> bytes:
    """The answer to one line ``{"id", "old", "new", "mode", "policy"}``, without a line feed.

    ``mode`` and ``policy`` stand for those that the line does not say. A line that cannot be used is
    answered with the verdict ``invalid`` and a ``problem``; its id is null where it cannot be told.
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
    except orjson.JSONEncodeError:  # a whole number of more than 64 bits, which JSON may hold
        return json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode()
