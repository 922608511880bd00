"""``schemas.lock.json``: the published versions, the hash of each, and their sunsets.

A version is only ever added, never changed. It is recorded by the SHA-256 of its canonical JSON: members in
order of their names, no white space, UTF-8. Not of the file's bytes: line endings, indentation and the order
of members differ from one checkout, editor or registry to the next and mean nothing to a subscriber. Any
other difference is a change, in a description too.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from bridge.core.pointer import escape
from bridge.errors import ConfigurationError, Problem
from bridge.schemas.documents.json_document import parse_json, read_bytes
from bridge.schemas.documents.meta import Meta
from bridge.schemas.finding import Finding, finding, refused
from bridge.schemas.semver import Version
from bridge.settings.durable_file import remove_interrupted, write_durably

LOCK_FILE: Final = "schemas.lock.json"
FORMAT: Final = 1
_HASH: Final = re.compile(r"sha256:[0-9a-f]{64}")
_FIX: Final = f"restore {LOCK_FILE} as it was committed; only stream-bridge writes it"

Name = tuple[str, Version]
Days = Mapping[str, date]
"""Sunsets by what they end: a major (``"1"``) or a version (``"1.1.0"``)."""


def content_hash(document: Any) -> str:
    """``sha256:`` and 64 hexadecimal digits over the canonical JSON of a parsed document."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def first_difference(ours: Any, theirs: Any, pointer: str = "") -> str:
    """A JSON Pointer to the first place where two documents differ; "" for the whole."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for name in [*ours, *(name for name in theirs if name not in ours)]:
            if name not in ours or name not in theirs:
                return f"{pointer}/{escape(name)}"
            if content_hash(ours[name]) != content_hash(theirs[name]):
                return first_difference(ours[name], theirs[name], f"{pointer}/{escape(name)}")
    return pointer


@dataclass(frozen=True, slots=True)
class Lock:
    """``versions``: the hash of each published version. ``sunsets``: for each type, the days that its
    ``meta.yaml`` had when it was last locked. ``published``: the versions in each registry, by its address; a
    version that the registry no longer has was removed by hand."""

    versions: Mapping[Name, str] = field(default_factory=lambda: MappingProxyType({}))
    sunsets: Mapping[str, Days] = field(default_factory=lambda: MappingProxyType({}))
    published: Mapping[str, frozenset[Name]] = field(default_factory=lambda: MappingProxyType({}))

    def publishing(self, published: Mapping[str, Iterable[Name]]) -> Lock:
        """This lock with more versions recorded as being in registries. They are locked already."""
        grown = {address: frozenset(names) for address, names in self.published.items()}
        for address, names in published.items():
            grown[address] = grown.get(address, frozenset()) | frozenset(names)
        return replace(self, published=MappingProxyType(grown))

    def adding(
        self, documents: Mapping[Name, Mapping[str, Any]], metas: Mapping[str, Meta] | None = None
    ) -> Lock:
        """This lock with more versions, and with the sunsets in ``metas`` of locked types.

        Raises :class:`ConfigurationError` where a version is locked with other content, or where a sunset
        would move to an earlier day.
        """
        versions = dict(self.versions)
        for name, document in documents.items():
            found = content_hash(document)
            if versions.setdefault(name, found) != found:
                message = f"{name[0]} {name[1]} is locked with other content"
                raise refused(LOCK_FILE, message, _FIX, rule="lock")
        sunsets = dict(self.sunsets)
        for type_name in {name for name, _ in versions} & set(metas or {}):
            meta = (metas or {})[type_name]
            reported = self.sunsets.get(type_name, {})
            for key, _, message in _earlier(meta.days, reported):
                raise refused(meta.file, message, rule="sunset", path=f"sunset.{key}")
            if meta.days:  # a day that was removed stays known: another day may not be earlier than it
                sunsets[type_name] = MappingProxyType({**reported, **meta.days})
        return Lock(MappingProxyType(versions), MappingProxyType(sunsets), self.published)


def read_lock(folder: Path) -> Lock | None:
    """The folder's lock, ``None`` where it has none. Raises :class:`ConfigurationError`."""
    path = folder / LOCK_FILE
    return parse_lock(read_bytes(path), str(path)) if path.exists() else None


