"""The schemas of a table's first three events, inferred from samples of it."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, NamedTuple

from bridge.core.change import Operation, captures
from bridge.onboarding.entities.proposal import Entity
from bridge.onboarding.names import attribute_path
from bridge.onboarding.sample import TableSample
from bridge.schemas.authoring.infer import MIN_SEEN, Path, Shape
from bridge.schemas.documents.validation import DIALECT

VERSION: Final = "1.0.0"
Verb = Literal["created", "changed", "deleted"]
OPERATION_OF: Final[dict[Verb, Operation]] = {"created": "insert", "changed": "modify", "deleted": "remove"}

_CHANGE: Final[dict[str, Any]] = {
    "title": "Field change",
    "description": "One difference between before and after; path is a JSON Pointer.",
    "type": "object",
    "required": ["path", "op"],
    "properties": {
        "path": {"type": "string", "pattern": "^/"},
        "op": {"enum": ["add", "remove", "replace"]},
        "before": {"description": "The old value."},
        "after": {"description": "The new value."},
        "added": {"description": "New members of a set.", "type": "array"},
        "removed": {"description": "Removed members of a set.", "type": "array"},
        "types": {"description": "The DynamoDB types, if only the type changed.", "type": "array"},
    },
}


class EventPlan(NamedTuple):
    """One event for the changes of a table. ``schema`` describes its data."""

    type: str
    verb: Verb
    summary: str
    schema: dict[str, Any]

    @property
    def operation(self) -> Operation:
        return OPERATION_OF[self.verb]


@dataclass(frozen=True, slots=True)
class TablePlan:
    """The events and redaction of one table. ``drop`` are the JSONPaths of what may be secret."""

    sample: TableSample
    thing: str
    subject: str
    drop: tuple[str, ...]
    unnamed_secrets: tuple[Path, ...]
    """Secrets that no JSONPath can name, so that they cannot be redacted."""
    entity: Entity | None
    """The kind of the items, in a table that holds several."""
    item: dict[str, Any]
    created: dict[str, Any]
    key: dict[str, Any]
    events: tuple[EventPlan, ...]

    @property
    def records_file(self) -> str:
        """The name of the file with example records."""
        entity = "" if self.entity is None else f".{self.entity.name}"
        return f"{self.sample.table}{entity}.json"


def plan_table(
    sample: TableSample, thing: str, subject: str, prefix: str, base: str, entity: Entity | None = None
) -> TablePlan:
    """``base`` is the beginning of every ``$id``, ``prefix`` that of every type."""
    sample.settle_secrets()
    named = {path: attribute_path(path) for path in sample.secrets}
    drop = {path: text for path, text in named.items() if text is not None}
    item, created = (
        _item_schema(shape, tuple(drop), sample, entity) for shape in (sample.items, sample.created)
    )
    if not sample.created_known:
        created = item
    key = {"title": "Key", **_key_schema(sample)}
    unnamed = tuple(path for path, text in named.items() if text is None)
    plan = TablePlan(sample, thing, subject, tuple(drop.values()), unnamed, entity, item, created, key, ())
    events = []
    for verb in OPERATION_OF:
        document = _document(plan, verb, f"{prefix}.{thing}.{verb}", base)
        events.append(EventPlan(f"{prefix}.{thing}.{verb}", verb, document["description"], document))
    return replace(plan, events=tuple(events))


def _item_schema(
    shape: Shape, drop: tuple[Path, ...], sample: TableSample, entity: Entity | None
) -> dict[str, Any]:
    shape = deepcopy(shape)
    for path in drop:
        shape.drop(path)
    schema = {"title": "Item", **(shape.schema(min_seen=MIN_SEEN) or {"type": "object"})}
    if sample.candidates is not None:
        sample.candidates.decorate(schema)
    if entity is not None:
        _select(schema, entity)
    return schema


def _select(schema: dict[str, Any], entity: Entity) -> None:
    """Add what selects the items of an entity: every item of it has it. The form of a key is its template's:
    ``$user_1#email_a@shop.test`` happens to be an e-mail address."""
    properties, required = schema.setdefault("properties", {}), schema.setdefault("required", [])
    for name in entity.key:
        properties.get(name, {}).pop("format", None)
    for name, leaf in (entity.where or {}).items():
        if all(isinstance(each, str) for each in leaf):
            properties[name] = {"const": leaf[0]} if len(leaf) == 1 else {"enum": leaf}
            required[:] = sorted({*required, name})


def _key_schema(sample: TableSample) -> dict[str, Any]:
    types: dict[str, Any] = {"S": {"type": "string"}, "B": {"type": "string", "contentEncoding": "base64"}}
    number = {"type": ["number", "string"]}  # a string where a JSON number would not be exact
    properties = {name: dict(types.get(tag, number)) for name, tag in sample.key.items()}
    return {"type": "object", "required": list(properties), "properties": properties}


def _id_schema(entity: Entity, key: Mapping[str, str]) -> dict[str, Any]:
    """The parts of the key: texts, but a key attribute that is one part keeps its type."""
    properties: dict[str, Any] = {}
    for name in entity.parts:
        bare = [tag for attribute, tag in key.items() if entity.key[attribute] == f"{{{name}}}"]
        properties[name] = {"type": ["number", "string"] if "N" in bare else "string"}
    return {
        "title": "Parts of the key",
        "type": "object",
        "required": list(properties),
        "properties": properties,
    }


def _document(plan: TablePlan, verb: Verb, type_name: str, base: str) -> dict[str, Any]:
    sample, operation = plan.sample, OPERATION_OF[verb]
    members: dict[str, Any] = {
        "operation": {"const": operation},
        "key": {"description": "The key of the item.", "$ref": "#/$defs/key"},
    }
    defs: dict[str, Any] = {"key": plan.key}
    if plan.entity is not None and plan.entity.parts:
        members["id"] = {"description": "The parts of the key.", "$ref": "#/$defs/id"}
        defs["id"] = _id_schema(plan.entity, sample.key)
    item = plan.created if verb == "created" else plan.item
    if captures(sample.view, "before") and operation != "insert":
        members["before"] = {"description": "The item before the change.", "$ref": "#/$defs/item"}
        defs["item"] = item
    if captures(sample.view, "after") and operation != "remove":
        members["after"] = {"description": "The item after the change.", "$ref": "#/$defs/item"}
        defs["item"] = item
    if {"before", "after"} <= members.keys():
        changes = {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/change"}}
        members["changes"] = {"description": "The differences, field by field.", **changes}
        defs["change"] = _CHANGE
    samples = sample.created.seen if verb == "created" and sample.created_known else sample.items.seen
    return {
        "$schema": DIALECT,
        "$id": f"{base}/{type_name}/{VERSION}.json",
        "title": f"{plan.thing.replace('_', ' ').capitalize()} {verb}",
        "description": f"{_with_article(plan.thing)} was {verb}.",
        "$comment": f"Inferred by stream-bridge init from {samples} samples: read it before use.",
        "type": "object",
        "required": list(members),
        "properties": members,
        "$defs": defs,
    }


def _with_article(thing: str) -> str:
    article = "An" if thing[:1] in "aeio" else "A"
    return f"{article} {thing.replace('_', ' ')}"
