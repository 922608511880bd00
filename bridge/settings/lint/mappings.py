"""Mappings that never make what their schema requires, and paths in them that find nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from bridge.core.jsonpath import JsonPath, JsonPathError, parse_path, written
from bridge.core.mapping.language import says_more
from bridge.core.mapping.paths import is_path, paths_of
from bridge.errors import did_you_mean
from bridge.schemas.documents.examples import valid_examples
from bridge.schemas.documents.nodes import Documents, Node, Undecided
from bridge.schemas.documents.schema_set import SchemaNotFound, SchemaSet
from bridge.settings.lint.functions import kinds_at, never_allowed, never_given
from bridge.settings.lint.known import IMAGES, Known
from bridge.settings.lint.shape import Kind, Shape
from bridge.settings.tables import EventSettings, TableSettings, VersionSettings

Place = tuple[str | int, ...]
Found = tuple[Place, str, str]


def mapping_findings(
    place: Place, table: TableSettings, known: Known, schemas: SchemaSet | None
) -> Iterator[Found]:
    documents = None if schemas is None else Documents(schemas.documents)
    for number, event in enumerate(table.events):
        for index, version in enumerate(event.versions):
            if version.data is None:
                continue
            at = (*place, "events", number, "versions", index, "data")
            lost: dict[Place, tuple[str, str]] = {}
            if version.from_ is None:
                for inside, path in paths_of(version.data):
                    found = _finds_nothing(path, event, table, known)
                    if found is not None:
                        lost[inside] = found
            kinds = _kinds(event, version, known, schemas, documents)
            for inside, message, advice in never_given(version.data, kinds):
                lost.setdefault(inside, (message, advice))
            for inside, (message, advice) in lost.items():
                yield (*at, *inside), message, advice
            if schemas is not None and documents is not None:
                yield from _required(at, event, version, schemas, documents, lost)


def _finds_nothing(
    path: JsonPath, event: EventSettings, table: TableSettings, known: Known
) -> tuple[str, str] | None:
    operations = set(event.op)
    absent = {
        "before": (operations == {"insert"}, "an insert has no item before it", "after"),
        "after": (operations == {"remove"}, "a remove has no item after it", "before"),
        "changes": ("modify" not in operations, "only a modify has changes", "after"),
        "current": (table.fetch is None, "without fetch: current, the item is not read", "after"),
    }
    is_absent, why, instead = absent.get(path.root, (False, "", ""))
    if is_absent:
        if instead == "after" and operations == {"remove"}:
            instead = "before"
        steps = path.steps
        if path.root == "changes" or steps is None:
            return f"never finds anything: {why}", "remove it"
        return f"never finds anything: {why}", f"did you mean '{written((instead, *steps))}'?"
    steps = path.steps
    if not steps:
        return None
    if path.root == "key" and known.exact and steps[0] not in known.keys:
        close = did_you_mean(str(steps[0]), known.keys) or f"the key has {', '.join(known.keys)}"
        guess = _closest_key(str(steps[0]), known)
        advice = f"did you mean '{written(('key', guess, *steps[1:]))}'?" if guess else close
        return f"never finds anything: the key has no {steps[0]}", advice
    if path.root in IMAGES and known.whole and known.items.find(steps) == "no":
        guess_steps = known.items.closest(steps)
        if guess_steps and guess_steps != steps:
            message = f"never finds anything: no schema, example or sample has {written(steps)[2:]}"
            return message, f"did you mean '{written((path.root, *guess_steps))}'?"
        if known.sampled:
            message = f"never finds anything: no schema, example or sample has {written(steps)[2:]}"
            return message, "put a record that has it into examples/records beside bridge.yaml"
    return None


def _kinds(
    event: EventSettings,
    version: VersionSettings,
    known: Known,
    schemas: SchemaSet | None,
    documents: Documents | None,
) -> Callable[[JsonPath], set[Kind]]:
    """What is known of the kinds at a path of the mapping of ``version``."""
    if version.from_ is None:
        images = known.items if known.whole else Shape()
        return lambda path: kinds_at(images, path, below=1) if path.root in IMAGES else set()
    newer = Shape()
    if schemas is not None and documents is not None:
        try:
            schema = schemas.get(event.type, version.from_)
        except SchemaNotFound:
            pass  # reported where versions are compiled
        else:
            newer.add_schema(documents, documents.root(schema.id))
            for example in valid_examples(schemas, schema.type, schema.version).values():
                newer.add_plain(example)
    return lambda path: kinds_at(newer, path, below=0)


def _closest_key(name: str, known: Known) -> str:
    close = did_you_mean(name, known.keys)
    return close.split("'")[1] if close else ""


# --- what the schema requires ----------------------------------------------------------------------


def _required(
    at: Place,
    event: EventSettings,
    version: VersionSettings,
    schemas: SchemaSet,
    documents: Documents,
    lost: Mapping[Place, Any],
) -> Iterator[Found]:
    try:
        schema = schemas.get(event.type, version.schema_version)
    except SchemaNotFound:
        return
    root = documents.root(schema.id)
    yield from _members(at, (), version.data or {}, root, documents, f"{event.type} {schema.version}", lost)


def _members(
    at: Place,
    inside: Place,
    data: Mapping[str, Any],
    node: Node,
    documents: Documents,
    name: str,
    lost: Mapping[Place, Any],
) -> Iterator[Found]:
    made = {each[1:] if each.startswith("$$") else each: (each, value) for each, value in data.items()}
    required, properties = _declared(node, documents)
    for member in required:
        if member not in made:
            where = "".join(f"{step}." for step in inside)
            message = f"never makes {where}{member}, which {name} requires, so every record is quarantined"
            yield (*at, *inside), message, f"add {member}: $.after.{member}"
    for member, (written_name, value) in made.items():
        below = properties.get(member)
        if below is None or (*inside, written_name) in lost:
            continue
        place = (*at, *inside, written_name)
        if isinstance(value, Mapping) and not says_more(value):
            yield from _members(at, (*inside, written_name), value, below, documents, name, lost)
        elif isinstance(value, Mapping):
            found = never_allowed(value, below, documents)
            if found is not None:
                yield place, f"{found[0]}, which {name} never allows", found[1]
            for inner, each in _alternatives(value):
                if not documents.takes(below, _constant(each)):
                    message = f"is a constant that {name} never allows"
                    yield (*place, *inner), message, "write a value that the schema allows"
        elif _is_constant(value) and not documents.takes(below, _constant(value)):
            yield place, f"is a constant that {name} never allows", "write a value that the schema allows"


def _alternatives(said: Mapping[str, Any]) -> Iterator[tuple[Place, Any]]:
    """The constants that an object of the mapping gives instead of a value, where it gives one value."""
    path, table = said.get("$path"), said.get("$lookup")
    if table is None or _gives_one(path):
        if "$default" in said and _is_constant(said["$default"]):
            yield ("$default",), said["$default"]
        for key, value in table.items() if isinstance(table, Mapping) else ():
            if _is_constant(value):
                yield ("$lookup", key), value


def _gives_one(path: Any) -> bool:
    try:
        return is_path(path) and not parse_path(path).many
    except JsonPathError:
        return False  # reported where the mapping is compiled


def _is_constant(value: Any) -> bool:
    return not is_path(value) and (value is None or isinstance(value, str | int | float | bool))


def _constant(value: Any) -> Any:
    return value[1:] if isinstance(value, str) and value.startswith("$$") else value


def _declared(node: Node, documents: Documents, depth: int = 0) -> tuple[list[str], dict[str, Node]]:
    """The required members and the declared ones of an object's schema, where they hold in every case."""
    schema = node.schema
    if not isinstance(schema, Mapping) or depth > 8:
        return [], {}
    required = [each for each in schema.get("required", []) if isinstance(each, str)]
    properties: dict[str, Node] = {}
    if isinstance(schema.get("properties"), Mapping):
        properties = {name: node.at("properties", name) for name in schema["properties"]}
    parts = [node.at("allOf", index) for index in range(len(schema.get("allOf", [])))]
    if isinstance(schema.get("$ref"), str):
        try:
            parts.append(documents.resolve(node, schema["$ref"]))
        except Undecided:
            parts = []
    for part in parts:
        more, declared = _declared(part, documents, depth + 1)
        required += [each for each in more if each not in required]
        properties = {**declared, **properties}
    return required, properties
