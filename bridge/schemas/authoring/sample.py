"""A schema from samples of any kind: items, typed items, events, records of a stream.

It claims what :mod:`bridge.schemas.authoring.infer` claims, and an enumeration where the same few texts occur
again and again. Values that may be secret are never shown.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from bridge.core.event import cloud_event, is_cloud_event
from bridge.core.values import plain_item
from bridge.errors import MalformedRecord
from bridge.schemas.authoring.infer import ANY, MIN_SEEN, Path, Shape
from bridge.schemas.authoring.seen_values import SeenValues
from bridge.schemas.documents.validation import DIALECT

_TAGS: Final = frozenset({"S", "N", "B", "BOOL", "NULL", "L", "M", "SS", "NS", "BS"})


class SeenAt(NamedTuple):
    """One place, as a JSON Pointer with ``*`` for elements and for names that are data."""

    path: str
    seen: int
    of: int
    types: tuple[str, ...]
    says: str = ""
    """The format or enumeration, if one was found."""


@dataclass(slots=True)
class InferSample:
    """``kinds`` counts the documents by kind: ``item``, ``typed item``, ``event``, ``record``."""

    values: SeenValues
    type_name: str = ""
    """The type of the events to read (with or without a major); empty for all."""
    keep: frozenset[str] = frozenset()

    shape: Shape = field(init=False)
    kinds: Counter[str] = field(default_factory=Counter, init=False)
    types: Counter[str] = field(default_factory=Counter, init=False)
    """The number of events of each type, other types included."""
    unreadable: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.shape = Shape(keep=self.keep)

    def add(self, value: Any) -> None:
        """One document of a file. The output of Scan contains several items."""
        if isinstance(value, dict) and isinstance(value.get("Items"), list):
            for each in value["Items"]:
                self.add(each)
        elif isinstance(value, dict) and set(value) == {"Item"} and isinstance(value["Item"], dict):
            self.add(value["Item"])
        elif not isinstance(value, dict):
            self.unreadable += 1
        elif {"Metadata", "Keys"} <= set(value) <= {"Metadata", "Keys", "OldImage", "NewImage"}:
            self.kinds["line of an incremental export"] += 1
            for image in ("OldImage", "NewImage"):
                if isinstance(value.get(image), dict):
                    self.add_item(value[image])
        elif isinstance(value.get("dynamodb"), dict):
            self.kinds["record"] += 1
            for image in ("OldImage", "NewImage"):
                if isinstance(value["dynamodb"].get(image), dict):
                    self.add_item(value["dynamodb"][image])
        elif _is_typed(value):
            self.kinds["typed item"] += 1
            self.add_item(value)
        elif is_cloud_event(value) or (event := cloud_event(json.dumps(value))) is not None:
            self._event(value if is_cloud_event(value) else event)  # type: ignore[arg-type]
        else:
            self.kinds["item"] += 1
            self._look(value)

    def add_item(self, item: Mapping[str, Any]) -> None:
        """An item in DynamoDB's typed JSON. An illegal one counts as unreadable."""
        try:
            self._look(plain_item(dict(item), "item"))
        except MalformedRecord:
            self.unreadable += 1

    def _event(self, event: Mapping[str, Any]) -> None:
        name = str(event["type"])
        base, dot, major = name.rpartition(".v")
        self.types[name] += 1
        if self.type_name and self.type_name not in (name, base if dot and major.isdigit() else name):
            return
        self.kinds["event"] += 1
        if "data" in event:
            self._look(event["data"])
        else:
            self.unreadable += 1

    def _look(self, value: Any) -> None:
        self.shape.add(value)
        self.values.add(value)

    # --- output ------------------------------------------------------------------------------

    def schema(
        self,
        *,
        schema_id: str = "",
        title: str = "",
        counts: bool = False,
        enums: bool = True,
        examples: bool = False,
    ) -> dict[str, Any]:
        """JSON Schema 2020-12. ``counts`` adds ``x-seen``, ``examples`` adds sample values."""
        schema = self.shape.schema(min_seen=MIN_SEEN, counts=False)
        for path, shape, inner in _walk(self.shape, schema, ()):
            values = self._enum(path, shape, inner) if enums else None
            if values is not None:
                inner["enum"] = values
                inner.pop("type", None)
            if counts:
                inner["x-seen"] = shape.seen
            shown = self.values.examples_at(path) if examples and "enum" not in inner else []
            if shown:
                inner["examples"] = shown
        comment = f"Inferred from {self.shape.seen} samples: read it before use."
        head = {"$schema": DIALECT, "$id": schema_id, "title": title, "$comment": comment}
        return {**{name: text for name, text in head.items() if text}, **schema}

    def _enum(self, path: Path, shape: Shape, schema: Mapping[str, Any]) -> list[str] | None:
        if set(shape.kinds) != {"string"} or {"format", "pattern"} & schema.keys():
            return None
        return self.values.enum_at(path)

    def places(self) -> list[SeenAt]:
        """Every place in the samples, outer before inner."""
        schemas = {path: inner for path, _, inner in _walk(self.shape, self.schema(), ())}
        found = []
        for place in self.shape.places():
            inner = schemas.get(place.path, {})
            text = str(inner.get("format", ""))
            if "enum" in inner:
                text = f"{len(inner['enum'])} values"
            kinds = tuple(place.shape.types(min_seen=MIN_SEEN)) or ("anything",)
            pointer = "".join(f"/{step}" for step in place.path)
            found.append(SeenAt(pointer, place.seen, place.of, kinds, text))
        return found


def _walk(shape: Shape, schema: dict[str, Any], path: Path) -> Iterator[tuple[Path, Shape, dict[str, Any]]]:
    """Every shape with its own schema, and that schema. Without the values below names that are data."""
    members, _ = shape.parts()
    for name, inner in members.items():
        below = schema.get("properties", {}).get(name)
        if isinstance(below, dict):
            yield (*path, name), inner, below
            yield from _walk(inner, below, (*path, name))
    if shape.items is not None and isinstance(schema.get("items"), dict):
        yield (*path, ANY), shape.items, schema["items"]
        yield from _walk(shape.items, schema["items"], (*path, ANY))


def _is_typed(value: Mapping[str, Any]) -> bool:
    """Whether every member is a value in DynamoDB's typed JSON."""
    return bool(value) and all(
        isinstance(each, dict) and len(each) == 1 and next(iter(each)) in _TAGS for each in value.values()
    )
