"""The lag is the highest age of the last quarter of an hour, and unknown without data."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from bridge.edges.cloudwatch.lag import GivenLag, IteratorAgeLag
from tests.fakes.clients.held import held
from tests.fakes.clock import FakeClock


@held("cloudwatch")
class Statistics:
    def __init__(self, *points: dict[str, float]) -> None:
        self.points = list(points)
        self.asked: list[dict[str, Any]] = []

    def get_metric_statistics(self, **request: Any) -> dict[str, Any]:
        self.asked.append(request)
        return {"Label": request["MetricName"], "Datapoints": self.points}


@pytest.mark.parametrize(("ages_ms", "lag_s"), [([], None), ([0.0], 0.0), ([500.0, 2_500.0, 1.0], 2.5)])
def test_the_lag_is_the_highest_age_in_seconds(ages_ms: list[float], lag_s: float | None) -> None:
    client = Statistics(*({"Maximum": age} for age in ages_ms))
    assert IteratorAgeLag(client, "relay", FakeClock(10_000.0)).lag_s() == lag_s
    assert client.asked == [
        {
            "Namespace": "AWS/Lambda",
            "MetricName": "IteratorAge",
            "Dimensions": [{"Name": "FunctionName", "Value": "relay"}],
            "StartTime": datetime.fromtimestamp(9_100, UTC),
            "EndTime": datetime.fromtimestamp(10_000, UTC),
            "Period": 60,
            "Statistics": ["Maximum"],
        }
    ]


def test_throttles_are_added_up() -> None:
    client = Statistics({"Sum": 2.0}, {"Sum": 3.0})
    assert IteratorAgeLag(client, "relay", FakeClock()).throttles() == 5
    assert (client.asked[0]["MetricName"], client.asked[0]["Statistics"]) == ("Throttles", ["Sum"])
    assert IteratorAgeLag(Statistics(), "relay", FakeClock()).throttles() == 0


def test_a_lag_that_is_given_is_that() -> None:
    assert [GivenLag(each).lag_s() for each in (None, 0.0, 5.5)] == [None, 0.0, 5.5]
