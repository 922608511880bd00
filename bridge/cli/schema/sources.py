"""``--against``: where else schemas may be, as one word: git:REF, dir:PATH, glue://…, eventbridge://…"""

from __future__ import annotations

from pathlib import Path

from bridge.errors import BridgeError
from bridge.ports.registry import RegistryAddress
from bridge.schemas.documents.source import SchemaSource
from bridge.schemas.evolution.against import FilesSource, files_in

REGISTRIES = ("glue://", "eventbridge://")


class SourceNotUnderstood(BridgeError):
    """``--against`` names no place that can be read."""


def open_source(text: str, folder: Path) -> SchemaSource:
    """Raises :class:`SourceNotUnderstood`, ``GitRefused`` or ``ConfigurationError``."""
    kind, colon, rest = text.partition(":")
    if text.startswith(REGISTRIES):
        return _open_registry(text, folder)
    if kind == "git" and colon:
        from bridge.edges.local.git import read_revision

        return FilesSource(text, read_revision(folder, rest))
    if kind == "dir" and colon:
        there = Path(rest)
        if not rest or not there.is_dir():
            raise SourceNotUnderstood(f"'{rest}' is no folder", hint="such as dir:../main/event_schemas")
        files = files_in(there)
        if not files:
            raise SourceNotUnderstood(
                f"{rest} contains no schemas", hint="name the folder in which the folders of the types stand"
            )
        return FilesSource(text, files)
    raise SourceNotUnderstood(
        f"'{text}' names no place to compare with",
        hint="git:REF, dir:PATH, glue://REGISTRY or eventbridge://REGISTRY",
    )


def _open_registry(text: str, folder: Path) -> SchemaSource:
    from bridge.edges.local.clock import SystemClock
    from bridge.schemas.documents.schema_set import SchemaSet
    from bridge.wiring.clients import client_factory
    from bridge.wiring.registries import open_registry_source

    try:
        address = RegistryAddress.parse(text)
    except ValueError as error:
        raise SourceNotUnderstood(f"'{text}' is {error}") from error
    client = client_factory(region=address.region)
    return open_registry_source(address, client, SchemaSet.load(folder), SystemClock())
