"""The settings of an event source mapping, with Lambda's names, ranges and defaults; its runner's pace."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from bridge import limits
from bridge.delivery.backoff import Backoff
from bridge.errors import ConfigurationError, Problem
from bridge.ports.clock import Clock
from bridge.ports.stream import StreamSource
from bridge.stream.mapping.stats import Tally

RecordFilter = Callable[[Mapping[str, Any]], bool]
"""Takes a record in Lambda's shape and returns whether it is wanted."""

StartingPosition = Literal["TRIM_HORIZON", "LATEST"]

_RANGES: Final = {
    "batch_size": (1, limits.MAPPING_BATCH_MAX),
    "window_s": (0, limits.MAPPING_WINDOW_MAX_S),
    "parallelization_factor": (1, limits.MAPPING_PARALLELIZATION_MAX),
    "max_retries": (0, limits.MAPPING_RETRIES_MAX),
    "max_record_age_s": (limits.MAPPING_RECORD_AGE_MIN_S, limits.MAPPING_RECORD_AGE_MAX_S),
    "max_payload_bytes": (1, limits.INVOCATION_PAYLOAD_BYTES),
}


@dataclass(frozen=True, slots=True)
class MappingSettings:
    """One mapping (docs: CreateEventSourceMapping). Raises ``ConfigurationError`` with every bad value.

    ``max_retries`` and ``max_record_age_s``: None or -1 = no limit. ``filters``: a record that matches
    none of them is dropped before batching; no filters = every record is wanted. ``starting_position`` is
    used only if no checkpoint exists.
    """

    batch_size: int = 100
    window_s: float = 0
    parallelization_factor: int = 1
    starting_position: StartingPosition = "TRIM_HORIZON"
    bisect: bool = False
    max_retries: int | None = None
    max_record_age_s: int | None = None
    report_batch_item_failures: bool = True
    filters: Sequence[RecordFilter] = ()
    max_payload_bytes: int = limits.INVOCATION_PAYLOAD_BYTES

    def __post_init__(self) -> None:
        if self.max_retries == -1:
            object.__setattr__(self, "max_retries", None)
        if self.max_record_age_s == -1:
            object.__setattr__(self, "max_record_age_s", None)
        problems = [
            _problem(name, f"is {value}, Lambda takes {low} to {high}")
            for name, (low, high) in _RANGES.items()
            if (value := getattr(self, name)) is not None and not low <= value <= high
        ]
        if self.starting_position not in ("TRIM_HORIZON", "LATEST"):
            problems.append(_problem("starting_position", "is neither TRIM_HORIZON nor LATEST"))
        if problems:
            raise ConfigurationError(problems)

    def wants(self, record: Mapping[str, Any]) -> bool:
        """Whether a record in Lambda's shape passes at least one of the filters."""
        return not self.filters or any(wanted(record) for wanted in self.filters)


@dataclass(frozen=True, slots=True)
class Pace:
    """How often the runner reads and retries. All values in seconds.

    ``poll_s``: between two reads of an empty shard (Lambda's base rate is four a second); ``listing_s``:
    between two listings of the shards; ``backoff_base_s`` and ``backoff_cap_s``: the first and the longest
    wait after failures in a row (:mod:`bridge.delivery.backoff`); ``function_timeout_s``: the timeout in the
    function's context, and of the on-failure destination; ``read_timeout_s``: the longest reading or listing.
    """

    poll_s: float = 0.25
    listing_s: float = 10.0
    backoff_base_s: float = 0.2
    backoff_cap_s: float = 30.0
    function_timeout_s: float = 900.0
    read_timeout_s: float = 30.0


@dataclass(frozen=True, slots=True)
class Reading:
    """What everything that reads the stream shares."""

    source: StreamSource
    pace: Pace
    clock: Clock
    tally: Tally
    backoff: Backoff

    def backoff_s(self, failures: int) -> float:
        """The wait after this many failures in a row."""
        return self.backoff.delay_s(self.backoff.draw(), failures - 1)


def _problem(name: str, message: str) -> Problem:
    return Problem("event source mapping", 0, 0, name, message)
