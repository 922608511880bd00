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
    )
}
