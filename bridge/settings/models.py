"""The blocks of bridge.yaml as frozen models. What a description says is what the reference prints."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bridge.limits import (
    EVENTBRIDGE_BYTES,
    EVENTBRIDGE_V2_BYTES,
    MAPPING_BATCH_MAX,
    MAPPING_PARALLELIZATION_MAX,
    MAPPING_RECORD_AGE_MAX_S,
    MAPPING_RETRIES_MAX,
    MAPPING_WINDOW_MAX_S,
    RECONCILE_SEGMENTS_MAX,
    SCHEMA_CACHE_MAX_S,
    SNS_BYTES_MAX,
    STREAM_RETENTION_S,
)
from bridge.metrics import SERVICE
from bridge.settings.types import (
    BucketName,
    BusName,
    BusV2Arn,
    Day,
    Duration,
    ElementPointer,
    EntryPoint,
    EventType,
    FilePath,
    Flag,
    Json,
    KinesisArn,
    NameOrBlock,
    OneOrMany,
    Pointer,
    Prefix,
    QueueUrl,
    Secret,
    SemVer,
    Share,
    TableName,
    Text,
    TopicArn,
    Uri,
    Whole,
)

Operations = Literal["insert", "modify", "remove"]


def shown_default(text: str) -> dict[str, Any]:
    """What the reference prints as a default that depends on other settings."""
    return {"x-default": text}


class Block(BaseModel):
    """One mapping of the file: unknown keys are refused, and inputs never reach a message."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, protected_namespaces=())


# --- sinks ---------------------------------------------------------------------------------------


class EventBridgeSettings(Block):
    """An EventBridge event bus (rules and targets)."""

    kind: Literal["eventbridge"] = Field(description="An event bus.")
    bus: BusName = Field(description="Name or ARN of the event bus.")
    max_bytes: Annotated[int, Whole(1, EVENTBRIDGE_BYTES - 1)] | None = Field(
        default=None,
        description="Largest entry that is sent, in bytes as EventBridge counts them.",
        json_schema_extra=shown_default("the service's limit"),
    )
    max_in_flight: Annotated[int, Whole(1, 100)] = Field(
        default=8, description="Calls in flight at once; one key is never in two of them."
    )


class EventBridgeV2Settings(Block):
    """EventBridge's new custom event bus (subscribers instead of rules), which keeps order per subject."""

    kind: Literal["eventbridge_v2"] = Field(description="A new custom event bus.")
    bus: BusV2Arn = Field(description="ARN of the event bus; a bus made anew under its name has another.")
    raw: Flag = Field(
        default=False,
        description="Publish the CloudEvent as it is (PutRawEvents), without EventBridge's envelope.",
    )
    max_bytes: Annotated[int, Whole(1, EVENTBRIDGE_V2_BYTES - 1)] | None = Field(
        default=None,
        description="Largest entry that is sent, in bytes.",
        json_schema_extra=shown_default("the service's limit"),
    )
    max_in_flight: Annotated[int, Whole(1, 100)] = Field(
        default=8, description="Calls in flight at once; one key is never in two of them."
    )


class SnsSettings(Block):
    """An SNS topic, standard or FIFO (recognised by the ending .fifo)."""

    kind: Literal["sns"] = Field(description="A topic.")
    topic: TopicArn = Field(description="ARN of the topic.")
    max_bytes: Annotated[int, Whole(1, SNS_BYTES_MAX)] | None = Field(
        default=None,
        description="Largest message that is sent, in bytes with its attributes.",
        json_schema_extra=shown_default("the topic's own limit"),
    )
    max_in_flight: Annotated[int, Whole(1, 100)] = Field(
        default=8, description="Calls in flight at once; one key is never in two of them."
    )


class StdoutSettings(Block):
    """Standard output, one event a line."""

    kind: Literal["stdout"] = Field(description="Standard output.")


class MemorySettings(Block):
    """A list in memory, for tests and dry runs."""

    kind: Literal["memory"] = Field(description="A list in memory.")


SinkSettings = Annotated[
    EventBridgeSettings | EventBridgeV2Settings | SnsSettings | StdoutSettings | MemorySettings,
    Field(discriminator="kind"),
]


# --- what stands beside the sinks ----------------------------------------------------------------


class NoLedgerSettings(Block):
    """Nothing is remembered: a batch stops at its first failure, and what comes again is published again."""

    kind: Literal["none"] = Field(description="No ledger.")


class KeepingLedgerSettings(Block):
    """What every ledger that remembers may be told."""

    keep: Literal["fingerprint", "fields", "image"] = Field(
        default="fingerprint",
        description="What is kept of an item: a keyed hash; with fields, one for each attribute, which"
        " names what changed where the stream has no before image; or the redacted item.",
    )
    heal: Literal["off", "report", "emit"] = Field(
        default="report",
        description="When a change reveals that one before it was lost: mark and count it, publish the"
        ' missing step first, or do not look ("off", in quotes).',
    )


class MemoryLedgerSettings(KeepingLedgerSettings):
    """A ledger that lives as long as the process; failures are scoped to a key."""

    kind: Literal["memory"] = Field(description="In memory.")


class DynamoDbLedgerSettings(KeepingLedgerSettings):
    """A ledger in a DynamoDB table of its own; needs hash_key. Key: pk (S); TTL attribute: ttl."""

    kind: Literal["dynamodb"] = Field(description="A DynamoDB table.")
    table: TableName = Field(description="Name of the ledger's table.")


LedgerSettings = Annotated[
    NoLedgerSettings | MemoryLedgerSettings | DynamoDbLedgerSettings, Field(discriminator="kind")
]


_KMS_KEY = "Id, ARN or alias of the KMS key that encrypts each object."


