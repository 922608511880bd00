"""What people call a version on a command line: ``com.example.user.created@1.0.0``."""

from __future__ import annotations

from bridge.errors import BridgeError
from bridge.schemas.documents.schema_set import SchemaSet
from bridge.schemas.documents.validation import SchemaVersion
from bridge.schemas.semver import Version


class NameNotUnderstood(BridgeError, ValueError):
    """Text that names no type and version."""


def find_version(schemas: SchemaSet, text: str) -> SchemaVersion:
    """The version that ``TYPE``, ``TYPE@VERSION`` or ``TYPE@MAJOR`` names: without a version the newest, of
    a major its newest. Raises ``SchemaNotFound`` or :class:`NameNotUnderstood`."""
    type_name, _, wanted = text.partition("@")
    versions = schemas.versions(type_name)
    if not versions or (not wanted and "@" in text):
        if versions:
            raise NameNotUnderstood(f"'{text}' names no version", hint="such as TYPE@1.0.0")
        return schemas.get(type_name, wanted or Version(1, 0, 0))  # raises, and says what there is
    if not wanted:
        return schemas.get(type_name, versions[-1])
    major = wanted.removeprefix("v")
    if major.isascii() and major.isdigit():
        of_major = [version for version in versions if version.major == int(major)]
        return schemas.get(type_name, of_major[-1] if of_major else wanted)
    return schemas.get(type_name, wanted)
