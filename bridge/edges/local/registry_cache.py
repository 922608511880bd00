"""What was read of schema registries, as files: a start survives a registry that is down.

One file for each registry, replaced in one step. A file is trusted only when its own hash says that it is
whole; anything else counts as no file at all.
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from bridge.ports.registry import CachedSchemas, RegistryAddress
from bridge.settings.durable_file import write_durably

FORMAT: Final = 1
_PLAIN: Final = re.compile(r"[^A-Za-z0-9.-]+")


class FileSchemaCache:
    """A folder of one file for each registry; it is made when something is stored."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def load(self, address: RegistryAddress) -> CachedSchemas | None:
        try:
            content = self.path_of(address).read_bytes()
        except OSError:
            return None
        digest, _, body = content.partition(b"\n")
        if digest != _digest(body):
            return None
        data: dict[str, Any] = json.loads(body)
        if data.get("format") != FORMAT or data.get("address") != str(address):
            return None
        texts = {name: tuple(versions) for name, versions in data["texts"].items()}
        return CachedSchemas(MappingProxyType(texts), float(data["read_at_s"]))

    def store(self, address: RegistryAddress, cached: CachedSchemas) -> None:
        texts = {name: list(versions) for name, versions in cached.texts.items()}
        body = json.dumps(
            {"format": FORMAT, "address": str(address), "read_at_s": cached.read_at_s, "texts": texts}
        ).encode()
        write_durably(self.path_of(address), _digest(body) + b"\n" + body)

    def path_of(self, address: RegistryAddress) -> Path:
        return self.folder / f"{_PLAIN.sub('_', str(address))}.cache"


def _digest(body: bytes) -> bytes:
    return hashlib.sha256(body).hexdigest().encode()
