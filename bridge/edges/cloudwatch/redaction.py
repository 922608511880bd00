"""What the bridge measured of its redaction rules, as CloudWatch has it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from bridge.edges.answers.errors import AwsTarget
from bridge.errors import SourceUnavailable
from bridge.metrics import NAMESPACE
from bridge.ports.clock import Clock

WINDOW_S: Final = 24 * 3600
_PERIOD_S: Final = 3600


def unmatched_rules(cloudwatch: Any, service: str, table: str, clock: Clock, entity: str = "") -> int | None:
    """The highest ``RedactionRulesUnmatched`` of the table, or of one entity of it, in the newest hour that
    has one, of the last day; None without data. Needs ``cloudwatch:GetMetricStatistics``.

    Raises ``SourceUnavailable``, ``BatchError``.
    """
    target = AwsTarget(
        cloudwatch, "cloudwatch", f"RedactionRulesUnmatched of table {table}", unavailable=SourceUnavailable
    )
    of = (("service", service), ("table", table), ("Entity", entity))
    end = datetime.fromtimestamp(clock.now(), UTC)
    answer = target.call(
        "GetMetricStatistics",
        Namespace=NAMESPACE,
        MetricName="RedactionRulesUnmatched",
        Dimensions=[{"Name": name, "Value": value} for name, value in of if value],
        StartTime=end - timedelta(seconds=WINDOW_S),
        EndTime=end,
        Period=_PERIOD_S,
        Statistics=["Maximum"],
    )
    points = [point for point in answer.get("Datapoints") or () if "Timestamp" in point]
    newest = max(points, key=lambda point: point["Timestamp"], default=None)
    return None if newest is None else int(newest["Maximum"])
