"""Suspects: what disagreed at the first look. They live in the run store, never all in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from bridge.core.change import TypedItem
from bridge.errors import CheckpointBroken
from bridge.limits import BATCH_GET_MAX
from bridge.reconcile_ports import Document, RunStore

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Suspect:
    """``fingerprint`` is what the item looked like at the first read, at ``read_s`` (on ``clock.now``); None:
    it was not there."""

    key: TypedItem
    fingerprint: str | None
    read_s: float


def as_document(suspects: Iterable[Suspect]) -> Document:
    return {"suspects": [[suspect.key, suspect.fingerprint, suspect.read_s] for suspect in suspects]}


def read_suspects(store: RunStore, name: str) -> list[Suspect]:
    """Raises ``CheckpointBroken``."""
    document = store.get(name)
    try:
        found: list[Any] = document["suspects"] if document is not None else []
        return [Suspect(key, fingerprint, float(read_s)) for key, fingerprint, read_s in found]
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
