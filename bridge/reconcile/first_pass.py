"""The first pass: every item is compared with its ledger row, and every live row with its item."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bridge.core.change import TypedItem
from bridge.core.entities.select import NO_ENTITY
from bridge.errors import FirstContact, KeySchemaChanged, MalformedRecord
from bridge.ports.ledger import Announced, Row
from bridge.reconcile.comparer import Kind
from bridge.reconcile.counts import Counts
from bridge.reconcile.reader import Reader
from bridge.reconcile.segment import SegmentCheckpoint
from bridge.reconcile.state import Suspect, batches, is_unsettled, published_by
from bridge.relay.generations import current_announced, current_row

EARLY_ITEMS = 1_000
"""After this many items of a segment it is certain whether the ledger knows the table."""


@dataclass(frozen=True, slots=True)
class FirstPass(Reader):
    """All segments of a run share it. Items and rows that differ become suspects."""

    # --- the table -------------------------------------------------------------------------------

    def table_page(self, segment: int, at: SegmentCheckpoint) -> list[Suspect]:
        """Raises ``FirstContact`` as soon as it is certain that the ledger does not know the table."""
        read_s = self.parts.clock.now()
        suspects = self._compare(self.page(segment, at), read_s, at.counts)
        if suspects:
            at.last_s = self.parts.clock.now()
        if not self.options.trust_ledger and at.counts["compared"] >= EARLY_ITEMS:
            check_contact(self.parts.table, at.counts, certain=0.9)
        return suspects

    def _compare(self, items: Sequence[TypedItem], read_s: float, counts: Counts) -> list[Suspect]:
        comparer = self.parts.comparer
        kind_of, fingerprint_of = comparer.kind, comparer.fingerprint
        tokens = [comparer.token_of(item) for item in items]
        rows = self.rows(tokens, counts)
        suspects: list[Suspect] = []
        mixed = comparer.table.entities is not None
        matching = 0  # nearly all items match, so only this path must be fast
        for item, token in zip(items, tokens, strict=True):
            row = rows.get(token)
            try:
                fingerprint = fingerprint_of(item)
            except MalformedRecord as error:
                counts.undecodable(error, comparer.name(token))
                continue
            kind = kind_of(fingerprint, row)
            if mixed and not self._counted(fingerprint, row, kind, counts):
                continue
            if kind is None:
                matching += 1
                continue
            key = comparer.key_of(item)
            if kind == "not_comparable":
                counts.add("not_comparable")
            elif (kind == "insert" or kind == "modify") and not comparer.accepts(kind, key, item, row):
                counts.add("filtered")
                continue
            elif self._too_old(row):
                counts.add("skipped")
            else:
                suspects.append(Suspect(key, fingerprint, read_s, published_by(row)))
            counts.add("without_row", row is None)
        counts.add("matching", matching)
        counts.add("differing", len(suspects))
        return suspects

    def _counted(self, fingerprint: str, row: Row | None, kind: Kind | None, counts: Counts) -> bool:
        """Whether an item of a table with entities is compared, as its entity or as the one it had before."""
        entity = fingerprint.rpartition(" ")[2]
        held = row.entity if row is not None and row.live else ""
        ends = row.ends if row is not None else ()
        if held in ("", NO_ENTITY) and ends:
            held = ends[0]
        if (kind is None and entity == NO_ENTITY) or not self._selects(entity, held, *ends):
            counts.add("no_entity")
            return False
        counts.of_entity(held if entity == NO_ENTITY else entity, "matching" if kind is None else "differing")
        return True

    def _selects(self, *entities: str) -> bool:
        chosen = self.options.entities
        return not chosen or any(entity in chosen for entity in entities)

    def _too_old(self, row: Row | None) -> bool:
        return bool(self.options.since) and row is not None and row.as_of < self.options.since

    # --- the ledger ------------------------------------------------------------------------------

    def ledger_page(self, segment: int, at: SegmentCheckpoint) -> list[Suspect]:
        """Live rows whose item is gone. Raises ``KeySchemaChanged``."""
        scan, segments = self.parts.scan, self.options.segments
        page = next(iter(scan.rows(self.parts.table, segment, segments, at.start or "")), None)
        if page is None:
            at.done = True
            return []
        table = self.parts.comparer.table
        known = [current_row(row, table) for row in page.rows]
        at.counts.looked_up(page.units)
        at.counts.add("rows", len(page.rows))
        suspects: list[Suspect] = []
        for rows in batches(known):
            by_token = {row.key: self._key_of(row) for row in rows}
            read_s = self.parts.clock.now()
            items = self.items(by_token, at.counts)
            gone = [row for row in rows if items.get(row.key) is None]
            lost = [row for row in gone if not self._too_old(row) and self._selects(row.entity)]
            at.counts.add("skipped", len(gone) - len(lost))
            for row in lost:
                at.counts.of_entity(row.entity, "differing")
            suspects += [Suspect(by_token[row.key], None, read_s, published_by(row)) for row in lost]
            if lost:
                at.last_s = self.parts.clock.now()
        suspects += self._unsettled([current_announced(each, table) for each in page.announced], at)
        at.counts.add("differing", len(suspects))
        at.start, at.done = page.next, not page.next
        return suspects

    def _unsettled(self, announced: Sequence[Announced], at: SegmentCheckpoint) -> list[Suspect]:
        """Keys with a change that was announced and never settled: subscribers may have its events, and
        nobody knows. Whatever they have, the state that the item has now is published after it."""
        comparer = self.parts.comparer
        suspects: list[Suspect] = []
        for some in batches(announced):
            newest = {each.key: each for each in sorted(some, key=lambda each: each.position)}
            rows = self.rows(newest, at.counts)
            open_ones = {
                key: each for key, each in newest.items() if is_unsettled(each.position, rows.get(key))
            }
            read_s = self.parts.clock.now()
            keys = {key: each.item_key for key, each in open_ones.items()}
            items = self.items(keys, at.counts) if keys else {}
            for key, each in open_ones.items():
                item = items.get(key)
                try:
                    fingerprint = None if item is None else comparer.fingerprint(item)
                except MalformedRecord as error:
                    at.counts.undecodable(error, comparer.name(key))
                    continue
                sequence = each.position.sequence
                suspects.append(
                    Suspect(each.item_key, fingerprint, read_s, published_by(rows.get(key)), sequence)
                )
                at.last_s = self.parts.clock.now()
        return suspects

    def _key_of(self, row: Row) -> TypedItem:
        facts = self.parts.comparer.facts
        if {name: next(iter(typed), "") for name, typed in row.item_key.items()} != dict(facts.key):
            was = ", ".join(sorted(row.item_key)) or "no key"
            raise KeySchemaChanged(
                f"the ledger has items of table {facts.name} with the key {was}; the table's key is "
                f"{', '.join(facts.key)}",
                hint="the table was created again with another key: give it its own ledger",
            )
        return row.item_key

    # --- given keys ------------------------------------------------------------------------------

    def keys_page(self, segment: int, at: SegmentCheckpoint) -> list[Suspect]:
        """Items and rows of ``options.keys``: one page, one segment."""
        comparer, counts = self.parts.comparer, at.counts
        suspects: list[Suspect] = []
        for keys in batches(self.options.keys):
            by_token = {comparer.token(key): key for key in keys}
            read_s = self.parts.clock.now()
            items = self.items(by_token, counts)
            counts.add("compared", len(by_token))
            suspects += self._compare([item for item in items.values() if item is not None], read_s, counts)
            gone = [token for token in by_token if items.get(token) is None]
            rows = self.rows(gone, counts)
            lost = [token for token in gone if comparer.kind(None, rows.get(token)) is not None]
            suspects += [
                Suspect(by_token[token], None, read_s, published_by(rows.get(token))) for token in lost
            ]
            counts.add("differing", len(lost))
            at.last_s = self.parts.clock.now()
        at.done = True
        return suspects


def check_contact(table: str, counts: Counts, *, certain: float) -> None:
    """Raises ``FirstContact`` if more than this share of the items has no row, or if no item has one."""
    compared, unknown = counts["compared"] - counts["filtered"], counts["without_row"]
    if compared and (unknown == compared or (compared >= 100 and unknown > certain * compared)):
        raise FirstContact(
            f"table {table} is older than its ledger: the ledger knows {compared - unknown} of {compared} "
            "items. The others were not missed: the ledger never saw them",
            hint=f"`stream-bridge seed --table {table}` records them and sends nothing; "
            f"`stream-bridge backfill --table {table}` sends each as a snapshot event; "
            "with --trust-ledger they count as missed",
        )
