"""The breaker: a bad deployment never empties the stream into quarantine, one bad record never stops it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest

from bridge.core.event import Event
from bridge.core.events.rules import EventRule
from bridge.core.mapping.subject import Subject
from bridge.core.pattern.matching import compile_pattern
from bridge.edges.local.ledgers import NoLedger
from bridge.edges.local.memory import MemoryQuarantine
from bridge.errors import (
    BreakerTripped,
    BridgeError,
    EventInvalid,
    EventRefused,
    MappingFailed,
    SinkUnavailable,
)
from bridge.lambdas.pipe import PipeHandler
from bridge.ports.clock import Deadline
from bridge.redrive import Redriver
from bridge.relay.breaker import Breaker
from bridge.relay.relay import Relay
from bridge.wiring.functions import StreamHandler
from tests.builders.bridges import handle, relay, rule, table
from tests.builders.records import STREAM_ARN
from tests.fakes.context import LambdaContext
from tests.fakes.sink import ScriptedSink
from tests.redrive.rig import invocation_record
from tests.relay.test_relay import BrokenQuarantine, poison, put

USER, ORDER = "com.example.user.created", "com.example.order.placed"


def refuses(kind: str) -> Callable[[dict[str, Any]], None]:
    def validate(data: dict[str, Any]) -> None:
        if data["after"]["kind"] == kind:
            raise EventInvalid("/plan: not in enum")

    return validate


def accept(data: dict[str, Any]) -> None:
    """Every event is valid."""


def single_table(*, broken: str = "", sink: ScriptedSink | None = None, **parts: Any) -> Relay:
    """Users and orders in one table, of which a deployment breaks one kind; other items have no event."""

    def each(type: str, kind: str) -> EventRule:
        made = rule(type, validate=refuses(kind) if kind == broken else accept)
        route = replace(made.route, after=compile_pattern({"kind": [kind]}))
        return replace(made, route=route)

    return relay(*([sink] if sink else []), tables=[table(each(USER, "user"), each(ORDER, "order"))], **parts)


def batch(kinds: dict[str, int]) -> list[dict[str, Any]]:
    every = [kind for kind, count in kinds.items() for _ in range(count)]
    return [put(f"k{number}", number, kind=kind) for number, kind in enumerate(every, 1)]


def entries(bridge: Relay) -> int:
    assert isinstance(bridge.quarantine, MemoryQuarantine)
    return len(bridge.quarantine.entries())


def test_a_batch_in_which_most_records_fail_is_failed_as_a_whole() -> None:
    sink = ScriptedSink()
    bridge = relay(sink)
    batch = [poison(f"p{n}", n) for n in range(1, 12)] + [put(f"g{n}", 100 + n) for n in range(10)]
    with pytest.raises(BreakerTripped, match="11 of 21"):
        handle(bridge, *batch)
    assert sink.accepted == []
    assert isinstance(bridge.quarantine, MemoryQuarantine)
    assert bridge.quarantine.entries() == []


def test_half_of_a_batch_is_not_most_of_it() -> None:
    batch = [poison(f"p{n}", n) for n in range(1, 11)] + [put(f"g{n}", 100 + n) for n in range(10)]
    assert handle(relay(), *batch).quarantined == 10


def test_nine_failures_are_not_enough() -> None:
    assert handle(relay(), *(poison(f"p{n}", n) for n in range(1, 10))).quarantined == 9


def test_the_parts_of_a_split_batch_do_not_pass_the_breaker() -> None:
    bridge = relay()
    batch = [poison(f"p{n}", n) for n in range(1, 13)]
    with pytest.raises(BreakerTripped):
        handle(bridge, *batch)
    for half in (batch[:6], batch[6:], batch[:1]):
        with pytest.raises(BreakerTripped):
            handle(bridge, *half)


def test_after_the_deployment_is_fixed_a_single_poison_record_is_quarantined_again() -> None:
    breaker = Breaker()
    bad = relay(breaker=breaker)
    with pytest.raises(BreakerTripped):
        handle(bad, *(poison(f"p{n}", n) for n in range(1, 13)))
    handle(bad, *(put(f"g{n}", n) for n in range(1, 21)))
    assert handle(bad, poison("p", 99)).quarantined == 1


@pytest.mark.parametrize("others", [{"order": 69}, {"session": 69}, {"order": 30, "session": 39}])
def test_records_of_other_types_and_without_an_event_excuse_no_deployment(others: dict[str, int]) -> None:
    bridge = single_table(broken="user")
    with pytest.raises(BreakerTripped, match=r"31 of 31 .*Users, com.example.user.created.v1"):
        handle(bridge, *batch({"user": 31, **others}))
    assert entries(bridge) == 0


def test_duplicates_excuse_no_deployment() -> None:
    bridge = single_table()
    settled = batch({"user": 69})
    handle(bridge, *settled)
    bad = single_table(broken="user", ledger=bridge.ledger)
    new = [put(f"n{number}", 100 + number, kind="user") for number in range(31)]
    with pytest.raises(BreakerTripped, match="31 of 31"):
        handle(bad, *settled, *new)


def test_few_records_of_a_type_in_each_batch_do_not_empty_it_into_quarantine() -> None:
    bridge = single_table(broken="user")

    def a_batch(first: int) -> list[dict[str, Any]]:
        kinds = ["user", "user", *["order"] * 88]
        return [put(f"k{first + n}", first + n, kind=kind) for n, kind in enumerate(kinds)]

    for number in range(4):
        assert handle(bridge, *a_batch(number * 100)).quarantined == 2
    with pytest.raises(BreakerTripped, match=r"user\.created"):
        handle(bridge, *a_batch(400))
    assert entries(bridge) == 8 < Breaker().at_least


def test_one_bad_record_of_a_type_never_stops_the_stream_however_often_the_quarantine_is_away() -> None:
    bridge = single_table(broken="user", quarantine=BrokenQuarantine())
    for _ in range(30):
        assert handle(bridge, *batch({"user": 1, "order": 5})).returned == 1


def test_a_value_that_is_malformed_is_judged_for_the_table_and_not_for_the_type_that_met_it_first() -> None:
    bridge = single_table()
    bad = [put(f"p{n}", n, kind="user") for n in range(1, 12)]
    for record in bad:
        record["dynamodb"]["NewImage"]["kind"] = {"S": 7}
    good = [put(f"g{n}", 100 + n, kind="order") for n in range(11)]
    assert handle(bridge, *bad, *good).quarantined == 11
    with pytest.raises(BreakerTripped, match=r"11 of 21 .*\(Users\)"):
        handle(single_table(), *bad, *good[:10])


def test_records_without_an_event_excuse_no_record_that_fails_before_its_type_is_known() -> None:
    bad = batch({"user": 11})
    for record in bad:
        record["dynamodb"]["NewImage"]["kind"] = {"S": 7}
    with pytest.raises(BreakerTripped, match=r"11 of 11 .*\(Users\)"):
        handle(single_table(), *bad, *(put(f"s{n}", 100 + n, kind="session") for n in range(69)))


def test_what_cannot_be_decoded_is_judged_for_its_stream_among_all_that_came_from_it() -> None:
    """A duplicate and a record without an event were decoded, too."""
    other = STREAM_ARN.replace("/Users/", "/Orders/")
    broken = [{**put(f"p{n}", n), "eventName": "UPSERT"} for n in range(1, 12)]
    unknown = [{**put(f"o{n}", 200 + n), "eventSourceARN": other} for n in range(50)]
    bridge = relay()
    assert handle(bridge, *broken, *(put(f"g{n}", 100 + n) for n in range(11)), *unknown).quarantined == 11
    with pytest.raises(BreakerTripped, match=r"11 of 21 .*table/Users/"):
        handle(relay(), *broken, *(put(f"g{n}", 100 + n) for n in range(10)), *unknown)


def test_what_a_sink_refuses_for_good_is_judged_among_what_it_answered() -> None:
    """What was throttled says nothing about the events that the sink refuses."""

    def answer(event: Event) -> BridgeError | None:
        number = int(event.record_id.removeprefix("event-"))
        return EventRefused("malformed detail") if number <= 11 else SinkUnavailable("throttled")

    with pytest.raises(BreakerTripped, match=r"11 of 11 .*user.created"):
        handle(single_table(sink=ScriptedSink(fails=answer)), *batch({"user": 100}))


def test_a_subject_that_cannot_be_made_is_judged_for_the_type_that_needs_it() -> None:
    def subject(view: Any) -> str:
        if view.after.get("kind") == "user":
            raise MappingFailed("the subject template finds no value")
        return "x"

    bridge = single_table()
    bridge = replace(
        bridge, tables={"Users": replace(bridge.tables["Users"], subject=cast(Subject, subject))}
    )
    with pytest.raises(BreakerTripped, match=r"31 of 31 .*user.created.v1"):
        handle(bridge, *batch({"user": 31, "order": 69}))


@pytest.mark.parametrize("way", ["run", "pipe", "redrive"])
def test_every_way_in_has_the_same_breaker(way: str) -> None:
    bridge = single_table(broken="user", ledger=NoLedger() if way == "pipe" else None)
    records = batch({"user": 31, "session": 69})
    if way == "pipe":
        with pytest.raises(BreakerTripped):
            PipeHandler(bridge, {}).handle(records, LambdaContext())
    elif way == "redrive":
        content = invocation_record("shard-1", "1", "100", size=100, records=records)
        redriver = Redriver(bridge, no_stream, lambda: Deadline.after(bridge.clock, 30))
        done = redriver.redrive("o", content)
        assert (done.state, "31 of 31" in done.why) == ("left", True)
    else:
        with pytest.raises(BreakerTripped):
            StreamHandler(bridge, bridge.clock).handle({"Records": records}, LambdaContext())
    assert entries(bridge) == 0


def no_stream(arn: str, dialect: Any) -> Any:
    raise AssertionError("the payload holds the records")
