"""What a configuration knows of a table's key: whether its subject names exactly one item.

Nothing offline states the key schema of a table. But mappings, conditions and filters name attributes of the
key, and the schemas of events that carry the whole change describe it. A subject that leaves out one of those
attributes would be the subject of several items.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bridge.core.entities.select import Selection
from bridge.core.events.translate import Table
from bridge.core.jsonpath import step_text
from bridge.core.mapping.paths import paths_of
from bridge.core.mapping.subject import Subject
from bridge.errors import BatchError, did_you_mean
from bridge.schemas.documents.schema_set import SchemaNotFound
from bridge.settings.compiling.versions import Schemas
from bridge.settings.tables import TableSettings

_LOCAL: Final = "#/$defs/"


@dataclass(frozen=True, slots=True)
class KnownKey:
    """``names``: attributes of the key, each with where it is named. ``described``: a schema requires them,
    so these are probably all. ``closed``: a schema allows no others."""

    names: Mapping[str, str]
    described: bool = False
    closed: bool = False


def known_key(table: TableSettings, schemas: Schemas) -> KnownKey:
    """What the settings of a table and the schemas of its events say about its key."""
    names: dict[str, str] = {}
    described = closed = False
    for pattern in table.filter or ():
        keys = _mapping(_mapping(pattern).get("dynamodb")).get("Keys")
        names |= dict.fromkeys(_names(keys), "filter")
    for event in table.events:
        if event.when is not None:
            names |= dict.fromkeys(_names(event.when.key), f"when.key of {event.type}")
        for version in event.versions:
            if version.from_ is not None:
                continue
            where = f"{event.type} {version.schema_version}"
            if version.data is not None:
                names |= dict.fromkeys(_key_paths(version.data), f"the data of {where}")
                continue
            try:
                schema = schemas.get(event.type, version.schema_version)
            except SchemaNotFound:
                continue
            required, all_of_them = _described(getattr(schema, "document", None))
            names |= dict.fromkeys(required, f"the schema of {where}")
            described, closed = described or bool(required), closed or all_of_them
    return KnownKey(names, described, closed)


def subject_problems(subject: Subject, key: KnownKey) -> Iterator[tuple[str, str]]:
    """Message and suggestion for each way in which two items could share the subject, or none have it."""
    unknown = subject.unknown(key.names)
    for name in unknown:
        lacking = subject.lacks(key.names)
        same = [each for each in lacking if each.lower() == name.lower()]
        advice = did_you_mean(name, lacking if key.described else same)
        if advice or key.closed:
            known = ", ".join(map(repr, key.names))
            yield (
                f"{name!r} is no attribute of the key, which has {known}",
                advice or _whole(subject, key),
            )
            return
    for name in subject.lacks(key.names):
        message = f"does not use {name!r}, which {key.names[name]} takes for a part of the key: items that "
        yield message + "differ in it would share a subject", _whole(subject, key)


def require_whole_key(table: Table, key: Mapping[str, str]) -> None:
    """Raises ``BatchError`` where the subject, or the key templates of an entity, are not made of exactly the
    ``key`` of the live table: its attributes and their types."""
    if table.entities is not None:
        for selection in table.entities.selector.entities:
            _require_templates(table.name, selection, key)
        return
    known = KnownKey(dict.fromkeys(key, "the table"), described=True, closed=True)
    for message, advice in subject_problems(table.subject, known):
        raise BatchError(
            f"table {table.name}, subject {table.subject.template!r}: {message}",
            hint=f"in bridge.yaml, subject of {table.name}: {advice}",
        )


def _require_templates(table: str, selection: Selection, key: Mapping[str, str]) -> None:
    where = f"table {table}, key of entity {selection.name}"
    hint = f"in bridge.yaml, name each of {', '.join(key)} in the key of {selection.name}, and nothing else"
    for attribute in selection.key.attributes:
        if attribute not in key:
            raise BatchError(f"{where}: {attribute!r} is no attribute of the table's key", hint=hint)
        if key[attribute] != "S" and not selection.key.values[attribute].is_bare:
            raise BatchError(
                f"{where}: {attribute!r} is of type {key[attribute]}, which no text matches",
                hint=f'in bridge.yaml, write {attribute}: "{{name}}" in the key of {selection.name}',
            )
    if missing := [name for name in key if name not in selection.key.attributes]:
        raise BatchError(f"{where}: {', '.join(missing)} of the table's key has no template", hint=hint)


def _whole(subject: Subject, key: KnownKey) -> str:
    """The template with all of the key."""
    template = subject.template
    for name in subject.lacks(key.names):
        template += f"/{{$.key{step_text(name)}}}"
    for name in subject.unknown(key.names) if key.closed else ():
        template = template.replace(f"/{{$.key{step_text(name)}}}", "")
    return f"write {template}"


# --- where a key is named ----------------------------------------------------------------------------


def _names(pattern: Any) -> list[str]:
    return [name for name in _mapping(pattern) if not name.startswith("$")]


def _key_paths(data: Any) -> Iterator[str]:
    """The attributes ``x`` of all ``$.key.x`` in a mapping."""
    for _, path in paths_of(data):
        if path.root == "key" and path.steps and isinstance(path.steps[0], str):
            yield path.steps[0]


def _described(document: Any) -> tuple[list[str], bool]:
    """The attributes that a schema requires of ``key``, and whether it allows no others."""
    schema = _mapping(_mapping(document).get("properties")).get("key")
    reference = _mapping(schema).get("$ref")
    if isinstance(reference, str) and reference.startswith(_LOCAL):
        schema = _mapping(_mapping(document).get("$defs")).get(reference.removeprefix(_LOCAL))
    required = _mapping(schema).get("required")
    names = [name for name in required if isinstance(name, str)] if isinstance(required, list) else []
    closed = _mapping(schema).get("additionalProperties") is False
    return names, closed and set(_mapping(_mapping(schema).get("properties"))) == set(names)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
