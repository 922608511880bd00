"""Whatever goes wrong on the live path, the promises hold. A longer run: ``make simulate RUNS=10000``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.mutation.pipeline.shapes import LOSSY
from tests.simulation.run import simulate

_SEEDS = 200
_EMITS_TWICE_AT_ONCE = 260
_ONCE_BROKEN = (200294, 200638, 300167, 959213719, 959213764, 959213766, 914616541)
"""Fresh seeds that found something, of plain worlds."""
_ONCE_BROKEN_SINGLE_TABLE = (3, 19, 39, 731500014, 731500075, 616670650)
_ONCE_BROKEN_AS_DRAWN = (
    *(846293034, 287444774, 33643688, 151476720, 151477299),
    *(45988551, 45990116, 45990960, 45990983),
    *(45990461, 45991205, 984238307, 807579866, 807580119, 538797190),
)
PLAIN_WORLD: Mapping[str, Any] = {"entities": "none"}


@pytest.mark.parametrize("seed", _ONCE_BROKEN)
def test_what_was_found_once_stays_repaired(seed: int) -> None:
    assert simulate(seed, shape=PLAIN_WORLD).violation == ""


@pytest.mark.parametrize("seed", _ONCE_BROKEN_SINGLE_TABLE)
def test_what_was_found_in_single_table_worlds_stays_repaired(seed: int) -> None:
    for entities in ("ignore", "quarantine"):
        assert simulate(seed, shape={"entities": entities}).violation == ""


@pytest.mark.parametrize(("seed", "entities"), [(574959541, "quarantine"), (46959483, "ignore")])
def test_what_was_found_in_worlds_that_lose_much_stays_repaired(seed: int, entities: str) -> None:
    shape = {"keep": "fingerprint", "heal": "report", "poison_share": 0.06, "skip_share": 0.05}
    more = {"gap_share": 0.2} if entities == "quarantine" else {"refused_share": 0.03}
    assert simulate(seed, shape={**shape, **more, "entities": entities}).violation == ""


@pytest.mark.parametrize(
    ("seed", "entities"), [(214376226, "none"), (214376388, "none"), (214376336, "ignore")]
)
def test_what_was_found_in_worlds_of_the_mutants_stays_repaired(seed: int, entities: str) -> None:
    shape = {**LOSSY, "fault_share": 0.25, "stuck_share": 0.3, "keep": "fields", "entities": entities}
    assert simulate(seed, shape=shape).violation == ""


@pytest.mark.parametrize("seed", _ONCE_BROKEN_AS_DRAWN)
def test_what_was_found_in_drawn_worlds_stays_repaired(seed: int) -> None:
    assert simulate(seed).violation == ""


def test_the_seeds_change_the_entity_of_items_and_lose_such_changes() -> None:
    unmet = {"started in another entity", "ended in an entity", "lost changes of entity"}
    for seed in range(1, _SEEDS + 1):
        unmet -= {name for name, count in simulate(seed).counts.items() if count}
        if not unmet:
            break
    assert unmet == set()


def test_the_same_seed_gives_the_same_run() -> None:
    for seed in (3, 11, 29):
        assert simulate(seed).digest == simulate(seed).digest


def test_no_promise_is_broken_and_every_kind_of_trouble_is_met() -> None:
    """In one test, because each seed is played once; a simulation in which nothing happens proves nothing."""
    unmet = {
        "crash before ledger.settle",
        "crash after ledger.settle",
        "crash after domain.put_events",
        "crash before checkpoints.save",
        "crash after checkpoints.save",
        "destination.send",
        "reconciliation stopped: Crash",
        "reconciliation stopped: StreamBehind",
        "ledger.settle partial",
        "ledger.settle unheard",
        "ledger.read throttled",
        "redrive stopped: Crash",
        ": left the stream could not be read",  # a batch whose stream is away stays, the others go on
        ": trimmed ",
        ": settled ",
        "retry stopped: Crash",
        ": published accepted",
        ": quarantined event_invalid",
        "box.remove",
        "shelf.remove",
        "bad deploy",
        "good deploy",
        "stream off",
        "trimmed",
        "split",
        "no-op put",
        " partial",
        # of a recovery
        *(f"the lag lies: {lie}" for lie in ("small", "large", "missing", "unreadable", "stale")),
        *(f"nonsense instead of {call}" for call in ("get_object", "put_object", "list_objects_v2", "scan")),
        *(f"nonsense instead of {call}" for call in ("batch_get_item", "receive_message", "delete_objects")),
        "a pause longer than a lease",
        "take_over=True resume=True",
        "take_over=False resume=False",
        "stopped: LeaseHeld",
        "reconciliation stopped: LeaseLost",
        "crash before runs.PutObject lease",
        "crash after runs.PutObject",
        "runs.PutObject lease unheard",
        "runs.DeleteObjects",
        "table.page throttled",
        "table.read partial",
        "box.GetObject",
        "box.DeleteObject",
        "box.ReceiveMessage",
        "box.ChangeMessageVisibilityBatch",
        "box.DeleteMessage",
        "shelf.GetObject",
        "shelf.DeleteObject",
        "shelf.DeleteMessage",
        *(f"{step} is called twice" for step in ("plan", "look", "looked", "confirm", "emit", "report")),
        *(f"{step} runs twice at once" for step in ("look", "confirm", "emit")),
        "execution FAILED",
        "execution SUCCEEDED held",
        "execution SUCCEEDED done",
        *("domain refuses", "billing refuses", "topic refuses"),
        *("nonsense PutEvents", "nonsense PublishBatch", "nonsense GetRecords", "nonsense DescribeStream"),
        *("nonsense GetShardIterator", "nonsense BatchGetItem", "nonsense BatchWriteItem"),
        *("nonsense PutItem", "nonsense Scan", "nonsense PutObject", "nonsense SendMessage"),
        "nonsense DescribeEventBus",
        *("paused 70 s", "paused 1000 s", "paused 10800 s", "paused 90000 s"),
        *("paused 90000 s at domain", "paused 10800 s at ledger.settle", "an answer comes too late"),
        "the function timed out",
        "began with",
        "claims.store",
        "topic has",
        "a part of the events is refused",
        "the mapping ends: access_denied",
    }
    violations: list[str] = []
    for seed in (*range(1, _SEEDS + 1), _EMITS_TWICE_AT_ONCE):
        result = simulate(seed)
        violations += [f"{result.violation}; make simulate SEED={seed} TRACE=1"] if result.violation else []
        happened = "\n".join(result.trace)
        unmet = {trouble for trouble in unmet if trouble not in happened}
    assert violations == []
    assert unmet == set()
