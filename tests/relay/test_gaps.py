"""What a row records about a loss before a later change, and about quarantined changes."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.edges.dynamodb.ledger_row import KEY, LIVE, decode_row, encode_row
from bridge.edges.local.memory import MemoryQuarantine
from bridge.errors import EventInvalid
from bridge.limits import LEDGER_GAP_NAMES_MAX_BYTES
from bridge.ports.ledger import Keep, Row
from tests.builders.bridges import handle, rule
from tests.fakes.sink import ScriptedSink
from tests.relay.test_settling import bodies, bridge, change, published, row_of


def image(**values: Any) -> dict[str, Any]:
    return {"id": "a", **values}


FIRST = change(1, None, image(plan="free", n=1))
AFTER_A_LOSS = change(3, image(plan="pro", n=1), image(plan="pro", n=2))  # free to pro was lost


@pytest.mark.parametrize("keep", ["fields", "image"])
@pytest.mark.parametrize("together", [False, True])
def test_a_gap_names_the_attributes_that_were_lost(keep: Keep, together: bool) -> None:
    relay_ = bridge(ScriptedSink(), keep=keep)
    for batch in [(FIRST, AFTER_A_LOSS)] if together else [(FIRST,), (AFTER_A_LOSS,)]:
        handle(relay_, *batch)
    assert (row_of(relay_).gap, row_of(relay_).gap_names) == (True, ("plan",))


def test_a_second_gap_adds_its_names() -> None:
    relay_ = bridge(ScriptedSink(), keep="fields")
    handle(relay_, FIRST)
    handle(relay_, AFTER_A_LOSS)
    handle(relay_, change(5, image(plan="pro", n=7), image(plan="pro", n=8)))
    assert row_of(relay_).gap_names == ("n", "plan")


@pytest.mark.parametrize(
    ("keep", "then"),
    [
        ("fingerprint", AFTER_A_LOSS),
        ("fields", change(3, None, image(plan="pro", n=2))),  # a remove was lost
        ("fields", change(3, image(plan="pro", n=1), None)),  # what was lost belongs to a life that is over
        ("fields", change(3, image(plan="pro", **{"x" * LEDGER_GAP_NAMES_MAX_BYTES: 1}), image(n=2))),
    ],
    ids=["only a fingerprint is kept", "a lost remove", "a remove", "too many names"],
)
def test_where_it_cannot_say_what_was_lost_a_gap_has_no_names(keep: Keep, then: Any) -> None:
    relay_ = bridge(ScriptedSink(), keep=keep)
    handle(relay_, FIRST)
    handle(relay_, then)
    assert (row_of(relay_).gap, row_of(relay_).gap_names) == (True, None)


def test_what_is_not_known_once_stays_unknown() -> None:
    relay_ = bridge(ScriptedSink(), keep="fields")
    handle(relay_, FIRST)
    handle(relay_, change(3, None, image(plan="pro", n=2)))
    handle(relay_, change(5, image(plan="free", n=2), image(plan="free", n=3)))
    assert row_of(relay_).gap_names is None


def test_a_healed_gap_leaves_no_names() -> None:
    relay_ = bridge(ScriptedSink(), keep="fields", heal="emit")
    handle(relay_, FIRST)
    handle(relay_, AFTER_A_LOSS)
    assert (row_of(relay_).gap, row_of(relay_).gap_names) == (False, None)


# --- healing, and healing again ----------------------------------------------------------------------------


@pytest.mark.parametrize("keep", ["fingerprint", "fields", "image"])
def test_a_step_that_is_healed_again_from_the_ledger_says_the_same_bytes(keep: Keep) -> None:
    """The first time the batch itself knows what was before; the second time only the ledger does."""
    heals = []
    for batches in ([(FIRST, AFTER_A_LOSS)], [(FIRST,), (AFTER_A_LOSS,)]):
        sink = ScriptedSink()
        relay_ = bridge(sink, keep=keep, heal="emit")
        for batch in batches:
            handle(relay_, *batch)
        heals.append([body for body in bodies(sink) if "reconciled" in body])
    assert heals[0] == heals[1]
    assert len(heals[0]) == 1


# --- quarantined changes -----------------------------------------------------------------------------------


def refusing(refused: set[int]) -> Any:
    def validate(data: dict[str, Any]) -> None:
        if (data.get("after") or data.get("before") or {}).get("n") in refused:
            raise EventInvalid("refused")

    return published(rule(validate=validate))


def test_an_insert_that_is_quarantined_leaves_it_open_whether_subscribers_have_the_item() -> None:
    """An interrupted try may have published it: found by the simulation, seed 2555."""
    relay_ = bridge(ScriptedSink(), refusing({1}), quarantine=MemoryQuarantine())
    handle(relay_, change(1, None, 1), change(2, 1, None))
    row = row_of(relay_)
    assert (row.live, row.doubt) == (False, True)


def test_a_published_change_ends_the_doubt() -> None:
    relay_ = bridge(ScriptedSink(), refusing({1}), quarantine=MemoryQuarantine())
    handle(relay_, change(1, None, 1))
    assert row_of(relay_).doubt
    handle(relay_, change(2, 1, 2))
    assert (row_of(relay_).live, row_of(relay_).doubt) == (True, False)


# --- the stored row ----------------------------------------------------------------------------------------


def stored(**parts: Any) -> dict[str, Any]:
    row = Row(
        "Users\x1fid\x1fS\x1fa",
        row_of(_settled()).position,
        live=parts.pop("live", True),
        table="Users",
        item_key={"id": {"S": "a"}},
        **parts,
    )
    item = encode_row(row, 0)
    assert decode_row(item, "ledger") == row
    return item


def _settled() -> Any:
    relay_ = bridge(ScriptedSink())
    handle(relay_, FIRST)
    return relay_


def test_names_and_doubt_survive_the_ledger_table() -> None:
    stored(gap=True, gap_names=("plan", "\N{SNOWMAN}"))
    stored(gap=True)
    stored(live=False, doubt=True)


def test_a_row_of_an_older_version_has_neither() -> None:
    item = stored(gap=True, gap_names=("plan",))
    del item["n"]
    row = decode_row(item, "ledger")
    assert (row.gap, row.gap_names, row.doubt) == (True, None, False)


def test_an_older_version_takes_an_item_in_doubt_for_a_live_one() -> None:
    """A reconciliation then checks it, and the row does not expire."""
    item = stored(live=False, doubt=True)
    assert item[LIVE] == {"BOOL": True}
    assert "ttl" not in item
    assert KEY in item


# --- redriven changes ---------------------------------------------------------------------------------------


def test_a_redriven_change_that_is_the_newest_reveals_a_loss_as_a_live_one_does() -> None:
    sink = ScriptedSink()
    relay_ = bridge(sink, keep="fields")
    handle(relay_, FIRST)
    handle(relay_, AFTER_A_LOSS, redriven=True)
    assert (bodies(sink)[1]["gap"], bodies(sink)[1]["redriven"]) == (True, True)
    assert (row_of(relay_).gap, row_of(relay_).gap_names) == (True, ("plan",))


def test_a_redriven_change_that_is_older_than_the_row_reveals_nothing() -> None:
    sink = ScriptedSink()
    relay_ = bridge(sink, keep="fields")
    handle(relay_, FIRST)
    handle(relay_, change(9, image(plan="free", n=1), image(plan="pro", n=9)))
    handle(relay_, AFTER_A_LOSS, redriven=True)
    assert "gap" not in bodies(sink)[2]
    assert not row_of(relay_).gap
