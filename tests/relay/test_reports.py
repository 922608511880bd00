"""The metrics of a batch: every metric of the list and no other."""

from __future__ import annotations

import ast
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, get_args

import pytest

from bridge.core.event import Event
from bridge.core.jsonpath import parse_path
from bridge.core.redact import RedactRule
from bridge.delivery.backoff import Backoff
from bridge.delivery.dispatch import Answer, Dispatcher
from bridge.edges.local.clock import SystemClock
from bridge.errors import EventRefused, SinkUnavailable, TargetMissing
from bridge.metrics import METRICS, render_table
from bridge.ports.clock import Deadline
from bridge.ports.sink import EntryResult
from bridge.ports.telemetry import Telemetry
from bridge.relay.relay import Relay
from bridge.settings import read_settings
from bridge.stream.mapping.stats import Count
from bridge.wiring.bridge import build_sinks
from tests.builders.bridges import handle, relay, table
from tests.builders.places import ROOT
from tests.builders.records import TIME, lambda_record
from tests.fakes.clients.events import EventsClient
from tests.fakes.clock import FakeClock
from tests.fakes.event_builder import event
from tests.fakes.executor import InlineExecutor
from tests.fakes.sink import ScriptedSink
from tests.fakes.telemetry import KeptTelemetry


def put(key: str, seq: int, **after: Any) -> dict[str, Any]:
    return lambda_record(op="insert", key={"id": key}, after={"id": key, **after}, seq=seq)


def kept(bridge: Relay) -> KeptTelemetry:
    assert isinstance(bridge.telemetry, KeptTelemetry)
    return bridge.telemetry


class Target:
    """A target whose calls take ``call_s``; ``answer`` says what becomes of an event at its nth try."""

    name = "domain"
    max_entries = 10
    max_bytes = 1000

    def __init__(
        self,
        clock: FakeClock,
        telemetry: Telemetry,
        answer: Callable[[Event, int], Answer],
        call_s: float = 0.0,
    ) -> None:
        self._clock = clock
        self._call_s = call_s
        self._answer = answer
        self._tries: dict[str, int] = {}
        backoff = Backoff(random.Random(0))
        self._dispatcher = Dispatcher(InlineExecutor(), backoff, telemetry=telemetry)

    def check(self) -> None:
        """Always there."""

    def size_of(self, event: Event) -> int:
        return 100

    def publish(
        self, events: Sequence[Event], deadline: Deadline, *, halt_on_failure: bool = False
    ) -> list[EntryResult]:
        return self._dispatcher.publish(self, events, deadline, halt_on_failure=halt_on_failure)

    def send(self, events: Sequence[Event]) -> list[Answer]:
        self._clock.advance(self._call_s)
        answers = []
        for each in events:
            self._tries[each.id] = self._tries.get(each.id, 0) + 1
            answer = self._answer(each, self._tries[each.id])
            if isinstance(answer, TargetMissing):
                raise answer
            answers.append(answer)
        return answers


def with_target(answer: Callable[[Event, int], Answer], call_s: float = 0.0) -> tuple[Relay, KeptTelemetry]:
    bridge = relay()
    telemetry = kept(bridge)
    assert isinstance(bridge.clock, FakeClock)
    target = Target(bridge.clock, telemetry, answer, call_s)
    return replace(bridge, sinks={"domain": target}), telemetry


def emitted_in_the_code() -> set[str]:
    """Every name that the package passes to ``count`` or ``measure``, and the runner's counts."""
    names = {f"runner_{name}" for name in get_args(Count)}
    for path in (ROOT / "bridge").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            if node.func.attr not in ("count", "measure") or "telemetry" not in ast.unparse(node.func.value):
                continue
            name = node.args[0]
            if isinstance(name, ast.Constant) and isinstance(name.value, str):
                names.add(name.value)
            else:
                assert ast.unparse(name) in ("f'runner_{name}'", "name"), f"{path}:{node.lineno}"
    return names


def test_the_code_emits_every_metric_of_the_list_and_no_other() -> None:
    assert emitted_in_the_code() == set(METRICS)


def test_every_count_of_the_runner_is_counted_somewhere() -> None:
    text = "".join(
        path.read_text()
        for path in [*(ROOT / "bridge/stream/mapping").glob("*.py"), ROOT / "bridge/stream/runner.py"]
    )
    counted = re.findall(r'\.(?:add|failed)\(\s*"(\w+)"', text)
    assert set(get_args(Count)) - set(counted) == set()


def test_a_batch_emits_every_metric_of_records_and_sinks_with_its_dimension() -> None:
    bridge, telemetry = with_target(lambda event, tries: None)
    redacting = table(redact=(RedactRule(parse_path("$.pw"), "drop"),))
    bridge = replace(bridge, tables={"Users": redacting})
    handle(bridge, put("a", 1))
    bridge.sinks["domain"]._answer = lambda event, tries: TargetMissing("gone")  # type: ignore[attr-defined]
    with pytest.raises(TargetMissing):
        handle(bridge, put("a", 2))
    published = set(telemetry.counts) | set(telemetry.samples)
    elsewhere = {"SchemaCacheUsed", "AnswersRefused"}  # counted at a start, and by the clients
    elsewhere |= {name for name in METRICS if name.startswith(("Reconciliations", "Changes"))}
    elsewhere.add("RecordsWithoutEntity")  # of tables with entities: tests/relay/test_by_entity.py
    assert published == {name for name in METRICS if not name.startswith("runner_")} - elsewhere
    dimension = {"table": (("table", "Users"),), "sink": (("sink", "domain"),), None: ()}
    assert telemetry.dimensions == {name: {dimension[METRICS[name].dimension]} for name in published}
    assert {name for name in published if METRICS[name].kind == "sample"} == set(telemetry.samples)


