"""The tables of bridge.yaml, and the events that their changes become."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from bridge.limits import (
    RECONCILE_SEGMENTS_MAX,
    STREAM_RETENTION_S,
)
from bridge.settings.block import Block, shown_default
from bridge.settings.types import (
    Day,
    Duration,
    ElementPointer,
    EntryPoint,
    EventType,
    Json,
    KinesisArn,
    NameOrBlock,
    OneOrMany,
    Pointer,
    Secret,
    SemVer,
    TableName,
    Text,
    Uri,
    Whole,
)

Operations = Literal["insert", "modify", "remove"]


class OwnerSettings(Block):
    """Who answers for a table's events."""

    team: Text = Field(description="Team that owns the events.")
    contact: str = Field(default="", description="Where to reach the team.")


class ListsSettings(Block):
    """Lists compared element by element, whatever their order."""

    by: ElementPointer = Field(
        description="JSON Pointer, from an element, of the member that identifies it: /sku, /product/id."
    )


class NumbersSettings(Block):
    """Numbers as text where it is wanted, and exact elsewhere."""

    string: Annotated[tuple[Pointer, ...], Field(min_length=1)] = Field(
        description="JSON Pointers; numbers there and below are text; * stands for any one segment."
    )


class DiffSettings(Block):
    """How before and after are compared."""

    ignore: tuple[Pointer, ...] = Field(
        default=(),
        description="JSON Pointers of fields whose change does not count; * stands for any one segment.",
    )
    lists: Annotated[Literal["index", "whole"] | ListsSettings, NameOrBlock()] = Field(
        default="index",
        description="Compare lists by index, as one value, or with by as elements that move and change.",
    )


class RedactionSettings(Block):
    """A field that no event, diff or log may show as it is."""

    path: Text = Field(description="JSONPath of the field in the item.")
    with_: Literal["drop", "mask", "hmac"] = Field(
        alias="with", description="Remove the field, replace it by a fixed text, or by a keyed hash."
    )
    key: Secret | None = Field(
        default=None,
        description="Secret key of the hash; required with hmac and only there.",
        json_schema_extra=shown_default("–"),
    )


class WhenSettings(Block):
    """What a change must look like for an event; all that is given must hold."""

    changed: Annotated[tuple[Pointer, ...], Field(min_length=1)] | None = Field(
        default=None,
        description="JSON Pointers; at least one of them, or something below it, must have changed.",
        json_schema_extra=shown_default("any change"),
    )
    key: Json | None = Field(
        default=None, description="EventBridge pattern over the key.", json_schema_extra=shown_default("any")
    )
    before: Json | None = Field(
        default=None,
        description="EventBridge pattern over the item before.",
        json_schema_extra=shown_default("any"),
    )
    after: Json | None = Field(
        default=None,
        description="EventBridge pattern over the item after.",
        json_schema_extra=shown_default("any"),
    )


class VersionSettings(Block):
    """A schema version of an event; a plain "1.0.0" is short for {schema: "1.0.0"}."""

    schema_version: SemVer = Field(alias="schema", description="Version of the event's schema.")
    from_: SemVer | None = Field(
        alias="from",
        default=None,
        description="Version of a newer major, listed here too, whose data this one is derived from; its"
        " events are marked as deprecated then, as with sunset, deprecated_from or migration.",
        json_schema_extra=shown_default("the change"),
    )
    data: Json | None = Field(
        default=None,
        description="Mapping of the data: constants, and JSONPaths over key, before, after, changes,"
        " current, meta; with from over the newer version's data.",
        json_schema_extra=shown_default(
            "key, operation, before, after, changes; with from the newer version's data as it is"
        ),
    )
    using: EntryPoint | None = Field(
        default=None,
        description="Python function that derives the data instead of a mapping, package.module:function;"
        " trusted code that runs inside the bridge.",
        json_schema_extra=shown_default("–"),
    )
    sunset: Day | None = Field(
        default=None,
        description="Last day on which this version is published (UTC); it may move later, never earlier.",
        json_schema_extra=shown_default("meta.yaml's"),
    )
    deprecated_from: Day | None = Field(
        default=None,
        description="Day from which this version is deprecated (UTC).",
        json_schema_extra=shown_default("meta.yaml's"),
    )
    migration: Uri | None = Field(
        default=None,
        description="Where readers of this version learn what to do.",
        json_schema_extra=shown_default("meta.yaml's, where that is a URI"),
    )

    @model_validator(mode="before")
    @classmethod
    def _from_short_form(cls, value: Any) -> Any:
        return value if isinstance(value, dict) else {"schema": value}

    @property
    def major(self) -> int:
        return int(self.schema_version.split(".", 1)[0])


