"""Derivation: the data of an older version, made from a newer version's data alone.

It is made by a mapping (:mod:`bridge.core.mapping.language`) whose paths search that data, or by a function
of the project where a mapping is not enough.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from math import isfinite
from typing import Any

from bridge.core.mapping.functions import MISSING
from bridge.core.mapping.paths import Getter, Place, find_by_library, find_by_steps, parsed
from bridge.errors import MappingFailed
from bridge.limits import JSON_INTEGER_MAX

Data = dict[str, Any]
Derivation = Callable[[Data], Data]
"""Takes a newer version's data, which it does not change. Raises ``MappingFailed``."""


def same_data(data: Data) -> Data:
    """The derivation where none is configured: the older schema accepts the newer data as it is."""
    return data


def data_getter(text: str, place: Place = ()) -> Getter:
    """A function from data to the value at a JSONPath, or :data:`bridge.core.mapping.functions.MISSING`."""
    path = parsed(text, place)
    if path.steps is None:
        return find_by_library(path, lambda data: data, "the newer version's data")
    first = path.root

    def root_of(data: Data) -> Any:
        return data.get(first, MISSING)

    return find_by_steps(root_of, path.steps, many=path.many) if path.steps else root_of


def by_function(function: Callable[[Data], Any], name: str) -> Derivation:
    """``function`` as a derivation. ``name`` is its name in messages.

    The function gets a copy, so that it cannot change the newer version's event. Every exception, and every
    answer that is not a JSON object, fails the mapping of this record. The message names the exception's type
    and never its text, which may hold values.
    """

    def derive(data: Data) -> Data:
        try:
            answer = function(deepcopy(data))
            wrong = _no_json(answer, "")
        except Exception as error:
            raise MappingFailed(
                f"{name} raised {type(error).__name__}",
                hint="it must return the older version's data for all data that the newer schema accepts",
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
    """The first part of ``value`` that is not JSON, or a number that not every reader takes exactly; None
    where all is well."""
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
