"""Confirming: item and row are read again, consistently. Only what still differs then was missed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from bridge.core.change import Operation, Position, TypedItem
from bridge.core.event import Event
from bridge.core.events.claim_check import Claim, fit
from bridge.errors import MalformedRecord, RecordError, ViewTooNarrow
from bridge.ports.ledger import Row
from bridge.reconcile.comparer import Comparer
from bridge.reconcile.counts import Counts
from bridge.reconcile.reader import Parts, Reader
from bridge.reconcile.reemission import Reemission, reemission_of
from bridge.reconcile.state import Suspect, is_unsettled, published_by

Verdict = Literal["missed", "without_event"]


@dataclass(frozen=True, slots=True)
class Confirmed:
    """``events`` are those of the selected types. ``settles``: no other event of this change can be
    published, now or later, so the row may record it as settled."""

    suspect: Suspect
    verdict: Verdict
    reemission: Reemission
    events: tuple[Event, ...] = ()
    claims: tuple[Claim, ...] = ()
    settles: bool = True

    @property
    def event_count(self) -> int:
        return len({event.id for event in self.events})


def fitted(parts: Parts, events: tuple[Event, ...]) -> tuple[tuple[Event, ...], tuple[Claim, ...]]:
    """Events as the sinks can take them. Raises ``RecordError`` for one that is too large."""
    return fit(events, parts.sinks, None if parts.claim_check is None else parts.claim_check.locate)


@dataclass(frozen=True, slots=True)
class Confirmer(Reader):
    """Reads suspects again and decides what to do with each."""

    run: str

    def confirm(self, suspects: Sequence[Suspect], counts: Counts) -> list[Confirmed]:
        """At most 100 suspects, in order. Those that are in flight, blocked or filtered are only counted."""
        # A key can be suspect twice, because it differs and because a change of it was never settled.
        by_token: dict[str, Suspect] = {}
        for suspect in suspects:
            token = self.parts.comparer.token(suspect.key)
            known = by_token.get(token)
            if known is None or known.announced < suspect.announced:
                by_token[token] = suspect
        keys = {token: suspect.key for token, suspect in by_token.items()}
        items = self.items(keys, counts)
        # Rows after items: a live change between the two reads shows as a matching row, or wins later.
        rows = self.rows(keys, counts)
        judged = (
            self._judge(suspect, token, items.get(token), rows.get(token), counts)
            for token, suspect in by_token.items()
        )
        return [one for one in judged if one is not None]

    def _judge(
        self, suspect: Suspect, token: str, item: TypedItem | None, row: Row | None, counts: Counts
    ) -> Confirmed | None:
        comparer = self.parts.comparer
        try:
            fingerprint = None if item is None else comparer.fingerprint(item)
        except MalformedRecord as error:
            counts.block(error.reason, comparer.name(token), error.message)
            return None
        kind = comparer.kind(fingerprint, row)
        unsettled = _unsettled(suspect, row)
        differs = kind is not None or unsettled is not None
        if not differs or fingerprint != suspect.fingerprint or _published_since(suspect, row):
            counts.add("in_flight")
            return None
        if kind == "not_comparable" and unsettled is None:
            counts.add("not_comparable")
            return None
        read_at = datetime.fromtimestamp(suspect.read_s, UTC)
        reemission = reemission_of(
            comparer,
            suspect.key,
            item,
            row,
            read_at=read_at,
            run=self.run,
            matches=kind == "gap" and unsettled is None,
            unsettled=unsettled,
        )
        if not comparer.accepts(reemission.kind, suspect.key, item, row):
            counts.add("filtered")
            # The filter never let the remove of this item through, so its row would say live for ever.
            # A gap of an item that has no events needs none either.
            return Confirmed(suspect, "without_event", reemission) if item is None or kind == "gap" else None
        confirmed = self._translate(suspect, token, reemission, counts)
        if confirmed is not None and row is not None and row.gap and row.gap_names is None:
            counts.add("gaps")
        return confirmed

    def _translate(
        self, suspect: Suspect, token: str, reemission: Reemission, counts: Counts
    ) -> Confirmed | None:
        key_hash = self.parts.comparer.name(token)
        undecided: dict[str, ViewTooNarrow] = {}
        try:
            every = reemission.events(self.parts.comparer, undecided)
            chosen = tuple(event for event in every if self.options.selects(event.type))
            events, claims = fitted(self.parts, chosen)
        except RecordError as error:
            hint = f"{error.message}; {error.hint}" if error.hint else error.message
            counts.block(error.reason, key_hash, hint, error.event_type)
            return None
        # Nobody will ever be able to decide these types, so the others must not wait for them.
        blocked = [event_type for event_type in undecided if self.options.selects(event_type)]
        for event_type in blocked:
            narrow = undecided[event_type]
            why = _why_undecided(narrow, reemission.kind, self.parts.comparer)
            counts.block(narrow.reason, key_hash, why, event_type)
        whole = len(chosen) == len(every) and len(blocked) == len(undecided)
        if not every and not undecided:
            counts.add("without_event")
        if not chosen:
            if whole:
                return Confirmed(suspect, "without_event", reemission)
            counts.add("not_selected")
            return None
        counts.add(f"missed_{reemission.kind}")
        counts.of_entity(reemission.entity, "missed")
        for event_type in {event.type for event in chosen}:
            counts.types[f"{event_type} {reemission.kind}"] += 1
        return Confirmed(suspect, "missed", reemission, events, claims, settles=whole)


def _why_undecided(narrow: ViewTooNarrow, kind: Operation, comparer: Comparer) -> str:
    """Why a condition of a missed change cannot be decided: the table's stream does not capture what it
    needs, or it does, and the stream lost it and the ledger does not keep it."""
    view, keep = comparer.facts.view, comparer.keep
    if view != "NEW_AND_OLD_IMAGES" and not (view == "OLD_IMAGE" and narrow.condition == "when.before"):
        return (
            f"table {comparer.facts.name}: {narrow.condition} cannot be decided, the stream view is {view};"
            " with NEW_AND_OLD_IMAGES and ledger.keep: image it can"
        )
    by_fields = narrow.condition == "when.changed" and kind == "modify" and keep != "fields"
    enough = "fields (or image)" if by_fields else "image"
    return (
        f"table {comparer.facts.name}: {narrow.condition} cannot be decided: it needs the item before the"
        f" change, which the stream lost, and the item's ledger row does not have it (ledger.keep is {keep});"
        f" with keep: {enough}, rows that are settled from then on have what it needs"
    )


def _published_since(suspect: Suspect, row: Row | None) -> bool:
    """Whether a live change of the key was published since the first read: then item and row differ for
    another reason than they did, and its own grace is not over. The position says so, not the value: the item
    may have changed, and changed back."""
    return row is not None and row.settled_by == "stream" and published_by(row) != suspect.published


def _unsettled(suspect: Suspect, row: Row | None) -> Position | None:
    """The position of a change that was announced and never settled, so that subscribers may have it.
    Later changes that published nothing leave them with it."""
    if not suspect.announced:
        return None
    position = Position.of(suspect.announced)
    return position if is_unsettled(position, row) else None
