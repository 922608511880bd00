"""A change: one decoded stream record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from bridge.limits import SEQUENCE_NUMBER_DIGITS

Operation = Literal["insert", "modify", "remove", "snapshot"]
"""``snapshot`` is an item as a backfill read it: nothing happened to it."""

Actor = Literal["user", "ttl"]
StreamView = Literal["KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"]


def captures(view: str, image: Literal["before", "after"]) -> bool:
    """Whether records of a stream with this view have the image of the item before, or after, a change."""
    return view in ("OLD_IMAGE" if image == "before" else "NEW_IMAGE", "NEW_AND_OLD_IMAGES")


TypedValue = Mapping[str, Any]
"""DynamoDB's own JSON of one value: one member, named by the type: ``{"S": "x"}``."""

TypedItem = Mapping[str, TypedValue]


class Position(NamedTuple):
    """The place of a change in a table's history: the stream's label, then the sequence number.

    The label is the stream's ISO timestamp, so a re-enabled stream is newer than any number of the old one.
    Numbers compare as integers; as text "9" would come after "10".

    A change that came through Kinesis has its creation time as label (26 characters, microseconds) and the
    number of its Kinesis record (56 digits): see :mod:`bridge.core.records.kinesis`.
    """

    label: str
    number: int

    @property
    def sequence(self) -> str:
        """The CloudEvents ``sequence``: text that sorts like the position."""
        return f"{self.label}/{self.number!s:0>{SEQUENCE_NUMBER_DIGITS}}"

    @classmethod
    def of(cls, sequence: str) -> Position:
        """From :attr:`sequence`. Raises ``ValueError`` for other text."""
        label, _, number = sequence.rpartition("/")
        return cls(label, int(number))


@dataclass(frozen=True, slots=True)
class StreamRef:
    """The stream that a record comes from, read from its ARN. For a record that came through Kinesis,
    ``arn`` is the table's and ``label`` the name of the Kinesis stream."""

    arn: str
    table: str
    label: str

    @property
    def table_arn(self) -> str:
        return self.arn.split("/stream/", 1)[0]


_NO_MARKS: Mapping[str, str | bool] = MappingProxyType({})


class Change(NamedTuple):
    """A decoded record. Key and images are DynamoDB's typed JSON; their values are checked where they are
    converted to plain values.

    ``before`` and ``after`` are ``None`` where the stream view did not capture that image or the item did
    not exist; :func:`captures` distinguishes the two cases.

    ``current`` is the item as it was read when the change was handled, not an image of this change. If
    ``fetched`` is true and ``current`` is None, the item was gone by then.

    ``published`` holds, by name, the hashes of the attributes that were published last: without a before
    image they show which attributes changed. ``marks`` are extension attributes for the change's events, such
    as ``redriven``. ``suffix`` is for a step that no record showed: it sorts between two positions
    (:func:`bridge.core.healing.suffix_after`), and for a change with ``current``: of two reads for one record
    the later one sorts after the other. ``id_suffix`` is the same in the ids of its events, so that one id
    always stands for one content.

    ``entity`` and ``was`` name the entities of the item after and before the change, in a table that holds
    several kinds of items (:mod:`bridge.core.entities`): ``*`` where none selects it, None where that cannot
    be known from this stream view. ``parts`` are the parts of the key that the templates of ``entity`` name.
    """

    record_id: str
    stream: StreamRef
    operation: Operation
    key: TypedItem
    before: TypedItem | None
    after: TypedItem | None
    position: Position
    time: datetime
    actor: Actor
    view: StreamView
    current: TypedItem | None = None
    fetched: bool = False
    published: Mapping[str, str] | None = None
    marks: Mapping[str, str | bool] = _NO_MARKS
    suffix: str = ""
    id_suffix: str = ""
    entity: str | None = ""
    was: str | None = ""
    parts: Mapping[str, str] | None = None

    @property
    def sequence(self) -> str:
        """The CloudEvents ``sequence``: the position's, followed by the suffix."""
        return self.position.sequence + self.suffix

    @property
    def table(self) -> str:
        return self.stream.table
