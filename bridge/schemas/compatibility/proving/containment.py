"""Containment as jsonschema-rs decides it: the only module that uses its canonical form.

``None`` means "not decided": the answer for everything that the canonical form does not model exactly
(``Raw``, ``Unknown``, an unsupported operand). Schemas are 2020-12 with formats asserted, as at runtime;
nothing is fetched.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jsonschema_rs

from bridge.schemas.compatibility.reading.json_values import objects_in
from bridge.schemas.compatibility.reading.normal import DEFS, Schema

_canonical = jsonschema_rs.canonical


def bundle(schemas: tuple[Schema, ...], defs: Mapping[str, Schema]) -> dict[str, Any]:
    """One document in which all of ``schemas`` must hold, with the definitions that they reach."""
    single = schemas[0] if len(schemas) == 1 else None
    document = dict(single) if isinstance(single, dict) else {"allOf": list(schemas)}
    reached = _definitions_of(schemas, defs)
    return {**document, "$defs": reached} if reached else document


def _definitions_of(schemas: tuple[Schema, ...], defs: Mapping[str, Schema]) -> dict[str, Schema]:
    """The definitions that ``schemas`` refer to, directly or through other definitions."""
    reached: dict[str, Schema] = {}
    waiting: list[Any] = list(schemas)
    while waiting:
        for each in objects_in(waiting.pop()):
            reference = each.get("$ref")
            name = reference.removeprefix(DEFS) if isinstance(reference, str) else ""
            if name in defs and name not in reached:
                reached[name] = defs[name]
                waiting.append(defs[name])
    return reached


def canonical(document: dict[str, Any]) -> jsonschema_rs.CanonicalSchema | None:
    """``None`` where it has no canonical form."""
    try:
        form = jsonschema_rs.canonicalize(
            document, draft=jsonschema_rs.Draft202012, validate_formats=True, offline=True
        )
    except (ValueError, jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError):
        return None
    return None if form.kind is _canonical.CanonicalKind.RAW else form


def covers(consumer: dict[str, Any], producer: dict[str, Any]) -> bool | None:
    """Whether ``consumer`` accepts everything that ``producer`` may send."""
    wide, narrow = canonical(consumer), canonical(producer)
    if wide is None or narrow is None:
        return None
    try:
        answer = wide.covers(narrow)
    except _canonical.CanonicalizationError:
        return None
    return {_canonical.Containment.YES: True, _canonical.Containment.NO: False}.get(answer)


def satisfiable(document: dict[str, Any]) -> bool | None:
    """Whether any value satisfies it."""
    form = canonical(document)
    if form is None:
        return None
    answers = {_canonical.Satisfiability.YES: True, _canonical.Satisfiability.NO: False}
    return answers.get(form.satisfiability())


def left_over(producer: dict[str, Any], consumer: dict[str, Any]) -> dict[str, Any] | None:
    """A schema of what ``producer`` may send and ``consumer`` refuses; ``None`` if it cannot be written."""
    wide, narrow = canonical(consumer), canonical(producer)
    if wide is None or narrow is None:
        return None
    try:
        rest = narrow.subtract(wide)
        document = rest.to_json_schema()
    except (ValueError, _canonical.CanonicalizationError):
        return None
    return document if isinstance(document, dict) and rest.kind is not _canonical.CanonicalKind.RAW else None
