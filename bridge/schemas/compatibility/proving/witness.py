"""Events that one side may send and the other refuses: searched where a proof failed, then made small."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any, Final

from bridge.schemas.compatibility.proving.gaps import Gap, Nodes, Path
from bridge.schemas.compatibility.proving.generate import Generator
from bridge.schemas.compatibility.proving.inclusion import escaping
from bridge.schemas.compatibility.proving.parts import take_apart, values_of
from bridge.schemas.compatibility.proving.prover import Prover
from bridge.schemas.compatibility.reading.complexity import TooComplex
from bridge.schemas.compatibility.reading.json_values import key_of
from bridge.schemas.compatibility.reading.normal import Schema

CANDIDATES: Final = 60
LIFTED: Final = 3
SHRINK_CHECKS: Final = 400


def candidates(gap: Gap, prover: Prover, budget: int) -> Iterator[Any]:
    """Whole events, each with a value at the gap's place that the consumer may refuse there.

    Raises :class:`TooComplex` when the prover's time is up.
    """
    for value in islice(_local(gap, prover, budget), CANDIDATES):
        yield from lift(value, gap.path, prover)


def _local(gap: Gap, prover: Prover, budget: int) -> Iterator[Any]:
    yield from islice(_unlisted(gap, prover), 12)
    for aim in _aims(gap, prover.defs):
        yield from islice(_values(prover, budget, (*gap.producer, *aim)), 12)
    yield from islice(_twisted(gap, prover, budget), 12)
    yield from islice(_values(prover, budget, gap.producer), 40)


def _values(prover: Prover, budget: int, nodes: Nodes) -> Iterator[Any]:
    return Generator(prover.defs, budget, prover.patience).values(nodes)


def _unlisted(gap: Gap, prover: Prover) -> Iterator[Any]:
    """Values that the consumer's enum does not list, or a text that its pattern does not match."""
    if not isinstance(gap.consumer, dict) or gap.keyword not in ("enum", "pattern"):
        return
    if gap.keyword == "pattern":
        for own in prover.parts(gap.producer).patterns:
            text = escaping(gap.consumer["pattern"], own)
            if text is not None:
                yield text
        return
    values = values_of(prover.parts(gap.producer))
    listed = set(map(key_of, gap.consumer["enum"]))
    yield from (value for value in values or () if key_of(value) not in listed)


def lift(value: Any, path: Path, prover: Prover) -> Iterator[Any]:
    """The event around a value: the objects and arrays that hold it are made as small as possible."""
    if path.parent is None:
        yield value
        return
    step = path.step
    if isinstance(step, str):
        plain = prover.smallest.get(path.holder_key)
        if plain is None:
            plain = next((each for each in _values(prover, 600, path.holder) if isinstance(each, dict)), {})
            prover.smallest[path.holder_key] = plain
        yield from lift({**plain, step: value}, path.parent, prover)
    if isinstance(step, str):
        present: dict[str, Any] = {"type": "object", "required": [step]}
    else:
        present = {"type": "array", "minItems": step + 1}
    found = 0
    for holder in islice(_values(prover, 600, (*path.holder, present)), LIFTED):
        if isinstance(step, str) and isinstance(holder, dict):
            found += 1
            yield from lift({**holder, step: value}, path.parent, prover)
        elif isinstance(step, int) and isinstance(holder, list) and len(holder) > step:
            found += 1
            yield from lift([*holder[:step], value, *holder[step + 1 :]], path.parent, prover)
    if not found:
        bare: Any = {step: value} if isinstance(step, str) else [value] * (step + 1)
        yield from lift(bare, path.parent, prover)


def _aims(gap: Gap, defs: Mapping[str, Schema]) -> Iterator[Nodes]:
    """More schemas that make a generator produce what the consumer's keyword refuses."""
    wanted = gap.consumer
    if not isinstance(wanted, dict) or gap.keyword not in wanted:
        return
    value: Any = [gap.detail] if gap.detail else wanted[gap.keyword]
    if gap.keyword in _AIMS:
        yield from ((each,) for each in _AIMS[gap.keyword](value))
    elif gap.keyword == "type":
        taken = {value} if isinstance(value, str) else set(value)
        if "number" in taken:
            taken.add("integer")
        others = [name for name in _TYPES if name not in taken]
        yield from (({"type": name},) for name in others)
    elif gap.keyword in ("anyOf", "oneOf"):
        yield from ((each,) for each in value)
        for each in value:
            yield from _avoiding(each, gap, defs)
        yield from ((one, other) for one in value for other in value if one is not other)
    elif gap.keyword == "not":
        yield (value,)
    elif gap.keyword == "if":
        yield (wanted["if"],)
        yield from ((wanted["if"], *more) for more in _avoiding(wanted.get("then", True), gap, defs))
        yield from _avoiding(wanted.get("else", True), gap, defs)
    elif gap.keyword == "dependentSchemas":
        for name, schema in value.items():
            present = {"type": "object", "required": [name]}
            yield (present,)
            yield from ((present, *more) for more in _avoiding(schema, gap, defs))


