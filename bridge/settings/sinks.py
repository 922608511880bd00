"""The sinks of bridge.yaml: where events go."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from bridge.limits import EVENTBRIDGE_BYTES, EVENTBRIDGE_V2_BYTES, SNS_BYTES_MAX
from bridge.settings.block import Block, Flag, Whole, optional
from bridge.settings.types import BusName, BusV2Arn, TopicArn

_InFlight = Annotated[
    int,
    Whole(1, 100),
    Field(description="Number of calls in flight at the same time. One key is never in two of them."),
]
_SERVICE_LIMIT = "the service's limit"


class EventBridgeSettings(Block):
    """An EventBridge event bus (rules and targets)."""

    kind: Literal["eventbridge"] = Field(description="An event bus.")
    bus: BusName = Field(description="Name or ARN of the event bus.")
    max_bytes: Annotated[int, Whole(1, EVENTBRIDGE_BYTES - 1)] | None = optional(
        "Maximum size of an entry, in bytes as EventBridge counts them.", _SERVICE_LIMIT
    )
    max_in_flight: _InFlight = 8


class EventBridgeV2Settings(Block):
    """EventBridge's new custom event bus (subscribers instead of rules), which keeps order per subject."""

    kind: Literal["eventbridge_v2"] = Field(description="A new custom event bus.")
    bus: BusV2Arn = Field(
        description="ARN of the event bus. A bus that is deleted and created again gets another ARN."
    )
    raw: Flag = Field(
        default=False,
        description="Publish the CloudEvent itself (PutRawEvents), without EventBridge's envelope.",
    )
    max_bytes: Annotated[int, Whole(1, EVENTBRIDGE_V2_BYTES - 1)] | None = optional(
        "Maximum size of an entry, in bytes.", _SERVICE_LIMIT
    )
    max_in_flight: _InFlight = 8


class SnsSettings(Block):
    """An SNS topic, standard or FIFO. The name of a FIFO topic ends in .fifo."""

    kind: Literal["sns"] = Field(description="A topic.")
    topic: TopicArn = Field(description="ARN of the topic.")
    max_bytes: Annotated[int, Whole(1, SNS_BYTES_MAX)] | None = optional(
        "Maximum size of a message, in bytes with its attributes.", "the topic's own limit"
    )
    max_in_flight: _InFlight = 8


class StdoutSettings(Block):
    """Standard output, one event per line."""

    kind: Literal["stdout"] = Field(description="Standard output.")


class MemorySettings(Block):
    """A list in memory, for tests and dry runs."""

    kind: Literal["memory"] = Field(description="A list in memory.")


SinkSettings = Annotated[
    EventBridgeSettings | EventBridgeV2Settings | SnsSettings | StdoutSettings | MemorySettings,
    Field(discriminator="kind"),
]
