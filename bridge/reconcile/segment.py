"""One segment of the first pass over the table or the ledger: page by page, with a checkpoint after each.

The same worker runs in turns with others on one thread, in threads, or alone in a Lambda function. The
suspects of a page are in the run store before the checkpoint says that the page is done. A page that is read
again after a crash overwrites them with the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from bridge.ports.run_store import Document, RunStore
from bridge.reconcile.counts import Counts
from bridge.reconcile.lease import LeaseKeeper
from bridge.reconcile.state import Suspect, as_document, broken

FORMAT = 2


@dataclass(slots=True)
class SegmentCheckpoint:
    """``start`` is where the next page begins, in the form of what is read (None: at the beginning).
    ``chunks``: how many documents of suspects there are. ``last_s``: a moment after the last suspect was
    read. What happened before it, also during the read, may be in flight from then on."""

    start: Any = None
    done: bool = False
    chunks: int = 0
    last_s: float = 0.0
    counts: Counts = field(default_factory=Counts)

    def as_document(self) -> Document:
        counts = self.counts.as_document()
        document = {"start": self.start, "done": self.done, "chunks": self.chunks, "last_s": self.last_s}
        return {"format": FORMAT, **document, "counts": counts}

    @classmethod
    def read_from(cls, document: Document | None, name: str) -> SegmentCheckpoint:
        """Raises ``CheckpointBroken``."""
        if document is None:
            return cls()
        if document.get("format") != FORMAT:
            raise broken(name, f"is not of format {FORMAT}, which this version writes")
        start, done, chunks = document.get("start"), document.get("done"), document.get("chunks")
        last_s = document.get("last_s")
        if type(done) is not bool or type(chunks) is not int or not isinstance(last_s, int | float):
            raise broken(name, "does not say how far the segment is")
        return cls(start, done, chunks, last_s, Counts.read_from(document.get("counts") or {}, name))


Look = Callable[[SegmentCheckpoint], list[Suspect]]
"""Reads the next page: moves ``start``, ``done``, ``last_s`` and counts on, and returns its suspects."""


class Seen(NamedTuple):
    """How far a segment is: its name and a copy of its counts."""

    name: str
    counts: Counts


@dataclass(frozen=True, slots=True)
class SegmentWorker:
    """``name`` is the checkpoint's name in the run store; the suspects are in the folder of that name."""

    name: str
    look: Look
    store: RunStore
    keeper: LeaseKeeper

    def load(self) -> SegmentCheckpoint:
        return SegmentCheckpoint.read_from(self.store.get(self.name), self.name)

    def steps(self) -> Iterator[Seen]:
        """From the stored checkpoint to the segment's end, one page a step."""
        checkpoint = self.load()
        while not checkpoint.done:
            self._step(checkpoint)
            yield Seen(self.name, Counts.total([checkpoint.counts]))

    def _step(self, checkpoint: SegmentCheckpoint) -> None:
        suspects = self.look(checkpoint)
        if suspects:
            name = f"{self.name}/{checkpoint.chunks:08d}"
            self.store.put(name, as_document(suspects), self.keeper.current)
            checkpoint.chunks += 1
        self.store.put(self.name, checkpoint.as_document(), self.keeper.current)