class DirectoryQuarantineSettings(Block):
    """A folder with one file for each record that can never become its events."""

    kind: Literal["directory"] = Field(description="A folder with one file for each record.")
    path: FilePath = Field(description="The folder; a relative path starts at the folder of bridge.yaml.")


class BucketQuarantineSettings(Block):
    """An S3 bucket with one object for each record."""

    kind: Literal["s3"] = Field(description="A bucket with one object for each record.")
    bucket: BucketName = Field(description="Name of the bucket.")
    prefix: Prefix = Field(default="quarantine/", description="Where in the bucket the objects lie.")
    kms_key: Text | None = Field(
        default=None,
        description=_KMS_KEY,
        json_schema_extra=shown_default("the bucket's default encryption"),
    )


class QueueQuarantineSettings(Block):
    """An SQS queue with one message for each record; a repeat of a record is another message."""

    kind: Literal["sqs"] = Field(description="A queue with one message for each record.")
    queue: QueueUrl = Field(description="URL of the queue.")


QuarantineSettings = Annotated[
    DirectoryQuarantineSettings | BucketQuarantineSettings | QueueQuarantineSettings,
    Field(discriminator="kind"),
]


class ClaimCheckSettings(Block):
    """An S3 bucket that keeps the data of events that are too large for their sink."""

    bucket: BucketName = Field(description="Name of the bucket.")
    prefix: Prefix = Field(
        default="claim-check/",
        description="Where in the bucket the objects lie; its lifecycle rule names it.",
    )
    kms_key: Text | None = Field(
        default=None,
        description=_KMS_KEY,
        json_schema_extra=shown_default("the bucket's default encryption"),
    )


class BreakerSettings(Block):
    """When so many records of a batch fail for good that the batch is failed as a whole."""

    share: Annotated[float, Share()] = Field(
        default=0.5, description="Share of the batch above which the breaker trips."
    )
    at_least: Annotated[int, Whole(1, MAPPING_BATCH_MAX)] = Field(
        default=10, description="Failed records below which it never trips."
    )


class SchemaCacheSettings(Block):
    """What was read of a schema registry, kept on disk: a start within the time to live asks nobody, and one
    at which the registry is down goes on with what is there."""

    path: FilePath | None = Field(
        default=None,
        description="The folder; a relative path starts at the folder of bridge.yaml.",
        json_schema_extra=shown_default(
            "`BRIDGE_SCHEMA_CACHE`, else Lambda's temporary folder or the user's cache"
        ),
    )
    ttl_s: Annotated[float, Duration(0, SCHEMA_CACHE_MAX_S)] = Field(
        default=3_600.0, alias="ttl", description="How long it is used without asking the registry."
    )


class TelemetrySettings(Block):
    """What the bridge tells of itself: logs, metrics, traces."""

    service: Text = Field(
        default=SERVICE, description="Dimension of every metric, and a field of every log line."
    )
    level: Literal["debug", "info", "warning", "error"] | None = Field(
        default=None,
        description="Least level of log lines; debug names every published event.",
        json_schema_extra=shown_default("info in Lambda or what Lambda's logging says, warning elsewhere"),
    )
    tracing: Literal["none", "xray"] = Field(
        default="none", description="Whether the steps of a batch are recorded with AWS X-Ray."
    )


# --- tables --------------------------------------------------------------------------------------


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


# --- the event source mapping of `stream-bridge run` ---------------------------------------------


class DirectoryDestination(Block):
    """A folder that gets one file for each batch, payload included."""

    kind: Literal["directory"] = Field(description="A folder.")
    path: FilePath = Field(description="The folder; a relative path starts at the folder of bridge.yaml.")


class QueueDestination(Block):
    """An SQS queue that gets the position of each batch, not its payload."""

    kind: Literal["sqs"] = Field(description="A queue.")
    queue: QueueUrl = Field(description="URL of the queue.")


class BucketDestination(Block):
    """An S3 bucket that gets one object for each batch, payload included."""

    kind: Literal["s3"] = Field(description="A bucket.")
    bucket: BucketName = Field(description="Name of the bucket.")


DestinationSettings = Annotated[
    DirectoryDestination | QueueDestination | BucketDestination, Field(discriminator="kind")
]


class MappingSettings(Block):
    """The event source mapping that `stream-bridge run` keeps; it means what it means in Lambda."""

    batch_size: Annotated[int, Whole(1, MAPPING_BATCH_MAX)] = Field(
        default=100, description="Most records in a batch."
    )
    window_s: Annotated[float, Duration(0, MAPPING_WINDOW_MAX_S)] = Field(
        default=0, alias="window", description="Longest wait for a batch to fill."
    )
    parallelization_factor: Annotated[int, Whole(1, MAPPING_PARALLELIZATION_MAX)] = Field(
        default=1, description="Batches of one shard that are handled at once; order per key is kept."
    )
    starting_position: Literal["TRIM_HORIZON", "LATEST"] = Field(
        default="TRIM_HORIZON", description="Where to begin without a checkpoint; LATEST can skip records."
    )
    bisect: Flag = Field(default=False, description="Split a batch that failed and try the parts.")
    max_retries: Annotated[int, Whole(0, MAPPING_RETRIES_MAX)] | None = Field(
        default=None,
        description="Retries before a batch is given up.",
        json_schema_extra=shown_default("no limit"),
    )
    max_record_age_s: Annotated[float, Duration(60, MAPPING_RECORD_AGE_MAX_S)] | None = Field(
        default=None,
        alias="max_record_age",
        description="Age at which a record is given up.",
        json_schema_extra=shown_default("no limit"),
    )
    on_failure: DestinationSettings | None = Field(
        default=None,
        description="Where a batch goes that is given up.",
        json_schema_extra=shown_default("nowhere"),
    )