def test_the_four_ends_add_up_and_what_was_held_back_is_one_of_them() -> None:
    sink = ScriptedSink(
        fails=lambda event: SinkUnavailable("throttled") if event.record_id == "event-1" else None
    )
    bridge = relay(sink)
    bad = put("c", 4)
    bad["dynamodb"]["NewImage"]["bad"] = {"X": "?"}
    handle(bridge, put("a", 1), put("a", 2), put("b", 3), bad, {"nonsense": True})
    counts = kept(bridge).counts
    assert [counts[f"Records{end}"] for end in ("Received", "Published", "WithoutEvent", "Quarantined")] == [
        5,
        1,
        0,
        2,
    ]
    assert (counts["RecordsReturned"], counts["RecordsHeldBack"], counts["EventsPublished"]) == (2, 1, 1)


def test_changes_are_counted_by_operation_and_table() -> None:
    bridge = relay(tables=[table(), table(name="Orders")])
    orders = "arn:aws:dynamodb:eu-central-1:123456789012:table/Orders/stream/2026-11-01T10:00:00.000"
    n = [{"id": "a", "n": number} for number in (1, 2)]
    handle(
        bridge,
        put("a", 1),
        lambda_record(op="modify", key={"id": "a"}, before=n[0], after=n[1], seq=2),
        lambda_record(op="remove", key={"id": "o"}, before={"id": "o"}, seq=3, stream_arn=orders),
    )
    counts = kept(bridge).counts
    assert (counts["Inserts"], counts["Modifies"], counts["Removes"]) == (1, 1, 1)
    assert kept(bridge).dimensions["Inserts"] == {(("table", "Users"),), (("table", "Orders"),)}


def test_a_table_that_nobody_configured_is_no_dimension() -> None:
    bridge = relay(tables=[table(name="Orders")])
    handle(bridge, put("a", 1), {"nonsense": True})
    assert kept(bridge).dimensions["RecordsReceived"] == {()}


@pytest.mark.parametrize(("age_s", "lag_ms"), [(0, 0), (90, 90_000), (-5, 0)])
def test_stream_lag_is_the_age_of_the_last_change(age_s: int, lag_ms: int) -> None:
    bridge = relay()
    bridge.clock.advance(TIME.timestamp() - bridge.clock.now() + 100)  # type: ignore[attr-defined]
    last = TIME + timedelta(seconds=100 - age_s)
    handle(bridge, put("a", 1), lambda_record(key={"id": "b"}, after={"id": "b"}, seq=2, time=last))
    assert kept(bridge).samples["StreamLag"] == [lag_ms]


def test_a_batch_that_fails_as_a_whole_counts_as_that_alone() -> None:
    bridge, telemetry = with_target(lambda event, tries: TargetMissing("gone"))
    with pytest.raises(TargetMissing):
        handle(bridge, put("a", 1))
    assert {name: count for name, count in telemetry.counts.items() if count} == {
        "BatchesFailed": 1,
        "SinkCalls": 1,
        "SinkEntriesFailed": 1,
    }


def test_calls_retries_failures_bytes_and_latency_of_a_sink() -> None:
    def answer(event: Event, tries: int) -> Answer:
        if event.record_id == "event-1" and tries <= 2:
            return SinkUnavailable("throttled")
        return EventRefused("no") if event.record_id == "event-2" else None

    bridge, telemetry = with_target(answer, call_s=0.25)
    handle(bridge, put("a", 1), put("b", 2), put("c", 3))
    sink = {name: telemetry.counts[name] for name in METRICS if name.startswith("Sink")}
    assert sink == {"SinkCalls": 3, "SinkRetries": 2, "SinkEntriesFailed": 3, "SinkBytes": 200}
    assert telemetry.samples["PublishLatency"] == [250.0] * 3


def test_the_page_shows_the_list_of_metrics_as_it_is() -> None:
    page = (ROOT / "docs" / "telemetry.md").read_text(encoding="utf-8")
    assert render_table() in page, "put what `python -m bridge.metrics` prints into docs/telemetry.md"


def test_the_configured_sinks_count_their_calls() -> None:
    configured = """
version: 1
source: com.example.accounts
sinks:
  bus: {kind: eventbridge, bus: orders}
quarantine: {kind: directory, path: ./quarantine}
tables:
  Users:
    subject: user/{$.key.id}
    events: [{type: com.example.user.created, op: insert, versions: ["1.0.0"]}]
"""
    telemetry = KeptTelemetry()
    settings = read_settings(configured.encode(), "bridge.yaml", Path(), {})
    sinks = build_sinks(settings, lambda service: EventsClient(), telemetry)
    sinks["bus"].publish([event(0)], Deadline.after(SystemClock(), 60))
    assert telemetry.dimensions["SinkCalls"] == {(("sink", "bus"),)}
    assert telemetry.counts["SinkBytes"] == sinks["bus"].size_of(event(0))
