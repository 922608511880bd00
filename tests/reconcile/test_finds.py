"""What was lost is found, by kind, and nothing else is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bridge.core.change import Position
from bridge.core.healing import time_text
from bridge.errors import EventInvalid
from tests.builders.bridges import rule, table
from tests.builders.records import item
from tests.fakes.table_source import FACTS, FakeTable
from tests.reconcile.rig import LABEL, Rig


def lossy() -> Rig:
    rig = Rig()
    rig.settled(*"abcdefgh")
    rig.live("new", {"name": "new"}, lost=True)
    rig.live("a", {"name": "changed"}, lost=True)
    rig.live("b", None, lost=True)
    rig.live("c", None)
    rig.live("c", {"name": "again"}, lost=True)  # removed and made again: the row says removed
    return rig


def test_every_lost_change_is_re_emitted_by_its_kind_and_nothing_else() -> None:
    rig = lossy()
    report = rig.execute()
    published = {(event["subject"], event["data"]["operation"]) for event in rig.events}
    assert published == {
        ("user/new", "insert"),
        ("user/a", "modify"),
        ("user/b", "remove"),
        ("user/c", "insert"),
    }
    assert len(rig.events) == 4
    assert report["missed"] == report["reemitted"] == {"insert": 2, "modify": 1, "remove": 1}
    assert report["complete"]
    assert report["matching"] == 5


def test_a_second_run_emits_nothing() -> None:
    rig = lossy()
    rig.execute()
    rig.sink.accepted.clear()
    report = rig.execute()
    assert rig.events == []
    assert report["differing"] == 0


def test_a_plan_shows_what_would_be_sent_and_sends_nothing() -> None:
    rig = lossy()
    report = rig.execute("plan")
    assert rig.events == []
    assert report["missed"] == {"insert": 2, "modify": 1, "remove": 1}
    assert report["by_type"] == {
        "com.example.user.changed.v1 insert": 2,
        "com.example.user.changed.v1 modify": 1,
        "com.example.user.changed.v1 remove": 1,
    }
    assert rig.execute()["reemitted"] == {"insert": 2, "modify": 1, "remove": 1}


def test_nothing_disagrees_nobody_waits() -> None:
    rig = Rig()
    rig.settled(*"abc")
    report = rig.execute()
    assert rig.clock.slept == []
    assert rig.lag.asked == 0
    assert report["matching"] == 3


def test_what_a_stale_scan_shows_is_in_flight_not_missed() -> None:
    rig = Rig()
    rig.settled("a", "b", "c", "d")
    rig.source.stale[rig.source.token("a")] = item({"id": "a", "name": "older"})
    rig.live("b", None)
    rig.source.stale[rig.source.token("b")] = item({"id": "b", "name": "b"})
    report = rig.execute()
    assert rig.events == []
    assert report["in_flight"] == 2


def test_a_change_that_arrives_while_we_wait_is_in_flight() -> None:
    rig = Rig()
    rig.settled("a", "b", "c")
    rig.live("a", {"name": "late"}, lost=True)
    rig.source.before_read = lambda: rig.settle("a", Position(LABEL, 99)) if rig.clock.slept else None
    report = rig.execute()
    assert rig.events == []
    assert report["in_flight"] == 1


def test_an_item_that_changes_again_while_we_wait_is_in_flight() -> None:
    rig = Rig()
    rig.settled("a", "b", "c")
    rig.live("a", {"name": "lost"}, lost=True)
    rig.source.before_read = lambda: rig.source.put(id="a", name="newer") if rig.clock.slept else None
    report = rig.execute()
    assert rig.events == []
    assert report["in_flight"] == 1
    del rig.source.before_read
    assert rig.execute()["reemitted"] == {"modify": 1}


def test_an_item_that_changes_there_and_back_while_we_wait_is_in_flight() -> None:
    """Found by the simulation, seed 4649: the row recorded a removal since the first read, the item was made
    again as it had been, and that record was on its way."""
    rig = Rig()
    rig.settled("a", "b", "c")
    rig.live("a", {"name": "here"}, lost=True)

    def there_and_back() -> None:
        if rig.clock.slept:
            rig.live("a", None)
            rig.live("a", {"name": "here"}, lost=True)

    rig.source.before_read = there_and_back
    report = rig.execute()
    assert (rig.events, report["in_flight"]) == ([], 1)
    del rig.source.before_read
    assert rig.execute()["reemitted"] == {"insert": 1}


def test_a_lost_change_is_found_although_later_changes_of_its_item_have_no_event() -> None:
    """Found by the simulation, seed 6773: a change of ignored attributes only moves the row's position and
    time while the run waits, and not the published state."""
    rig = Rig()
    rig.settled("a", "b", "c")
    rig.live("a", {"name": "lost"}, lost=True)

    def publish_nothing() -> None:
        if rig.clock.slept and (row := rig.row("a")) is not None:
            as_of = time_text(datetime.fromtimestamp(rig.clock.now(), UTC))
            moved = replace(row, position=Position(LABEL, 99), as_of=as_of, published=row.published_sequence)
            rig.ledger.settle([moved])

    rig.source.before_read = publish_nothing
    assert rig.execute()["reemitted"] == {"modify": 1}


def test_what_a_filter_over_keys_drops_is_never_missed() -> None:
    def accepts(record: Mapping[str, Any]) -> bool:
        id: str = record["dynamodb"]["Keys"]["id"]["S"]
        return not id.startswith("tmp-")

    rig = Rig(rules=table(accepts=accepts))
    rig.settled("a", "b")
    for number in range(9):
        rig.live(f"tmp-{number}", {"name": "x"}, lost=True)
    report = rig.execute()
    assert report["filtered"] == 9
    assert rig.events == []


def test_a_change_without_an_event_is_settled_and_not_missed() -> None:
    rig = Rig(rules=table(rule(operations=frozenset({"insert", "remove"}))))
    rig.settled("a", "b", "c")
    rig.live("a", {"name": "silent"}, lost=True)
    report = rig.execute()
    assert report["without_event"] == 1
    assert sum(report["missed"].values()) == 0
    assert rig.execute()["differing"] == 0


def test_what_live_would_quarantine_is_blocked_and_the_rest_goes_on() -> None:
    def refuse(data: dict[str, Any]) -> None:
        if data["key"]["id"] == "bad":
            raise EventInvalid("the data is wrong")

    rig = Rig(rules=table(rule(validate=refuse)))
    rig.settled("a", "b", "c")
    rig.live("bad", {"name": "x"}, lost=True)
    rig.live("good", {"name": "x"}, lost=True)
    report = rig.execute()
    assert [event["subject"] for event in rig.events] == ["user/good"]
    assert report["blocked"]["by_reason"] == {"event_invalid": 1}
    assert rig.row("bad") is None, "a blocked item must be found again"
    assert "bad" not in str(report["blocked"])


def test_an_item_that_cannot_be_decoded_is_blocked() -> None:
    rig = Rig()
    rig.settled("a", "b", "c")
    rig.source.items[rig.source.token("x")] = {"id": {"S": "x"}, "n": {"N": object()}}
    report = rig.execute()
    assert report["blocked"]["by_reason"] == {"malformed_record": 1}
    assert report["complete"]


def test_a_quarantined_change_whose_state_was_never_published_is_compared() -> None:
    rig = Rig()
    rig.settled("a", "b", "c")
    row = rig.row("a")
    assert row is not None
    rig.ledger.settle([replace(row, fingerprint="")])
    assert rig.execute()["reemitted"] == {"modify": 1}


def test_a_noted_gap_that_later_changes_overtook_is_cleared_without_an_event() -> None:
    rig = Rig()
    rig.settled("a", "b", "c")
    row = rig.row("a")
    assert row is not None
    rig.ledger.settle([replace(row, gap=True)])
    assert rig.execute()["gaps"] == 1
    assert rig.events == []
    cleared = rig.row("a")
    assert cleared is not None
    assert not cleared.gap
    assert rig.execute()["gaps"] == 0


def test_only_the_keys_that_were_asked_for_are_read() -> None:
    rig = lossy()
    keys = ({"id": {"S": "a"}}, {"id": {"S": "b"}}, {"id": {"S": "d"}})
    report = rig.execute(keys=keys)
    assert report["reemitted"] == {"modify": 1, "remove": 1}
    assert rig.source.calls["page"] == 0
    assert not report["whole"]


def test_other_types_stay_missed_when_one_is_asked_for() -> None:
    both = frozenset({"insert", "modify", "remove"})
    rig = Rig(rules=table(rule("com.example.one", operations=both), rule("com.example.two", operations=both)))
    rig.settled("a", "b", "c")
    rig.live("a", {"name": "x"}, lost=True)
    rig.execute(only_types=("com.example.one",))
    assert [event["type"] for event in rig.events] == ["com.example.one.v1"]
    rig.execute()
    assert [event["type"] for event in rig.events][1:] == ["com.example.one.v1", "com.example.two.v1"]
    assert rig.events[0]["sequence"] < rig.events[1]["sequence"], "read again, published again"


def test_since_leaves_out_what_may_have_been_lost_before() -> None:
    rig = Rig()
    rig.settled("a", "b", "c")
    rig.clock.advance(3600)
    rig.live("d", {"name": "d"})
    rig.live("a", {"name": "x"}, lost=True)
    rig.live("d", {"name": "x"}, lost=True)
    report = rig.execute(since="2026-11-20T12:30:00Z")
    assert [event["subject"] for event in rig.events] == ["user/d"]
    assert report["skipped"] == 1


@pytest.mark.parametrize("view", ["KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"])
def test_events_show_no_more_than_the_streams_own_view(view: Any) -> None:
    rig = Rig(FakeTable(facts=replace(FACTS, view=view)), keep="image")
    rig.settled("a", "b", "c")
    rig.live("a", {"name": "x"}, lost=True)
    rig.live("new", {"name": "x"}, lost=True)
    rig.live("b", None, lost=True)
    rig.execute()
    for event in rig.events:
        operation = event["data"]["operation"]
        assert ("after" in event["data"]) == (view.startswith("NEW") and operation != "remove")
        assert ("before" in event["data"]) == ("OLD" in view and operation != "insert")