def parse_lock(content: bytes, file: str) -> Lock:
    """Raises :class:`ConfigurationError` for a lock that is cut off, edited wrongly, or of a newer format."""

    def refuse(message: str, advice: str = _FIX, line: int = 0, column: int = 0) -> ConfigurationError:
        return refused(file, message, advice, rule="lock", line=line, column=column)

    if b"<<<<<<<" in content:
        raise refuse("contains an unresolved merge", "keep the versions of both sides, then check again")
    if not content.strip():
        raise refuse("is empty")
    try:
        data = parse_json(content, file)
    except ConfigurationError as error:
        problem = error.problems[0]
        raise refuse(problem.message, line=problem.line, column=problem.column) from error
    if not isinstance(data, dict) or not isinstance(data.get("format"), int):
        raise refuse("is not a lock of schemas")
    if data["format"] > FORMAT:
        message = f"has format {data['format']}, and this version of stream-bridge reads up to {FORMAT}"
        raise refuse(message, "update stream-bridge")
    try:
        return _read(data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise refuse(f"is not as stream-bridge writes it: {error}") from error


def _read(data: Mapping[str, Any]) -> Lock:
    if unknown := data.keys() - {"format", "types"}:
        raise ValueError(f"unknown member '{min(unknown)}'")
    versions: dict[Name, str] = {}
    sunsets: dict[str, Days] = {}
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
        raise ValueError(f"{' '.join(map(str, min(strays)))} is published but not locked")
    kept = {address: frozenset(names) for address, names in published.items()}
    return Lock(MappingProxyType(versions), MappingProxyType(sunsets), MappingProxyType(kept))


def write_lock(folder: Path, lock: Lock) -> None:
    """Replace the folder's lock, durably: a crash leaves the old or the new one. Raises ``OSError``.

    Each version is one line, in order, so that git can merge two branches that add versions of different
    types.
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
    remove_interrupted(folder / LOCK_FILE)
    write_durably(folder / LOCK_FILE, text.encode() + b"\n", mode=0o644)


def find_lock_problems(
    lock: Lock,
    folder: Path,
    documents: Mapping[Name, Any],
    found: Iterable[Name],
    metas: Mapping[str, Meta],
) -> list[Problem]:
    """Where the folder differs from what was published. ``documents`` are the readable files, ``found`` all
    that exist: a file that cannot be read is reported elsewhere."""
    problems: list[Problem] = []
    existing = set(found)
    for name, recorded in sorted(lock.versions.items()):
        type_name, version = name
        if name not in existing:
            message = "is published and was removed"
            advice = "restore it: subscribers need it for old events. To end a type, set `status: retired`"
        elif name in documents and content_hash(documents[name]) != recorded:
            message = "is published and was changed since"
            advice = f"restore it, and put the change into a version of its own: schema bump {type_name}"
        else:
            continue
        problems.append(finding("lock", folder / type_name / f"{version}.json", message, advice))
    return [*problems, *find_earlier_sunsets(metas, lock.sunsets)]


def find_earlier_sunsets(
    metas: Mapping[str, Meta], reported: Mapping[str, Days], source: str = ""
) -> Iterator[Finding]:
    """The sunsets in ``metas`` before the day that subscribers know. ``source`` says where they know it
    from."""
    for type_name in sorted(metas.keys() & reported.keys()):
        meta = metas[type_name]
        for key, day, message in _earlier(meta.days, reported[type_name]):
            advice, line = f"write {day} or a later day", meta.sunsets[key].line
            message += f" ({source})" if source else ""
            yield finding("sunset", meta.file, message, advice, path=f"sunset.{key}", line=line, column=1)


def _earlier(days: Days, reported: Days) -> Iterator[tuple[str, date, str]]:
    """The keys of ``days`` with an earlier day than was reported: key, reported day, message. A version
    without a day of its own ends with its major, so a day may move from one kind of key to the other."""
    for key, day in days.items():
        major, _, rest = key.partition(".")
        names = [name for name in (key, major) if name in reported][:1]
        if not rest:
            names += [name for name in reported if name.startswith(f"{key}.") and name not in days]
        latest = max((reported[name] for name in names), default=day)
        if day < latest:
            what = f"the sunset of {key} was published as {latest}, and {day} is earlier"
            yield key, latest, f"{what}: it may only move later"
