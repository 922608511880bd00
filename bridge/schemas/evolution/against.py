"""What a folder adds to, changes in and takes from what others already build on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from bridge.errors import ConfigurationError
from bridge.schemas.documents.json_document import parse_json, read_bytes
from bridge.schemas.documents.layout import TYPE, inside
from bridge.schemas.documents.lock import LOCK_FILE, Lock, Name, content_hash, parse_lock
from bridge.schemas.documents.meta import META_FILE, Meta, Status, parse_meta
from bridge.schemas.documents.schema_set import SchemaSet
from bridge.schemas.documents.source import Held, Holdings, SchemaSource
from bridge.schemas.documents.sunsets import find_earlier
from bridge.schemas.documents.validation import SchemaVersion
from bridge.schemas.finding import Finding
from bridge.schemas.semver import Version

KEPT: Final = "a published version stays: subscribers read by it"


@dataclass(frozen=True, slots=True)
class Delta:
    """``added``: versions that the source does not have. ``findings``: what was changed or removed although
    it is published (errors), or not yet published (warnings), and sunsets that moved to an earlier day."""

    source: str
    added: tuple[Name, ...]
    findings: tuple[Finding, ...]


def find_delta(schemas: SchemaSet, source: SchemaSource) -> Delta:
    """Raises what :meth:`SchemaSource.read` raises."""
    holdings = source.read()
    findings = list(_changes(schemas, source, holdings))
    findings += _sunsets(schemas, source.name, holdings)
    added = tuple(name for name in schemas.schemas if name not in holdings.versions)
    return Delta(source.name, added, tuple(findings))


def _changes(schemas: SchemaSet, source: SchemaSource, holdings: Holdings) -> Iterator[Finding]:
    for name, held in sorted(holdings.versions.items()):
        type_name, version = name
        schema = schemas.schemas.get(name)
        severity = "error" if held.published else "warning"
        if schema is None:
            place = str((schemas.folder or Path()) / type_name / f"{version}.json")
            known = "is published" if held.published else "stands"
            message = f"{known} in {source.name} and is gone here"
            advice = f"{KEPT}; to end a type, say `status: retired`" if held.published else ""
            yield Finding(place, 0, 0, "", message, advice, severity, rule="removed")
        elif source.digest_of(schema) != held.digest:
            path = _first_difference(held.document, schema.document)
            message = f"was changed since {source.name}"
            message += ", where it is published" if held.published else ", and is not published yet"
            advice = f"{KEPT}: put the change into a version of its own: schema bump {type_name}"
            yield Finding(
                schema.file, 0, 0, path, message, advice if held.published else "", severity, rule="changed"
            )


def _sunsets(schemas: SchemaSet, source: str, holdings: Holdings) -> Iterator[Finding]:
    for type_name, days in sorted(holdings.sunsets.items()):
        meta = schemas.metas.get(type_name)
        if meta is None:
            continue
        said = {key: sunset.day for key, sunset in meta.sunsets.items()}
        for key, day, message in find_earlier(said, days):
            place = (meta.file, meta.sunsets[key].line, 1, f"sunset.{key}")
            yield Finding(*place, f"{message} ({source})", f"say {day} or a later day", rule="sunset")


def _first_difference(old: Any, new: Any, pointer: str = "") -> str:
    """A JSON Pointer to the first place in ``new`` that says something else; "" for the whole."""
    if isinstance(old, dict) and isinstance(new, dict):
        for name in [*new, *(name for name in old if name not in new)]:
            if name not in new:
                return pointer
            step = f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}"
            if name not in old:
                return step
            if content_hash(old[name]) != content_hash(new[name]):
                return _first_difference(old[name], new[name], step)
    return pointer


# --- folders and git revisions ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FilesSource:
    """A folder of schemas as files in memory, wherever they came from. With a lock among them, what it names
    is published; without one, all versions are, but those of drafts."""

    name: str
    files: Mapping[str, bytes]

    def read(self) -> Holdings:
        lock = self._lock()
        metas = dict(self._metas())
        versions: dict[Name, Held] = {}
        for path, content in self.files.items():
            name = _name_of(path)
            document = _document(content, path) if name is not None else None
            if name is None or not isinstance(document, dict):
                continue  # what could not be read there was never published from there
            meta = metas.get(name[0])
            digest = content_hash(document)
            published = meta is None or meta.status is not Status.DRAFT
            if lock is not None:
                published = name in lock.versions
                digest = lock.versions.get(name, digest)
            versions[name] = Held(digest, document, published)
        sunsets = dict(lock.sunsets) if lock is not None else {}
        for type_name, meta in metas.items():
            days = {key: sunset.day for key, sunset in meta.sunsets.items()}
            sunsets[type_name] = MappingProxyType({**sunsets.get(type_name, {}), **days})
        return Holdings(MappingProxyType(versions), MappingProxyType(sunsets))

    def digest_of(self, schema: SchemaVersion) -> str:
        return content_hash(schema.document)

    def _lock(self) -> Lock | None:
        content = self.files.get(LOCK_FILE)
        return None if content is None else parse_lock(content, f"{self.name} {LOCK_FILE}")

    def _metas(self) -> Iterator[tuple[str, Meta]]:
        for path, content in self.files.items():
            type_name, _, file = path.partition("/")
            if file == META_FILE and TYPE.fullmatch(type_name):
                try:
                    yield type_name, parse_meta(content, f"{self.name} {path}")
                except ConfigurationError:
                    continue  # told when it was written; here it only means that nothing is known


def files_in(folder: Path) -> dict[str, bytes]:
    """What of a folder says which schemas it has. Raises :class:`ConfigurationError`."""
    files: dict[str, bytes] = {}
    for path in [folder / LOCK_FILE, *folder.glob(f"*/{META_FILE}"), *folder.glob("*/*.json")]:
        if path.is_file() and inside(folder, path):
            files[path.relative_to(folder).as_posix()] = read_bytes(path)
    return files


def _name_of(path: str) -> Name | None:
    type_name, _, file = path.partition("/")
    stem, dot, suffix = file.rpartition(".")
    if TYPE.fullmatch(type_name) is None or not dot or suffix != "json":
        return None
    try:
        return type_name, Version.parse(stem)
    except ValueError:
        return None


def _document(content: bytes, file: str) -> Any:
    try:
        return parse_json(content, file)
    except ConfigurationError:
        return None
