"""The verdict of a chaos run is right about a log and events made by hand: it sees each broken promise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from tests.chaos.configuration import SOURCE, TYPES
from tests.chaos.verdict import Verdict, judge, plain
from tests.chaos.writers import Change, Item

SUBJECT = "account/a-1"


def item(rev: int, value: str = "1") -> Item:
    return {"id": {"S": "a-1"}, "rev": {"N": str(rev)}, "value": {"N": value}, "tags": {"SS": ["t1", "t2"]}}


LOG = (
    Change(1, SUBJECT, "insert", None, item(1)),
    Change(2, SUBJECT, "modify", item(1), item(2)),
    Change(3, SUBJECT, "remove", item(2), None),
    Change(4, SUBJECT, "insert", None, item(4)),
)
POISON = Change(5, SUBJECT, "modify", item(4), {**item(5), "value": {"S": "poison"}}, poison=True)


def event(change: Change, at: int | None = None, **more: Any) -> dict[str, Any]:
    images = {"before": plain(change.before), "after": plain(change.after)}
    data = {name: value for name, value in images.items() if value is not None}
    return {
        "id": f"e-{change.rev}",
        "type": f"{SOURCE}.account.{TYPES[change.operation]}.v1",
        "subject": change.subject,
        "sequence": f"label/{change.rev if at is None else at:040d}",
        "data": {"operation": change.operation, **data},
        **more,
    }


EVENTS = [event(change) for change in LOG]


def judged(
    events: Sequence[Mapping[str, Any]], changes: Sequence[Change] = LOG, **more: Any
) -> tuple[Verdict, list[str]]:
    given: dict[str, Any] = {"quarantined": (), "lost_on_purpose": {}, **more}
    verdict = judge(changes, {"bus": events}, **given)
    return verdict, [line.partition(":")[2].partition(":")[0].strip() for line in verdict.broken]


def test_every_change_by_its_event_breaks_nothing() -> None:
    verdict, broken = judged(EVENTS)
    assert broken == []
    assert verdict.counts["bus"] == {
        **dict.fromkeys(("lost", "disordered", "invented", "reconciled", "redriven"), 0),
        "events": 4,
    }


@pytest.mark.parametrize("missing", range(4))
def test_a_change_without_an_event_is_lost(missing: int) -> None:
    verdict, broken = judged([each for number, each in enumerate(EVENTS) if number != missing])
    assert "nothing is lost" in broken
    assert verdict.counts["bus"]["lost"] >= 1


def test_a_change_that_only_one_sink_got_is_lost_to_the_other() -> None:
    events = {"bus": EVENTS, "feed": EVENTS[:1]}
    verdict = judge(LOG, events, (), {"bus": (), "feed": ()})
    assert {line.partition(":")[0] for line in verdict.broken} == {"feed"}


def test_what_was_lost_on_purpose_needs_only_the_right_copy() -> None:
    _, broken = judged(EVENTS[2:], lost_on_purpose={"bus": {1, 2}})
    assert broken == []
    _, broken = judged(EVENTS[:3], lost_on_purpose={"bus": {4}})
    assert broken == ["the copy equals the table"]


def test_a_reconciled_state_is_the_event_of_its_change() -> None:
    again = event(LOG[3], id="r-1", reconciled=True)
    assert judged([*EVENTS[:3], again])[1] == []
    removed = event(LOG[2], id="r-2", reconciled=True)
    assert judged([*EVENTS[:2], removed, EVENTS[3]])[1] == []


def test_a_repeat_is_a_duplicate_and_may_say_that_it_was_redriven() -> None:
    verdict, broken = judged([*EVENTS, {**EVENTS[0], "redriven": True, "dataschema": "another"}])
    assert broken == []
    assert verdict.counts["bus"]["duplicates"] == 1


def test_one_id_with_two_contents_is_a_broken_promise() -> None:
    other = {**EVENTS[0], "data": {**EVENTS[0]["data"], "after": plain(item(1, "2"))}}
    assert judged([*EVENTS, other])[1] == ["one id, one content"]


def test_an_older_change_after_a_newer_one_is_disordered_unless_it_says_why() -> None:
    late = [EVENTS[1], EVENTS[0], *EVENTS[2:]]
    assert judged(late)[1] == ["order per item"]
    assert judged([EVENTS[1], {**EVENTS[0], "redriven": True}, *EVENTS[2:]])[1] == []
    assert judged([*EVENTS, EVENTS[0]])[1] == []  # the same id came before


@pytest.mark.parametrize(
    "wrong",
    [
        event(Change(9, SUBJECT, "insert", None, item(9)), at=0),
        event(Change(9, SUBJECT, "modify", item(2), item(4)), at=0),
        event(Change(9, SUBJECT, "insert", None, item(4, "7")), at=0),
        event(Change(9, SUBJECT, "remove", item(1), None), at=0),
        event(Change(9, "account/a-2", "remove", None, None), at=0, reconciled=True),
        {**event(LOG[0], at=0, id="e-9"), "type": f"{SOURCE}.account.changed.v1"},
    ],
)
def test_an_event_that_no_change_explains_is_invented(wrong: Mapping[str, Any]) -> None:
    verdict, broken = judged([wrong, *EVENTS])
    assert "nothing is invented" in broken
    assert verdict.counts["bus"]["invented"] == 1


def test_only_poison_may_stay_in_quarantine_and_its_item_is_not_compared() -> None:
    assert judged(EVENTS, (*LOG, POISON), quarantined={5})[1] == []
    verdict = judge(LOG, {"bus": EVENTS}, {4}, {})
    assert verdict.broken == ["only poison stays in quarantine: 1, such as rev 4"]


def test_the_copy_is_the_event_of_the_greatest_sequence() -> None:
    stale = event(LOG[0], at=99, id="r-9", reconciled=True)
    assert judged([*EVENTS, stale])[1] == ["the copy equals the table"]
