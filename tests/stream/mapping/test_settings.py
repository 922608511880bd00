"""A mapping takes what Lambda takes: each limit itself, and nothing beyond it."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.errors import ConfigurationError, Problem
from bridge.stream.mapping.settings import MappingSettings
from bridge.stream.mapping.stats import RunnerStats

WHERE = "event source mapping"
LIMITS = [
    ("batch_size", 1, 10_000),
    ("window_s", 0, 300),
    ("parallelization_factor", 1, 10),
    ("max_retries", 0, 10_000),
    ("max_record_age_s", 60, 604_800),
    ("max_payload_bytes", 1, 6_291_456),
]


@pytest.mark.parametrize(("name", "low", "high"), LIMITS)
def test_each_limit_is_taken_and_one_beyond_it_is_refused_with_its_range(
    name: str, low: int, high: int
) -> None:
    for value in (low, high):
        assert getattr(MappingSettings(**{name: value}), name) == value  # type: ignore[arg-type]
    for value in (low - 1, high + 1):
        if value == -1 and name == "max_retries":
            continue
        with pytest.raises(ConfigurationError) as caught:
            MappingSettings(**{name: value})  # type: ignore[arg-type]
        (problem,) = caught.value.problems
        assert name in str(problem)
        assert f"is {value}, Lambda takes {low} to {high}" in str(problem)
        assert str(problem).index(name) < str(problem).index("Lambda takes")


@pytest.mark.parametrize("name", ["max_retries", "max_record_age_s"])
def test_minus_one_and_none_mean_no_limit(name: str) -> None:
    given: list[dict[str, Any]] = [{name: -1}, {name: None}]
    values = [getattr(MappingSettings(**each), name) for each in given]
    assert values == [None, None]


def test_every_bad_value_is_reported() -> None:
    with pytest.raises(ConfigurationError) as caught:
        MappingSettings(batch_size=0, window_s=301, starting_position="AT_TIMESTAMP")  # type: ignore[arg-type]
    assert caught.value.problems == (
        Problem(WHERE, 0, 0, "batch_size", "is 0, Lambda takes 1 to 10000"),
        Problem(WHERE, 0, 0, "window_s", "is 301, Lambda takes 0 to 300"),
        Problem(WHERE, 0, 0, "starting_position", "is neither TRIM_HORIZON nor LATEST"),
    )


def test_a_record_is_wanted_where_one_filter_wants_it_or_there_is_none() -> None:
    small, odd = (lambda record: record["n"] < 5), (lambda record: record["n"] % 2 == 1)
    assert [MappingSettings(filters=(small, odd)).wants({"n": n}) for n in (4, 7, 8)] == [True, True, False]
    assert MappingSettings().wants({"n": 8})


def test_a_runner_that_did_nothing_counts_nothing() -> None:
    counts = {name: getattr(RunnerStats(), name) for name in RunnerStats.__slots__}
    assert counts.pop("positions") == {}
    assert set(counts.values()) == {0}
