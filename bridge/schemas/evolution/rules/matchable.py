"""Whether a matcher of the rule pattern language can match any value that a schema allows at a place.

"No" is certain. "Yes" has a value that the schema allows and the matcher accepts. Everything else is
"perhaps", or "unknown" where the schema allows any value.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

from bridge.core.pattern.matchers import compile_matchers, is_number
from bridge.schemas.documents.nodes import Documents
from bridge.schemas.evolution.rules.reach import Reach, Slot, finite


class Answer(IntEnum):
    """Ordered: matchers of one field give the best of their answers, fields together the worst."""

    NO = 0
    UNKNOWN = 1
    PERHAPS = 2
    YES = 3


@dataclass(frozen=True, slots=True)
class Judged:
    """``value`` is a matching value, only with ``YES``; ``ABSENT`` is a missing field. ``kinds`` are the JSON
    types that the matcher accepts, if it accepts no others."""

    answer: Answer
    value: Any = None
    kinds: frozenset[str] = frozenset()


ABSENT: Final = object()
_TEXT_OPERATORS: Final = frozenset({"prefix", "suffix", "equals-ignore-case", "wildcard", "cidr", "exactly"})
_SCALARS: Final = frozenset({"string", "number", "boolean", "null"})


def judge(documents: Documents, matcher: Any, reach: Reach) -> Judged:
    """One matcher of a field against every value that the field can have."""
    if isinstance(matcher, Mapping) and matcher.get("exists") is False:
        if not reach.declared:
            return Judged(Answer.YES, ABSENT)
        if reach.absent or not reach.slots:
            return Judged(Answer.PERHAPS, ABSENT)
        return Judged(Answer.UNKNOWN if reach.open_at else Answer.NO)
    kinds = matcher_kinds(matcher)
    accepts, _ = compile_matchers([matcher], [])
    best = Judged(Answer.UNKNOWN if reach.open_at else Answer.NO, kinds=kinds)
    for slot in reach.slots:
        common = slot.kinds & kinds
        if not common:
            continue
        values = finite(slot.parts)
        extensible = is_extensible(slot)
        tried = [*_limited(common), *candidates(matcher, slot)] if values is None else values
        for value in tried:
            if accepts(value) and all(documents.takes(origin, value) for origin in slot.origins):
                return Judged(Answer.YES, value, kinds)
        if values is not None or (common <= {"boolean", "null"} and not extensible):
            continue
        if extensible or not _ruled_out(matcher, slot, kinds):
            best = Judged(Answer.PERHAPS, kinds=kinds)
    return best


def matcher_kinds(matcher: Any) -> frozenset[str]:
    """The JSON types that a matcher can accept."""
    match matcher:
        case None:
            return frozenset({"null"})
        case bool():
            return frozenset({"boolean"})
        case int() | float():
            return frozenset({"number"})
        case str():
            return frozenset({"string"})
    ((operator, _),) = matcher.items()
    if operator in _TEXT_OPERATORS:
        return frozenset({"string"})
    return frozenset({"number"}) if operator == "numeric" else _SCALARS


def _limited(kinds: frozenset[str]) -> Iterator[Any]:
    """Every value of booleans and null, the types that have few."""
    if "boolean" in kinds:
        yield from (True, False)
    if "null" in kinds:
        yield None


def is_extensible(slot: Slot) -> bool:
    """Whether an enumeration of the slot may hold other values than it lists."""
    return any(isinstance(part.schema, dict) and part.schema.get("x-extensible-enum") for part in slot.parts)


def candidates(matcher: Any, slot: Slot) -> Iterator[Any]:
    """Values that are worth a try: of the matcher, and of the schema itself."""
    yield from _accepted(matcher)
    yield from _samples(slot)


def _accepted(matcher: Any) -> Iterator[Any]:
    """Values that the matcher accepts, to try on the schema."""
    if not isinstance(matcher, Mapping):
        yield matcher
        return
    ((operator, argument),) = matcher.items()
    if operator == "numeric":
        for bound in argument[1::2]:
            yield from (bound, bound + 1, bound - 1, bound + 0.5)
        if len(argument) == 4:
            yield (argument[1] + argument[3]) / 2
    elif operator in _TEXT_OPERATORS and isinstance(argument, str):
        yield from (argument, argument.lower(), argument.upper(), argument.capitalize())
        yield argument.replace("*", "")
    elif operator in ("anything-but", "exists"):
        yield from ("", "a", "A", "0", 0, 1, -1, 0.5)


def _samples(slot: Slot) -> Iterator[Any]:
    """Values from the schema itself, and beside its bounds."""
    for part in slot.parts:
        if isinstance(part.schema, dict):
            for keyword in _BOUNDS:
                bound: Any = part.schema.get(keyword)
                if is_number(bound):
                    yield from (bound, bound + 1, bound - 1)
            examples = part.schema.get("examples")
            yield from examples if isinstance(examples, list) else ()
            if "default" in part.schema:
                yield part.schema["default"]


def _ruled_out(matcher: Any, slot: Slot, kinds: frozenset[str]) -> bool:
    """Whether, after all candidates failed, no other value that the matcher accepts can satisfy the
    schema."""
    if not isinstance(matcher, Mapping):
        return True  # its only value was tried
    ((operator, argument),) = matcher.items()
    if operator == "exactly":
        return True
    if operator == "numeric":
        return _apart(argument, slot)
    if operator == "prefix" and isinstance(argument, str):
        return any(
            isinstance(part.schema, dict) and len(argument) > part.schema.get("maxLength", math.inf)
            for part in slot.parts
        )
    return False


def _apart(comparisons: Sequence[Any], slot: Slot) -> bool:
    """Whether the range of ``numeric`` and the schema's bounds have no number in common."""
    low, high, low_open, high_open = -math.inf, math.inf, False, False
    bounds = [(comparisons[at], comparisons[at + 1]) for at in range(0, len(comparisons), 2)]
    for part in slot.parts:
        schema = part.schema if isinstance(part.schema, dict) else {}
        for keyword, operator in _BOUNDS.items():
            if is_number(schema.get(keyword)):
                bounds.append((operator, schema[keyword]))
    for operator, bound in bounds:
        if operator in (">", ">=", "=") and (bound > low or (bound == low and operator == ">")):
            low, low_open = bound, operator == ">"
        if operator in ("<", "<=", "=") and (bound < high or (bound == high and operator == "<")):
            high, high_open = bound, operator == "<"
    return low > high or (low == high and (low_open or high_open))


_BOUNDS: Final = {"minimum": ">=", "exclusiveMinimum": ">", "maximum": "<=", "exclusiveMaximum": "<"}
