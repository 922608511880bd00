"""The event source mapping of `stream-bridge run`, in bridge.yaml."""

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
from bridge.settings.block import Block, Duration, Flag, Whole, optional
from bridge.settings.types import BucketName, FilePath, QueueUrl


class DirectoryDestination(Block):
    """A folder that gets one file for each batch, with its records."""

    kind: Literal["directory"] = Field(description="A folder.")
    path: FilePath = Field(description="The folder. A relative path starts at the folder of bridge.yaml.")


class QueueDestination(Block):
    """An SQS queue that gets the position of each batch, without its records."""

    kind: Literal["sqs"] = Field(description="A queue.")
    queue: QueueUrl = Field(description="URL of the queue.")


class BucketDestination(Block):
    """An S3 bucket that gets one object for each batch, with its records."""

    kind: Literal["s3"] = Field(description="A bucket.")
    bucket: BucketName = Field(description="Name of the bucket.")


DestinationSettings = Annotated[
    DirectoryDestination | QueueDestination | BucketDestination, Field(discriminator="kind")
]


class MappingSettings(Block):
    """The event source mapping of `stream-bridge run`. Each setting has the same meaning as in Lambda."""

    batch_size: Annotated[int, Whole(1, MAPPING_BATCH_MAX)] = Field(
        default=100, description="Maximum number of records in a batch."
    )
    window_s: Annotated[float, Duration(0, MAPPING_WINDOW_MAX_S)] = Field(
        default=0, alias="window", description="Longest wait for a batch to fill."
    )
    parallelization_factor: Annotated[int, Whole(1, MAPPING_PARALLELIZATION_MAX)] = Field(
        default=1,
        description="Number of batches of one shard that are processed at once. Order per key is kept.",
    )
    starting_position: Literal["TRIM_HORIZON", "LATEST"] = Field(
        default="TRIM_HORIZON", description="Where to start without a checkpoint. LATEST can skip records."
    )
    bisect: Flag = Field(
        default=False, description="Split a batch that failed, and process the parts separately."
    )
    max_retries: Annotated[int, Whole(0, MAPPING_RETRIES_MAX)] | None = optional(
        "Number of retries before a batch is given up.", "no limit"
    )
    max_record_age_s: Annotated[float, Duration(60, MAPPING_RECORD_AGE_MAX_S)] | None = optional(
        "Age at which a record is given up.", "no limit", alias="max_record_age"
    )
    on_failure: DestinationSettings | None = optional("Where batches go that were given up.", "nowhere")
