"""The tables of bridge.yaml, and the events that their changes become."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, model_validator

from bridge.core.generation import GENERATION_MAX
from bridge.limits import RECONCILE_SEGMENTS_MAX, STREAM_RETENTION_S
from bridge.settings.block import Block, Duration, NameOrBlock, OneOrMany, Whole, optional
from bridge.settings.types import (
    Day,
    ElementPointer,
    EntryPoint,
    EventType,
    Json,
    KinesisArn,
    Name,
    Pointer,
    Secret,
    SemVer,
    TableName,
    Text,
    Uri,
)

Operations = Literal["insert", "modify", "remove", "snapshot"]


class OwnerSettings(Block):
    """The team that is responsible for a table's events."""

    team: Text = Field(description="Team that owns the events.")
    contact: str = Field(default="", description="How to reach the team.")


class ListsSettings(Block):
    """Lists that are compared element by element, in any order."""

    by: ElementPointer = Field(
        description="JSON Pointer, from an element, to the member that identifies it: /sku, /product/id."
    )


class NumbersSettings(Block):
    """Numbers as text at some paths, and exact elsewhere."""

    string: Annotated[tuple[Pointer, ...], Field(min_length=1)] = Field(
        description="JSON Pointers. Numbers there and below are text; * matches any one segment."
    )


class DiffSettings(Block):
    """How before and after are compared."""

    ignore: tuple[Pointer, ...] = Field(
        default=(),
        description="JSON Pointers of fields whose changes are ignored; * matches any one segment.",
    )
    lists: Annotated[Literal["index", "whole"] | ListsSettings, NameOrBlock()] = Field(
        default="index",
        description="Compare lists by index, as one value, or (with `by`) as elements that move and change.",
    )


class RedactionSettings(Block):
    """A field whose value no event, diff or log may show."""

    path: Text = Field(description="JSONPath of the field in the item.")
    with_: Literal["drop", "mask", "hmac"] = Field(
        alias="with", description="Remove the field, or replace its value by a fixed text or by a keyed hash."
    )
    key: Secret | None = optional(
        "Secret key of the hash. Required with `hmac`, and refused without it.", "–"
    )


class WhenSettings(Block):
    """Conditions on a change. All conditions that are given must hold."""

    changed: Annotated[tuple[Pointer, ...], Field(min_length=1)] | None = optional(
        "JSON Pointers; at least one of these fields, or a field below it, must have changed.", "any change"
    )
    key: Json | None = optional("EventBridge pattern for the key.", "any")
    id: Json | None = optional(
        "EventBridge pattern for the parts that an entity's key templates name.", "any"
    )
    before: Json | None = optional("EventBridge pattern for the item before the change.", "any")
    after: Json | None = optional("EventBridge pattern for the item after the change.", "any")


