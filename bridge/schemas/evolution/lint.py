"""What is legal in a folder of schemas but will hurt somebody: names, docs, examples, sunsets, registries.

Problems that make a folder unusable are found when it is loaded (:meth:`SchemaSet.load`) and reported first;
the rest needs a usable folder.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

from bridge.core.pointer import escape
from bridge.errors import ConfigurationError, Problem
from bridge.limits import EVENTBRIDGE_DETAIL_TYPE_CHARS
from bridge.schemas.conversion.services import find_unportable
from bridge.schemas.documents.examples import check_examples
from bridge.schemas.documents.json_document import subschemas
from bridge.schemas.documents.meta import Meta, Status
from bridge.schemas.documents.places import with_places
from bridge.schemas.documents.schema_set import SchemaSet
from bridge.schemas.documents.validation import SchemaVersion
from bridge.schemas.evolution.promises import expired_waivers
from bridge.schemas.evolution.satisfiable import find_unsatisfiable
from bridge.schemas.evolution.sunsets import find_sunsets
from bridge.schemas.evolution.upcasts import find_upcast_problems
from bridge.schemas.finding import Finding, finding

_SNAKE: Final = re.compile(r"[a-z0-9]+(?:_[a-z0-9]+)+")
_CAMEL: Final = re.compile(r"[a-z][a-z0-9]*(?:[A-Z][A-Za-z0-9]*)+")


def lint(folder: Path, today: date) -> tuple[SchemaSet | None, list[Problem]]:
    """Every finding about a folder, with its line if it has one, in the order of the files. The set is None
    for a folder that cannot be used; the findings say why."""
    try:
        schemas = SchemaSet.load(folder)
    except ConfigurationError as error:
        return None, with_places(error.problems)
    findings = [
        *schemas.warnings,
        *check_examples(schemas),
        *find_unsatisfiable([*schemas, *schemas.shared.values()]),
    ]
    documents = schemas.documents
    for schema in schemas:
        findings += _naming(schema)
        findings += _docs(schema)
        findings += find_unportable(schema, schemas.registry.publish, documents)
    for shared in schemas.shared.values():
        findings += [*_naming(shared), *_docs(shared)]
    findings += _type_names(schemas)
    findings += find_upcast_problems(schemas)
    for type_name, meta in schemas.metas.items():
        findings += _meta(schemas, type_name, meta, today)
    located = with_places(dict.fromkeys(findings))
    return schemas, sorted(located, key=lambda p: (p.file, p.line, p.column, p.message))


# --- names -----------------------------------------------------------------------------------------


def _type_names(schemas: SchemaSet) -> Iterator[Finding]:
    spelled: dict[str, str] = {}
    for type_name in schemas.types:
        place = str(schemas.folder / type_name) if schemas.folder is not None else type_name
        other = spelled.setdefault(type_name.casefold(), type_name)
        newest = schemas.versions(type_name)[-1]
        event_type = f"{type_name}.v{newest.major}"
        if other != type_name:
            message = f"differs from {other} only by case, which many file systems ignore"
            yield finding("naming", place, message, "choose another name")
        if len(event_type) > EVENTBRIDGE_DETAIL_TYPE_CHARS:
            limit = f"EventBridge takes {EVENTBRIDGE_DETAIL_TYPE_CHARS} as detail-type"
            message = f"{event_type} has {len(event_type)} characters; {limit}"
            yield finding("naming", place, message, "choose a shorter name")
        if type_name != type_name.lower():
            message = "has capitals in its name, which patterns and people will get wrong"
            advice = "write a type as a reversed domain name in small letters"
            yield finding("naming", place, message, advice, "warning")


def _naming(schema: SchemaVersion) -> Iterator[Finding]:
    """A document spells its members one way; which way is the owner's choice."""
    spelled: dict[str, tuple[str, str]] = {}
    for pointer, part in subschemas(schema.document):
        members = part.get("properties")
        for name in members if isinstance(members, dict) else ():
            kind = "snake_case" if _SNAKE.fullmatch(name) else "camelCase" if _CAMEL.fullmatch(name) else ""
            if kind:
                spelled.setdefault(kind, (f"{pointer}/properties/{escape(name)}", name))
    if len(spelled) == 2:
        (_, (_, first)), (kind, (place, second)) = spelled.items()
        message = f"'{second}' is {kind}, and '{first}' before it is not"
        advice = "spell the members of an event one way"
        yield finding("naming", schema.file, message, advice, "warning", path=place)


