"""``schemas.lock.json``: which versions are published, and what they say. Versions are added, never changed.

A version is recorded by the SHA-256 of its canonical JSON: members in order of their names, no white space,
UTF-8. Not of the file's bytes: line endings, indentation and the order of members differ from one checkout,
editor or registry to the next and mean nothing to a subscriber, whereas any other word in it, in a
description too, is a change.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from bridge.errors import ConfigurationError, Problem
from bridge.schemas.documents.json_document import parse_json, read_bytes
from bridge.schemas.documents.meta import Meta
from bridge.schemas.documents.sunsets import find_earlier
from bridge.schemas.finding import Finding, refuse
from bridge.schemas.semver import Version
from bridge.settings.durable_file import write_durably

LOCK_FILE: Final = "schemas.lock.json"
FORMAT: Final = 1
_HASH: Final = re.compile(r"sha256:[0-9a-f]{64}")
_FIX: Final = f"restore {LOCK_FILE} as it was committed; it is written by stream-bridge alone"

Name = tuple[str, Version]


def content_hash(document: Any) -> str:
    """``sha256:`` and 64 hexadecimal digits over the canonical JSON of a parsed document."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


@dataclass(frozen=True, slots=True)
class Lock:
    """``versions``: the hash of each published version. ``sunsets``: type to what ``meta.yaml`` said of its
    sunsets when it was last locked, keyed by major or version as there. ``published``: which versions are in
    which registry, by its address: what is missing there now was removed by hand."""

    versions: Mapping[Name, str] = field(default_factory=lambda: MappingProxyType({}))
    sunsets: Mapping[str, Mapping[str, date]] = field(default_factory=lambda: MappingProxyType({}))
    published: Mapping[str, frozenset[Name]] = field(default_factory=lambda: MappingProxyType({}))

    def publishing(self, published: Mapping[str, Iterable[Name]]) -> Lock:
        """This lock with more versions noted as being in registries. They are locked already."""
        grown = {address: frozenset(names) for address, names in self.published.items()}
        for address, names in published.items():
            grown[address] = grown.get(address, frozenset()) | frozenset(names)
        return replace(self, published=MappingProxyType(grown))

    def adding(
        self, documents: Mapping[Name, Mapping[str, Any]], metas: Mapping[str, Meta] | None = None
    ) -> Lock:
        """This lock with more versions, and with the sunsets that ``metas`` say for locked types.

        Raises :class:`ConfigurationError` where a version stands there with another content, or where a
        sunset would move to an earlier day.
        """
        versions = dict(self.versions)
        for name, document in documents.items():
            found = content_hash(document)
            if versions.setdefault(name, found) != found:
                raise refuse("lock", LOCK_FILE, f"{name[0]} {name[1]} is locked with another content", _FIX)
        sunsets = dict(self.sunsets)
        for type_name in {name for name, _ in versions} & set(metas or {}):
            meta = (metas or {})[type_name]
            said = {key: sunset.day for key, sunset in meta.sunsets.items()}
            reported = self.sunsets.get(type_name, {})
            for key, _, message in find_earlier(said, reported):
                raise refuse("sunset", meta.file, message, path=f"sunset.{key}")
            if said:  # a day that was told stays known when it is taken back: another may not be earlier
                sunsets[type_name] = MappingProxyType({**reported, **said})
        return Lock(MappingProxyType(versions), MappingProxyType(sunsets), self.published)


def read_lock(folder: Path) -> Lock | None:
    """The folder's lock, ``None`` where it has none. Raises :class:`ConfigurationError`."""
    path = folder / LOCK_FILE
    return parse_lock(read_bytes(path), str(path)) if path.exists() else None


