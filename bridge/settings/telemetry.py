"""What the bridge tells of itself, in bridge.yaml."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from bridge.metrics import SERVICE
from bridge.settings.block import Block, shown_default
from bridge.settings.types import Text


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