def _avoiding(schema: Schema, gap: Gap, defs: Mapping[str, Schema]) -> Iterator[Nodes]:
    """Aims against every keyword that a schema asserts."""
    try:
        parts = take_apart(defs, (schema,))
    except TooComplex:
        return
    for node in parts.nodes:
        for keyword in node:
            if keyword in _AIMS:
                yield from _aims(Gap(gap.rule, gap.path, gap.producer, node, keyword), defs)
        for name, each in node.get("properties", {}).items():
            yield ({"type": "object", "required": [name]},)
            for keyword in each if isinstance(each, dict) else ():
                for aim in _aims(Gap(gap.rule, gap.path, (), each, keyword), defs):
                    yield ({"type": "object", "required": [name], "properties": {name: aim[0]}},)


def _twisted(gap: Gap, prover: Prover, budget: int) -> Iterator[Any]:
    """The producer's values, changed in ways that no schema asks for."""
    values = list(islice(_values(prover, budget, gap.producer), 6))
    if gap.keyword == "uniqueItems":
        yield from ([each[0], each[0]] for each in values if isinstance(each, list) and each)
    elif gap.rule == "integer":
        yield from (float(each) for each in values if isinstance(each, int) and not isinstance(each, bool))
    elif gap.keyword == "propertyNames":
        names = ("undeclared", "a", "A-b", "0", "x" * 300, "")
        for each in values:
            if isinstance(each, dict):
                yield from ({**each, name: next(iter(each.values()), 1)} for name in names)


_TYPES: Final = ("string", "integer", "number", "boolean", "null", "object", "array")


def _less(keyword: str) -> Any:
    return lambda value: [{keyword: value - 1}] if value > 0 else []


def _more(keyword: str) -> Any:
    return lambda value: [{keyword: value + 1}]


def _beside(value: Any) -> Iterator[Schema]:
    yield {"type": "integer", "minimum": value}
    yield from ({"enum": [each]} for each in (1, 0.5, value * 1.5, value + 1, value / 2, 0.001))


_AIMS: Final[Mapping[str, Any]] = {
    "required": lambda value: [{"type": "object", "properties": {name: False}} for name in value],
    "dependentRequired": lambda value: [
        {"type": "object", "required": [name], "properties": {each: False}}
        for name, needed in value.items()
        for each in needed
    ],
    "minimum": lambda value: [{"exclusiveMaximum": value}],
    "maximum": lambda value: [{"exclusiveMinimum": value}],
    "exclusiveMinimum": lambda value: [{"maximum": value}],
    "exclusiveMaximum": lambda value: [{"minimum": value}],
    "minLength": _less("maxLength"),
    "maxLength": _more("minLength"),
    "minItems": _less("maxItems"),
    "maxItems": _more("minItems"),
    "minProperties": _less("maxProperties"),
    "maxProperties": _more("minProperties"),
    "uniqueItems": lambda value: [{"type": "array", "minItems": 2}],
    "contains": lambda value: [{"type": "array", "maxItems": 0}, {"type": "array", "minItems": 1}],
    "multipleOf": _beside,
    "enum": lambda value: [{"type": name} for name in _TYPES],
    "pattern": lambda value: [{"type": "string"}],
    "format": lambda value: [{"type": "string"}],
}


def shrink(value: Any, holds: Callable[[Any], bool]) -> Any:
    """The smallest value found that still ``holds``: parts are removed, shortened or made plain."""
    left = SHRINK_CHECKS
    again = True
    while again:
        again = False
        for smaller in _smaller(value):
            left -= 1
            if left < 0:
                return value
            if holds(smaller):
                value = smaller
                again = True
                break
    return value


def _smaller(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        if len(value) > 8:  # halves first: a wide event needs fewer steps
            names = list(value)
            for part in (names[: len(names) // 2], names[len(names) // 2 :]):
                yield {name: value[name] for name in part}
        for name in value:
            yield {other: each for other, each in value.items() if other != name}
        for name, each in value.items():
            for smaller in _smaller(each):
                yield {**value, name: smaller}
    elif isinstance(value, list):
        if len(value) > 2:
            yield value[: len(value) // 2]
        for index in range(len(value) - 1, max(-1, len(value) - 9), -1):
            yield value[:index] + value[index + 1 :]
        for index, each in enumerate(value[:8]):
            for smaller in _smaller(each):
                yield [*value[:index], smaller, *value[index + 1 :]]
    elif isinstance(value, str) and value:
        if len(value) > 2:
            yield value[: len(value) // 2]
        if value not in ("", "x"):
            yield value[:-1]
    elif isinstance(value, float) and value not in (0, 0.5):
        yield from (0, 0.5)
    elif isinstance(value, int) and not isinstance(value, bool) and value not in (0, 1):
        yield from (0, 1)
