"""The second pass, after the grace: all suspects are confirmed and counted before anything is sent."""

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
from bridge.reconcile.state import Suspect, as_document, batches, broken, read_suspects


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
    """``folder`` is the run's folder in the store. The suspects of the first pass are in ``look``, confirmed
    ones in ``missed``. Both steps work through them document by document, at most 100 suspects at once."""

    keeper: LeaseKeeper
    folder: str
    confirmer: Confirmer
    emitter: Emitter
    max_emit: int
    max_removes: int

    def confirm(self) -> Iterator[Counts]:
        """Stores what is confirmed for :meth:`emit`; each step returns the counts so far."""
        done = Pass.load(self._store, f"{self.folder}/confirm")
        for name in self._documents("look", done.after):
            kept: list[Confirmed] = []
            for some in batches(read_suspects(self._store, name)):
                kept += self.confirmer.confirm(some, done.counts)
            if kept:
                flat = name.removeprefix(f"{self.folder}/look/").replace("/", ".")
                document = {
                    **as_document(one.suspect for one in kept),
                    "changes": [(one.reemission.kind, one.event_count) for one in kept],
                }
                self._store.put(f"{self.folder}/missed/{flat}", document, self.keeper.current)
            self._done(done, name, "confirm")
            yield done.counts

    def emit(self) -> Iterator[Counts]:
        """Reads each suspect one last time, sends its events and settles it. What is read then decides, so
        the limits hold for it too: raises ``TooMuchToEmit`` before a batch that would exceed them."""
        done = Pass.load(self._store, f"{self.folder}/emit")
        for name in self._documents("missed", done.after):
            changes = (self._store.get(name) or {}).get("changes", [])
            for some in batches(read_suspects(self._store, name)):
                asked = Counts()
                confirmed = self.confirmer.confirm(some, asked)
                these, changes = changes[: len(some)], changes[len(some) :]
                self._count_published(some, these, confirmed, done.counts)
                done.counts.read(asked.units["read_units"])
                done.counts.looked_up(asked.units["ledger_units"])
                self._require_allowed(confirmed, done.counts)
                self.keeper.confirm()
                self.emitter.emit(confirmed, done.counts)
            self._done(done, name, "emit")
            yield done.counts

    def _require_allowed(self, confirmed: Sequence[Confirmed], counts: Counts) -> None:
        missed = [one for one in confirmed if one.verdict == "missed"]
        events = counts["events"] + sum(one.event_count for one in missed)
        removes = counts["reemitted_remove"] + sum(one.reemission.kind == "remove" for one in missed)
        if events > self.max_emit or removes > self.max_removes:
            raise TooMuchToEmit(
                f"table {self.emitter.parts.table}: {counts['events']} events were sent, with the next ones "
                f"it would be {events} events (max_emit is {self.max_emit}) and {removes} removes "
                f"(max_removes is {self.max_removes}): more than was confirmed",
                hint="items changed or the configuration did since they were confirmed. What was sent is "
                "settled and is not sent again: start a new run, which confirms what is still missed; or "
                "`reconcile resume` with higher limits",
            )

    @property
    def _store(self) -> RunStore:
        return self.emitter.parts.store

    def _count_published(
        self,
        suspects: Sequence[Suspect],
        changes: Sequence[Any],
        confirmed: Sequence[Confirmed],
        counts: Counts,
    ) -> None:
        """Counts what this run sent and settled before it was interrupted, but had not counted yet."""
        parts = self.emitter.parts
        left = {one.reemission.token for one in confirmed}
        tokens = [parts.comparer.token(suspect.key) for suspect in suspects]
        absent = [token for token in tokens if token not in left]
        if not absent:
            return
        rows = parts.ledger.read(absent)
        counts.looked_up(len(absent))
        for token, suspect, (kind, events) in zip(tokens, suspects, changes, strict=False):
            if token in left:
                continue  # it is still to be sent
            row = rows.get(token)
            as_of = time_text(datetime.fromtimestamp(suspect.read_s, UTC))
            if row is None or (row.settled_by, row.as_of) != ("reconcile", as_of):
                counts.add("in_flight")  # it changed after it was confirmed: the next run decides
                continue
            counts.add("settled")
            if events:
                counts.add(f"reemitted_{kind}")
                counts.add("events", events)

    def _documents(self, part: Literal["look", "missed"], after: str) -> Iterator[str]:
        for name in self._store.names(f"{self.folder}/{part}/"):
            # look/ holds the checkpoints of the segments and, one level deeper, their suspects.
            is_suspects = part == "missed" or name.count("/") == self.folder.count("/") + 3
            if is_suspects and name > after:
                yield name

    def _done(self, at: Pass, name: str, part: str) -> None:
        at.after = name
        self._store.put(f"{self.folder}/{part}", at.as_document(), self.keeper.current)


def check_limits(table: str, counts: Counts, *, max_emit: int, max_removes: int) -> None:
    """Raises ``TooMuchToEmit`` before anything is sent."""
    events, removes = sum(counts.types.values()), counts["missed_remove"]
    over = [
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
            hint="check that this is the right table and the right ledger; `reconcile report` shows what was "
            f"found. If it is right: `reconcile resume --max-emit {max(events, max_emit)} "
            f"--max-removes {max(removes, max_removes)}`",
        )
