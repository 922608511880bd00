"""What a look at the live set-up finds: plain values, as the services tell them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class EventSource:
    """The stream that a table's changes come by. ``label`` is the stream's own (ISO 8601 in UTC, without
    a zone); empty for Kinesis, whose streams have none, ``view`` is DynamoDB's StreamViewType."""

    arn: str
    view: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class MappingFacts:
    """An event source mapping as Lambda tells it. ``retries`` and ``record_age_s`` are -1 where there is no
    bound; ``destination`` is empty where there is none. ``result`` is LastProcessingResult, a text."""

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
        """What CloudWatch calls the function: no account, no alias (``arn:…:function:NAME[:ALIAS]``)."""
        parts = self.function.split(":function:", 1)
        return parts[-1].split(":", 1)[0]


@dataclass(frozen=True, slots=True)
class TimeToLive:
    """``status`` as DescribeTimeToLive has it: ENABLED, ENABLING, DISABLING, DISABLED."""

    status: str
    attribute: str


@dataclass(frozen=True, slots=True)
class Settled:
    """What the rows of one table tell that were looked at. ``labels`` are those of their streams, ascending;
    ``newest`` is the time of the newest change that came by the stream, ISO 8601; ``whole``: all were."""

    rows: int
    labels: Sequence[str] = ()
    newest: str = ""
    whole: bool = True
