"""``--against``: where else schemas may be, as one word: git:REF, dir:PATH, glue://…, eventbridge://…"""

from __future__ import annotations

from pathlib import Path

from bridge.errors import BridgeError
from bridge.schemas.against import FilesSource, files_in
from bridge.schemas.source import SchemaSource

REGISTRIES = ("glue://", "eventbridge://")


class SourceNotUnderstood(BridgeError):
    """``--against`` names no place that can be read."""


def open_source(text: str, folder: Path) -> SchemaSource:
    """Raises :class:`SourceNotUnderstood`, ``GitRefused`` or ``ConfigurationError``."""
    kind, colon, rest = text.partition(":")
    if text.startswith(REGISTRIES):
        raise SourceNotUnderstood(
            f"{text} cannot be compared with from here yet",
            hint="stream-bridge schema publish --plan shows what differs from a registry",
        )
    if kind == "git" and colon:
        from bridge.edges.git import read_revision

        return FilesSource(text, read_revision(folder, rest))
    if kind == "dir" and colon:
        there = Path(rest)
        if not there.is_dir():
            raise SourceNotUnderstood(f"{rest} is no folder", hint="such as dir:../main/event_schemas")
        return FilesSource(text, files_in(there))
    raise SourceNotUnderstood(
        f"'{text}' names no place to compare with",
        hint="git:REF, dir:PATH, glue://REGISTRY or eventbridge://REGISTRY",
    )
