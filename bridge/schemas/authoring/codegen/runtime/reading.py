"""How a JSON value is read as the type of its attribute. The value keeps its meaning: text stays text, and
only ``1.0`` becomes ``1`` where the type is ``int``."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Union, get_args, get_origin

from .checking import copied

Reader = Callable[[Any], Any]


def reader(hint: Any, is_class: Callable[[Any], bool]) -> Reader:
    """What reads a JSON value as ``hint``. ``is_class`` says which types are generated classes."""
    origin, inner = get_origin(hint), get_args(hint)
    if is_class(hint):
        read: Reader = hint._held
        return lambda value: read(value) if isinstance(value, dict) else value
    if hint is int:
        return _whole
    if origin is Literal:
        return lambda value: _constant(value, inner)
    if origin is Sequence:
        each = reader(inner[0], is_class)
        return lambda value: [each(element) for element in value] if isinstance(value, list) else value
    if origin is Mapping:
        of_value = reader(inner[1], is_class)
        return lambda value: {name: of_value(each) for name, each in value.items()}
    if origin in (Union, types.UnionType):
        return _of_union(inner, is_class)
    return copied


def _of_union(hints: tuple[Any, ...], is_class: Callable[[Any], bool]) -> Reader:
    classes = [hint for hint in hints if is_class(hint)]
    of_class = [reader(hint, is_class) for hint in classes]
    of_map = next((reader(hint, is_class) for hint in hints if get_origin(hint) is Mapping), None)
    of_list = next((reader(hint, is_class) for hint in hints if get_origin(hint) is Sequence), copied)
    constants = tuple(each for hint in hints if get_origin(hint) is Literal for each in get_args(hint))
    whole = int in hints and float not in hints

    def read(value: Any) -> Any:
        if isinstance(value, list):
            return of_list(value)
        if not isinstance(value, dict):
            return _whole(_constant(value, constants)) if whole else _constant(value, constants)
        if len(classes) > 1 or (classes and of_map):
            for found, of_found in zip(classes, of_class, strict=True):
                if found._accepted(value):
                    return of_found(value)
        elif classes:
            return of_class[0](value)
        return of_map(value) if of_map else copied(value)

    return read


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _constant(value: Any, constants: tuple[Any, ...]) -> Any:
    """The constant that equals a number: ``1.0`` in JSON is the constant ``1``."""
    if not isinstance(value, float):
        return value
    return next((each for each in constants if each == value and not isinstance(each, bool)), value)
