"""The files of the lock: one for each entry, so that two branches that add entries always merge.

```
lock/<type>/<version>.yaml                  what a version means
lock/<type>/<version>-in-<registry>.yaml    that a registry has it
lock/<type>/sunset-<key>.yaml               the day of a sunset
```

A line for each entry of one file would not do: git takes two lines that are added at one place as a conflict.
Format 1 was one file, ``schemas.lock.json``. It is still read, and replaced by the next write.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Final
from urllib.parse import quote, unquote

from bridge.errors import ConfigurationError, Problem
from bridge.schemas.compatibility.verdict import Mode, Policy
from bridge.schemas.documents.format_1 import LOCK_FILE, parse_lock
from bridge.schemas.documents.json_document import read_bytes
from bridge.schemas.documents.lock import RULE, Days, Entry, Lock, Name
from bridge.schemas.documents.names import is_shared
from bridge.schemas.finding import finding, refused
from bridge.schemas.semver import Version
from bridge.settings.durable_file import remove_interrupted, write_durably

LOCK_FOLDER: Final = "lock"
_FIX: Final = "restore it as it was committed; only stream-bridge writes the lock"
_HASH: Final = re.compile(r"sha256:[0-9a-f]{64}")
_MARKERS: Final = (b"<<<<<<< ", b">>>>>>> ")


def read_lock(folder: Path) -> Lock | None:
    """The folder's lock, ``None`` where it has none. Raises :class:`ConfigurationError` with every entry that
    cannot be read."""
    files: dict[str, bytes] = {}
    if (folder / LOCK_FILE).exists():
        files[LOCK_FILE] = read_bytes(folder / LOCK_FILE)
    if (folder / LOCK_FOLDER).is_dir():
        for name, path in _entries(folder):
            files[name] = read_bytes(path)
        return lock_of(files, f"{folder}/") or Lock()
    return lock_of(files, f"{folder}/")


def lock_of(files: Mapping[str, bytes], prefix: str) -> Lock | None:
    """The lock among files of a folder, by their paths in it; ``None`` without any of it. ``prefix`` says in
    messages where they are."""
    lock = parse_lock(files[LOCK_FILE], f"{prefix}{LOCK_FILE}") if LOCK_FILE in files else None
    reader = _Reader(prefix)
    for name, content in files.items():
        if name.startswith(f"{LOCK_FOLDER}/"):
            reader.read(name, content)
    found = reader.finish()
    if found is None or lock is None:
        return found or lock
    grown = lock.adding(found.versions).publishing(found.published)
    days = {each: MappingProxyType({**lock.sunsets.get(each, {}), **found.sunsets[each]})
            for each in found.sunsets}  # fmt: skip
    return replace(grown, sunsets=MappingProxyType({**lock.sunsets, **days}), old=True)


def write_lock(folder: Path, lock: Lock) -> None:
    """Write the entries that are new or changed, each durably, and remove a file of format 1. A crash leaves
    whole entries, and the next write adds the others. Raises ``OSError``."""
    for name, text in files_of(lock).items():
        path = folder / name
        if not path.exists() or path.read_text("utf-8") != text:
            remove_interrupted(path)
            write_durably(path, text.encode(), mode=0o644)
    remove_interrupted(folder / LOCK_FILE)
    (folder / LOCK_FILE).unlink(missing_ok=True)


def files_of(lock: Lock) -> dict[str, str]:
    """The text of each file of a lock, by its path in the folder of the schemas."""
    files = {file_of(name): _text_of(entry) for name, entry in sorted(lock.versions.items())}
    for type_name, days in sorted(lock.sunsets.items()):
        for key, day in days.items():
            files[sunset_file(type_name, key)] = f"day: {day}\n"
    for address, names in sorted(lock.published.items()):
        files |= {file_of(name, address): f"registry: {address}\n" for name in sorted(names)}
    return files


def file_of(name: Name, address: str = "") -> str:
    """The file of a version's entry, or of its being in a registry."""
    where = f"-in-{quote(address, safe='')}" if address else ""
    return f"{LOCK_FOLDER}/{name[0]}/{name[1]}{where}.yaml"


def sunset_file(type_name: str, key: str) -> str:
    return f"{LOCK_FOLDER}/{type_name}/sunset-{key}.yaml"


def _text_of(entry: Entry) -> str:
    lines = [f"document: {entry.document}"]
    lines += [f"references: {entry.references}"] if entry.references else []
    lines += [f"compatibility: {entry.mode}"] if entry.mode is not None else []
    lines += [f"policy: {entry.policy}"] if entry.policy is not None else []
    return "\n".join(lines) + "\n"


