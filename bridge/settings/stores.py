"""The stores of bridge.yaml: ledger, quarantine, claim check, schema cache. And breaker and telemetry, two
blocks that are too small for files of their own."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from bridge.limits import MAPPING_BATCH_MAX, SCHEMA_CACHE_MAX_S
from bridge.metrics import SERVICE
from bridge.settings.block import Block, Duration, Share, Whole, optional
from bridge.settings.types import BucketName, FilePath, Prefix, QueueUrl, TableName, Text

_Bucket = Annotated[BucketName, Field(description="Name of the bucket.")]
_Folder = Annotated[
    FilePath, Field(description="The folder. A relative path starts at the folder of bridge.yaml.")
]


def _kms_key() -> Text | None:
    text = "ID, ARN or alias of the KMS key that encrypts each object."
    key: Text | None = optional(text, "the bucket's default encryption")
    return key


class NoLedgerSettings(Block):
    """No ledger. A batch stops at its first failure, and a record that comes again is published again."""

    kind: Literal["none"] = Field(description="No ledger.")


class KeepingLedgerSettings(Block):
    """What all ledgers except `none` have in common."""

    keep: Literal["fingerprint", "fields", "image"] = Field(
        default="fingerprint",
        description="What the ledger keeps of an item: a keyed hash; with `fields`, one hash for each"
        " attribute, which names the changed fields where the stream has no before image; or the redacted"
        " item.",
    )
    heal: Literal["off", "report", "emit"] = Field(
        default="report",
        description="What to do when a change shows that an earlier one was lost: mark and count it, publish"
        ' the missing step first, or do not check ("off", in quotes).',
    )


class MemoryLedgerSettings(KeepingLedgerSettings):
    """A ledger that lasts as long as the process. A failure affects only its own key."""

    kind: Literal["memory"] = Field(description="In memory.")


class DynamoDbLedgerSettings(KeepingLedgerSettings):
    """A ledger in its own DynamoDB table. It needs hash_key. Key: pk (S); TTL attribute: ttl."""

    kind: Literal["dynamodb"] = Field(description="A DynamoDB table.")
    table: TableName = Field(description="Name of the ledger's table.")


LedgerSettings = Annotated[
    NoLedgerSettings | MemoryLedgerSettings | DynamoDbLedgerSettings, Field(discriminator="kind")
]


class DirectoryQuarantineSettings(Block):
    """A folder with one file for each record that can never become its events."""

    kind: Literal["directory"] = Field(description="A folder with one file for each record.")
    path: _Folder


class BucketQuarantineSettings(Block):
    """An S3 bucket with one object for each record."""

    kind: Literal["s3"] = Field(description="A bucket with one object for each record.")
    bucket: _Bucket
    prefix: Prefix = Field(default="quarantine/", description="Prefix of the objects in the bucket.")
    kms_key: Text | None = _kms_key()


class QueueQuarantineSettings(Block):
    """An SQS queue with one message for each record. A record that is repeated becomes another message."""

    kind: Literal["sqs"] = Field(description="A queue with one message for each record.")
    queue: QueueUrl = Field(description="URL of the queue.")


QuarantineSettings = Annotated[
    DirectoryQuarantineSettings | BucketQuarantineSettings | QueueQuarantineSettings,
    Field(discriminator="kind"),
]


class ClaimCheckSettings(Block):
    """An S3 bucket for the data of events that are too large for their sink."""

    bucket: _Bucket
    prefix: Prefix = Field(
        default="claim-check/",
        description="Prefix of the objects in the bucket. The bucket's lifecycle rule must use the same one.",
    )
    kms_key: Text | None = _kms_key()


class SchemaCacheSettings(Block):
    """Schemas that were read from a registry, kept on disk. A start within `ttl` does not ask the registry,
    and a start while the registry is down uses the cached schemas."""

    path: FilePath | None = optional(
        "The folder. A relative path starts at the folder of bridge.yaml.",
        "`BRIDGE_SCHEMA_CACHE`, else Lambda's temporary folder or the user's cache",
    )
    ttl_s: Annotated[float, Duration(0, SCHEMA_CACHE_MAX_S)] = Field(
        default=3_600.0, alias="ttl", description="How long it is used without asking the registry."
    )


class BreakerSettings(Block):
    """When a batch fails as a whole, because too many of its records fail for good."""

    share: Annotated[float, Share()] = Field(
        default=0.5,
        description="Share of failed records of one event type above which the breaker trips.",
    )
    at_least: Annotated[int, Whole(1, MAPPING_BATCH_MAX)] = Field(
        default=10, description="Number of failed records below which the breaker never trips."
    )


class TelemetrySettings(Block):
    """Logs, metrics and traces of the bridge."""

    service: Text = Field(
        default=SERVICE, description="Dimension of every metric, and a field of every log line."
    )
    level: Literal["debug", "info", "warning", "error"] | None = optional(
        "Lowest level of log lines; debug logs every published event.",
        "info in Lambda or the level of Lambda's logging configuration, warning elsewhere",
    )
    tracing: Literal["none", "xray"] = Field(
        default="none", description="Whether AWS X-Ray records the steps of a batch."
    )
