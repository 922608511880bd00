"""The folder of the schemas: which file is which. See ``event_schemas/README.md`` for the layout.

Nothing outside the folder is read: a symlink that leads out of it is reported and not followed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from bridge.errors import ConfigurationError, Problem
from bridge.schemas.documents.enclosure import Enclosure
from bridge.schemas.documents.entry_files import LOCK_FOLDER, read_lock
from bridge.schemas.documents.format_1 import LOCK_FILE
from bridge.schemas.documents.json_document import parse_json, read_bytes
from bridge.schemas.documents.lock import Lock, Name
from bridge.schemas.documents.lock_problems import find_lock_problems
from bridge.schemas.documents.meaning import Meanings
from bridge.schemas.documents.meta import META_FILE, Meta, parse_meta
from bridge.schemas.documents.names import SHARED_FOLDER, is_name, is_shared
from bridge.schemas.documents.registry import REGISTRY_FILE, RegistrySettings, parse_registry
from bridge.schemas.documents.yaml_members import meant
from bridge.schemas.finding import finding, refused
from bridge.schemas.semver import Version

_MAJOR = re.compile(r"\.v[0-9]+")
_PLAIN_FILES = ("README.md", "CODEOWNERS", "CHANGELOG.md", "MIGRATION.md", LOCK_FILE, f"{LOCK_FILE}.tmp")
_CONFLICT = b"<<<<<<< "  # git's marker
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class SchemaFile:
    """A schema file as it is on disk: its path says type and version."""

    file: str
    type: str
    version: Version
    document: Any


@dataclass(slots=True)
class Layout:
    """The content of a folder. ``found`` has every schema file, unreadable ones included, and those of shared
    definitions; ``lock`` is ``None`` where the folder has no readable lock (``problems`` reports an
    unreadable one)."""

    registry: RegistrySettings = field(default_factory=RegistrySettings)
    found: set[Name] = field(default_factory=set)
    files: list[SchemaFile] = field(default_factory=list)
    metas: dict[str, Meta] = field(default_factory=dict)
    lock: Lock | None = None
    problems: list[Problem] = field(default_factory=list)

    def meanings(self) -> tuple[Mapping[Name, str], Meanings]:
        """The URI of each readable file, and what they mean. A file without an ``$id`` of its own (reported
        elsewhere) goes by its path."""
        uris: dict[Name, str] = {}
        documents: dict[str, Any] = {}
        for file in self.files:
            given = file.document.get("$id") if isinstance(file.document, dict) else None
            uri = given if isinstance(given, str) and given not in documents else file.file
            uris[file.type, file.version] = uri
            documents[uri] = file.document
        return uris, Meanings(documents)


def read_layout(folder: Path) -> Layout:
    """Read every schema and meta file. Collects problems; raises only where the folder does not exist."""
    if not folder.is_dir():
        what = "is not a folder" if folder.exists() else "there is no such folder"
        raise refused(folder, what, "set `schemas` in bridge.yaml to the folder of the event schemas")
    reader = _LayoutReader(folder)
    reader.read()
    return reader.layout


def inside(root: Path, path: Path) -> bool:
    """Whether ``path`` is a file or folder in ``root`` once every symlink is followed. A pipe is neither:
    reading it would block for ever."""
    return Enclosure(root).holds(path)


def entries(folder: Path) -> list[Path]:
    """The paths in a folder, sorted, without hidden files. Raises :class:`ConfigurationError`."""
    try:
        return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise refused(folder, f"cannot be read: {error.strerror or type(error).__name__}") from error


class _LayoutReader:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.layout = Layout()
        self._enclosure = Enclosure(folder)

    def read(self) -> None:
        layout = self.layout
        for path in self._entries(self.folder):
            if path.is_dir() and path.name == LOCK_FOLDER:
                continue  # read when everything else is
            if path.is_dir() and path.name == SHARED_FOLDER:
                for each in self._entries(path):
                    self._shared(each)
            elif path.is_dir():
                self._type(path, path.name)
            elif path.name == REGISTRY_FILE:
                layout.registry = self._parsed(parse_registry, path) or layout.registry
            elif path.name not in _PLAIN_FILES:
                self._problem(path, "is not used here", "schemas are <type>/<version>.json", "warning")
        self._name_owners()
        layout.lock = self._try(read_lock, self.folder)
        if layout.lock is not None:
            layout.problems += find_lock_problems(
                layout.lock, self.folder, *layout.meanings(), layout.found, layout.metas
            )

    def _name_owners(self) -> None:
        """Where the registry lists teams, a type's owner must be one of them, and the list gives a
        contact."""
        owners = self.layout.registry.owners
        for name, meta in self.layout.metas.items() if owners else ():
            owner = owners.get(meta.team)
            if owner is None:
                advice = meant(meta.team, list(owners)) or f"one of {', '.join(owners)}"
                message = f"'{meta.team}' is not an owner in {REGISTRY_FILE}"
                self.layout.problems.append(finding("meta", meta.file, message, advice, path="owner"))
            elif not meta.contact:
                self.layout.metas[name] = replace(meta, contact=owner.contact)

    def _shared(self, path: Path) -> None:
        if path.is_dir():
            self._type(path, f"{SHARED_FOLDER}/{path.name}")
        elif path.name not in _PLAIN_FILES:
            advice = f"shared definitions are {SHARED_FOLDER}/<name>/<version>.json"
            self._problem(path, "is not used here", advice, "warning")

    def _type(self, path: Path, name: str) -> None:
        if not is_name(name):
            kind, such = ("a type", "com.example.user.created")
            if is_shared(name):
                kind, such = ("a shared definition", "money")
            self._problem(path, f"is not the name of {kind}", f"such as {such}")
            return
        if not is_shared(name) and _MAJOR.fullmatch(name[name.rindex(".") :]):
            advice = f"call it {name.rpartition('.')[0]}"
            self._problem(path, "a type's folder has no major in its name", advice)
            return
        has_meta = False
        for each in self._entries(path):
            if each.name == "examples" and each.is_dir() and not is_shared(name):
                self._examples(each)
            elif each.name == META_FILE:
                has_meta = True
                meta = self._parsed(parse_meta, each)
                if meta is not None:
                    self.layout.metas[name] = meta
            elif each.suffix == ".json" and not each.is_dir():
                self._schema(name, each)
            elif each.name not in _PLAIN_FILES:
                advice = "a type has <version>.json, meta.yaml and examples/<version>/valid|invalid/*.json"
                advice = "a shared definition has <version>.json and meta.yaml" if is_shared(name) else advice
                self._problem(each, "is not used here", advice, "warning")
        if not has_meta:
            self._problem(path, "has no meta.yaml", "write one with summary and owner", "warning", "meta")

    def _schema(self, type_name: str, path: Path) -> None:
        version = self._version(path, path.stem)
        if version is None:
            return
        self.layout.found.add((type_name, version))
        try:
            content = read_bytes(path)
            if content.startswith(_CONFLICT) or b"\n" + _CONFLICT in content:
                advice = f"stream-bridge schema renumber {type_name} {version}"
                message = "contains an unresolved merge: two branches wrote this version"
                self._problem(path, message, advice, rule="merge")
                return
            document = parse_json(content, str(path))
        except ConfigurationError as error:
            self.layout.problems += error.problems
            return
        self.layout.files.append(SchemaFile(str(path), type_name, version, document))

    def _examples(self, path: Path) -> None:
        """Only the names: the examples themselves are read when they are checked."""
        for each in self._entries(path):
            if not each.is_dir():
                advice = "examples are <version>/valid|invalid/*.json"
                self._problem(each, "is not used here", advice, "warning")
                continue
            version = self._version(each, each.name)
            if version is not None and not (path.parent / f"{version}.json").exists():
                self._problem(each, f"there are examples of {version} and no schema {version}.json")

    def _version(self, path: Path, text: str) -> Version | None:
        version = Version.read(text)
        if version is None:
            guess = Version.guess(text)
            suffix = path.suffix if path.is_file() else ""
            if guess is not None and path.with_name(f"{guess}{suffix}").exists():
                message = f"spells version {guess} a second time"
            else:
                message = "is not named after a version such as 1.0.0"
            self._problem(path, message, f"call it {guess}" if guess else "")
        return version

    def _entries(self, folder: Path) -> Iterator[Path]:
        for path in self._try(entries, folder) or []:
            if self._enclosure.holds(path):
                yield path
            elif path.exists() and not path.is_file() and not path.is_dir():
                self._problem(path, "is neither a file nor a folder", "take it out of the folder")
            else:
                self._problem(path, "leads out of the folder of the schemas", "copy the file to here")

    def _parsed(self, parse: Callable[[bytes, str], _T], path: Path) -> _T | None:
        return self._try(lambda path: parse(read_bytes(path), str(path)), path)

    def _try(self, read: Callable[[Path], _T], path: Path) -> _T | None:
        try:
            return read(path)
        except ConfigurationError as error:
            self.layout.problems += error.problems
            return None

    def _problem(
        self, path: Path, message: str, suggestion: str = "", severity: str = "error", rule: str = "folder"
    ) -> None:
        self.layout.problems.append(finding(rule, path, message, suggestion, severity))
