"""All metrics that stream-bridge emits: name, kind, unit, meaning, dimension. No other metric may be counted.

``python -m bridge.metrics`` prints the table that docs/telemetry.md shows.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Final, Literal

NAMESPACE: Final = "StreamBridge"
SERVICE: Final = "stream-bridge"
"""The dimension ``service`` where bridge.yaml names none."""

Kind = Literal["count", "sample"]
"""``count``: values add up. ``sample``: each value is a measurement, read by its percentiles and maximum."""


@dataclass(frozen=True, slots=True)
class Metric:
    """``unit`` is one of CloudWatch's (docs: MetricDatum).

    Every metric is emitted for the service as a whole. A metric with a ``dimension`` is also emitted for each
    table or each sink of bridge.yaml, and one ``by_entity`` for each entity of a table that holds several
    kinds of items. These are few: no dimension is taken from a record.
    """

    name: str
    unit: Literal["Count", "Bytes", "Milliseconds"]
    meaning: str
    dimension: Literal["table", "sink"] | None = None
    kind: Kind = "count"
    by_entity: bool = False

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The names of the dimensions that a value may be given."""
        own = () if self.dimension is None else (self.dimension,)
        return (*own, "entity") if self.by_entity else own


METRICS: Final = {
    metric.name: metric
    for metric in (
        # how records end (bridge.relay.reports)
        Metric(
            "RecordsReceived", "Count", "Records received; the sum of the four ends.", "table", by_entity=True
        ),
        Metric(
            "RecordsPublished", "Count", "Records whose events every sink accepted.", "table", by_entity=True
        ),
        Metric(
            "RecordsWithoutEvent",
            "Count",
            "Settled without an event: filtered, unchanged …",
            "table",
            by_entity=True,
        ),
        Metric(
            "RecordsQuarantined",
            "Count",
            "Records quarantined: they can never succeed.",
            "table",
            by_entity=True,
        ),
        Metric("RecordsReturned", "Count", "Records returned for retry.", "table", by_entity=True),
        Metric(
            "RecordsHeldBack",
            "Count",
            "Of these: held back behind an earlier change.",
            "table",
            by_entity=True,
        ),
        Metric("EventsPublished", "Count", "Events of published records.", "table", by_entity=True),
        Metric("RecordsWithoutEntity", "Count", "Records of items that no entity selects.", "table"),
        # what was received
        Metric("Inserts", "Count", "Changes that created an item.", "table", by_entity=True),
        Metric("Modifies", "Count", "Changes of an existing item.", "table", by_entity=True),
        Metric(
            "Removes", "Count", "Changes that removed an item, including by TTL.", "table", by_entity=True
        ),
        Metric("StreamLag", "Milliseconds", "Age of a batch's last change at receipt.", "table", "sample"),
        # whether secrets are found (bridge.relay.redactions)
        Metric(
            "RedactionRulesUnmatched",
            "Count",
            "Rules without a match in 1,000 changes.",
            "table",
            "sample",
            by_entity=True,
        ),
        Metric(
            "RedactionValuesDropped",
            "Count",
            "Values whose shape a redaction rule did not expect.",
            "table",
            by_entity=True,
        ),
        # what the ledger reveals (bridge.relay.settling)
        Metric(
            "GapsSeen",
            "Count",
            "Changes before which another change was never settled.",
            "table",
            by_entity=True,
        ),
        # reconciliations under a state machine (bridge.lambdas.reconcile)
        Metric("ReconciliationsCompleted", "Count", "Runs that ended and compared everything.", "table"),
        Metric("ReconciliationsStopped", "Count", "Runs that stopped; the report says why.", "table"),
        Metric(
            "ChangesMissed",
            "Count",
            "Missed changes that a reconciliation confirmed.",
            "table",
            by_entity=True,
        ),
        Metric(
            "ChangesReemitted",
            "Count",
            "Of these: re-emitted and accepted by every sink.",
            "table",
            by_entity=True,
        ),
        Metric("ChangesNotReemitted", "Count", "Of these: blocked, or not accepted just now.", "table"),
        # batches that failed as a whole: no metric above counts their records (bridge.relay.relay)
        Metric("BatchesFailed", "Count", "Batches that failed as a whole; the stream sends them again."),
        # answers that are not AWS's (bridge.wiring.clients)
        Metric(
            "AnswersRefused", "Count", "Answers that lack what AWS always sends: not believed, tried again."
        ),
        # where schemas come from (bridge.schemas.registries.reading)
        Metric("SchemaCacheUsed", "Count", "Starts with cached schemas because the registry was down."),
        # how sinks answer (bridge.relay.reports)
        Metric("SinkCalls", "Count", "Calls of the target's API.", "sink"),
        Metric("SinkRetries", "Count", "Repeated entries; each repeat counts.", "sink"),
        Metric("SinkEntriesFailed", "Count", "Entries that were not accepted; each try counts.", "sink"),
        Metric("SinkBytes", "Bytes", "Size of the accepted entries, as the target counts it.", "sink"),
        Metric("PublishLatency", "Milliseconds", "Time from a call to its answer.", "sink", "sample"),
        # the event source mapping on one machine (bridge.stream.mapping.stats)
        Metric("runner_batches", "Count", "Invocations of the function."),
        Metric("runner_retried", "Count", "Invocations that repeated records."),
        Metric("runner_records_read", "Count", "Records read from the stream."),
        Metric("runner_before_start", "Count", "Records older than the start of a mapping at LATEST."),
        Metric("runner_filtered", "Count", "Records that the filter dropped; they have no event."),
        Metric("runner_done", "Count", "Records that the function handled."),
        Metric("runner_given_up", "Count", "Records given up: retries used up, or too old."),
        Metric("runner_dropped", "Count", "Records given up without an on-failure destination."),
        Metric("runner_iterators_expired", "Count", "Shard iterators older than 15 minutes."),
        Metric("runner_positions_trimmed", "Count", "Holes: records that were gone before they were read."),
        Metric("runner_ends_refused", "Count", "Answers that said a shard had ended while it was open."),
        Metric("runner_reads_failed", "Count", "Reads of the stream that failed and were repeated."),
        Metric("runner_destination_failed", "Count", "Batches that the on-failure destination did not take."),
        Metric("runner_checkpoints_failed", "Count", "Checkpoints that could not be stored at that time."),
    )
}


def render_table() -> str:
    """The metrics as a Markdown table, for docs/telemetry.md."""
    head = "| metric | kind, unit | also by | meaning |\n|---|---|---|---|\n"
    rows = ((each, ", ".join(each.dimensions) or "–") for each in METRICS.values())
    return head + "".join(
        f"| `{each.name}` | {each.kind}, {each.unit} | {by} | {each.meaning} |\n" for each, by in rows
    )


if __name__ == "__main__":
    sys.stdout.write(render_table())
