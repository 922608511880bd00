"""The folder of the schemas: which file is which. See ``event_schemas/README.md`` for the layout.

Nothing outside the folder is read: a symlink that leads out of it is a problem, not a path.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from bridge.errors import ConfigurationError, Problem
from bridge.schemas.documents.json_document import parse_json, read_bytes, refused
from bridge.schemas.documents.lock import LOCK_FILE, Lock, find_lock_problems, read_lock
from bridge.schemas.documents.meta import META_FILE, Meta, parse_meta
from bridge.schemas.documents.registry import REGISTRY_FILE, RegistrySettings, parse_registry
from bridge.schemas.documents.yaml_members import meant
from bridge.schemas.finding import Finding
from bridge.schemas.semver import Version

TYPE = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+")
_MAJOR = re.compile(r"\.v[0-9]+")
_PLAIN_FILES = ("README.md", "CODEOWNERS", "CHANGELOG.md", "MIGRATION.md", LOCK_FILE, f"{LOCK_FILE}.tmp")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class SchemaFile:
    """A schema as it stands on disk: its path says type and version."""

    file: str
    type: str
    version: Version
    document: Any


@dataclass(slots=True)
class Layout:
    """What a folder holds. ``found`` has every schema file, the unreadable ones too; ``lock`` is ``None``
    where there is none, or none that can be read (which is among the problems)."""

    registry: RegistrySettings = field(default_factory=RegistrySettings)
    found: set[tuple[str, Version]] = field(default_factory=set)
    files: list[SchemaFile] = field(default_factory=list)
    metas: dict[str, Meta] = field(default_factory=dict)
    lock: Lock | None = None
    problems: list[Problem] = field(default_factory=list)


def read_layout(folder: Path) -> Layout:
    """Read every schema and meta file. Problems are collected, except that there is no folder at all."""
    if not folder.is_dir():
        what = "is not a folder" if folder.exists() else "there is no such folder"
        raise refused(str(folder), what, "set `schemas` in bridge.yaml to the folder of the event schemas")
    reader = _LayoutReader(folder)
    reader.read()
    return reader.layout


def inside(root: Path, path: Path) -> bool:
    """Whether ``path`` is a file or folder in ``root`` once every symlink is followed. A pipe is neither:
    reading it would wait for ever."""
    try:
        there = path.resolve(strict=True)
        return there.is_relative_to(root.resolve()) and (there.is_file() or there.is_dir())
    except (OSError, RuntimeError):  # a loop of symlinks, a target that is not there
        return False


def entries(folder: Path) -> list[Path]:
    """What stands in a folder, sorted, without hidden files. Raises :class:`ConfigurationError`."""
    try:
        return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise refused(str(folder), f"cannot be read: {error.strerror or type(error).__name__}") from error


def _read_registry(path: Path) -> RegistrySettings:
    return parse_registry(read_bytes(path), str(path))


def _read_meta(path: Path) -> Meta:
    return parse_meta(read_bytes(path), str(path))


class _LayoutReader:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.layout = Layout()

    def read(self) -> None:
        for path in self._entries(self.folder):
            if path.is_dir():
                self._type(path)
            elif path.name == REGISTRY_FILE:
                self.layout.registry = self._try(_read_registry, path) or self.layout.registry
            elif path.name not in _PLAIN_FILES:
                self._problem(path, "is not used here", "schemas are <type>/<version>.json", "warning")
        self._name_owners()
        self._hold_against_lock()

    def _hold_against_lock(self) -> None:
        layout = self.layout
        layout.lock = self._try(read_lock, self.folder)
        if layout.lock is not None:
            documents = {(file.type, file.version): file.document for file in layout.files}
            layout.problems += find_lock_problems(
                layout.lock, self.folder, documents, layout.found, layout.metas
            )

    def _name_owners(self) -> None:
        """Where the registry knows the teams, a type's owner is one of them and is reached as it says."""
        owners = self.layout.registry.owners
        for name, meta in self.layout.metas.items() if owners else ():
            owner = owners.get(meta.team)
            if owner is None:
                advice = meant(meta.team, list(owners)) or f"one of {', '.join(owners)}"
                message = f"'{meta.team}' is no owner that {REGISTRY_FILE} knows"
                self.layout.problems.append(Finding(meta.file, 0, 0, "owner", message, advice, rule="meta"))
            elif not meta.contact:
                self.layout.metas[name] = replace(meta, contact=owner.contact)

    def _type(self, path: Path) -> None:
        name = path.name
        if TYPE.fullmatch(name) is None:
            self._problem(path, "is not the name of a type", "such as com.example.user.created")
            return
        if _MAJOR.fullmatch(name[name.rindex(".") :]):
            self._problem(
                path, "a type's folder has no major in its name", f"call it {name.rpartition('.')[0]}"
            )
            return
        seen = False
        for each in self._entries(path):
            if each.name == "examples" and each.is_dir():
                self._examples(each)
            elif each.name == META_FILE:
                seen = True
                meta = self._try(_read_meta, each)
                if meta is not None:
                    self.layout.metas[name] = meta
            elif each.suffix == ".json" and not each.is_dir():
                self._schema(name, each)
            elif each.name not in _PLAIN_FILES:
                advice = "a type has <version>.json, meta.yaml and examples/<version>/valid|invalid/*.json"
                self._problem(each, "is not used here", advice, "warning")
        if not seen:
            advice = "write one with summary and owner"
            self._problem(path, "has no meta.yaml", advice, "warning", rule="meta")

    def _schema(self, type_name: str, path: Path) -> None:
        version = self._version(path, path.stem)
        if version is None:
            return
        self.layout.found.add((type_name, version))
        try:
            document = parse_json(read_bytes(path), str(path))
        except ConfigurationError as error:
            self.layout.problems += error.problems
            return
        self.layout.files.append(SchemaFile(str(path), type_name, version, document))

    def _examples(self, path: Path) -> None:
        """Only the names: the examples themselves are read when they are checked."""
        for each in self._entries(path):
            if not each.is_dir():
                self._problem(
                    each, "is not used here", "examples are <version>/valid|invalid/*.json", "warning"
                )
                continue
            version = self._version(each, each.name)
            if version is not None and not (path.parent / f"{version}.json").exists():
                self._problem(each, f"there are examples of {version} and no schema {version}.json")

    def _version(self, path: Path, text: str) -> Version | None:
        try:
            return Version.parse(text)
        except ValueError:
            meant = Version.guess(text)
            message = "is not named after a version such as 1.0.0"
            if (
                meant is not None
                and path.with_name(f"{meant}{path.suffix if path.is_file() else ''}").exists()
            ):
                message = f"spells version {meant} a second time"
            self._problem(path, message, f"call it {meant}" if meant else "")
            return None

    def _entries(self, folder: Path) -> Iterator[Path]:
        for path in self._try(entries, folder) or []:
            if inside(self.folder, path):
                yield path
            elif path.exists() and not path.is_file() and not path.is_dir():
                self._problem(path, "is neither a file nor a folder", "take it out of the folder")
            else:
                self._problem(path, "leads out of the folder of the schemas", "copy the file to here")

    def _try(self, read: Callable[[Path], _T], path: Path) -> _T | None:
        try:
            return read(path)
        except ConfigurationError as error:
            self.layout.problems += error.problems
            return None

    def _problem(
        self, path: Path, message: str, suggestion: str = "", severity: str = "error", rule: str = "folder"
    ) -> None:
        self.layout.problems.append(Finding(str(path), 0, 0, "", message, suggestion, severity, rule=rule))
