"""The sinks of bridge.yaml: where events go."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from bridge.limits import (
    EVENTBRIDGE_BYTES,
    EVENTBRIDGE_V2_BYTES,
    SNS_BYTES_MAX,
)
from bridge.settings.block import Block, shown_default
from bridge.settings.types import (
    BusName,
    BusV2Arn,
    Flag,
    TopicArn,
    Whole,
)


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
