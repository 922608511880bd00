"""The second look: item and row are read again, consistently. Only what holds then was missed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from bridge.core.change import TypedItem
from bridge.core.event import Event
from bridge.core.events.claim_check import Claim, fit
from bridge.errors import MalformedRecord, RecordError, ViewTooNarrow
from bridge.limits import RECORD_TIME_ROUNDING_S
from bridge.ports.claim_check import ClaimCheck
from bridge.ports.ledger import Ledger, Row
from bridge.ports.sink import Sink
from bridge.ports.table import TableSource
from bridge.reconcile.comparer import Comparer
from bridge.reconcile.counts import Counts
from bridge.reconcile.options import Options
from bridge.reconcile.pace import Pace
from bridge.reconcile.reemission import Restated, restate
from bridge.reconcile.suspects import Suspect, published_by

Verdict = Literal["missed", "without_event"]


@dataclass(frozen=True, slots=True)
class Confirmed:
    """``events`` are the ones that were asked for; ``settles``: they are all there is to tell or ever will
    be, so the row may say so afterwards."""

    suspect: Suspect
    verdict: Verdict
    restated: Restated
    events: tuple[Event, ...] = ()
    claims: tuple[Claim, ...] = ()
    settles: bool = True


@dataclass(frozen=True, slots=True)
class Confirmer:
    """Asks again and says what is to be done."""

    comparer: Comparer
    source: TableSource
    ledger: Ledger
    sinks: Mapping[str, Sink]
    claim_check: ClaimCheck | None
    pace: Pace
    options: Options
    run: str

    def confirm(self, suspects: Sequence[Suspect], counts: Counts) -> list[Confirmed]:
        """At most 100 suspects, in order; those that are in flight, blocked or filtered are only counted."""
        keys = {self.comparer.token(suspect.key): suspect.key for suspect in suspects}
        found = self.source.read(keys)
        self.pace.spend(found.units)
        counts.read(found.units)
        # Rows after items: a live change between the two reads shows as a row that agrees, or wins later.
        rows = self.ledger.read(keys)
        counts.looked_up(len(keys))
        confirmed = []
        for token, suspect in zip(keys, suspects, strict=True):
            one = self._judge(suspect, token, found.items.get(token), rows.get(token), counts)
            if one is not None:
                confirmed.append(one)
        return confirmed

    def _judge(
        self,
        suspect: Suspect,
        token: str,
        item: TypedItem | None,
        row: Row | None,
        counts: Counts,
    ) -> Confirmed | None:
        comparer = self.comparer
        try:
            fingerprint = None if item is None else comparer.fingerprint(item)
        except MalformedRecord as error:
            counts.block(error.reason, comparer.name(token), error.message)
            return None
        kind = comparer.kind(fingerprint, row)
        if kind is None or fingerprint != suspect.fingerprint or _changed_since(suspect, row):
            counts.add("in_flight")
            return None
        if kind == "other_fingerprint_version":
            counts.add("other_fingerprint_version")
            return None
        restated = restate(
            comparer,
            suspect.key,
            item,
            row,
            read_at=datetime.fromtimestamp(suspect.read_s, UTC),
            run=self.run,
            agrees=kind == "gap",
        )
        if not comparer.accepts(restated.kind, suspect.key, item, row):
            counts.add("filtered")
            # An item that left the table behind the filter's back: the row would call it live for ever.
            # A gap of an item that has no events is none.
            return Confirmed(suspect, "without_event", restated) if item is None or kind == "gap" else None
        confirmed = self._translate(suspect, token, restated, counts)
        if confirmed is not None and row is not None and row.gap and row.gap_names is None:
            counts.add("gaps")
        return confirmed

    def _translate(
        self, suspect: Suspect, token: str, restated: Restated, counts: Counts
    ) -> Confirmed | None:
        undecided: dict[str, ViewTooNarrow] = {}
        try:
            every = restated.events(self.comparer, undecided)
            chosen = tuple(event for event in every if self.options.selects(event.type))
            events, claims = fit(chosen, self.sinks, self._locate)
        except RecordError as error:
            hint = f"{error.message}; {error.hint}" if error.hint else error.message
            counts.block(error.reason, self.comparer.name(token), hint, error.event_type)
            return None
        # Nobody will ever be able to decide these: the other types must not wait for them.
        blocked = [event_type for event_type in undecided if self.options.selects(event_type)]
        for event_type in blocked:
            narrow = undecided[event_type]
            hint = f"{narrow.message}; with ledger.keep: fields (or image) the ledger knows what was before"
            counts.block(narrow.reason, self.comparer.name(token), hint, event_type)
        whole = len(chosen) == len(every) and len(blocked) == len(undecided)
        if not every and not undecided:
            counts.add("without_event")
        if not chosen:
            if whole:
                return Confirmed(suspect, "without_event", restated)
            counts.add("not_selected")
            return None
        counts.add(f"missed_{restated.kind}")
        for event_type in {event.type for event in chosen}:
            counts.types[f"{event_type} {restated.kind}"] += 1
        return Confirmed(suspect, "missed", restated, events, claims, settles=whole)

    @property
    def _locate(self) -> Callable[[Claim], str] | None:
        return None if self.claim_check is None else self.claim_check.locate


def _changed_since(suspect: Suspect, row: Row | None) -> bool:
    """Whether the row proves that the item changed after the first read, and then back to what it was: the
    change back may be on its way. A state told late, of a change from before that read, proves nothing."""
    if (
        row is None
        or row.settled_by != "stream"
        or not row.as_of
        or published_by(row) in ("", suspect.published)
    ):
        return False
    return datetime.fromisoformat(row.as_of).timestamp() > suspect.read_s + RECORD_TIME_ROUNDING_S
