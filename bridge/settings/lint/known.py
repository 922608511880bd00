"""What is known of the items of one table, from samples, examples, schemas and mappings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bridge.core.entities.select import Selector
from bridge.core.jsonpath import JsonPath, Step
from bridge.core.mapping.paths import MappingError, paths_of
from bridge.core.mapping.subject import compile_subject
from bridge.core.records.kinesis import dialect_of
from bridge.errors import MalformedRecord
from bridge.schemas.documents.examples import valid_examples
from bridge.schemas.documents.nodes import Documents
from bridge.schemas.documents.schema_set import SchemaNotFound, SchemaSet
from bridge.settings.compiling.redaction import TYPE_TAGS, without_prefix
from bridge.settings.kinds import Kind
from bridge.settings.lint.samples import images_of
from bridge.settings.lint.shape import Answer, Shape
from bridge.settings.tables import TableSettings, VersionSettings

Place = tuple[str | int, ...]
IMAGES = ("before", "after", "current")


@dataclass(slots=True)
class Known:
    """``items``: whole items; ``mentioned``: places that mappings name. ``keys``: the key attributes;
    ``exact``: they are all, read from a whole key. ``whole``: at least one whole item is known; ``sampled``:
    from a record, so that attributes are known that events never show."""

    items: Shape = field(default_factory=Shape)
    mentioned: Shape = field(default_factory=Shape)
    keys: dict[str, Shape] = field(default_factory=dict)
    exact: bool = False
    whole: bool = False
    sampled: bool = False

    def has(self, steps: Sequence[Step]) -> Answer:
        """Whether items have something there. "unknown" where nothing is known of items or of the place."""
        answer = self.items.find(steps)
        if answer == "no" and self.mentioned.members and _is_mentioned(self.mentioned, steps):
            return "unknown"
        return answer

    def like(self, steps: Sequence[Step]) -> tuple[Step, ...] | None:
        """A place that items have and that is written almost like ``steps``."""
        for shape in (self.items, self.mentioned):
            if shape.members:
                found = shape.closest(steps)
                if found and found != tuple(steps):
                    return found
        return None


def without_wrapping(steps: tuple[Step, ...]) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
    """The steps inside the item, and the same without DynamoDB's type names."""
    inside = without_prefix(steps)
    return inside, tuple(step for at, step in enumerate(inside) if at == 0 or step not in TYPE_TAGS)


def similar(known: Known, steps: tuple[Step, ...]) -> tuple[Step, ...] | None:
    """Another place that is known and that ``steps`` may have meant."""
    inside, untyped = without_wrapping(steps)
    for guess in (inside, untyped):
        if guess and guess != steps and known.has(guess) == "yes":
            return guess
    for start in dict.fromkeys((steps, inside, untyped)):
        found = known.like(start) if start else None
        if found is not None and found != steps:
            return found
    return None


def _is_mentioned(shape: Shape, steps: Sequence[Step]) -> bool:
    for step in steps:
        if not isinstance(step, str):
            return True
        if step not in shape.members:
            return not shape.members and shape is not None
        shape = shape.members[step]
    return True


def known_of(
    kind: Kind, schemas: SchemaSet | None, samples: Sequence[Any], selector: Selector | None = None
) -> Known:
    """Of a table, or of one entity of it, which ``selector`` selects."""
    known, table = Known(), kind.settings
    for record in samples:
        _add_record(known, kind, record, selector)
    documents = None if schemas is None else Documents(schemas.documents)
    for event in table.events:
        for version in event.versions:
            if version.from_ is not None:
                continue
            if version.data is not None:
                for _, path in paths_of(version.data):
                    _add_path(known, path)
            elif schemas is not None and documents is not None:
                _add_default(known, schemas, documents, event.type, version)
    for name in () if kind.selects is None else kind.selects.key:
        known.keys.setdefault(name, Shape())
    _add_keys(known, table)
    return known


def _add_record(known: Known, kind: Kind, record: Any, selector: Selector | None) -> None:
    try:
        change, _ = dialect_of(record).decode(record, None)
    except MalformedRecord:
        return  # examples of broken records are records too
    images = images_of(change, kind, selector) if change.table == kind.settings.name else []
    if not images:
        return
    for name, value in change.key.items():
        known.keys.setdefault(name, Shape())._add_typed(value, 0)
    known.exact = True
    for image in images:
        if image is not None:
            known.items.add_item(image)
            known.whole = known.sampled = True


def _add_default(
    known: Known, schemas: SchemaSet, documents: Documents, type_name: str, version: VersionSettings
) -> None:
    """An event whose data is the whole change: its schema and examples show items."""
    try:
        schema = schemas.get(type_name, version.schema_version)
    except SchemaNotFound:
        return
    data = Shape()
    data.add_schema(documents, documents.root(schema.id))
    for example in valid_examples(schemas, schema.type, schema.version).values():
        data.add_plain(example)
    for name in IMAGES:
        image = data.members.get(name)
        if image is not None and image.members:
            merge(known.items, image)
            known.whole = True
    key = data.members.get("key")
    if key is not None and key.members:
        for name, shape in key.members.items():
            merge(known.keys.setdefault(name, Shape()), shape)
        known.exact = True


def _add_keys(known: Known, table: TableSettings) -> None:
    """Without a whole key: what subject, mappings, conditions and filter name."""
    if not known.exact:
        try:
            named = compile_subject(table.subject).names
        except MappingError:
            named = ()
        for name in named:
            known.keys.setdefault(name, Shape())
    for name, shape in known.keys.items():
        if known.exact:
            merge(known.items.members.setdefault(name, Shape()), shape)
        known.mentioned.members.setdefault(name, Shape())


def _add_path(known: Known, path: JsonPath) -> None:
    if path.steps is not None and path.root in IMAGES:
        known.mentioned.add_steps(path.steps)


def merge(into: Shape, other: Shape) -> None:
    into.kinds |= other.kinds
    for name, member in other.members.items():
        merge(into.members.setdefault(name, Shape()), member)
    if other.others is not None:
        into.others = into.others or Shape()
        merge(into.others, other.others)
    if other.elements is not None:
        into.elements = into.elements or Shape()
        merge(into.elements, other.elements)
