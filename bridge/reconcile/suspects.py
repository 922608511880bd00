"""Suspects: what disagreed at the first look. They live in the run store, never all in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from bridge.core.change import TypedItem
from bridge.errors import CheckpointBroken
from bridge.limits import BATCH_GET_MAX
from bridge.ports.ledger import Row
from bridge.ports.run_store import Document, RunStore

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Suspect:
    """``fingerprint`` is what the item looked like at the first read, at ``read_s`` (on ``clock.now``); None:
    it was not there. ``told`` is what the row said then, as :func:`told_by` has it."""

    key: TypedItem
    fingerprint: str | None
    read_s: float
    published: str | None = None


def published_by(row: Row | None) -> str | None:
    """The state that a row says subscribers have: a fingerprint, "" for one that is not known, None for no
    item. It stays when a change tells nothing, such as one of ignored attributes only."""
    return row.fingerprint if row is not None and row.live else None


def as_document(suspects: Iterable[Suspect]) -> Document:
    return {"suspects": [[one.key, one.fingerprint, one.read_s, one.published] for one in suspects]}


def read_suspects(store: RunStore, name: str) -> list[Suspect]:
    """Raises ``CheckpointBroken``."""
    document = store.get(name)
    try:
        found: list[Any] = document["suspects"] if document is not None else []
        return [
            Suspect(key, fingerprint, float(read_s), published)
            for key, fingerprint, read_s, published in found
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise broken(name, "holds no suspects") from error


def batches(suspects: Sequence[T], size: int = BATCH_GET_MAX) -> Iterator[Sequence[T]]:
    for at in range(0, len(suspects), size):
        yield suspects[at : at + size]


def broken(name: str, what: str) -> CheckpointBroken:
    return CheckpointBroken(
        f"the checkpoint {name} {what}",
        hint="nothing is lost: start anew with `stream-bridge reconcile run`, which finds the same again",
        stage="reconcile",
    )