class VersionSettings(Block):
    """A schema version of an event. A plain "1.0.0" is short for {schema: "1.0.0"}."""

    schema_version: SemVer = Field(alias="schema", description="Version of the event's schema.")
    from_: SemVer | None = optional(
        "Version of a newer major, also in this list, from whose data this version is derived. The events of"
        " a version with `from`, `sunset`, `deprecated_from` or `migration` are marked as deprecated.",
        "the change",
        alias="from",
    )
    data: Json | None = optional(
        "Mapping of the data: constants, and JSONPaths over key, before, after, changes, current, meta (in an"
        " entity also id). With `from`, over the data of the newer version.",
        "key, operation, before, after, changes and, in an entity, id; with `from` the unchanged data of the"
        " newer version",
    )
    using: EntryPoint | None = optional(
        "Python function that derives the data instead of a mapping, package.module:function. It is trusted"
        " code that runs inside the bridge.",
        "–",
    )
    sunset: Day | None = optional(
        "Last day on which this version is published (UTC). It may move to a later day, never to an earlier.",
        "meta.yaml's",
    )
    deprecated_from: Day | None = optional("Day from which this version is deprecated (UTC).", "meta.yaml's")
    migration: Uri | None = optional(
        "URI of the instructions for readers of this version.", "meta.yaml's, if it is a URI"
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

    type: EventType = Field(
        description="CloudEvents type without its version. The bridge appends the major, as in .v1."
    )
    op: Annotated[tuple[Operations, ...], OneOrMany()] = Field(
        description="Operation, or list of operations, for which this event is published. `snapshot` is for"
        " what `stream-bridge backfill` publishes, and needs a type of its own."
    )
    when: WhenSettings | None = optional("Conditions on the change.", "every change")
    versions: Annotated[tuple[VersionSettings, ...], Field(min_length=1)] = Field(
        description="Schema versions to publish, at most one for each major."
    )
    sink: Annotated[tuple[Text, ...], OneOrMany()] = optional(
        "Name, or list of names, of the sinks for this event.", "the table's", default=()
    )


class ReconcileSettings(Block):
    """How this table is compared with its ledger."""

    segments: Annotated[int, Whole(1, RECONCILE_SEGMENTS_MAX)] = Field(
        default=4, description="Number of segments of table and ledger that are read in parallel."
    )
    max_rcu: Annotated[int, Whole(1, 1_000_000)] = Field(
        default=200, description="Maximum read capacity units of the table to use per second."
    )
    grace_s: Annotated[float, Duration(0, STREAM_RETENTION_S)] = Field(
        default=900,
        alias="grace",
        description="How long a difference may be a change that is still on its way. A run is refused while"
        " the stream lags by more.",
    )
    max_emit: Annotated[int, Whole(0, 1_000_000_000)] = Field(
        default=10_000, description="A run that would publish more events stops before it publishes any."
    )
    max_removes: Annotated[int, Whole(0, 1_000_000_000)] = Field(
        default=1_000, description="The same limit for removes alone."
    )


class EntitySettings(Block):
    """One kind of item in a table that holds several. What it leaves out, it takes from the table."""

    key: Annotated[dict[str, Text], Field(min_length=1)] = Field(
        description="Template of each key attribute, such as USER#{userId}: which items are of this entity,"
        " and the names of the parts of their keys."
    )
    where: Json | None = optional(
        "EventBridge pattern over the item, where the key alone does not decide.", "every item"
    )
    subject: Text | None = optional("Template of the events' subject, such as user/{userId}.", "the table's")
    partitionkey: Text | None = optional(
        "Template of the events' `partitionkey`, which then is the unit of order, such as {userId} for all"
        " items of a user.",
        "the parts of the key; the unit of order is the item",
    )
    sink: Annotated[tuple[Text, ...], OneOrMany()] = optional(
        "Name, or list of names, of sinks.", "the table's", default=()
    )
    owner: OwnerSettings | None = optional("The team that is responsible for these events.", "the table's")
    diff: DiffSettings | None = optional("How before and after are compared.", "the table's")
    numbers: Annotated[Literal["exact", "string"] | NumbersSettings, NameOrBlock()] | None = optional(
        "How numbers are written.", "the table's"
    )
    redact: tuple[RedactionSettings, ...] = optional(
        "Fields that are redacted, in addition to those of the table.", "none", default=()
    )
    fetch: Literal["current"] | None = optional("As for a table.", "the table's")
    reconcile: ReconcileSettings | None = optional(
        "Limits for a reconciliation of this entity alone.", "the table's"
    )
    events: Annotated[tuple[EventSettings, ...], Field(min_length=1)] = Field(
        description="Events that changes of this entity become."
    )


class TableSettings(Block):
    """One table whose changes become events."""

    model_config = ConfigDict(
        json_schema_extra={"if": {"required": ["entities"]}, "else": {"required": ["subject", "events"]}}
    )

    name: TableName = optional("Name of the table in DynamoDB.", "the key of this block", default="")
    subject: Text = optional(
        "Template of the events' subject, such as user/{$.key.userId}.",
        "required, unless each entity has one",
        default="",
    )
    sink: Annotated[tuple[Text, ...], OneOrMany()] = optional(
        "Name, or list of names, of sinks.", "the only sink", default=()
    )
    owner: OwnerSettings | None = optional("The team that is responsible for these events.", "–")
    filter: Annotated[tuple[Json, ...], OneOrMany()] = optional(
        "Filter pattern, or list of patterns, in the syntax of event source mappings. One must match.",
        "every record",
        default=(),
    )
    diff: DiffSettings = Field(default=DiffSettings(), description="How before and after are compared.")
    numbers: Annotated[Literal["exact", "string"] | NumbersSettings, NameOrBlock()] = optional(
        "Write numbers that are exact in JSON as numbers, or all numbers as text, or those at some paths.",
        "the file's",
        default="exact",
    )
    redact: tuple[RedactionSettings, ...] = Field(
        default=(), description="Fields that are redacted before any other step."
    )
    kinesis: KinesisArn | None = optional(
        "ARN of the Kinesis data stream from which `stream-bridge run` reads the table's changes. Several"
        " tables may share it.",
        "the table's own stream",
    )
    fetch: Literal["current"] | None = optional(
        "Where the stream view lacks an image, read the current item and publish it as `current`.",
        "nothing is read",
    )
    generation: Annotated[int, Whole(0, GENERATION_MAX)] = Field(
        default=0,
        description="Raise it, and never lower it, to have everything that is published from then on sort"
        " after what subscribers hold: for a backfill after the ledger was lost.",
    )
    reconcile: ReconcileSettings = Field(
        default=ReconcileSettings(), description="How the table is compared with its ledger."
    )
    events: Annotated[tuple[EventSettings, ...], Field(min_length=1)] = optional(
        "Events that changes become. One change may become several events.",
        "required, unless there are entities",
        default=(),
    )
    entities: Annotated[dict[Name, EntitySettings], Field(min_length=1)] | None = optional(
        "The kinds of items that the table holds, by a name that you choose, where it holds several. An item"
        " is of the first entity that selects it.",
        "the table is one entity",
    )
    other: Literal["ignore", "quarantine"] | None = optional(
        "What is done with changes of items that no entity selects.", "ignore"
    )
