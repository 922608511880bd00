"""Checks of ``entities``: what a table with entities needs, and entities that contradict each other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any, Final

from bridge.core.entities.overlap import overlap
from bridge.core.entities.template import KeyTemplate, TemplateError, ValueTemplate, compile_key
from bridge.errors import Problem
from bridge.settings.yaml_source import YamlPath, YamlSource

PLACEHOLDER: Final = re.compile(r"\{[^}]*\}")
RESERVED: Final = frozenset({"other", "all", "none"})
"""Names that mean something else in commands, reports or metrics."""

Finding = tuple[YamlPath, Problem]


def check_entities(source: YamlSource, at: YamlPath, table: Mapping[str, Any]) -> Iterator[Finding]:
    """``table`` is the block as it is written."""

    def error(path: YamlPath, message: str, suggestion: str = "") -> Finding:
        return path, source.problem(path, message, suggestion)

    entities = table.get("entities")
    if entities is None:
        if "other" in table:
            yield error((*at, "other"), "is about items that no entity selects, and there are no entities")
        for required in ("subject", "events"):
            if required not in table:
                yield error((*at, required), f"required key '{required}' is missing")
        return
    if "events" in table:
        yield error((*at, "events"), "belongs to an entity, because the table has entities")
    if not isinstance(entities, dict):
        return
    templates: dict[str, KeyTemplate] = {}
    blocks: dict[Any, Any] = entities
    for name, block in blocks.items():
        if not isinstance(name, str) or not isinstance(block, dict):
            continue
        here = (*at, "entities", name)
        if name.lower() in RESERVED:
            yield error(here, f"{name!r} is a reserved word", "choose another name")
        if "subject" not in block and "subject" not in table:
            yield error((*here, "subject"), "required key 'subject' is missing")
        key = block.get("key")
        if isinstance(key, dict) and key and all(isinstance(each, str) for each in (*key, *key.values())):
            try:
                templates[name] = compile_key(key)
            except TemplateError as wrong:
                yield error((*here, "key", wrong.attribute), wrong.message, wrong.suggestion)
    yield from _attributes(error, at, templates)
    yield from _overlaps(source, at, templates, entities)
    yield from _shared_subjects(error, at, table, entities)


def _attributes(error: Any, at: YamlPath, templates: Mapping[str, KeyTemplate]) -> Iterator[Finding]:
    """Every entity names the whole key."""
    first = next(iter(templates), "")
    for name, template in templates.items():
        wanted, has = set(templates[first].attributes), set(template.attributes)
        if wanted == has:
            continue
        shown = " and ".join(sorted(wanted ^ has))
        message = f"has other attributes than the key of {first}: {shown}"
        yield error((*at, "entities", name, "key"), message, "name all attributes of the table's key in each")


def _overlaps(
    source: YamlSource, at: YamlPath, templates: Mapping[str, KeyTemplate], entities: Mapping[str, Any]
) -> Iterator[Finding]:
    """Pairs of entities that would take the same key."""
    for (first, one), (second, other) in combinations(templates.items(), 2):
        if set(one.attributes) != set(other.attributes):
            continue
        key = overlap(one, other)
        if key is None:
            continue
        groups = {entities[name].get("partitionkey") for name in (first, second)} - {None}
        if len(groups) > 1:
            message = f"is not that of {first}, which takes the same keys: an item has one unit of order"
            advice = f"write the same template as {first}"
            yield (
                (*at, "entities", second, "partitionkey"),
                source.problem((*at, "entities", second, "partitionkey"), message, advice),
            )
        wheres = [entities[name].get("where") for name in (first, second)]
        if _exclude(*wheres) or _excludes_keys(wheres[0], other) or _excludes_keys(wheres[1], one):
            continue
        shown = ", ".join(f"{name}={text}" for name, text in key.items())
        path = (*at, "entities", second, "key")
        if wheres[0] is None:
            message = f"takes the same items as {first}, such as the one with the key {shown}"
            advice = f"change a template, or give {first} a `where` that separates them"
            yield path, source.problem(path, message, advice)
        else:
            message = (
                f"takes the same keys as {first}, such as {shown}: where both `where` hold, an item is of "
                f"{first}, the first in the list"
            )
            yield path, source.problem(path, message, "", "warning")


def _exclude(one: Any, other: Any) -> bool:
    """Whether two patterns certainly never hold for one item: they want different texts of one attribute, or
    one wants an attribute that the other refuses."""
    if not isinstance(one, Mapping) or not isinstance(other, Mapping):
        return False
    for name in one.keys() & other.keys():
        if _texts(one[name]) and _texts(other[name]) and not _texts(one[name]) & _texts(other[name]):
            return True
        if {_presence(one[name]), _presence(other[name])} == {True, False}:
            return True
    return False


def _presence(leaf: Any) -> bool | None:
    """What ``[{exists: …}]`` says; None for every other leaf."""
    if not isinstance(leaf, Sequence) or len(leaf) != 1 or not isinstance(leaf[0], Mapping):
        return None
    said = leaf[0].get("exists")
    return said if isinstance(said, bool) else None


def _excludes_keys(where: Any, template: KeyTemplate) -> bool:
    """Whether a pattern holds for no item with a key of ``template``: ``anything-but`` over a key attribute
    names all values that the template can have there."""
    if not isinstance(where, Mapping):
        return False
    return any(
        any(_covers(but, template.values[name]) for but in _butted(where[name]))
        for name in where.keys() & set(template.attributes)
    )


def _butted(leaf: Any) -> Iterator[Any]:
    """The argument of the only matcher of a leaf, if that is ``anything-but``."""
    only = leaf[0] if isinstance(leaf, Sequence) and len(leaf) == 1 else None
    if isinstance(only, Mapping) and "anything-but" in only:
        yield only["anything-but"]


def _covers(but: Any, template: ValueTemplate) -> bool:
    """Whether every value of a template is among those that ``anything-but`` refuses."""
    if isinstance(but, Mapping):
        (operator, argument) = next(iter(but.items())) if len(but) == 1 else ("", None)
        texts = [argument] if isinstance(argument, str) else argument if isinstance(argument, list) else []
        if operator == "prefix":
            return any(isinstance(text, str) and template.prefix.startswith(text) for text in texts)
        return operator == "wildcard" and template.wildcard in texts
    texts = [but] if isinstance(but, str) else but if isinstance(but, list) else []
    return template.is_literal and template.prefix in texts


def _texts(leaf: Any) -> set[str]:
    """The texts that a leaf allows; none where it allows anything else."""
    if not isinstance(leaf, Sequence) or isinstance(leaf, str):
        return set()
    return set(map(str, leaf)) if all(isinstance(each, str) for each in leaf) else set()


def _shared_subjects(
    error: Any, at: YamlPath, table: Mapping[str, Any], entities: Mapping[str, Any]
) -> Iterator[Finding]:
    """Entities whose items could have one subject in events of one type."""
    first: dict[tuple[str, str], str] = {}
    for name, block in entities.items():
        own = block if isinstance(block, dict) else {}
        subject = own.get("subject", table.get("subject"))
        events = own.get("events")
        for event in events if isinstance(events, list) else ():
            type_ = event.get("type") if isinstance(event, dict) else None
            if not isinstance(subject, str) or not isinstance(type_, str):
                continue
            other = first.setdefault((type_, PLACEHOLDER.sub("{}", subject)), name)
            if other != name:
                message = f"can be the subject of another item, of entity {other}, in events of {type_}"
                yield error((*at, "entities", name, "subject"), message, "begin it with another word")
                break
