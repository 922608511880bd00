"""How far the bridge is behind a stream: by hand, or as CloudWatch says of a Lambda function."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from bridge.edges.answers.errors import AWS_ERRORS, AwsTarget
from bridge.errors import SourceUnavailable
from bridge.ports.clock import Clock

WINDOW_S: Final = 900
"""CloudWatch shows a metric a minute or two late, and a quiet function emits none."""


class GivenLag:
    """Somebody vouches for it; None: nobody does."""

    def __init__(self, lag_s: float | None) -> None:
        self._lag_s = lag_s

    def lag_s(self) -> float | None:
        return self._lag_s


class IteratorAgeLag:
    """The highest ``IteratorAge`` (namespace AWS/Lambda, milliseconds, by FunctionName) of the last quarter
    of an hour. Nothing where there is no data: Lambda tells it when it sends a batch, so a quiet stream and
    a dead mapping look alike here, and ``bridge.stream.mapping.quiet`` tells them apart.

    Needs ``cloudwatch:GetMetricStatistics``.
    """

    def __init__(self, cloudwatch: Any, function: str, clock: Clock) -> None:
        self._cloudwatch = cloudwatch
        self._function = function
        self._clock = clock
        self._target = AwsTarget(
            "cloudwatch", f"IteratorAge of function {function}", unavailable=SourceUnavailable
        )

    def lag_s(self) -> float | None:
        """Raises ``SourceUnavailable`` or ``BatchError`` where CloudWatch does not answer."""
        ages_ms = self._points("IteratorAge", "Maximum")
        return max(ages_ms) / 1000 if ages_ms else None

    def throttles(self) -> int:
        """How many invocations Lambda had no concurrency for in the same time: batches wait that were never
        sent. Raises as :meth:`lag_s` does."""
        return int(sum(self._points("Throttles", "Sum")))

    def _points(self, metric: str, statistic: str) -> list[float]:
        end = datetime.fromtimestamp(self._clock.now(), UTC)
        try:
            answer = self._cloudwatch.get_metric_statistics(
                Namespace="AWS/Lambda",
                MetricName=metric,
                Dimensions=[{"Name": "FunctionName", "Value": self._function}],
                StartTime=end - timedelta(seconds=WINDOW_S),
                EndTime=end,
                Period=60,
                Statistics=[statistic],
            )
        except AWS_ERRORS as error:
            raise self._target.translate(error) from error
        return [float(point[statistic]) for point in answer.get("Datapoints") or ()]
