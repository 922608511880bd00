"""What the run store holds of a run: its state, and the items that differed in the first pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, TypeVar, get_args

import orjson

from bridge.core.change import Position, TypedItem
from bridge.errors import CheckpointBroken, KeySchemaChanged
from bridge.limits import BATCH_GET_MAX
from bridge.ports.ledger import NEVER, Row
from bridge.ports.run_store import Document, RunStore
from bridge.reconcile.options import Mode, Options

T = TypeVar("T")

FORMAT = 2
Phase = Literal["table", "ledger", "keys", "confirm", "emit", "seed", "backfill", "done"]


def broken(name: str, what: str) -> CheckpointBroken:
    return CheckpointBroken(
        f"the checkpoint {name} {what}",
        hint="nothing is lost: start a new run with `stream-bridge reconcile run`, which finds the same "
        "changes again",
        stage="reconcile",
    )


def read_document(data: bytes, name: str) -> Document:
    """Raises ``CheckpointBroken``."""
    try:
        document = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise broken(name, "is not JSON") from error
    if not isinstance(document, dict):
        raise broken(name, "does not hold an object")
    return document


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
    entities: tuple[str, ...] = ()
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
            raise broken(name, "has no known phase of a run")
        try:
            return cls(
                **{
                    **values,
                    "keys": tuple(values["keys"]),
                    "entities": tuple(values.get("entities", ())),
                    "segments": int(values["segments"]),
                }
            )
        except (KeyError, TypeError, ValueError) as error:
            raise broken(name, "does not hold the state of a run") from error

    def options(self, given: Options) -> Options:
        """``given``, but the run's first values for the options that decide what can differ."""
        return replace(
            given,
            segments=self.segments,
            keys=self.keys,
            entities=self.entities,
            since=self.since,
            refresh=self.refresh,
        )

    def check_key(self, key: Mapping[str, str]) -> None:
        """Raises ``KeySchemaChanged``."""
        if dict(self.key) != dict(key):
            raise KeySchemaChanged(
                f"run {self.run} began on table {self.table} with the key {', '.join(self.key)}; "
                f"now the key is {', '.join(key)}",
                hint="the table was created again: start a new run",
            )


@dataclass(frozen=True, slots=True)
class Suspect:
    """A key whose item and ledger row differed in the first pass: perhaps missed, perhaps still in flight.
    Suspects are in the run store, never all in memory.

    ``fingerprint`` is what the item looked like at the first read, at ``read_s`` (on ``clock.now``); None: it
    did not exist. ``published`` is the row's ``published_sequence`` then. ``announced`` is
    the sequence of a change that was announced and not settled by then, "" for none."""

    key: TypedItem
    fingerprint: str | None
    read_s: float
    published: str = NEVER
    announced: str = ""


def published_by(row: Row | None) -> str:
    """The sequence of what subscribers have according to the row. A change that publishes nothing, such as
    one of ignored attributes only, keeps it."""
    return NEVER if row is None else row.published_sequence


def is_unsettled(announced: Position, row: Row | None) -> bool:
    """Whether subscribers may have an announced change although nothing newer of its item was published."""
    return row is None or row.published_sequence < announced.sequence


def as_document(suspects: Iterable[Suspect]) -> Document:
    return {
        "suspects": [[one.key, one.fingerprint, one.read_s, one.published, one.announced] for one in suspects]
    }


def read_suspects(store: RunStore, name: str) -> list[Suspect]:
    """Raises ``CheckpointBroken``."""
    document = store.get(name)
    try:
        found: list[Any] = document["suspects"] if document is not None else []
        return [
            Suspect(key, fingerprint, float(read_s), str(published), str(announced))
            for key, fingerprint, read_s, published, announced in found
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise broken(name, "holds no suspects") from error


def batches(suspects: Sequence[T]) -> Iterator[Sequence[T]]:
    for at in range(0, len(suspects), BATCH_GET_MAX):
        yield suspects[at : at + BATCH_GET_MAX]
