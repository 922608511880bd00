"""``schemas.lock.json``: the lock of format 1, one file with a hash for each version. Read, never written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Any, Final

from bridge.errors import ConfigurationError
from bridge.schemas.documents.json_document import parse_json
from bridge.schemas.documents.lock import RULE, Days, Entry, Lock, Name
from bridge.schemas.finding import refused
from bridge.schemas.semver import Version

LOCK_FILE: Final = "schemas.lock.json"
FORMAT: Final = 1
_HASH: Final = re.compile(r"sha256:[0-9a-f]{64}")
_FIX: Final = f"restore {LOCK_FILE} as it was committed; only stream-bridge writes it"


def parse_lock(content: bytes, file: str) -> Lock:
    """Raises :class:`ConfigurationError` for a lock that is cut off, edited wrongly, or of a newer format."""

    def refuse(message: str, advice: str = _FIX, line: int = 0, column: int = 0) -> ConfigurationError:
        return refused(file, message, advice, rule=RULE, line=line, column=column)

    if b"<<<<<<<" in content:
        advice = "keep one side of this file, then: stream-bridge schema lock --update"
        raise refuse("contains an unresolved merge", advice)
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
    versions: dict[Name, Entry] = {}
    sunsets: dict[str, Days] = {}
    published: dict[str, set[Name]] = {}
    for type_name, members in data["types"].items():
        if unknown := members.keys() - {"versions", "sunset", "published"}:
            raise ValueError(f"{type_name} has an unknown member '{min(unknown)}'")
        for text, recorded in members["versions"].items():
            if _HASH.fullmatch(recorded) is None:
                raise ValueError(f"{type_name} {text} has no hash")
            versions[type_name, Version.parse(text)] = Entry(recorded)
        days = {key: date.fromisoformat(day) for key, day in members.get("sunset", {}).items()}
        if days:
            sunsets[type_name] = MappingProxyType(days)
        for address, texts in members.get("published", {}).items():
            published.setdefault(address, set()).update((type_name, Version.parse(text)) for text in texts)
    if strays := set().union(*published.values()) - versions.keys():
        raise ValueError(f"{' '.join(map(str, min(strays)))} is published but not locked")
    kept = {address: frozenset(names) for address, names in published.items()}
    return Lock(MappingProxyType(versions), MappingProxyType(sunsets), MappingProxyType(kept), old=True)
