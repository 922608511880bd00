"""The first look at every item and every live row: agree, or suspect."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bridge.core.change import TypedItem
from bridge.errors import FirstContact, KeySchemaChanged, MalformedRecord
from bridge.ports.clock import Clock
from bridge.ports.ledger import Ledger, LedgerScan, Row
from bridge.ports.table import TableSource
from bridge.reconcile.comparer import Comparer
from bridge.reconcile.counts import Counts
from bridge.reconcile.options import Options
from bridge.reconcile.pace import Pace
from bridge.reconcile.segment import SegmentCheckpoint
from bridge.reconcile.suspects import Suspect, batches, published_by

EARLY_ITEMS = 1_000
"""So many items of a segment tell whether the ledger knows the table."""


@dataclass(frozen=True, slots=True)
class Looks:
    """What all segments of one run share."""

    comparer: Comparer
    source: TableSource
    ledger: Ledger
    scan: LedgerScan
    pace: Pace
    clock: Clock
    options: Options

    # --- the table -------------------------------------------------------------------------------

    def table_page(self, segment: int, at: SegmentCheckpoint) -> list[Suspect]:
        """Raises ``FirstContact`` where it is plain already that the ledger does not know the table."""
        read_s = self.clock.now()
        page = self.source.page(segment, self.options.segments, at.start)
        self.pace.spend(page.units)
        at.counts.read(page.units)
        at.counts.add("scanned", len(page.items))
        suspects = self._compare(page.items, read_s, at.counts)
        if suspects:
            at.last_s = self.clock.now()
        at.start, at.done = page.next, page.next is None
        if not self.options.trust_ledger and at.counts["scanned"] >= EARLY_ITEMS:
            check_contact(self.comparer.facts.name, at.counts, certain=0.9)
        return suspects

    def _compare(self, items: Sequence[TypedItem], read_s: float, counts: Counts) -> list[Suspect]:
        comparer = self.comparer
        kind_of, fingerprint_of = comparer.kind, comparer.fingerprint
        tokens = [comparer.token_of(item) for item in items]
        rows = self.ledger.read(tokens) if tokens else {}
        counts.looked_up(len(tokens))
        suspects: list[Suspect] = []
        matching = 0  # nearly all: everything else may take its time
        for item, token in zip(items, tokens, strict=True):
            row = rows.get(token)
            try:
                fingerprint = fingerprint_of(item)
            except MalformedRecord as error:
                counts.add("undecodable")
                counts.block(error.reason, comparer.name(token), error.message)
                continue
            kind = kind_of(fingerprint, row)
            if kind is None:
                matching += 1
                continue
            key = comparer.key_of(item)
            if kind == "other_fingerprint_version":
                counts.add("other_fingerprint_version")
            elif (kind == "insert" or kind == "modify") and not comparer.accepts(kind, key, item, row):
                counts.add("filtered")
                continue
            elif self._too_old(row):
                counts.add("skipped")
            else:
                suspects.append(Suspect(key, fingerprint, read_s, published_by(row)))
            counts.add("without_row", row is None)
        counts.add("matching", matching)
        counts.add("suspects", len(suspects))
        return suspects

    def _too_old(self, row: Row | None) -> bool:
        return bool(self.options.since) and row is not None and row.as_of < self.options.since

    # --- the ledger ------------------------------------------------------------------------------

    def ledger_page(self, segment: int, at: SegmentCheckpoint) -> list[Suspect]:
        """Live rows whose item is gone. Raises ``KeySchemaChanged``."""
        facts = self.comparer.facts
        pages = iter(self.scan.rows(facts.name, segment, self.options.segments, at.start or ""))
        page = next(pages, None)
        if page is None:
            at.done = True
            return []
        at.counts.looked_up(page.units)
        at.counts.add("rows", len(page.rows))
        suspects: list[Suspect] = []
        for rows in batches(page.rows):
            by_token = {row.key: self._key_of(row) for row in rows}
            read_s = self.clock.now()
            found = self.source.read(by_token)
            self.pace.spend(found.units)
            at.counts.read(found.units)
            gone = [row for row in rows if found.items.get(row.key) is None]
            lost = [
                Suspect(by_token[row.key], None, read_s, published_by(row))
                for row in gone
                if not self._too_old(row)
            ]
            at.counts.add("skipped", sum(self._too_old(row) for row in gone))
            if lost:
                at.last_s = self.clock.now()
            suspects += lost
        at.counts.add("suspects", len(suspects))
        at.start, at.done = page.next, not page.next
        return suspects

    def _key_of(self, row: Row) -> TypedItem:
        facts = self.comparer.facts
        if {name: next(iter(typed), "") for name, typed in row.item_key.items()} != dict(facts.key):
            was = ", ".join(sorted(row.item_key)) or "no key"
            raise KeySchemaChanged(
                f"the ledger knows items of table {facts.name} by {was}, the table by {', '.join(facts.key)}",
                hint="the table was made anew with another key: give it a ledger of its own",
            )
        return row.item_key

    # --- chosen keys -----------------------------------------------------------------------------

    def chosen(self, at: SegmentCheckpoint) -> list[Suspect]:
        """The keys that were asked for, items and rows alike."""
        suspects: list[Suspect] = []
        for keys in batches(self.options.keys):
            by_token = {self.comparer.token(key): key for key in keys}
            read_s = self.clock.now()
            found = self.source.read(by_token)
            self.pace.spend(found.units)
            at.counts.read(found.units)
            at.counts.add("scanned", len(by_token))
            items = [item for item in found.items.values() if item is not None]
            suspects += self._compare(items, read_s, at.counts)
            gone = [token for token in by_token if found.items.get(token) is None]
            rows = self.ledger.read(gone) if gone else {}
            lost = [
                Suspect(by_token[token], None, read_s, published_by(rows.get(token)))
                for token in gone
                if self.comparer.kind(None, rows.get(token)) is not None
            ]
            at.counts.add("suspects", len(lost))
            suspects += lost
            at.last_s = self.clock.now()
        at.done = True
        return suspects


def check_contact(table: str, counts: Counts, *, certain: float) -> None:
    """Raises ``FirstContact`` where more than this share of the items has no row, or none has one."""
    scanned, unknown = counts["scanned"] - counts["filtered"], counts["without_row"]
    if scanned and (unknown == scanned or (scanned >= 100 and unknown > certain * scanned)):
        known = scanned - unknown
        raise FirstContact(
            f"table {table} is older than its ledger: of {scanned} items seen the ledger knows {known}; "
            "they were not missed, it never saw them",
            hint=f"`stream-bridge seed --table {table}` records them and sends nothing; "
            f"`stream-bridge backfill --table {table}` sends each as a snapshot event; "
            "--trust-ledger says that they were missed indeed",
        )
