"""How far the bridge is behind a stream: as given, or as CloudWatch reports it for a Lambda function."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from bridge.edges.answers.errors import AwsTarget
from bridge.errors import SourceUnavailable
from bridge.ports.clock import Clock

WINDOW_S: Final = 900
"""CloudWatch shows a metric one or two minutes late, and a quiet function emits none."""


class GivenLag:
    """The lag as a person gives it; None where nobody does."""

    def __init__(self, lag_s: float | None) -> None:
        self._lag_s = lag_s

    def lag_s(self) -> float | None:
        return self._lag_s


class IteratorAgeLag:
    """The highest ``IteratorAge`` (namespace AWS/Lambda, milliseconds, by FunctionName) of the last quarter
    of an hour; None without data. Lambda reports it when it sends a batch, so a quiet stream and a dead
    mapping look alike here; ``bridge.stream.mapping.quiet`` distinguishes them.

    Needs ``cloudwatch:GetMetricStatistics``.
    """

    def __init__(self, cloudwatch: Any, function: str, clock: Clock) -> None:
        self._function = function
        self._clock = clock
        self._target = AwsTarget(
            cloudwatch, "cloudwatch", f"IteratorAge of function {function}", unavailable=SourceUnavailable
        )

    def lag_s(self) -> float | None:
        """Raises ``SourceUnavailable`` or ``BatchError`` where CloudWatch does not answer."""
        ages_ms = self._points("IteratorAge", "Maximum")
        return max(ages_ms) / 1000 if ages_ms else None

    def throttles(self) -> int:
        """How many invocations Lambda had no concurrency for in the same time: their batches are waiting.
        Raises as :meth:`lag_s` does."""
        return int(sum(self._points("Throttles", "Sum")))

    def _points(self, metric: str, statistic: str) -> list[float]:
        end = datetime.fromtimestamp(self._clock.now(), UTC)
        answer = self._target.call(
            "GetMetricStatistics",
            Namespace="AWS/Lambda",
            MetricName=metric,
            Dimensions=[{"Name": "FunctionName", "Value": self._function}],
            StartTime=end - timedelta(seconds=WINDOW_S),
            EndTime=end,
            Period=60,
            Statistics=[statistic],
        )
        return [float(point[statistic]) for point in answer["Datapoints"]]
