"""Logs and metrics as they leave the process."""

from __future__ import annotations

import io
import json
import time
import uuid
from typing import Any

import orjson
import pytest

from bridge.edges.cloudwatch.telemetry import LineTelemetry, PowertoolsTelemetry
from bridge.metrics import METRICS
from tests.builders.emf import problems

LONE = "\ud800"


class Output(io.StringIO):
    """A stream that refuses what UTF-8 cannot say, as standard output does."""

    def write(self, text: str, /) -> int:
        text.encode()
        return super().write(text)

    @property
    def lines(self) -> list[dict[str, Any]]:
        """By a reader that takes no lone surrogate."""
        return [orjson.loads(line) for line in self.getvalue().splitlines()]


@pytest.fixture
def output() -> Output:
    return Output()


def powertools(output: Output, level: str | None = None) -> PowertoolsTelemetry:
    return PowertoolsTelemetry(service=f"service-{uuid.uuid4().hex}", level=level, stream=output)


def emf_problems(output: Output) -> list[str]:
    return [
        each for line in output.getvalue().splitlines() for each in problems(line, now_ms=time.time() * 1000)
    ]


# --- metrics -------------------------------------------------------------------------------------


def test_every_metric_of_the_list_is_taken_by_cloudwatchs_rules(output: Output) -> None:
    telemetry = powertools(output)
    for metric in METRICS.values():
        by = dict.fromkeys(metric.dimensions, "Users")
        (telemetry.count if metric.kind == "count" else telemetry.measure)(metric.name, 1, **by)
    telemetry.flush()
    assert emf_problems(output) == []
    reported = {
        (metric["Name"], metric["Unit"])
        for line in output.lines
        for metric in line["_aws"]["CloudWatchMetrics"][0]["Metrics"]
    }
    assert reported == {(metric.name, metric.unit) for metric in METRICS.values()}


def test_a_metric_of_a_table_stands_under_the_service_too(output: Output) -> None:
    telemetry = powertools(output)
    telemetry.count("RecordsReceived", 2, table="Users")
    telemetry.count("RecordsReceived", 3, table="Users")
    telemetry.count("RecordsReceived", 5, table="Orders")
    telemetry.flush()
    assert [line["_aws"]["CloudWatchMetrics"][0]["Dimensions"] for line in output.lines] == [
        [["service"], ["service", "table"]]
    ] * 2
    assert [(line["table"], line["RecordsReceived"]) for line in output.lines] == [
        ("Users", [5.0]),
        ("Orders", [5.0]),
    ]


def test_a_metric_of_an_entity_stands_under_its_table_and_the_service_too(output: Output) -> None:
    telemetry = powertools(output)
    telemetry.count("RecordsReceived", 2, table="app-main", entity="order")
    telemetry.flush()
    (line,) = output.lines
    assert line["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [
        ["service"],
        ["service", "table"],
        ["service", "table", "Entity"],
    ]
    assert (line["table"], line["Entity"]) == ("app-main", "order")
    assert emf_problems(output) == []


def test_flushed_metrics_are_not_written_again_and_no_metrics_write_nothing(output: Output) -> None:
    telemetry = powertools(output)
    telemetry.flush()
    telemetry.count("BatchesFailed")
    telemetry.flush()
    telemetry.flush()
    assert len(output.lines) == 1


@pytest.mark.parametrize("samples", [1, 99, 100, 101, 1000])
def test_no_sample_is_lost_however_many_there_are(output: Output, samples: int) -> None:
    telemetry = powertools(output)
    for value in range(samples):
        telemetry.measure("PublishLatency", value, sink="domain")
    telemetry.count("SinkCalls", samples, sink="domain")
    telemetry.flush()
    assert emf_problems(output) == []
    reported = [value for line in output.lines for value in line["PublishLatency"]]
    assert reported == list(range(samples))
    assert [line["SinkCalls"] for line in output.lines if "SinkCalls" in line] == [[samples]]


