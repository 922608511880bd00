"""Checks that a converted schema gives the same verdicts as the original, on examples and similar values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

from bridge.core.pointer import escape
from bridge.schemas.conversion.registered import compile_document
from bridge.schemas.documents.examples import KINDS
from bridge.schemas.documents.json_document import parse_json, read_bytes
from bridge.schemas.documents.layout import entries, inside
from bridge.schemas.documents.validation import SchemaVersion

VARIANTS_MAX: Final = 400
"""For each example: a large one has thousands of places."""


@dataclass(frozen=True, slots=True)
class Example:
    """``name`` is its file, for messages."""

    name: str
    data: Any


@dataclass(frozen=True, slots=True)
class Proof:
    """``judged`` values were made from ``examples`` files; ``differ`` names those with different verdicts."""

    examples: int
    judged: int
    differ: tuple[str, ...]


def read_examples(folder: Path, schema: SchemaVersion) -> list[Example]:
    """The examples of a version, valid ones first. Raises :class:`bridge.errors.ConfigurationError`."""
    found: list[Example] = []
    for kind in KINDS:
        examples = folder / schema.type / "examples" / str(schema.version) / kind
        for path in entries(examples) if examples.is_dir() else ():
            if path.suffix == ".json" and inside(folder, path):
                found.append(Example(str(path.relative_to(folder)), parse_json(read_bytes(path), str(path))))
    return found


def prove(schema: SchemaVersion, converted: Mapping[str, Any], examples: Sequence[Example]) -> Proof:
    """Validate every example, and every variant of it, with both schemas.

    Raises ``ValueError`` where the converted document is not a usable schema (see ``compile_document``).
    """
    validator = compile_document(converted)
    judged, differ = 0, []
    for example in examples:
        for change, data in islice(variants(example.data), VARIANTS_MAX):
            judged += 1
            if schema.validator.is_valid(data) is not validator.is_valid(data):
                differ.append(f"{example.name}{f' with {change}' if change else ''}")
    return Proof(len(examples), judged, tuple(differ))


def variants(data: Any) -> Iterator[tuple[str, Any]]:
    """The value and similar ones: a member less or more, a value of another type, an element twice."""
    yield "", data
    for steps in _places(data):
        at = "".join(f"/{escape(str(step))}" for step in steps)
        if steps:
            yield f"{at} removed", _changed(data, steps, _REMOVED)
        value = _get(data, steps)
        for name, other in _others(value):
            yield f"{name} at {at or 'the top'}", _changed(data, steps, other)


_REMOVED: Final = object()


def _others(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        yield "one more member", {**value, "x-more": None}
    elif isinstance(value, list):
        yield "an element twice", [*value, *value[-1:]]
        yield "no elements", []
    elif isinstance(value, bool) or value is None:
        yield "a number", 0
    elif isinstance(value, int | float):
        yield "a number with a fraction", value + 0.5
        yield "the number as a float", float(value) if abs(value) < 2**53 else value
        yield "the negative number", -value
    else:
        yield "a longer text", f"{value}{value}x"
        yield "empty text", ""
    yield "null", None
    yield "a text", "text"


def _places(data: Any, steps: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    yield steps
    if isinstance(data, dict):
        for name, value in data.items():
            yield from _places(value, (*steps, name))
    elif isinstance(data, list):
        for index, value in enumerate(data[:3]):  # the others are similar
            yield from _places(value, (*steps, index))


def _get(data: Any, steps: Sequence[str | int]) -> Any:
    for step in steps:
        data = data[step]
    return data


def _changed(data: Any, steps: Sequence[str | int], value: Any) -> Any:
    if not steps:
        return value
    copy = deepcopy(data)
    inner = _get(copy, steps[:-1])
    if value is _REMOVED:
        del inner[steps[-1]]
    else:
        inner[steps[-1]] = value
    return copy
