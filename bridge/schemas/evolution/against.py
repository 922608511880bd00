"""What a folder adds to, changes in and removes from a source that others already build on."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from bridge.errors import ConfigurationError
from bridge.schemas.documents.entry_files import LOCK_FOLDER, lock_of
from bridge.schemas.documents.format_1 import LOCK_FILE
from bridge.schemas.documents.json_document import parse_json, read_bytes
from bridge.schemas.documents.layout import inside
from bridge.schemas.documents.lock import Entry, Name
from bridge.schemas.documents.lock_problems import UPDATE, find_earlier_sunsets, find_removed
from bridge.schemas.documents.meaning import Meanings, content_hash, first_difference
from bridge.schemas.documents.meta import META_FILE, Meta, Status, parse_meta
from bridge.schemas.documents.names import is_name, version_at
from bridge.schemas.documents.schema_set import SchemaSet
from bridge.schemas.documents.source import Held, Holdings, SchemaSource
from bridge.schemas.documents.validation import SchemaVersion
from bridge.schemas.finding import Finding, finding

KEPT: Final = "a published version stays: subscribers need it"


@dataclass(frozen=True, slots=True)
class Delta:
    """``added``: versions that the source does not have. ``findings``: published versions that were changed
    or removed, and entries of its lock (errors), the same for unpublished ones (warnings), and sunsets that
    moved to an earlier day."""

    source: str
    added: tuple[Name, ...]
    findings: tuple[Finding, ...]


def find_delta(schemas: SchemaSet, source: SchemaSource) -> Delta:
    """Raises what :meth:`SchemaSource.read` raises."""
    holdings = source.read()
    findings = list(_changes(schemas, source, holdings))
    findings += find_earlier_sunsets(schemas.metas, holdings.sunsets, source.name)
    folder = schemas.folder
    if folder is not None and holdings.lock is not None:
        findings += find_removed(
            schemas.lock, holdings.lock, folder, source.name, lambda file: source.restoring(folder, file)
        )
    added = tuple(name for name in _every(schemas) if name not in holdings.versions)
    return Delta(source.name, added, tuple(findings))


def _every(schemas: SchemaSet) -> dict[Name, SchemaVersion]:
    return {**schemas.schemas, **schemas.shared}


def _changes(schemas: SchemaSet, source: SchemaSource, holdings: Holdings) -> Iterator[Finding]:
    every, digests = _every(schemas), source.digests_of(schemas)
    for name, held in sorted(holdings.versions.items()):
        type_name, version = name
        schema = every.get(name)
        severity = "error" if held.published else "warning"
        if schema is None:
            place = (schemas.folder or Path()) / type_name / f"{version}.json"
            state = "is published in" if held.published else "is in"
            message = f"{state} {source.name} and was removed here"
            advice = f"{KEPT}; to end a type, set `status: retired`" if held.published else ""
            yield finding("removed", place, message, advice, severity)
        elif digests[name] != held.digest:
            yield _changed(schema, source, holdings, held)


def _changed(schema: SchemaVersion, source: SchemaSource, holdings: Holdings, held: Held) -> Finding:
    name = (schema.type, schema.version)
    path = first_difference(schema.document, held.document)
    if holdings.shared_past is not None and name not in holdings.shared_past:
        message = f"was made both here and in {source.name}, with other content"
        advice = f"stream-bridge schema renumber {schema.type} {schema.version} --against {source.name}"
        return finding("race", schema.file, message, advice, path=path)
    state = ", where it is published" if held.published else ", and is not published yet"
    what = "was changed" if path or content_hash(schema.document) != content_hash(held.document) else ""
    message = f"{what or 'refers to a definition that was changed'} since {source.name}{state}"
    advice = f"{KEPT}: put the change into a version of its own: schema bump {schema.type}"
    if not what:
        advice = f"{KEPT}: restore the definition, and put the change into a version of its own"
    severity = "error" if held.published else "warning"
    return finding("changed", schema.file, message, advice if held.published else "", severity, path=path)


# --- folders and git revisions ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FilesSource:
    """A folder of schemas as files in memory. With a lock among them, the versions in the lock are published;
    without one, all versions are, except those of drafts. ``past``: the paths that it had when this folder
    parted from it, if somebody knows."""

    name: str
    files: Mapping[str, bytes]
    past: Collection[str] | None = None

    def read(self) -> Holdings:
        lock = lock_of(self.files, f"{self.name} ")
        metas = dict(self._metas())
        documents: dict[Name, Any] = {}
        for path, content in self.files.items():
            name = version_at(path)
            document = _document(content, path) if name is not None else None
            if name is not None and isinstance(document, dict):
                documents[name] = document  # what cannot be read there was never published from there
        meanings = Meanings({_uri(name, document): document for name, document in documents.items()})
        versions: dict[Name, Held] = {}
        for name, document in documents.items():
            meta, uri = metas.get(name[0]), _uri(name, document)
            entry = Entry(meanings.document(uri), meanings.references(uri))
            published = meta is None or meta.status is not Status.DRAFT
            if lock is not None:
                published = name in lock.versions
                entry = lock.versions[name].completed(entry) if published else entry
            versions[name] = Held(_digest(entry), document, published)
        sunsets = dict(lock.sunsets) if lock is not None else {}
        for type_name, meta in metas.items():
            sunsets[type_name] = MappingProxyType({**sunsets.get(type_name, {}), **meta.days})
        past = None
        if self.past is not None:
            past = frozenset(name for path in self.past if (name := version_at(path)) is not None)
        return Holdings(MappingProxyType(versions), MappingProxyType(sunsets), lock, past)

    def digests_of(self, schemas: SchemaSet) -> Mapping[Name, str]:
        meanings = Meanings(schemas.documents)
        return {name: _digest(schemas.entry_of(schema, meanings)) for name, schema in _every(schemas).items()}

    def restoring(self, folder: Path, file: str) -> str:
        kind, _, rest = self.name.partition(":")
        there = file if file in self.files else LOCK_FILE
        place = shlex.quote(str(folder / there))
        bring = f"git checkout {shlex.quote(rest)} -- {place}"
        if kind != "git":
            bring = f"mkdir -p {shlex.quote(str((folder / there).parent))} && cp "
            bring += f"{shlex.quote(str(Path(rest) / there))} {place}"
        return bring if there == file else f"{bring} && {UPDATE}"

    def _metas(self) -> Iterator[tuple[str, Meta]]:
        for path, content in self.files.items():
            type_name, _, file = path.rpartition("/")
            if file == META_FILE and is_name(type_name):
                try:
                    yield type_name, parse_meta(content, f"{self.name} {path}")
                except ConfigurationError:
                    continue  # reported when it was written; here it only means that nothing is known


def files_in(folder: Path) -> dict[str, bytes]:
    """The files of a folder that define its schemas. Raises :class:`ConfigurationError`."""
    files: dict[str, bytes] = {}
    patterns = (
        f"{LOCK_FOLDER}/**/*.yaml",
        f"*/{META_FILE}",
        "*/*.json",
        f"shared/*/{META_FILE}",
        "shared/*/*.json",
    )
    for path in [folder / LOCK_FILE, *(path for pattern in patterns for path in folder.glob(pattern))]:
        if path.is_file() and inside(folder, path):
            files[path.relative_to(folder).as_posix()] = read_bytes(path)
    return files


def _uri(name: Name, document: Mapping[str, Any]) -> str:
    given = document.get("$id")
    return given if isinstance(given, str) else f"{name[0]}/{name[1]}"


def _digest(entry: Entry) -> str:
    return f"{entry.document} {entry.references}"


def _document(content: bytes, file: str) -> Any:
    try:
        return parse_json(content, file)
    except ConfigurationError:
        return None
