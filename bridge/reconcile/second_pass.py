"""Suspects after the wait: all are confirmed and counted, and only then is anything sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from bridge.core.healing import time_text
from bridge.errors import TooMuchToEmit
from bridge.ports.run_store import Document, RunStore
from bridge.reconcile.confirm import Confirmed, Confirmer
from bridge.reconcile.counts import Counts
from bridge.reconcile.emit import Emitter
from bridge.reconcile.lease import LeaseKeeper
from bridge.reconcile.suspects import Suspect, as_document, batches, broken, read_suspects


@dataclass(slots=True)
class Pass:
    """How far a pass over the suspects is: ``after`` is the last document that is done."""

    after: str = ""
    counts: Counts = field(default_factory=Counts)

    @classmethod
    def load(cls, store: RunStore, name: str) -> Pass:
        document = store.get(name)
        if document is None:
            return cls()
        after = document.get("after")
        if not isinstance(after, str):
            raise broken(name, "does not say how far the pass is")
        return cls(after, Counts.read_from(document.get("counts") or {}, name))

    def as_document(self) -> Document:
        return {"after": self.after, "counts": self.counts.as_document()}


@dataclass(frozen=True, slots=True)
class SecondPass:
    """``folder`` is the run's place in the store. Suspects of the first look stand below ``look``, confirmed
    ones below ``missed``; both passes go through them document by document, at most 100 suspects at once."""

    store: RunStore
    keeper: LeaseKeeper
    folder: str
    confirmer: Confirmer
    emitter: Emitter

    def confirm(self) -> Iterator[Counts]:
        """What is confirmed is kept for :meth:`emit`; each step answers the counts so far."""
        done = Pass.load(self.store, f"{self.folder}/confirm")
        for name in self._documents("look", done.after):
            kept: list[Confirmed] = []
            for some in batches(read_suspects(self.store, name)):
                kept += self.confirmer.confirm(some, done.counts)
            if kept:
                flat = name.removeprefix(f"{self.folder}/look/").replace("/", ".")
                document = {
                    **as_document(one.suspect for one in kept),
                    "tells": [_tells(one) for one in kept],
                }
                self.store.put(f"{self.folder}/missed/{flat}", document, self.keeper.current)
            self._done(done, name, "confirm")
            yield done.counts

    def emit(self) -> Iterator[Counts]:
        """Asks a last time about each, sends it, settles it."""
        done = Pass.load(self.store, f"{self.folder}/emit")
        for name in self._documents("missed", done.after):
            tells = (self.store.get(name) or {}).get("tells", [])
            for some in batches(read_suspects(self.store, name)):
                asked = Counts()
                confirmed = self.confirmer.confirm(some, asked)
                at, tells = tells[: len(some)], tells[len(some) :]
                self._count_published(some, at, confirmed, done.counts)
                done.counts.read(asked.units["read_units"])
                done.counts.looked_up(asked.units["ledger_units"])
                self.keeper.confirm()
                self.emitter.emit(confirmed, done.counts)
            self._done(done, name, "emit")
            yield done.counts

    def _count_published(
        self,
        suspects: Sequence[Suspect],
        tells: Sequence[Any],
        confirmed: Sequence[Confirmed],
        counts: Counts,
    ) -> None:
        """What this run has sent and settled already, before it was interrupted and this was counted."""
        left = {one.restated.token for one in confirmed}
        tokens = [self.emitter.comparer.token(suspect.key) for suspect in suspects]
        absent = [token for token in tokens if token not in left]
        if not absent:
            return
        rows = self.emitter.ledger.read(absent)
        counts.looked_up(len(absent))
        for token, suspect, (kind, events) in zip(tokens, suspects, tells, strict=False):
            row = rows.get(token)
            as_of = time_text(datetime.fromtimestamp(suspect.read_s, UTC))
            if row is None or (row.settled_by, row.as_of) != ("reconcile", as_of):
                continue
            counts.add("settled")
            if events:
                counts.add(f"emitted_{kind}")
                counts.add("events", events)

    def _documents(self, part: Literal["look", "missed"], after: str) -> Iterator[str]:
        for name in self.store.names(f"{self.folder}/{part}/"):
            # Below look/ stand the segments' checkpoints and, deeper, their suspects.
            is_suspects = part == "missed" or name.count("/") == self.folder.count("/") + 3
            if is_suspects and name > after:
                yield name

    def _done(self, at: Pass, name: str, part: str) -> None:
        at.after = name
        self.store.put(f"{self.folder}/{part}", at.as_document(), self.keeper.current)


def _tells(one: Confirmed) -> tuple[str, int]:
    """The kind of change and the number of its events."""
    return one.restated.kind, len({event.id for event in one.events})


def check_limits(table: str, counts: Counts, *, max_emit: int, max_removes: int) -> None:
    """Raises ``TooMuchToEmit`` before anything is sent."""
    events, removes = sum(counts.types.values()), counts["missed_remove"]
    over: Sequence[str] = [
        f"{found} {what} would be sent, {name} is {most}"
        for name, what, found, most in (
            ("max_emit", "events", events, max_emit),
            ("max_removes", "removes", removes, max_removes),
        )
        if found > most
    ]
    if over:
        raise TooMuchToEmit(
            f"table {table}: {'; '.join(over)}; nothing was sent",
            hint="is it the right table and the right ledger? `reconcile report` shows what it is; where it "
            f"is right, `reconcile resume --max-emit {max(events, max_emit)} "
            f"--max-removes {max(removes, max_removes)}`",
        )
