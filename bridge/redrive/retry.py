"""Retry of quarantined records after a fix: each goes through the relay again; on success its entry goes."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass

from bridge.core.records.kinesis import dialect_of
from bridge.errors import EntryMissing
from bridge.ports.clock import Deadline
from bridge.ports.quarantine import Found, Quarantined, QuarantineReader, Selection
from bridge.ports.quarantine_entry import identity_of
from bridge.reconcile.reader import Pace
from bridge.relay.batch import End
from bridge.relay.relay import Relay


class KeptEntry:
    """The quarantine of a retry: a record that fails again has its entry already. Keeps the newest reason."""

    def __init__(self) -> None:
        self.last: Quarantined | None = None

    def check(self) -> None:
        """Nothing is stored, so nothing can be missing."""

    def put(self, entry: Quarantined) -> None:
        self.last = entry


@dataclass(frozen=True, slots=True)
class Retried:
    """The result of one entry. ``found``: why it has no record; ``again``: why the record failed again."""

    name: str
    end: End | None
    why: str = ""
    record_id: str = ""
    again: Quarantined | None = None
    found: Found | None = None
    removed: bool = False


@dataclass(frozen=True, slots=True)
class Retry:
    """``relay`` has ``kept`` as its quarantine, and a breaker that never trips: these records failed before.

    Records are processed one by one, because each has its own end; in the store's order, which a queue does
    not keep. They are marked ``redriven``, and ``sequence`` shows subscribers where they belong.
    """

    relay: Relay
    kept: KeptEntry
    store: QuarantineReader
    deadline: Callable[[], Deadline]
    pace: Pace | None = None
    dry: bool = False

    def selected(self, selection: Selection) -> Generator[Retried]:
        """Every entry that ``selection`` takes; the same record in two entries is processed once.

        Raises ``Unavailable`` and ``BatchError``; entries yielded before that are done.
        """
        ended: dict[str, bool] = {}  # by record: whether its entry may go
        scan = self.store.scan(selection)
        try:
            for found in scan:
                if found.entry is None:
                    yield Retried(found.name, None, found=found)
                    continue
                same = identity_of(found.entry)
                if same in ended:  # a queue may hold it twice
                    if ended[same] and not self.dry:
                        self.store.remove(found.name)
                    continue
                done = self._retry(found.name, found.entry)
                ended[same] = done.end in ("published", "without_event")
                yield done
        finally:
            scan.close()

    def named(self, name: str) -> Generator[Retried]:
        """The entry of that name, else all of the record with that id. Raises ``EntryMissing`` too."""
        try:
            entry = self.store.load(name)
        except EntryMissing:
            found = [each for each in self.store.scan() if each.entry and each.entry.record_id == name]
            if not found:
                raise
            for each in found:
                if each.entry is not None:
                    yield self._retry(each.name, each.entry)
        else:
            yield self._retry(name, entry)

    def _retry(self, name: str, entry: Quarantined) -> Retried:
        self.store.hold()
        if self.pace is not None:
            self.pace.spend(1, self.store.hold)
        self.kept.last = None
        outcome = self.relay.handle(
            [entry.record], self.deadline(), dialect=dialect_of(entry.record, entry.way), redriven=True
        )
        ((end, reasons),) = outcome.reasons.items()
        (why,) = reasons
        ended: End = end  # type: ignore[assignment]
        if why == "unknown_table":  # probably another configuration, which does not know this record
            ended = "returned"
        removed = ended in ("published", "without_event") and not self.dry
        if removed:
            self.store.remove(name)
        return Retried(name, ended, why, entry.record_id, again=self.kept.last, removed=removed)
