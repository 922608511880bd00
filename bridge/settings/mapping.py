"""The event source mapping that `stream-bridge run` keeps, in bridge.yaml."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from bridge.limits import (
    MAPPING_BATCH_MAX,
    MAPPING_PARALLELIZATION_MAX,
    MAPPING_RECORD_AGE_MAX_S,
    MAPPING_RETRIES_MAX,
    MAPPING_WINDOW_MAX_S,
)
from bridge.settings.block import Block, shown_default
from bridge.settings.types import (
    BucketName,
    Duration,
    FilePath,
    Flag,
    QueueUrl,
    Whole,
)


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