def parse_lock(content: bytes, file: str) -> Lock:
    """Raises :class:`ConfigurationError` for a lock that is cut off, edited wrongly, or of a newer format."""
    if b"<<<<<<<" in content:
        raise refuse(
            "lock", file, "holds an unresolved merge", "keep the versions of both sides, then check again"
        )
    if not content.strip():
        raise refuse("lock", file, "is empty", _FIX)
    try:
        data = parse_json(content, file)
    except ConfigurationError as error:
        problem = error.problems[0]
        raise refuse("lock", file, problem.message, _FIX, line=problem.line, column=problem.column) from error
    if not isinstance(data, dict) or not isinstance(data.get("format"), int):
        raise refuse("lock", file, "is not a lock of schemas", _FIX)
    if data["format"] > FORMAT:
        message = f"has format {data['format']}, and this version of stream-bridge knows up to {FORMAT}"
        raise refuse("lock", file, message, "update stream-bridge")
    try:
        return _read(data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise refuse("lock", file, f"is not as stream-bridge writes it: {error}", _FIX) from error


def _read(data: Mapping[str, Any]) -> Lock:
    if unknown := data.keys() - {"format", "types"}:
        raise ValueError(f"unknown member '{min(unknown)}'")
    versions: dict[Name, str] = {}
    sunsets: dict[str, Mapping[str, date]] = {}
    published: dict[str, set[Name]] = {}
    for type_name, members in data["types"].items():
        if unknown := members.keys() - {"versions", "sunset", "published"}:
            raise ValueError(f"{type_name} has an unknown member '{min(unknown)}'")
        for text, recorded in members["versions"].items():
            if _HASH.fullmatch(recorded) is None:
                raise ValueError(f"{type_name} {text} has no hash")
            versions[type_name, Version.parse(text)] = recorded
        days = {key: date.fromisoformat(day) for key, day in members.get("sunset", {}).items()}
        if days:
            sunsets[type_name] = MappingProxyType(days)
        for address, texts in members.get("published", {}).items():
            published.setdefault(address, set()).update((type_name, Version.parse(text)) for text in texts)
    if strays := set().union(*published.values()) - versions.keys():
        raise ValueError(f"{' '.join(map(str, min(strays)))} is published and not locked")
    kept = {address: frozenset(names) for address, names in published.items()}
    return Lock(MappingProxyType(versions), MappingProxyType(sunsets), MappingProxyType(kept))


def write_lock(folder: Path, lock: Lock) -> None:
    """Replace the folder's lock, durably: after a crash the old or the new one is there. Raises ``OSError``.

    One line for a version, sorted: two branches that add versions of different types merge by themselves.
    """
    types: dict[str, dict[str, Any]] = {}
    for (type_name, version), recorded in sorted(lock.versions.items()):
        types.setdefault(type_name, {"versions": {}})["versions"][str(version)] = recorded
    for type_name, days in lock.sunsets.items():
        if type_name in types:
            types[type_name]["sunset"] = {key: days[key].isoformat() for key in sorted(days)}
    for address, names in sorted(lock.published.items()):
        for type_name, version in sorted(names):
            types[type_name].setdefault("published", {}).setdefault(address, []).append(str(version))
    text = json.dumps({"format": FORMAT, "types": types}, indent=2, ensure_ascii=False)
    write_durably(folder / LOCK_FILE, text.encode() + b"\n", mode=0o644)


def find_lock_problems(
    lock: Lock,
    folder: Path,
    documents: Mapping[Name, Any],
    found: Iterable[Name],
    metas: Mapping[str, Meta],
) -> list[Problem]:
    """What stands in the folder otherwise than it was published. ``documents`` are the files that could be
    read, ``found`` all that are there: what cannot be read is told elsewhere."""
    problems: list[Problem] = []
    there = set(found)
    for name, recorded in sorted(lock.versions.items()):
        type_name, version = name
        if name not in there:
            message = "is published and is gone"
            advice = "restore it: old events are read by it. To end a type, say `status: retired`"
        elif name in documents and content_hash(documents[name]) != recorded:
            message = "is published and was changed since"
            advice = f"restore it, and put the change into a version of its own: schema bump {type_name}"
        else:
            continue
        file = str(folder / type_name / f"{version}.json")
        problems.append(Finding(file, 0, 0, "", message, advice, rule="lock"))
    for type_name, days in sorted(lock.sunsets.items()):
        meta = metas.get(type_name)
        if meta is None:
            continue
        said = {key: sunset.day for key, sunset in meta.sunsets.items()}
        for key, day, message in find_earlier(said, days):
            place = (meta.file, meta.sunsets[key].line, 1, f"sunset.{key}")
            problems.append(Finding(*place, message, f"say {day} or a later day", rule="sunset"))
    return problems
