"""What of one schema of the consumer does not plainly follow from what the producer may send, by keyword."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from bridge.schemas.compatibility.proving.inclusion import includes
from bridge.schemas.compatibility.proving.parts import Parts, values_of
from bridge.schemas.compatibility.reading.json_values import has_integral_float, key_of
from bridge.schemas.compatibility.reading.readings import type_of


@dataclass(frozen=True, slots=True)
class Found:
    """``rule``: the stem of a rule's name; :mod:`rules` makes it one of the two directions'."""

    rule: str
    keyword: str
    detail: str = ""


def find_local_gaps(parts: Parts, wanted: dict[str, Any]) -> Iterator[Found]:
    """Keywords of ``wanted`` itself; members, elements and schemas in place are walked elsewhere."""
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
        if "x-draft4-integer" in wanted and "integer" in types and not parts.strict_integer:
            integral = values is None or any(map(has_integral_float, values))
            if integral:
                yield Found("integer", "type")
    if "enum" in wanted:
        yield from _enum(parts, values, wanted["enum"])
    if values is not None and not types & {"object", "array"}:
        if _beyond(wanted):
            yield from _bounds_on_values(wanted, values, types)
        return
    if "required" in wanted and "object" in types:
        missing = (name for name in wanted["required"] if name not in parts.required)
        yield from (Found("required", "required", name) for name in missing)
    for keyword, check in _CHECKS.items():
        if keyword in wanted and _APPLIES[keyword] & types and not check(parts, wanted, wanted[keyword]):
            yield Found(_RULES.get(keyword, keyword), keyword)


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
    # A value must stand in every enum of the producer to be sent.
    sent = set.intersection(*({key_of(value) for value in each} for each in parts.enums))
    if any(key not in known for key in map(key_of, values) if key in sent):
        one = len(allowed) == 1 and all(len(each) == 1 for each in parts.enums)
        yield Found("const" if one else "enum-value", "enum")


_SCALAR: Final = (
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength",
    "pattern", "format", "x-content",
)  # fmt: skip


def _beyond(wanted: dict[str, Any]) -> bool:
    return any(keyword in wanted for keyword in _SCALAR)


def _bounds_on_values(wanted: dict[str, Any], values: list[Any], types: frozenset[str]) -> Iterator[Found]:
    """The validator has refused one of the values, or could not be asked: say which keyword it may be."""
    for keyword in _SCALAR:
        if keyword in wanted and _APPLIES[keyword] & types:
            yield Found(_RULES.get(keyword, keyword), keyword)


def _lower(parts: Parts, wanted: dict[str, Any], value: Any) -> bool:
    return any(bound >= value for bound, _ in parts.lower)


def _lower_exclusive(parts: Parts, wanted: dict[str, Any], value: Any) -> bool:
    return any(bound > value or (bound == value and without) for bound, without in parts.lower)


def _upper(parts: Parts, wanted: dict[str, Any], value: Any) -> bool:
    return any(bound <= value for bound, _ in parts.upper)


def _upper_exclusive(parts: Parts, wanted: dict[str, Any], value: Any) -> bool:
    return any(bound < value or (bound == value and without) for bound, without in parts.upper)


def _multiple(parts: Parts, wanted: dict[str, Any], value: Any) -> bool:
    for own in parts.multiples:
        if own == value and isinstance(own, bool) == isinstance(value, bool):
            return True
        if isinstance(own, int) and isinstance(value, int) and own % value == 0:
            return True
    return value == 1 and parts.types & {"integer", "number"} == {"integer"}


def _at_least(name: str) -> Callable[[Parts, dict[str, Any], Any], bool]:
    def check(parts: Parts, wanted: dict[str, Any], value: Any) -> bool:
        least = parts.smallest.get(name, 0)
        if name == "Properties":
            least = max(least, len(parts.required))
        return least >= int(value)

    return check


def _at_most(name: str) -> Callable[[Parts, dict[str, Any], Any], bool]:
    def check(parts: Parts, wanted: dict[str, Any], value: Any) -> bool:
        most = parts.largest.get(name)
        if name == "Properties":
            closed = [
                len(node.get("properties", ()))
                for node in parts.objects
                if node.get("additionalProperties") is False and "patternProperties" not in node
            ]
            most = min([*closed, *([] if most is None else [most])], default=None)
        return most is not None and most <= int(value)

    return check


def _needs(parts: Parts, wanted: dict[str, Any], value: Any) -> bool:
    for name, needed in value.items():
        sure = parts.required | parts.needs.get(name, set()) | {name}
        if not sure.issuperset(needed):
            return False
    return True


def _unique(parts: Parts, wanted: dict[str, Any], value: Any) -> bool:
    return not value or parts.unique or parts.largest.get("Items", 2) < 2


def _contains(parts: Parts, wanted: dict[str, Any], value: Any) -> bool:
    return False


def _names(parts: Parts, wanted: dict[str, Any], value: Any) -> bool:
    return value is True


def _unevaluated(parts: Parts, wanted: dict[str, Any], value: Any) -> bool:
    return value is True


def _same_content(parts: Parts, wanted: dict[str, Any], value: Any) -> bool:
    return any(node.get("x-content") == value for node in parts.nodes)


_CHECKS: Final[dict[str, Callable[[Parts, dict[str, Any], Any], bool]]] = {
    "minimum": _lower,
    "exclusiveMinimum": _lower_exclusive,
    "maximum": _upper,
    "exclusiveMaximum": _upper_exclusive,
    "multipleOf": _multiple,
    "minLength": _at_least("Length"),
    "maxLength": _at_most("Length"),
    "pattern": lambda parts, wanted, value: (
        value in parts.patterns or any(includes(value, own) for own in parts.patterns)
    ),
    "format": lambda parts, wanted, value: value in parts.formats,
    "x-content": _same_content,
    "minItems": _at_least("Items"),
    "maxItems": _at_most("Items"),
    "uniqueItems": _unique,
    "contains": _contains,
    "unevaluatedItems": _unevaluated,
    "minProperties": _at_least("Properties"),
    "maxProperties": _at_most("Properties"),
    "dependentRequired": _needs,
    "propertyNames": _names,
    "unevaluatedProperties": _unevaluated,
}
_NUMBER = ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "multipleOf")
_TEXT = ("minLength", "maxLength", "pattern", "format", "x-content")
_LIST = ("minItems", "maxItems", "uniqueItems", "contains", "unevaluatedItems")
_APPLIES: Final[dict[str, frozenset[str]]] = {
    keyword: frozenset(
        {"integer", "number"} if keyword in _NUMBER else {"string"} if keyword in _TEXT
        else {"array"} if keyword in _LIST else {"object"}
    )
    for keyword in _CHECKS
}  # fmt: skip
_RULES: Final = {
    "exclusiveMinimum": "minimum",
    "exclusiveMaximum": "maximum",
    "minLength": "min-length",
    "maxLength": "max-length",
    "multipleOf": "multiple-of",
    "x-content": "content",
    "minItems": "min-items",
    "maxItems": "max-items",
    "uniqueItems": "unique-items",
    "minProperties": "min-properties",
    "maxProperties": "max-properties",
    "dependentRequired": "dependent-required",
    "propertyNames": "property-names",
    "unevaluatedProperties": "additional-properties",
    "unevaluatedItems": "items",
}
