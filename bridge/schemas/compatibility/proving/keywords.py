"""The keywords of a consumer's schema that do not follow directly from what the producer may send."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from bridge.schemas.compatibility.proving.inclusion import includes
from bridge.schemas.compatibility.proving.parts import Parts, values_of
from bridge.schemas.compatibility.reading.json_values import has_integral_float, key_of, type_of


@dataclass(frozen=True, slots=True)
class Found:
    """``rule``: the stem of a rule's name, from which :mod:`rules` makes the name for a direction."""

    rule: str
    keyword: str
    detail: str = ""


def find_local_gaps(parts: Parts, wanted: dict[str, Any]) -> Iterator[Found]:
    """Only keywords of ``wanted`` itself: the prover compares members, elements and schemas in place."""
    types = parts.types
    values = values_of(parts)
    if values is not None:
        types = frozenset(map(type_of, values))
    if "type" in wanted:
        accepted = _accepted(wanted["type"])
        left = types - accepted
        if left == {"number"} and "integer" in accepted and _whole(parts):
            left = frozenset()
        if left:
            yield Found("type-changed" if not types & accepted else "type", "type")
        types &= accepted
        later_draft = "x-draft4-integer" in wanted and not parts.strict_integer
        if later_draft and "integer" in types and (values is None or any(map(has_integral_float, values))):
            yield Found("integer", "type")
    if "enum" in wanted:
        yield from _enum(parts, values, wanted["enum"])
    if values is not None and not types & {"object", "array"}:
        # The validator has refused one of the values, or could not be asked: report each keyword that may
        # be the reason.
        for keyword in _SCALAR:
            if keyword in wanted and _APPLIES[keyword] & types:
                yield Found(_rule_of(keyword), keyword)
        return
    if "required" in wanted and "object" in types:
        missing = (name for name in wanted["required"] if name not in parts.required)
        yield from (Found("required", "required", name) for name in missing)
    for keyword, check in _CHECKS.items():
        if keyword in wanted and _APPLIES[keyword] & types and not check(parts, wanted[keyword]):
            yield Found(_rule_of(keyword), keyword)


def _accepted(value: Any) -> frozenset[str]:
    names = {value} if isinstance(value, str) else set(value)
    return frozenset(names | {"integer"} if "number" in names else names)


def _whole(parts: Parts) -> bool:
    return any(isinstance(each, int) for each in parts.multiples)


def _enum(parts: Parts, values: list[Any] | None, allowed: list[Any]) -> Iterator[Found]:
    if values is None:
        yield Found("enum", "enum")
        return
    known = set(map(key_of, allowed))
    # Only a value that is in every enum of the producer can be sent.
    sent = set.intersection(*({key_of(value) for value in each} for each in parts.enums))
    if any(key not in known for key in map(key_of, values) if key in sent):
        one = len(allowed) == 1 and all(len(each) == 1 for each in parts.enums)
        yield Found("const" if one else "enum-value", "enum")


Check = Callable[[Parts, Any], bool]
"""Whether a keyword of the consumer, with its value, follows from the producer's parts."""


def _multiple(parts: Parts, value: Any) -> bool:
    for own in parts.multiples:
        if own == value and isinstance(own, bool) == isinstance(value, bool):
            return True
        if isinstance(own, int) and isinstance(value, int) and own % value == 0:
            return True
    return value == 1 and parts.types & {"integer", "number"} == {"integer"}


def _at_least(name: str) -> Check:
    def check(parts: Parts, value: Any) -> bool:
        least = parts.smallest.get(name, 0)
        if name == "Properties":
            least = max(least, len(parts.required))
        return least >= int(value)

    return check


def _at_most(name: str) -> Check:
    def check(parts: Parts, value: Any) -> bool:
        limits = [parts.largest[name]] if name in parts.largest else []
        if name == "Properties":
            limits += (
                len(node.get("properties", ()))
                for node in parts.objects
                if node.get("additionalProperties") is False and "patternProperties" not in node
            )
        return bool(limits) and min(limits) <= int(value)

    return check


def _needs(parts: Parts, value: Any) -> bool:
    return all(
        (parts.required | parts.needs.get(name, set()) | {name}).issuperset(needed)
        for name, needed in value.items()
    )


_NUMBER: Final[dict[str, Check]] = {
    "minimum": lambda parts, value: any(bound >= value for bound, _ in parts.lower),
    "exclusiveMinimum": lambda parts, value: any(
        bound > value or (bound == value and without) for bound, without in parts.lower
    ),
    "maximum": lambda parts, value: any(bound <= value for bound, _ in parts.upper),
    "exclusiveMaximum": lambda parts, value: any(
        bound < value or (bound == value and without) for bound, without in parts.upper
    ),
    "multipleOf": _multiple,
}
_TEXT: Final[dict[str, Check]] = {
    "minLength": _at_least("Length"),
    "maxLength": _at_most("Length"),
    "pattern": lambda parts, value: (
        value in parts.patterns or any(includes(value, own) for own in parts.patterns)
    ),
    "format": lambda parts, value: value in parts.formats,
    "x-content": lambda parts, value: any(node.get("x-content") == value for node in parts.nodes),
}
_ARRAY: Final[dict[str, Check]] = {
    "minItems": _at_least("Items"),
    "maxItems": _at_most("Items"),
    "uniqueItems": lambda parts, value: not value or parts.unique or parts.largest.get("Items", 2) < 2,
    "contains": lambda parts, value: False,
    "unevaluatedItems": lambda parts, value: value is True,
}
_OBJECT: Final[dict[str, Check]] = {
    "minProperties": _at_least("Properties"),
    "maxProperties": _at_most("Properties"),
    "dependentRequired": _needs,
    "propertyNames": lambda parts, value: value is True,
    "unevaluatedProperties": lambda parts, value: value is True,
}
_SCALAR: Final = (*_NUMBER, *_TEXT)
_CHECKS: Final = {**_NUMBER, **_TEXT, **_ARRAY, **_OBJECT}
_APPLIES: Final = {
    **dict.fromkeys(_NUMBER, frozenset({"integer", "number"})),
    **dict.fromkeys(_TEXT, frozenset({"string"})),
    **dict.fromkeys(_ARRAY, frozenset({"array"})),
    **dict.fromkeys(_OBJECT, frozenset({"object"})),
}
_RULES: Final = {
    "exclusiveMinimum": "minimum",
    "exclusiveMaximum": "maximum",
    "x-content": "content",
    "unevaluatedProperties": "additional-properties",
    "unevaluatedItems": "items",
}


def _rule_of(keyword: str) -> str:
    """``minLength`` is ``min-length``, with a few exceptions."""
    return _RULES.get(keyword) or re.sub("[A-Z]", lambda capital: f"-{capital[0].lower()}", keyword)
