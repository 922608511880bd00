"""A change that publishes nothing settles its position but no state: an earlier loss can still be found.

Found by the simulation: a lost insert, then a change of an ignored attribute, and the loss was never noticed.
"""

from __future__ import annotations

from bridge.edges.local.memory import MemoryQuarantine
from bridge.errors import EventInvalid
from bridge.ports.ledger import Row
from tests.builders.bridges import handle, rule
from tests.fakes.sink import ScriptedSink
from tests.relay.test_settling import bridge, change, fingerprint, published, row_of

IGNORED = (("seen",),)


def image(n: int, seen: int) -> dict[str, object]:
    return {"id": "a", "n": n, "seen": seen}


def state(row: Row) -> tuple[bool, str]:
    return row.live, row.fingerprint


def test_after_a_lost_insert_an_ignored_change_leaves_the_state_unpublished() -> None:
    relay_ = bridge(ScriptedSink(), published(ignore=IGNORED))
    outcome = handle(relay_, change(2, image(1, 1), image(1, 2)))
    assert outcome.reasons == {"without_event": {"unchanged": 1}}
    assert state(row_of(relay_)) == (True, "")


def test_after_a_lost_change_an_ignored_one_leaves_the_published_state_in_the_row() -> None:
    relay_ = bridge(ScriptedSink(), published(ignore=IGNORED))
    handle(relay_, change(1, None, image(1, 1)))
    handle(relay_, change(3, image(2, 1), image(2, 2)))  # from 1 to 2 was lost
    row = row_of(relay_)
    assert state(row) == (True, fingerprint({"id": "a", "n": 1}))
    assert row.position.number == 3


def test_without_a_loss_an_ignored_change_keeps_the_fingerprint() -> None:
    relay_ = bridge(ScriptedSink(), published(ignore=IGNORED))
    handle(relay_, change(1, None, image(1, 1)), change(2, image(1, 1), image(1, 2)))
    assert state(row_of(relay_)) == (True, fingerprint({"id": "a", "n": 1}))


def test_after_a_loss_a_change_that_matches_no_type_leaves_the_published_state_in_the_row() -> None:
    relay_ = bridge(
        ScriptedSink(), published(rule(changed=["/plan"]), rule(operations=frozenset({"insert"})))
    )
    handle(relay_, change(1, None, {"id": "a", "plan": "free", "n": 1}))
    before, after = {"id": "a", "plan": "pro", "n": 1}, {"id": "a", "plan": "pro", "n": 2}
    outcome = handle(relay_, change(3, before, after))
    assert outcome.reasons == {"without_event": {"no_matching_type": 1}}
    assert state(row_of(relay_)) == (True, fingerprint({"id": "a", "plan": "free", "n": 1}))


def test_a_quarantined_insert_and_an_ignored_change_leave_no_published_item() -> None:
    def refuse(data: object) -> None:
        raise EventInvalid("refused")

    relay_ = bridge(
        ScriptedSink(), published(rule(validate=refuse), ignore=IGNORED), quarantine=MemoryQuarantine()
    )
    handle(relay_, change(1, None, image(1, 1)), change(2, image(1, 1), image(1, 2)))
    assert state(row_of(relay_)) == (False, "")
