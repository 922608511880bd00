"""Every metric that stream-bridge emits: name, unit, meaning. Nothing else may be counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

NAMESPACE: Final = "StreamBridge"


@dataclass(frozen=True, slots=True)
class Metric:
    """``unit`` is one of CloudWatch's (docs: MetricDatum)."""

    name: str
    unit: str
    meaning: str


METRICS: Final = {
    metric.name: metric
    for metric in (
        Metric("RecordsReceived", "Count", "Records handed to the walk; the sum of the four ends below."),
        Metric("RecordsPublished", "Count", "Records whose events every sink accepted."),
        Metric("RecordsWithoutEvent", "Count", "Records settled without an event: filtered, unchanged, …"),
        Metric("RecordsQuarantined", "Count", "Records that can never succeed, put into quarantine."),
        Metric("RecordsHandedBack", "Count", "Records handed back to the stream for another try."),
        Metric("EventsPublished", "Count", "Events of published records."),
        # the event source mapping on one machine (bridge.mapping.stats)
        Metric("runner_batches", "Count", "Invocations of the function."),
        Metric("runner_retried", "Count", "Invocations that repeated records."),
        Metric("runner_records_read", "Count", "Records read from the stream."),
        Metric("runner_before_start", "Count", "Records written before a mapping that began at LATEST."),
        Metric("runner_filtered", "Count", "Records that the filter dropped; they have no event."),
        Metric("runner_done", "Count", "Records that the function has handled."),
        Metric("runner_given_up", "Count", "Records given up: retries used up, or too old."),
        Metric("runner_dropped", "Count", "Records given up without an on-failure destination."),
        Metric("runner_iterators_expired", "Count", "Shard iterators older than 15 minutes."),
        Metric("runner_positions_trimmed", "Count", "Holes: records gone before they were read."),
        Metric("runner_reads_failed", "Count", "Reads of the stream that failed and were repeated."),
        Metric("runner_destination_failed", "Count", "Batches the on-failure destination did not take."),
        Metric("runner_checkpoints_failed", "Count", "Checkpoints that could not be stored just then."),
    )
}
