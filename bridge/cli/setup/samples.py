"""What ``init`` reads: items of tables, or records. It reads twice, so that memory stays small: once to see
which kinds of items there are, and once to sample each kind."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any, BinaryIO, Final

from bridge.cli.console.options import Aws
from bridge.errors import AccessDenied, BridgeError, MalformedRecord

if TYPE_CHECKING:
    from bridge.core.change import Change, TypedItem
    from bridge.onboarding.entities.observed import Observed
    from bridge.onboarding.entities.proposal import Proposal
    from bridge.onboarding.sample import TableSample

_SPOOL_BYTES: Final = 16 * 1024 * 1024
_EXPORTED: Final = frozenset({"Metadata", "Keys", "OldImage", "NewImage"})


@dataclass(slots=True)
class TableRead:
    """One table: the sample of all its items and, where it holds several kinds, one of each, by entity."""

    sample: TableSample
    observed: Observed
    expiry: str | None = None
    indexes: frozenset[str] = frozenset()
    unknown_expiry: bool = False
    """Whether DescribeTimeToLive was denied."""
    spool: IO[bytes] | None = None
    """The items of a scan, one typed item on each line."""
    proposal: Proposal | None = None
    entities: dict[str, TableSample] = field(default_factory=dict)

    def propose(self, attribute: str | None) -> bool:
        """Whether the table holds several kinds of items, or keys with labels."""
        from bridge.onboarding.candidates import Candidates
        from bridge.onboarding.entities.proposal import propose
        from bridge.onboarding.sample import TableSample

        found = propose(self.observed, attribute=attribute, expiry=self.expiry, indexes=self.indexes)
        if found is None or not found.entities:
            return False
        whole = self.sample
        self.proposal = found
        self.entities = {
            entity.name: TableSample(
                table=whole.table,
                key=dict(whole.key),
                view=whole.view,
                keep_values=whole.keep_values,
                candidates=Candidates(),
            )
            for entity in found.entities
        }
        return True

    def items(self) -> Iterator[TypedItem]:
        """The items of a scan again."""
        if self.spool is not None:
            self.spool.seek(0)
            for line in self.spool:
                yield json.loads(line)

    def place_item(self, item: TypedItem) -> None:
        """Count an item for its entity; one that no entity selects counts for none."""
        entity = self._entity(item)
        if entity is not None:
            self.entities[entity].add_item(item)

    def place_change(self, change: Change, record: Mapping[str, Any]) -> None:
        """The same for a record. Of an item that changes its entity, the old one has the image before and the
        new one the image after, like an insert."""
        images = [image for image in (change.before, change.after) if image is not None] or [change.key]
        found = [self._entity(image) for image in images]
        if found[0] == found[-1]:
            if found[0] is not None:
                self.entities[found[0]].add_change(change, record)
            return
        for index, (entity, image) in enumerate(zip(found, images, strict=True)):
            if entity is not None:
                self.entities[entity].add_item(image, new=index == 1)

    def _entity(self, item: TypedItem) -> str | None:
        from bridge.core.values import plain_item

        assert self.proposal is not None  # noqa: S101 - items are placed after the proposal
        try:
            plain = plain_item(item, "item")
            return self.proposal.entity_of({name: item[name] for name in self.sample.key}, plain)
        except (MalformedRecord, KeyError):
            return None  # counted as unreadable


# --- tables --------------------------------------------------------------------------------------


def read_tables(
    tables: Sequence[str], count: int, keep_values: bool, aws: Aws, attribute: str | None, open_: ExitStack
) -> list[TableRead]:
    """``open_`` closes the copies of the items."""
    clients = aws.clients()("dynamodb")
    found = []
    for table in dict.fromkeys(tables):
        read = _scan(clients, table, count, keep_values, open_)
        if read.propose(attribute):
            for item in read.items():
                read.place_item(item)
        found.append(read)
    return found


def _scan(dynamodb: Any, table: str, count: int, keep_values: bool, open_: ExitStack) -> TableRead:
    from bridge.core.values import base64_text
    from bridge.edges.dynamodb.describe import describe_table, expiry_attribute, index_keys
    from bridge.edges.dynamodb.sample import sample_items
    from bridge.onboarding.entities.observed import Observed
    from bridge.onboarding.sample import TableSample

    described = describe_table(dynamodb, table)
    sample = TableSample(
        table=described.name,
        key=dict(described.key),
        view=described.view,
        stream_enabled=bool(described.stream_arn),
        about_items=described.about_items,
        keep_values=keep_values,
    )
    spool = open_.enter_context(tempfile.SpooledTemporaryFile(max_size=_SPOOL_BYTES))  # noqa: SIM115
    read = TableRead(sample, Observed(sample.key), spool=spool)
    read.indexes = index_keys(dynamodb, table)
    try:
        read.expiry = expiry_attribute(dynamodb, table)
    except AccessDenied:
        read.unknown_expiry = True
    for item in sample_items(dynamodb, table, count):
        if sample.add_item(item):
            read.observed.add(item)
            spool.write(json.dumps(item, default=base64_text).encode() + b"\n")
    return read


# --- records -------------------------------------------------------------------------------------


def read_records(
    stream: BinaryIO, name: str, tables: Sequence[str], keep_values: bool, attribute: str | None
) -> list[TableRead]:
    """One for each table of the records. Raises ``BridgeError`` if no record can be decoded."""
    found: dict[str, TableRead] = {}
    unreadable, first = 0, None
    for record, change, error in _decoded(stream, name, tables):
        if error is not None:
            unreadable += 1
            first = first or error
        elif change is None:
            _add_export(found, record, tables, keep_values)
        elif not tables or change.table in tables:
            read = found.get(change.table)
            if read is None:
                read = found[change.table] = _new(change.table, change.key, change.view, keep_values)
            if read.sample.add_change(change, record):
                images = [image for image in (change.before, change.after) if image is not None]
                for image in images or [change.key]:
                    read.observed.add(image)
    if not found:
        raise _nothing(name, tables, unreadable, first)
    next(iter(found.values())).sample.unreadable += unreadable
    mixed = [read for read in found.values() if read.propose(attribute)]
    if mixed:
        stream.seek(0)
        for record, change, _ in _decoded(stream, name, tables):
            _place(found, record, change, tables)
    return list(found.values())


def _place(found: Mapping[str, TableRead], record: Any, change: Change | None, tables: Sequence[str]) -> None:
    if change is not None:
        read = found.get(change.table)
        if read is not None and read.proposal is not None:
            read.place_change(change, record)
    elif is_export(record) and found[tables[0]].proposal is not None:
        for image in _images(record):
            found[tables[0]].place_item(image)


def _decoded(
    stream: BinaryIO, name: str, tables: Sequence[str]
) -> Iterator[tuple[Any, Change | None, MalformedRecord | None]]:
    """Each record with its change, or with why it has none; the lines of an export have neither."""
    from bridge.cli.records.files import read_all
    from bridge.core.records.decode import decode

    for record in read_all(stream, name, hint="`stream-bridge render` shows more about the file"):
        if is_export(record):
            yield record, None, None
            continue
        try:
            yield record, decode(record, stand_in(tables)), None
        except MalformedRecord as error:
            yield record, None, error


def _new(table: str, key: Mapping[str, Any], view: Any, keep_values: bool) -> TableRead:
    from bridge.onboarding.entities.observed import Observed
    from bridge.onboarding.sample import TableSample

    types = {attribute: next(iter(value)) for attribute, value in _ordered(key)}
    sample = TableSample(table=table, key=types, view=view, key_order_known=False, keep_values=keep_values)
    return TableRead(sample, Observed(types))


def _nothing(name: str, tables: Sequence[str], unreadable: int, first: MalformedRecord | None) -> BridgeError:
    from bridge.core.records.decode import NAMES_NO_STREAM

    if first is None:
        return BridgeError(f"{name} holds no record of {', '.join(tables)}" if tables else f"{name} is empty")
    hint = first.hint
    if first.message == NAMES_NO_STREAM:
        hint = "records of GetRecords do not name their table: name it with --table"
    return BridgeError(
        f"{name} holds no record that can be decoded ({unreadable} cannot); the first: {first.message}",
        hint=hint,
    )


def is_export(record: Any) -> bool:
    """Whether ``record`` is a line of an export to S3, incremental (one change of an item) or full."""
    if not isinstance(record, dict):
        return False
    incremental = {"Metadata", "Keys"} <= set(record) <= _EXPORTED
    return incremental or (set(record) == {"Item"} and isinstance(record["Item"], dict))


def _add_export(
    found: dict[str, TableRead], record: Mapping[str, Any], tables: Sequence[str], keep_values: bool
) -> None:
    """The images of a line count as items. Raises ``BridgeError`` where table or key is not known."""
    if len(tables) != 1:
        raise BridgeError("an export does not name its table", hint="name it with one --table")
    (table,) = tables
    if "Item" in record:
        raise BridgeError(
            "a full export does not show which attributes are the key",
            hint=f"read the table itself (init --table {table}), or an incremental export of it",
        )
    if table not in found:
        found[table] = _new(table, record["Keys"], "NEW_AND_OLD_IMAGES", keep_values)
    for image in _images(record):
        if found[table].sample.add_item(image):
            found[table].observed.add(image)


def _images(record: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for image in ("OldImage", "NewImage"):
        if isinstance(record.get(image), dict):
            yield record[image]


def _ordered(key: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """The attributes of a key; those named like a sort key come last."""
    from bridge.onboarding.entities.words import words

    sort_words = {"sk", "sort", "range"}
    return sorted(key.items(), key=lambda each: bool(sort_words & set(words(each[0]))))


def stand_in(tables: Sequence[str]) -> Any:
    """The stream of records that name none; None if there are several tables."""
    from bridge.cli.records.report import placeholder_stream

    return placeholder_stream(tables[0]) if len(tables) == 1 else None
