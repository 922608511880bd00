"""Looks at the targets again while the process works: a bus that is deleted accepts every event in silence.

The look comes between publishing and settling, so the batch that finds a target missing settles nothing. What
earlier batches settled since the last good look is named in the log, and where a sink is missing, their
ledger rows get back what subscribers had before: the next reconciliation finds these changes missed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Final

from bridge.errors import BatchError, BridgeError, Unavailable
from bridge.ports.clock import Clock, Deadline, time_limit
from bridge.ports.ledger import Ledger, Row
from bridge.ports.telemetry import Telemetry
from bridge.relay.batch import Item
from bridge.relay.rows import held_by, with_ends

LOOK_EVERY_S: Final = 120.0
SUSPICIOUS_EVERY_S: Final = 10.0
"""After a suspicious sign the next batch looks, but not more often than this."""

LOOK_S: Final = 5.0
"""The most time of one look, marking included."""

KEYS_MAX: Final = 10_000
"""Keys whose earlier state is kept from one good look to the next; of more, only the range is known."""


class TargetWatch:
    """``sinks`` and ``stores`` are the checks of both kinds. Threads may share it. It does nothing before
    :meth:`begin`, and has no thread of its own."""

    def __init__(
        self,
        sinks: Sequence[Callable[[], None]],
        stores: Sequence[Callable[[], None]],
        ledger: Ledger,
        clock: Clock,
        telemetry: Telemetry,
    ) -> None:
        self._sinks, self._stores, self._ledger = sinks, stores, ledger
        self._clock, self._telemetry = clock, telemetry
        self._lock = threading.RLock()
        self._looked_s: float | None = None
        self._good = True
        self._suspicious = False
        self._ranges: dict[str, tuple[int, str, str]] = {}  # by table: changes, first and last sequence
        self._before: dict[str, Row | None] = {}  # by key: the row before the first of these changes

    def begin(self) -> None:
        """The targets have just been checked."""
        self._looked_s = self._clock.monotonic()

    def suspect(self) -> None:
        """Something failed in a way that a missing target may explain."""
        self._suspicious = True

    def before_publishing(self) -> None:
        """While a target was missing at the last look, nothing is published before it is back. Raises as
        :meth:`look` does."""
        if not self._good or (self._suspicious and self._since_s() >= SUSPICIOUS_EVERY_S):
            self.look()

    def look_if_due(self) -> bool:
        """Whether it looked and all is well. Raises as :meth:`look` does."""
        due = self._looked_s is not None and (not self._good or self._since_s() >= LOOK_EVERY_S)
        return due and self.look()

    def look(self) -> bool:
        """Whether all is well: False where that is not known, and the next batch repeats the look. Raises
        ``BatchError`` where a target is missing or denies access."""
        if self._looked_s is None:
            return False
        with self._lock, time_limit(Deadline.after(self._clock, LOOK_S)):
            sinks_missing = True
            try:
                for check in self._sinks:
                    check()
                sinks_missing = False
                for check in self._stores:
                    check()
            except Unavailable:
                return False
            except BatchError as error:
                self._good = False
                self._report(error, sinks_missing)
                raise
            self._looked_s = self._clock.monotonic()
            self._good, self._suspicious = True, False
            self._ranges.clear()
            self._before.clear()
            return True

    def note(self, items: Iterable[Item], before: Mapping[str, Row]) -> None:
        """These items have ended; ``before`` has the ledger rows from before the batch."""
        if self._looked_s is None:
            return
        with self._lock:
            for item in items:
                if item.end == "returned" and item.error is not None:
                    self._suspicious = True
                change = item.change
                if change is None or item.end not in ("published", "quarantined"):
                    continue
                sequence = change.position.sequence
                number, first, last = self._ranges.get(change.table, (0, sequence, sequence))
                self._ranges[change.table] = (number + 1, min(first, sequence), max(last, sequence))
                if item.end == "published" and len(self._before) < KEYS_MAX:
                    self._before.setdefault(item.key, before.get(item.key))

    def _since_s(self) -> float:
        return 0.0 if self._looked_s is None else self._clock.monotonic() - self._looked_s

    def _report(self, error: BridgeError, sinks_missing: bool) -> None:
        marked = self._give_back() if sinks_missing and self._ledger.scoped else 0
        for table, (number, first, last) in self._ranges.items():
            self._telemetry.log(
                "error",
                "a target is missing: changes that were settled since the last good look may be lost",
                table=table,
                changes=number,
                first=first,
                last=last,
                marked_as_missed=marked,
                error=error.message,
                hint="create the target again, then run `stream-bridge reconcile run` for the table: it "
                "re-emits what is marked as missed; without a ledger, run `stream-bridge backfill`",
            )
        self._ranges.clear()

    def _give_back(self) -> int:
        """Gives the rows back what subscribers had before; returns how many of the rows."""
        given = 0
        with suppress(BridgeError):
            for key, before in list(self._before.items()):
                row = self._ledger.read([key]).get(key)
                if row is None or self._ledger.settle_if(_as_before(row, before), row):
                    del self._before[key]
                    given += row is not None
        return given


def _as_before(row: Row, before: Row | None) -> Row:
    """``row`` with what subscribers had ``before``; positions stay, so nothing is published twice."""
    held = held_by(row) | held_by(before)
    if before is None:
        bare = replace(
            row, live=False, fingerprint="", fields=None, image=None, doubt=False, seen=row.seen_state
        )
        return with_ends(bare, held)
    restored = replace(
        row,
        live=before.live,
        doubt=before.doubt,
        fingerprint=before.fingerprint,
        fields=before.fields,
        image=before.image,
        fingerprint_version=before.fingerprint_version,
        seen=row.seen_state,
        published=before.published_sequence,
        entity=before.entity,
    )
    return with_ends(restored, held)
