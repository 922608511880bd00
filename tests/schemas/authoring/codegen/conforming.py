"""Whether a value is of the type that an annotation promises. It knows nothing of how attributes are read."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints


def nonconforming(instance: Any) -> Iterator[str]:
    """The attributes of a generated object, and of those in it, that are not of their type."""
    hints = get_type_hints(type(instance))
    for attribute in type(instance)._members():
        value = getattr(instance, attribute)
        if not conforms(value, hints[attribute]):
            yield f"{type(instance).__name__}.{attribute}: {value!r} is not {hints[attribute]}"
        for each in _objects(value):
            yield from nonconforming(each)


def conforms(value: Any, hint: Any) -> bool:
    origin, inner = get_origin(hint), get_args(hint)
    if hint is Any or isinstance(hint, TypeVar):
        return True
    if hint is None or hint is type(None):
        return value is None
    if origin is Literal:
        return any(type(each) is type(value) and each == value for each in inner)
    if origin is Sequence:
        return isinstance(value, list) and all(conforms(each, inner[0]) for each in value)
    if origin is Mapping:
        return isinstance(value, dict) and all(conforms(each, inner[1]) for each in value.values())
    if origin in (Union, types.UnionType):
        return any(conforms(value, each) for each in inner)
    if hint is float:
        return type(value) in (int, float)
    return type(value) is hint


def _objects(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        for each in value:
            yield from _objects(each)
    elif isinstance(value, dict):
        for each in value.values():
            yield from _objects(each)
    elif hasattr(type(value), "_members"):
        yield value