# --- docs ------------------------------------------------------------------------------------------


def _docs(schema: SchemaVersion) -> Iterator[Finding]:
    def warning(path: str, message: str, advice: str) -> Finding:
        return finding("docs", schema.file, message, advice, "warning", path=path)

    document = schema.document
    if not _has_text(document, "description"):
        yield warning("/description", "the schema has no description", "say what happened, in one sentence")
    if not _has_text(document, "title"):
        yield warning("/title", "the schema has no title", "name it in two or three words")
    members = document.get("properties")
    for name, member in members.items() if isinstance(members, dict) else ():
        if not _described(document, member):
            message = f"the member '{name}' has neither title nor description"
            yield warning(f"/properties/{escape(name)}", message, "say what it contains")


def _described(document: Mapping[str, Any], member: Any) -> bool:
    """Whether a member, or what it refers to inside the document, is described. A constant needs no text."""
    for _ in range(8):
        if not isinstance(member, dict):
            return True  # true allows everything, false nothing
        if _has_text(member, "description") or _has_text(member, "title") or "const" in member:
            return True
        reference = member.get("$ref")
        if not isinstance(reference, str):
            return False
        if not reference.startswith("#/$defs/"):
            return True  # another document's, which has its own findings
        defs = document.get("$defs")
        member = defs.get(reference.removeprefix("#/$defs/")) if isinstance(defs, dict) else None
    return True


def _has_text(schema: Mapping[str, Any], keyword: str) -> bool:
    text = schema.get(keyword)
    return isinstance(text, str) and bool(text.strip()) and not text.startswith("TODO")


# --- meta ------------------------------------------------------------------------------------------


def _meta(schemas: SchemaSet, type_name: str, meta: Meta, today: date) -> Iterator[Finding]:
    yield from (each for each in find_sunsets(schemas, today) if each.file == meta.file)
    yield from (each for each in expired_waivers(schemas, today) if each.file == meta.file)
    versions = schemas.versions(type_name)

    def warning(rule: str, path: str, message: str, advice: str, line: int = 0) -> Finding:
        return finding(rule, meta.file, message, advice, "warning", path=path, line=line, column=min(line, 1))

    for name, text in (("summary", meta.summary), ("owner", meta.team)):
        if text.startswith("TODO"):
            yield warning("meta", name, "is not written yet", "write it for those who read events")
    if not meta.contact:
        yield warning("meta", "owner", "has no contact", "say how to reach its team, such as by a channel")
    if meta.status is Status.DEPRECATED and not meta.sunsets:
        message, advice = "is deprecated, and has no sunset", "subscribers plan by a date; it may move later"
        yield warning("sunset", "status", message, advice)
    for key, sunset in meta.sunsets.items():
        if not any(key in (str(version), str(version.major)) for version in versions):
            advice = f"available: {', '.join(map(str, versions)) or 'none'}"
            yield warning("sunset", f"sunset.{key}", f"there is no version {key}", advice, sunset.line)
    for index, waiver in enumerate(meta.waivers):
        faults = [
            (f"there is no version {version}", "")
            for version in (waiver.old, waiver.new)
            if version not in versions
        ]
        for message, advice in faults:
            path, line = f"waivers[{index}]", waiver.line
            yield finding("waiver", meta.file, message, advice, path=path, line=line, column=1)
