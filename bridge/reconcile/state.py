"""A run as the run store knows it: which phase, since when, with which options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, get_args

from bridge.core.change import TypedItem
from bridge.errors import KeySchemaChanged
from bridge.ports.run_store import Document
from bridge.reconcile.options import Mode, Options
from bridge.reconcile.suspects import broken

FORMAT = 1
Phase = Literal["table", "ledger", "keys", "confirm", "emit", "seed", "backfill", "done"]


@dataclass(frozen=True, slots=True)
class RunState:
    """``started`` and ``ended`` in seconds since the epoch; ``key`` the table's key attributes and types."""

    run: str
    mode: Mode
    table: str
    phase: Phase
    started: float
    key: Mapping[str, str]
    segments: int
    keys: tuple[TypedItem, ...] = ()
    since: str = ""
    ended: float = 0.0
    stopped: str = ""
    about_items: int = 0
    refresh: bool = False
    format: int = field(default=FORMAT)

    def as_document(self) -> Document:
        return asdict(self)

    @classmethod
    def read_from(cls, document: Document, name: str, table: str) -> RunState:
        """Raises ``CheckpointBroken``."""
        if document.get("format") != FORMAT:
            raise broken(name, f"is not of format {FORMAT}, which this version writes")
        if document.get("table") != table:
            raise broken(name, "belongs to another table")
        values: dict[str, Any] = dict(document)
        if values.get("phase") not in get_args(Phase) or values.get("mode") not in get_args(Mode):
            raise broken(name, "names no phase of a run")
        try:
            return cls(**{**values, "keys": tuple(values["keys"]), "segments": int(values["segments"])})
        except (KeyError, TypeError, ValueError) as error:
            raise broken(name, "does not hold the state of a run") from error

    def options(self, given: Options) -> Options:
        """``given``, but where it decides which suspects there are, what the run began with."""
        return replace(given, segments=self.segments, keys=self.keys, since=self.since, refresh=self.refresh)

    def check_key(self, key: Mapping[str, str]) -> None:
        """Raises ``KeySchemaChanged``."""
        if dict(self.key) != dict(key):
            raise KeySchemaChanged(
                f"run {self.run} began on table {self.table} with the key {', '.join(self.key)}; "
                f"now it is {', '.join(key)}",
                hint="the table was made anew: start a new run",
            )
