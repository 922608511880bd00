"""What bridge.yaml keeps beside the sinks: ledger, quarantine and when it is too much for it, claim check,
what was read of a schema registry."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from bridge.limits import (
    MAPPING_BATCH_MAX,
    SCHEMA_CACHE_MAX_S,
)
from bridge.settings.block import Block, shown_default
from bridge.settings.types import (
    BucketName,
    Duration,
    FilePath,
    Prefix,
    QueueUrl,
    Share,
    TableName,
    Text,
    Whole,
)


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
