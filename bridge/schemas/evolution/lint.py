"""What is legal in a folder of schemas and will hurt somebody: names, docs, examples, sunsets, registries.

Whatever makes a folder unusable is found when it is loaded (:meth:`SchemaSet.load`) and is told first; the
rest needs a folder that can be used.
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
from bridge.schemas.evolution.satisfiable import find_unsatisfiable
from bridge.schemas.finding import Finding

_SNAKE: Final = re.compile(r"[a-z0-9]+(?:_[a-z0-9]+)+")
_CAMEL: Final = re.compile(r"[a-z][a-z0-9]*(?:[A-Z][A-Za-z0-9]*)+")


def lint(folder: Path, today: date) -> tuple[SchemaSet | None, list[Problem]]:
    """Every finding about a folder, each at its line where it has one, in the order of the files. Without a
    set: the folder cannot be used, and the findings say why."""
    try:
        schemas = SchemaSet.load(folder)
    except ConfigurationError as error:
        return None, with_places(error.problems)
    findings = [*schemas.warnings, *check_examples(schemas), *find_unsatisfiable(schemas)]
    documents = {schema.id: schema.document for schema in schemas}
    for schema in schemas:
        findings += _naming(schema)
        findings += _docs(schema)
        findings += find_unportable(schema, schemas.registry.publish, documents)
    findings += _type_names(schemas)
    for type_name, meta in schemas.metas.items():
        findings += _meta(schemas, type_name, meta, today)
    located = with_places(dict.fromkeys(findings))
    return schemas, sorted(located, key=lambda p: (p.file, p.line, p.column, p.message))


def past_sunsets(schemas: SchemaSet, today: date) -> Iterator[Finding]:
    """Versions that are still there although their last day is over."""
    for type_name, meta in schemas.metas.items():
        for key, sunset in meta.sunsets.items():
            retired = sunset.retired or meta.status is Status.RETIRED
            if today > sunset.day and not retired:
                message = f"the last day of {type_name} {key} was {sunset.day}"
                advice = "stop emitting it and say `status: retired` beside the date, or move the day on"
            elif today <= sunset.day and sunset.retired:
                message = f"{type_name} {key} is retired, and its last day is {sunset.day}"
                advice = "say so once that day is over: subscribers were told of it"
            else:
                continue
            place = (meta.file, sunset.line, 1, f"sunset.{key}")
            yield Finding(*place, message, advice, "warning", rule="sunset")


def _warning(schema: SchemaVersion, rule: str, path: str, message: str, suggestion: str) -> Finding:
    return Finding(schema.file, 0, 0, path, message, suggestion, "warning", rule=rule)


# --- names -----------------------------------------------------------------------------------------


def _type_names(schemas: SchemaSet) -> Iterator[Finding]:
    spelled: dict[str, str] = {}
    for type_name in schemas.types:
        place = str(schemas.folder / type_name) if schemas.folder is not None else type_name
        other = spelled.setdefault(type_name.casefold(), type_name)
        newest = schemas.versions(type_name)[-1]
        emitted = f"{type_name}.v{newest.major}"
        if other != type_name:
            message = f"differs from {other} by case alone, which many file systems cannot keep apart"
            yield Finding(place, 0, 0, "", message, "take another name", rule="naming")
        if len(emitted) > EVENTBRIDGE_DETAIL_TYPE_CHARS:
            message = f"{emitted} has {len(emitted)} characters; EventBridge takes "
            message += f"{EVENTBRIDGE_DETAIL_TYPE_CHARS} as detail-type"
            yield Finding(place, 0, 0, "", message, "take a shorter name", rule="naming")
        if type_name != type_name.lower():
            message = "has capitals in its name, which patterns and people will get wrong"
            advice = "write a type as a reversed domain name in small letters"
            yield Finding(place, 0, 0, "", message, advice, "warning", rule="naming")


def _naming(schema: SchemaVersion) -> Iterator[Finding]:
    """Members are spelled one way in a document: which way is the owner's choice."""
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
        yield _warning(schema, "naming", place, message, "spell the members of an event one way")


# --- docs ------------------------------------------------------------------------------------------


def _docs(schema: SchemaVersion) -> Iterator[Finding]:
    document = schema.document
    if not _reported(document, "description"):
        message = "the schema has no description"
        yield _warning(schema, "docs", "/description", message, "say what happened, in one sentence")
    if not _reported(document, "title"):
        yield _warning(schema, "docs", "/title", "the schema has no title", "name it in two or three words")
    members = document.get("properties")
    for name, member in members.items() if isinstance(members, dict) else ():
        if not _described(document, member):
            path = f"/properties/{escape(name)}"
            message = f"the member '{name}' has neither title nor description"
            yield _warning(schema, "docs", path, message, "say what it holds")


def _described(document: Mapping[str, Any], member: Any) -> bool:
    """Whether a member, or what it refers to inside the document, says what it is; a constant does."""
    for _ in range(8):
        if not isinstance(member, dict):
            return True  # true and false allow all and nothing
        if _reported(member, "description") or _reported(member, "title") or "const" in member:
            return True
        reference = member.get("$ref")
        if not isinstance(reference, str):
            return False
        if not reference.startswith("#/$defs/"):
            return True  # another version's, which is linted for itself
        defs = document.get("$defs")
        member = defs.get(reference.removeprefix("#/$defs/")) if isinstance(defs, dict) else None
    return True


def _reported(schema: Mapping[str, Any], keyword: str) -> bool:
    text = schema.get(keyword)
    return isinstance(text, str) and bool(text.strip()) and not text.startswith("TODO")


# --- meta ------------------------------------------------------------------------------------------


def _meta(schemas: SchemaSet, type_name: str, meta: Meta, today: date) -> Iterator[Finding]:
    yield from (finding for finding in past_sunsets(schemas, today) if finding.file == meta.file)
    versions = schemas.versions(type_name)

    def finding(rule: str, line: int, path: str, message: str, advice: str, severity: str) -> Finding:
        column = 1 if line else 0
        return Finding(meta.file, line, column, path, message, advice, severity, rule=rule)

    for name, text in (("summary", meta.summary), ("owner", meta.team)):
        if text.startswith("TODO"):
            yield finding(
                "meta", 0, name, "is not written yet", "say it for those who read events", "warning"
            )
    if not meta.contact:
        message = "has no contact"
        yield finding(
            "meta", 0, "owner", message, "say where its team is reached, such as a channel", "warning"
        )
    if meta.status is Status.DEPRECATED and not meta.sunsets:
        advice = "subscribers plan by a date; it may move later"
        yield finding(
            "sunset", 0, "status", "is deprecated, and no sunset says until when", advice, "warning"
        )
    for key, sunset in meta.sunsets.items():
        if not any(key in (str(version), str(version.major)) for version in versions):
            advice = f"there is {', '.join(map(str, versions)) or 'no version'}"
            message = f"there is no version {key}"
            yield finding("sunset", sunset.line, f"sunset.{key}", message, advice, "warning")
    for index, waiver in enumerate(meta.waivers):
        path = f"waivers[{index}]"
        for version in (waiver.old, waiver.new):
            if version not in versions:
                yield finding("waiver", waiver.line, path, f"there is no version {version}", "", "error")
        if waiver.expired(today):
            message = f"the waiver of {waiver.who} ended on {waiver.until}"
            advice = "prove the pair and take the waiver out, or decide again and say until when"
            yield finding("waiver", waiver.line, path, message, advice, "error")
