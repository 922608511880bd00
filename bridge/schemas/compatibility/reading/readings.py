"""How each side reads a schema: what producers may send, and what consumers take.

Written down in docs/compatibility.md. For every schema S, a producer sends what both S and :mod:`closed` of S
allow, and a consumer takes at least what S allows (:mod:`opened`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from bridge.schemas.compatibility.reading.normal import Normal, Schema

IN_PLACE: Final = frozenset(
    {"$ref", "allOf", "anyOf", "oneOf", "if", "then", "else", "dependentSchemas"}
)  # what else describes the same place of an event


class TooComplex(Exception):
    """A reading, or a proof, would outgrow what may be spent on it."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A schema in normal form as one side reads it. ``inexact``: 2020-12 cannot say all of it."""

    root: Schema
    defs: dict[str, Schema]
    origin: dict[int, str]
    inexact: bool
    unread: bool


def as_written(normal: Normal) -> Reading:
    return reading_of(normal, normal.root, normal.defs)


def reading_of(normal: Normal, root: Schema, defs: dict[str, Schema]) -> Reading:
    return Reading(root, defs, normal.origin, normal.inexact, bool(normal.unread))


def declares(node: dict[str, Any]) -> bool:
    return "properties" in node or "patternProperties" in node


_JSON_TYPES: Final[tuple[tuple[type, str], ...]] = (
    (bool, "boolean"), (int, "integer"), (float, "number"), (str, "string"), (list, "array"),
    (dict, "object"), (type(None), "null"),
)  # fmt: skip


def type_of(value: Any) -> str:
    """The JSON Schema type of a value; ``1.0`` is an integer (as since draft 6)."""
    if isinstance(value, float) and value.is_integer():
        return "integer"
    return next(name for kind, name in _JSON_TYPES if isinstance(value, kind))


def types_of(values: list[Any]) -> list[str]:
    types = {type_of(value) for value in values}
    return sorted(types - {"integer"} if "number" in types else types)