class EventSettings(Block):
    """One type of event that a table's changes become."""

    type: EventType = Field(description="CloudEvents type without its version; the major is added, as .v1.")
    op: Annotated[tuple[Operations, ...], OneOrMany()] = Field(
        description="Operation, or list of operations, that this event tells of."
    )
    when: WhenSettings | None = Field(
        default=None,
        description="What the change must look like.",
        json_schema_extra=shown_default("every change"),
    )
    versions: Annotated[tuple[VersionSettings, ...], Field(min_length=1)] = Field(
        description="Schema versions to publish, at most one for each major."
    )
    sink: Annotated[tuple[Text, ...], OneOrMany()] = Field(
        default=(),
        description="Name, or list of names, of sinks for this event.",
        json_schema_extra=shown_default("the table's"),
    )


class ReconcileSettings(Block):
    """How this table is held against its ledger."""

    segments: Annotated[int, Whole(1, RECONCILE_SEGMENTS_MAX)] = Field(
        default=4, description="Segments of table and ledger that are read side by side."
    )
    max_rcu: Annotated[int, Whole(1, 1_000_000)] = Field(
        default=200, description="Read capacity units of the table to use per second, at most."
    )
    grace_s: Annotated[float, Duration(0, STREAM_RETENTION_S)] = Field(
        default=900,
        alias="grace",
        description="How long a difference may be a change on its way; the stream must not lag by more.",
    )
    max_emit: Annotated[int, Whole(0, 1_000_000_000)] = Field(
        default=10_000, description="A run that would send more events stops before it sends any."
    )
    max_removes: Annotated[int, Whole(0, 1_000_000_000)] = Field(
        default=1_000, description="The same for removes alone."
    )


class TableSettings(Block):
    """One table whose changes become events."""

    name: TableName = Field(
        default="",
        description="Name of the table in DynamoDB.",
        json_schema_extra=shown_default("the key of this block"),
    )
    subject: Text = Field(description="Template of the events' subject, such as user/{$.key.userId}.")
    sink: Annotated[tuple[Text, ...], OneOrMany()] = Field(
        default=(),
        description="Name, or list of names, of sinks.",
        json_schema_extra=shown_default("the only sink"),
    )
    owner: OwnerSettings | None = Field(
        default=None,
        description="Who answers for these events.",
        json_schema_extra=shown_default("–"),
    )
    filter: Annotated[tuple[Json, ...], OneOrMany()] = Field(
        default=(),
        description="Filter pattern, or list of them, in event source mapping syntax; one must match.",
        json_schema_extra=shown_default("every record"),
    )
    diff: DiffSettings = Field(default=DiffSettings(), description="How before and after are compared.")
    numbers: Annotated[Literal["exact", "string"] | NumbersSettings, NameOrBlock()] = Field(
        default="exact",
        description="Numbers that are exact in JSON as numbers, or all of them, or some, as text.",
        json_schema_extra=shown_default("the file's"),
    )
    redact: tuple[RedactionSettings, ...] = Field(
        default=(), description="Fields that are redacted before anything else sees them."
    )
    kinesis: KinesisArn | None = Field(
        default=None,
        description="ARN of the Kinesis data stream that stream-bridge run reads the table's changes from;"
        " several tables may share it.",
        json_schema_extra=shown_default("the table's own stream"),
    )
    fetch: Literal["current"] | None = Field(
        default=None,
        description="Where the stream view lacks an image, read the item as it is now; told as current.",
        json_schema_extra=shown_default("nothing is read"),
    )
    reconcile: ReconcileSettings = Field(
        default=ReconcileSettings(), description="How the table is held against its ledger."
    )
    events: Annotated[tuple[EventSettings, ...], Field(min_length=1)] = Field(
        description="Events that changes become; a change may become several."
    )
