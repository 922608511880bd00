"""Containment as jsonschema-rs decides it: the only room that asks its canonical form.

Everything that it does not model exactly (``Raw``, ``Unknown``, an unsupported operand) is ``None`` here:
not decided. Schemas come in as 2020-12 with formats asserted, as at runtime; nothing is fetched.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jsonschema_rs

from bridge.schemas.compatibility.reading.normal import DEFS, Schema

_canonical = jsonschema_rs.canonical


def bundle(schemas: tuple[Schema, ...], defs: Mapping[str, Schema]) -> dict[str, Any]:
    """One document in which all of ``schemas`` must hold, with the definitions that they reach."""
    reached: dict[str, Schema] = {}
    waiting: list[Any] = list(schemas)
    while waiting:
        each = waiting.pop()
        if isinstance(each, list):
            waiting += each
        elif isinstance(each, dict):
            reference = each.get("$ref")
            if isinstance(reference, str) and reference.startswith(DEFS):
                name = reference.removeprefix(DEFS)
                if name in defs and name not in reached:
                    reached[name] = defs[name]
                    waiting.append(defs[name])
            waiting += each.values()
    if len(schemas) == 1 and isinstance(schemas[0], dict):
        document = dict(schemas[0])
    else:
        document = {"allOf": list(schemas)}
    if reached:
        document["$defs"] = reached
    return document


def canonical(document: dict[str, Any]) -> jsonschema_rs.CanonicalSchema | None:
    """``None`` where there is no canonical form of it."""
    try:
        form = jsonschema_rs.canonicalize(
            document, draft=jsonschema_rs.Draft202012, validate_formats=True, offline=True
        )
    except (ValueError, jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError):
        return None
    return None if form.kind is _canonical.CanonicalKind.RAW else form


def covers(consumer: dict[str, Any], producer: dict[str, Any]) -> bool | None:
    """Whether ``consumer`` takes everything that ``producer`` may send; ``None``: not decided."""
    wide, narrow = canonical(consumer), canonical(producer)
    if wide is None or narrow is None:
        return None
    try:
        answer = wide.covers(narrow)
    except _canonical.CanonicalizationError:
        return None
    if answer is _canonical.Containment.YES:
        return True
    return False if answer is _canonical.Containment.NO else None


def satisfiable(document: dict[str, Any]) -> bool | None:
    """Whether anything satisfies it; ``None`` where that is not decided."""
    form = canonical(document)
    if form is None:
        return None
    answer = form.satisfiability()
    if answer is _canonical.Satisfiability.YES:
        return True
    return False if answer is _canonical.Satisfiability.NO else None


def left_over(producer: dict[str, Any], consumer: dict[str, Any]) -> dict[str, Any] | None:
    """A schema of what ``producer`` may send and ``consumer`` refuses, where there is such a schema."""
    wide, narrow = canonical(consumer), canonical(producer)
    if wide is None or narrow is None:
        return None
    try:
        rest = narrow.subtract(wide)
        document = rest.to_json_schema()
    except (ValueError, _canonical.CanonicalizationError):
        return None
    return document if isinstance(document, dict) and rest.kind is not _canonical.CanonicalKind.RAW else None
