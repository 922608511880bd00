"""Derivation: the data of an older version, made of a newer version's data and of nothing else.

Either by a mapping (:mod:`bridge.core.mapping.language`) whose paths look into that data, or by a function of
the project's own, for what a mapping cannot say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from math import isfinite
from typing import Any

from bridge.core.jsonpath import JsonPath, JsonPathError, parse_path, walk_plain
from bridge.core.mapping.language import (
    MISSING,
    Getter,
    MappingError,
    Place,
    compile_mapping,
    mapping_problems,
)
from bridge.errors import MappingFailed
from bridge.limits import JSON_INTEGER_MAX

Data = dict[str, Any]
Derivation = Callable[[Data], Data]
"""Takes a newer version's data, which it leaves as it is. Raises ``MappingFailed``."""


def compile_derivation(mapping: Mapping[str, Any]) -> Derivation:
    """Raises :class:`bridge.core.mapping.language.MappingError` for the first problem."""
    return compile_mapping(mapping, data_getter)


def derivation_problems(mapping: Mapping[str, Any]) -> list[MappingError]:
    """Everything that is wrong with a mapping, in its order."""
    return mapping_problems(mapping, data_getter)


def same_data(data: Data) -> Data:
    """Where nothing is said: the older schema takes the newer data as it is."""
    return data


def data_getter(text: str, place: Place = ()) -> Getter:
    """A function from data to the value at a JSONPath, or :data:`bridge.core.mapping.language.MISSING`."""
    try:
        path = parse_path(text)
    except JsonPathError as error:
        raise MappingError(place, str(error)) from error
    if path.steps is None:
        return _by_library(path)
    first, rest, many = path.root, path.steps, path.many
    if not rest:
        return lambda data: data.get(first, MISSING)

    def get(data: Data) -> Any:
        found = list(walk_plain(data[first], rest)) if first in data else []
        return found if many else found[0] if found else MISSING

    return get


def _by_library(path: JsonPath) -> Getter:
    def get(data: Data) -> Any:
        try:
            return path.find(data)
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise MappingFailed(
                f"JSONPath {path.text} cannot be applied to the newer version's data"
                f" ({type(error).__name__})",
                hint="a filter in the path meets a value of another type",
            ) from error

    return get


def by_function(function: Callable[[Data], Any], name: str) -> Derivation:
    """``function`` as a derivation. ``name`` is what messages call it.

    It gets a copy, so that it cannot change the newer version's event. Whatever it raises, and an answer that
    is no JSON object, fails the mapping of this record: a message names the kind of the error and never its
    text, which may hold values.
    """

    def derive(data: Data) -> Data:
        try:
            answer = function(deepcopy(data))
            wrong = _no_json(answer, "")
        except Exception as error:
            raise MappingFailed(
                f"{name} raised {type(error).__name__}",
                hint="it must give the older version's data for whatever the newer schema takes",
            ) from error
        if wrong is None and not isinstance(answer, dict):
            wrong = f"{type(answer).__name__}, not a dict,"
        if wrong is not None:
            raise MappingFailed(
                f"{name} answered {wrong} which is no data of an event",
                hint="answer a dict of text, exact numbers, booleans, None, lists and dicts",
            )
        return answer  # type: ignore[no-any-return]

    return derive


def _no_json(value: Any, where: str) -> str | None:
    """What in ``value`` is no JSON, or no number that every reader takes exactly; None = nothing."""
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return None
    if kind is dict:
        for name, member in value.items():
            if type(name) is not str:
                return f"a member name of type {type(name).__name__} at {where or 'its top'},"
            wrong = _no_json(member, f"{where}/*")
            if wrong is not None:
                return wrong
        return None
    if kind is list:
        return next((wrong for each in value if (wrong := _no_json(each, f"{where}/*")) is not None), None)
    if kind is int and abs(value) <= JSON_INTEGER_MAX:
        return None
    if kind is float and isfinite(value):
        return None
    return f"a value of type {kind.__name__} at {where or 'its top'},"
