"""What a folder adds to, changes in and removes from a source that others already build on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from bridge.errors import ConfigurationError
from bridge.schemas.documents.json_document import parse_json, read_bytes
from bridge.schemas.documents.layout import TYPE, inside
from bridge.schemas.documents.lock import (
    LOCK_FILE,
    Lock,
    Name,
    content_hash,
    find_earlier_sunsets,
    first_difference,
    parse_lock,
)
from bridge.schemas.documents.meta import META_FILE, Meta, Status, parse_meta
from bridge.schemas.documents.schema_set import SchemaSet
from bridge.schemas.documents.source import Held, Holdings, SchemaSource
from bridge.schemas.documents.validation import SchemaVersion
from bridge.schemas.finding import Finding, finding
from bridge.schemas.semver import Version

KEPT: Final = "a published version stays: subscribers need it"


@dataclass(frozen=True, slots=True)
class Delta:
    """``added``: versions that the source does not have. ``findings``: published versions that were changed
    or removed (errors), the same for unpublished ones (warnings), and sunsets that moved to an earlier
    day."""

    source: str
    added: tuple[Name, ...]
    findings: tuple[Finding, ...]


def find_delta(schemas: SchemaSet, source: SchemaSource) -> Delta:
    """Raises what :meth:`SchemaSource.read` raises."""
    holdings = source.read()
    findings = list(_changes(schemas, source, holdings))
    findings += find_earlier_sunsets(schemas.metas, holdings.sunsets, source.name)
    added = tuple(name for name in schemas.schemas if name not in holdings.versions)
    return Delta(source.name, added, tuple(findings))


def _changes(schemas: SchemaSet, source: SchemaSource, holdings: Holdings) -> Iterator[Finding]:
    for (type_name, version), held in sorted(holdings.versions.items()):
        schema = schemas.schemas.get((type_name, version))
        severity = "error" if held.published else "warning"
        if schema is None:
            place = (schemas.folder or Path()) / type_name / f"{version}.json"
            state = "is published in" if held.published else "is in"
            message = f"{state} {source.name} and was removed here"
            advice = f"{KEPT}; to end a type, set `status: retired`" if held.published else ""
            yield finding("removed", place, message, advice, severity)
        elif source.digest_of(schema) != held.digest:
            path = first_difference(schema.document, held.document)
            state = ", where it is published" if held.published else ", and is not published yet"
            message = f"was changed since {source.name}{state}"
            advice = f"{KEPT}: put the change into a version of its own: schema bump {type_name}"
            advice = advice if held.published else ""
            yield finding("changed", schema.file, message, advice, severity, path=path)


# --- folders and git revisions ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FilesSource:
    """A folder of schemas as files in memory. With a lock among them, the versions in the lock are published;
    without one, all versions are, except those of drafts."""

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
                continue  # what cannot be read there was never published from there
            meta = metas.get(name[0])
            digest = content_hash(document)
            published = meta is None or meta.status is not Status.DRAFT
            if lock is not None:
                published = name in lock.versions
                digest = lock.versions.get(name, digest)
            versions[name] = Held(digest, document, published)
        sunsets = dict(lock.sunsets) if lock is not None else {}
        for type_name, meta in metas.items():
            sunsets[type_name] = MappingProxyType({**sunsets.get(type_name, {}), **meta.days})
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
                    continue  # reported when it was written; here it only means that nothing is known


def files_in(folder: Path) -> dict[str, bytes]:
    """The files of a folder that define its schemas. Raises :class:`ConfigurationError`."""
    files: dict[str, bytes] = {}
    for path in [folder / LOCK_FILE, *folder.glob(f"*/{META_FILE}"), *folder.glob("*/*.json")]:
        if path.is_file() and inside(folder, path):
            files[path.relative_to(folder).as_posix()] = read_bytes(path)
    return files


def _name_of(path: str) -> Name | None:
    type_name, _, file = path.partition("/")
    stem, dot, suffix = file.rpartition(".")
    version = Version.read(stem) if suffix == "json" and dot else None
    return (type_name, version) if version is not None and TYPE.fullmatch(type_name) else None


def _document(content: bytes, file: str) -> Any:
    try:
        return parse_json(content, file)
    except ConfigurationError:
        return None