@pytest.mark.parametrize("name", ["", "  ", "büs", LONE, "x" * 5000, "a\nb"])
def test_whatever_a_sink_is_called_cloudwatch_takes_the_line(output: Output, name: str) -> None:
    telemetry = powertools(output)
    telemetry.count("SinkCalls", sink=name)
    telemetry.flush()
    assert emf_problems(output) == []
    assert len(output.lines) == 1


@pytest.mark.parametrize(
    ("name", "by", "error", "why"),
    [
        ("Surprise", {}, KeyError, "Surprise"),
        ("StreamLag", {}, ValueError, "is a sample by table"),
        ("SinkCalls", {"event_id": "e-1"}, ValueError, "is a count by sink"),
        ("SinkCalls", {"sink": "domain", "entity": "user"}, ValueError, "is a count by sink"),
        ("GapsSeen", {"entity": "user"}, ValueError, "is a count by table and entity"),
    ],
)
def test_nothing_is_counted_that_the_list_does_not_have(
    output: Output, name: str, by: dict[str, str], error: type[Exception], why: str
) -> None:
    with pytest.raises(error, match=why):
        powertools(output).count(name, 1, **by)


# --- logs ----------------------------------------------------------------------------------------


def test_a_line_holds_its_fields_level_and_service(output: Output) -> None:
    telemetry = powertools(output)
    telemetry.log("warning", "record quarantined", record_id="event-1", sequence="49/1")
    (line,) = output.lines
    assert (line["level"], line["message"]) == ("WARNING", "record quarantined")
    assert (line["record_id"], line["sequence"]) == ("event-1", "49/1")
    assert line["service"].startswith("service-")


@pytest.mark.parametrize("as_json", [True, False])
def test_a_lone_surrogate_costs_no_line_and_is_shown_escaped(output: Output, as_json: bool) -> None:
    for telemetry in (powertools(output), LineTelemetry(output, as_json=as_json)):
        telemetry.log(
            "warning", f"message {LONE}", record_id=f"event-{LONE}", deep={LONE: [LONE]}, other=Odd()
        )
    lines = output.getvalue().splitlines()
    assert len(lines) == 2
    assert {line.count("ud800") == 5 for line in lines} == {True}
    assert json.loads(lines[0])["record_id"] == "event-\\ud800"


class Odd:
    """A value that no JSON writer knows."""

    def __str__(self) -> str:
        return f"odd {LONE}"


def test_a_field_named_as_logging_names_its_own_costs_no_line(output: Output) -> None:
    telemetry = powertools(output)
    telemetry.log("error", "said", name="n", args="a", module="o", asctime="t")
    (line,) = output.lines
    assert [line[name] for name in ("message", "name_", "args_", "module_", "asctime_")] == [
        "said",
        *"naot",
    ]


def test_text_that_a_terminal_cannot_show_costs_no_line() -> None:
    content = io.BytesIO()
    terminal = io.TextIOWrapper(content, encoding="ascii")
    LineTelemetry(terminal).log("info", "naïve", word="ü")
    assert content.getvalue() == b"info: na\\xefve  word=\\xfc\n"


@pytest.mark.parametrize("level", ["debug", "info", "warning", "error"])
def test_wants_says_whether_a_line_would_be_written(output: Output, level: str) -> None:
    for telemetry in (powertools(output, level), LineTelemetry(output, level=level)):
        for each in ("debug", "info", "warning", "error"):
            output.truncate(0)
            output.seek(0)
            telemetry.log(each, "line")
            assert telemetry.wants(each) == bool(output.getvalue())


def test_without_a_level_the_environment_decides(output: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POWERTOOLS_LOG_LEVEL", "ERROR")
    assert not powertools(output).wants("warning")
    assert powertools(output, "debug").wants("debug")


def test_a_terminal_adds_up_what_is_counted_and_keeps_no_samples(output: Output) -> None:
    telemetry = LineTelemetry(output)
    name, other = list(METRICS)[:2]
    telemetry.count(name)
    telemetry.count(name, 3)
    telemetry.count(other, 2, table="Users")
    telemetry.measure(other, 5)
    assert telemetry.counts == {METRICS[name].name: 4, METRICS[other].name: 2}
    assert output.getvalue() == ""