def _entries(folder: Path) -> Iterator[tuple[str, Path]]:
    """The files of the lock, sorted. A symlink is refused: an entry is in the folder itself."""
    waiting = [LOCK_FOLDER]
    while waiting:
        inner = waiting.pop()
        with os.scandir(folder / inner) as found:
            every = sorted(found, key=lambda each: each.name)
        for each in every:
            name = f"{inner}/{each.name}"
            if each.is_dir(follow_symlinks=False):
                waiting.append(name)
            elif not each.name.startswith("."):
                if not each.is_file(follow_symlinks=False):
                    raise refused(folder / name, "is not a file", "copy the file to here", rule=RULE)
                yield name, Path(each.path)


class _Reader:
    """Reads entries, and collects what is wrong with them."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._versions: dict[Name, Entry] = {}
        self._sunsets: dict[str, dict[str, date]] = {}
        self._published: dict[str, set[Name]] = {}
        self._problems: list[Problem] = []
        self._any = False

    def read(self, name: str, content: bytes) -> None:
        self._any = True
        type_name, _, file = name.removeprefix(f"{LOCK_FOLDER}/").rpartition("/")
        stem = file.removesuffix(".yaml")
        version, _, address = stem.partition("-in-")
        try:
            if not type_name or not name.endswith(".yaml"):
                raise ValueError("is not an entry of the lock")
            if any(marker in content for marker in _MARKERS):
                raise _Unmerged(type_name, version)
            lines = _lines(content)
            if stem.startswith("sunset-"):
                self._sunsets.setdefault(type_name, {})[stem.removeprefix("sunset-")] = _day(lines)
            elif address:
                given = _only(lines, "registry")
                if quote(given, safe="") != address and given != unquote(address):
                    raise ValueError("names another registry than its file")
                self._published.setdefault(given, set()).add((type_name, Version.parse(version)))
            else:
                self._versions[type_name, Version.parse(version)] = _entry(lines, type_name)
        except _Unmerged as error:
            self._report(name, "contains an unresolved merge: two branches wrote it", error.advice)
        except ValueError as error:
            self._report(name, f"is not as stream-bridge writes it: {error}", _FIX)

    def finish(self) -> Lock | None:
        """Raises :class:`ConfigurationError` with everything that was wrong."""
        for address, names in self._published.items():
            for name in sorted(names - self._versions.keys()):
                if not self._problems:
                    self._report(file_of(name, address), "is published but not locked", _FIX)
        if self._problems:
            raise ConfigurationError(self._problems)
        if not self._any:
            return None
        days: dict[str, Days] = {each: MappingProxyType(found) for each, found in self._sunsets.items()}
        published = {address: frozenset(names) for address, names in self._published.items()}
        return Lock(MappingProxyType(self._versions), MappingProxyType(days), MappingProxyType(published))

    def _report(self, name: str, message: str, advice: str) -> None:
        self._problems.append(finding(RULE, f"{self._prefix}{name}", message, advice))


class _Unmerged(ValueError):
    def __init__(self, type_name: str, version: str) -> None:
        super().__init__(version)
        renumber = f"stream-bridge schema renumber {type_name} {version}"
        self.advice = (
            renumber if Version.read(version) is not None else "keep the later day, here and in meta.yaml"
        )


def _lines(content: bytes) -> dict[str, str]:
    """Raises ``ValueError`` for anything but whole lines of ``name: value``, each name once."""
    text = content.decode("utf-8")
    if not text.endswith("\n"):
        raise ValueError("it is cut off")
    members: dict[str, str] = {}
    for line in text.splitlines():
        name, colon, value = line.partition(": ")
        if not colon or name in members:
            raise ValueError(f"'{line[:40]}'")
        members[name] = value
    return members


def _only(lines: Mapping[str, str], name: str) -> str:
    if lines.keys() != {name}:
        raise ValueError(f"it has {', '.join(lines) or 'nothing'} instead of {name}")
    return lines[name]


def _day(lines: Mapping[str, str]) -> date:
    return date.fromisoformat(_only(lines, "day"))


def _entry(lines: Mapping[str, str], type_name: str) -> Entry:
    if unknown := lines.keys() - {"document", "references", "compatibility", "policy"}:
        raise ValueError(f"unknown member '{min(unknown)}'")
    references = lines.get("references", "")
    if _HASH.fullmatch(lines.get("document", "")) is None or (references and not _HASH.fullmatch(references)):
        raise ValueError("it has no hash")
    if is_shared(type_name):
        return Entry(lines["document"], references)
    if missing := {"compatibility", "policy"} - lines.keys():
        raise ValueError(f"it has no {min(missing)}")
    return Entry(lines["document"], references, Mode(lines["compatibility"]), Policy(lines["policy"]))
