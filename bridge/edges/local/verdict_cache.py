"""Verdicts about pairs of schemas as one file for each folder of schemas.

A file is believed only if its own hash says that it is whole, if the same version of this code wrote it, and
if nobody else can write to it. Everything else counts as no file at all, and is reported.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import sys
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import bridge
from bridge.settings.durable_file import remove_interrupted, write_durably

FORMAT: Final = 1
MAX_BYTES: Final = 64 * 1024 * 1024
KEPT_MAX: Final = 20_000
"""Verdicts in one file: those of other branches stay for a while."""


class VerdictCache:
    """``path`` is the file; its folder is made when something is stored. ``code`` identifies the code whose
    verdicts they are, see :func:`code_digest`."""

    def __init__(self, path: Path, code: str) -> None:
        self.path = path
        self._code = code

    def load(self) -> tuple[dict[str, Any], str]:
        """The verdicts by their keys; and why the file is not believed, "" if it is or if none exists."""
        try:
            with self.path.open("rb") as file:
                facts = os.fstat(file.fileno())
                if not stat.S_ISREG(facts.st_mode) or facts.st_size > MAX_BYTES:
                    return {}, "is not a cache of verdicts"
                if facts.st_uid != os.geteuid() or facts.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
                    return {}, "can be written by others"
                content = file.read()
        except FileNotFoundError:
            return {}, ""
        except OSError as error:
            return {}, f"cannot be read: {error.strerror or type(error).__name__}"
        return self._read(content)

    def _read(self, content: bytes) -> tuple[dict[str, Any], str]:
        digest, _, body = content.partition(b"\n")
        if digest != _digest(body):
            return {}, "is damaged"
        try:
            data = json.loads(body)
        except (ValueError, RecursionError):
            return {}, "is not a cache of verdicts"
        if not isinstance(data, dict) or not isinstance(data.get("verdicts"), dict):
            return {}, "is not a cache of verdicts"
        if data.get("format") != FORMAT or data.get("code") != self._code:
            return {}, "was written by another version of stream-bridge"
        return data["verdicts"], ""

    def store(self, verdicts: Mapping[str, Any], used: Iterable[str]) -> None:
        """Replace the file. Those ``used`` by this run stay before others. Raises ``OSError``."""
        first = [key for key in used if key in verdicts]
        keys = list(dict.fromkeys((*first, *verdicts)))[:KEPT_MAX]
        data = {"format": FORMAT, "code": self._code, "verdicts": {key: verdicts[key] for key in keys}}
        body = json.dumps(data, separators=(",", ":")).encode()
        remove_interrupted(self.path)
        write_durably(self.path, _digest(body) + b"\n" + body)


def cache_path(folder: Path, environ: Mapping[str, str]) -> Path:
    """The file for a folder of schemas, in the user's own cache."""
    base = environ.get("XDG_CACHE_HOME")
    root = Path(base) if base else Path.home() / ".cache"
    name = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:16]
    return root / "stream-bridge" / "verdicts" / f"{name}.cache"


def code_digest() -> str:
    """Of all that decides about a verdict: this package's code, Python and the library. "" where the code
    cannot be read, and nothing may be kept."""
    root = Path(bridge.__file__).parent
    files = sorted(path for part in ("schemas", "core") for path in (root / part).rglob("*.py"))
    try:
        found = hashlib.sha256(f"{sys.version} {_library()}".encode())
        for path in files:
            found.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    except OSError:
        return ""
    return found.hexdigest() if files else ""


def _library() -> list[str]:
    """The library that proves and validates, by version and size, without importing anything."""
    spec = find_spec("jsonschema_rs")
    if spec is None or spec.origin is None:
        return []
    package = Path(spec.origin).parent
    versions = [path.name for path in package.parent.glob("jsonschema_rs-*")]
    return sorted(
        [*versions, *(f"{path.name} {path.stat().st_size}" for path in package.iterdir() if path.is_file())]
    )


def _digest(body: bytes) -> bytes:
    return hashlib.sha256(body).hexdigest().encode()
