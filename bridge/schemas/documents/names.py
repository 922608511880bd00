"""The names of types and of shared definitions, and where their versions are.

A shared definition is in ``shared/<name>/<version>.json``. It is named as its folder, ``shared/money``: no
event type has a slash in its name.
"""

from __future__ import annotations

import re
from typing import Final

from bridge.schemas.semver import Version

TYPE: Final = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+")
SHARED_FOLDER: Final = "shared"
_PREFIX: Final = f"{SHARED_FOLDER}/"
_PART: Final = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*")


def is_shared(name: str) -> bool:
    """Whether a name is that of a shared definition, spelled correctly or not."""
    return name.startswith(_PREFIX)


def is_name(name: str) -> bool:
    """Whether a type or a shared definition may be called so."""
    pattern = _PART if is_shared(name) else TYPE
    return pattern.fullmatch(name.removeprefix(_PREFIX)) is not None


def place_of(type_name: str, version: Version) -> str:
    """The path of a version, both below the folder and after the base of an ``$id``."""
    return f"/{type_name}/{version}.json"


def version_at(path: str) -> tuple[str, Version] | None:
    """The version whose file this is, by its path in the folder of the schemas; ``None`` for other files."""
    name, _, file = path.rpartition("/")
    version = Version.read(file.removesuffix(".json")) if file.endswith(".json") else None
    return (name, version) if version is not None and is_name(name) else None
