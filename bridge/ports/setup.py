"""Facts about the live setup as the services report them, as plain values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class EventSource:
    """The stream that delivers a table's changes. ``label`` is the stream's label (ISO 8601 in UTC, without a
    zone), empty for Kinesis, whose streams have no label. ``view`` is DynamoDB's StreamViewType."""

    arn: str
    view: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class MappingFacts:
    """An event source mapping as Lambda reports it. ``retries`` and ``record_age_s`` are -1 without a limit;
    ``destination`` is empty without a destination. ``result`` is LastProcessingResult, a text."""

    id: str
    function: str
    source_arn: str
    state: str
    starting_position: str
    reports_items: bool
    bisects: bool
    retries: int
    record_age_s: int
    destination: str
    modified: datetime | None
    result: str = ""

    @property
    def function_name(self) -> str:
        """The function's name in CloudWatch, without account and alias (``arn:…:function:NAME[:ALIAS]``)."""
        parts = self.function.split(":function:", 1)
        return parts[-1].split(":", 1)[0]


@dataclass(frozen=True, slots=True)
class TimeToLive:
    """``status`` is that of DescribeTimeToLive: ENABLED, ENABLING, DISABLING, DISABLED."""

    status: str
    attribute: str


@dataclass(frozen=True, slots=True)
class Settled:
    """What the rows of one table that were read say. ``labels`` are those of their streams, ascending;
    ``newest`` is the time of the newest change from the stream, ISO 8601; ``whole``: all rows were read;
    ``not_comparable``: rows of another fingerprint version than the configuration's."""

    rows: int
    labels: Sequence[str] = ()
    newest: str = ""
    whole: bool = True
    not_comparable: int = 0
