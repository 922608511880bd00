"""Trouble outside in the middle of a run: reported, nothing concluded, and nothing lost on resume."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from bridge.delivery.backoff import Backoff
from bridge.edges.dynamodb.ledger import DynamoDbLedger
from bridge.edges.dynamodb.ledger_row import partition_key
from bridge.edges.s3.run_store import S3RunStore
from bridge.errors import BatchError, CheckpointUnavailable, KeySchemaChanged, SourceUnavailable
from tests.fakes.clients.dynamodb import DynamoDbClient
from tests.fakes.clients.s3 import S3Client
from tests.fakes.faults import sometimes
from tests.reconcile.rig import GivenLag, Rig, lossy


class DeafLag(GivenLag):
    """CloudWatch does not answer."""

    def lag_s(self) -> float | None:
        raise SourceUnavailable("IteratorAge of function bridge: cloudwatch:GetMetricStatistics timed out")


def test_without_an_answer_of_cloudwatch_nothing_is_concluded_and_the_run_goes_on_later() -> None:
    rig = lossy()
    rig.lag, published = DeafLag(), rig.lag
    with pytest.raises(SourceUnavailable):
        rig.execute()
    assert rig.events == []
    status = rig.reconciler.status()
    assert status is not None
    assert status.phase == "confirm"
    rig.lag = published
    assert sum(rig.resume()["reemitted"].values()) == 30


def test_a_run_that_fails_while_it_begins_leaves_the_one_before_it_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rig = lossy()
    rig.lag, published = DeafLag(), rig.lag
    with pytest.raises(SourceUnavailable):
        rig.execute()
    rig.lag = published

    def refuse(*_: object) -> None:
        raise CheckpointUnavailable("the run store did not take a document")

    with monkeypatch.context() as patched:
        patched.setattr(rig.store, "put", refuse)
        with pytest.raises(CheckpointUnavailable):
            rig.execute()
    assert sum(rig.resume()["reemitted"].values()) == 30


def test_a_run_is_not_resumed_on_a_table_created_again_with_another_key() -> None:
    rig = lossy()
    rig.steps(3)
    rig.clock.advance(700)
    rig.source.facts = replace(rig.source.facts, key={"name": "S"})
    with pytest.raises(KeySchemaChanged) as changed:
        rig.resume()
    assert "began on table Users with the key id; now the key is name" in changed.value.message
    assert "start a new run" in changed.value.hint
    assert rig.events == []


def test_a_row_of_a_newer_format_stops_a_run_before_anything_is_sent_and_it_goes_on_without() -> None:
    rig = lossy()
    peer = DynamoDbClient("ledger", page=10_000)
    ledger = DynamoDbLedger(peer, "ledger", rig.clock, Backoff(random.Random(1)))
    ledger.settle(list(rig.ledger._rows.values()))
    rig.ledger = ledger  # type: ignore[assignment]
    newer = peer.items[partition_key(rig.source.token("u05"))]
    newer["v"] = {"N": "2"}
    with pytest.raises(BatchError, match="is of format 2") as refused:
        rig.execute()
    assert "is of format 2; this version reads format 1" in refused.value.message
    assert "deploy the version that wrote it" in refused.value.hint
    assert rig.events == []
    newer["v"] = {"N": "1"}
    assert sum(rig.resume()["reemitted"].values()) == 30


def s3_rig() -> Rig:
    numbers, peer = count(), S3Client("store", page=50)
    rig = lossy()
    rig.store = S3RunStore(
        peer, "store", "runs", rig.clock, Backoff(random.Random(1)), nonce=lambda: f"n{next(numbers)}"
    )
    return rig


@pytest.mark.parametrize("steps", range(0, 60, 7))
def test_killed_after_any_step_a_run_in_s3_is_resumed_and_everything_is_sent_once(steps: int) -> None:
    rig = s3_rig()
    rig.steps(steps)
    rig.clock.advance(700)
    state = rig.reconciler.status()
    if state is None or state.phase == "done":
        rig.execute()
    else:
        rig.resume()
    assert len(rig.events) == len({event["id"] for event in rig.events}) == 30
    rig.sink.accepted.clear()
    assert rig.execute()["differing"] == 0


@pytest.mark.parametrize("operation", ["put", "remove"])
def test_a_run_that_fails_as_it_begins_does_not_make_an_unfinished_one_report_that_nothing_was_missed(
    operation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = lossy()
    for steps in count(1):
        rig.steps(steps)
        rig.clock.advance(700)
        state = rig.reconciler.status()
        if state is not None and state.phase == "emit":
            break
    sent = len(rig.events)

    def fails(*_: object) -> None:
        raise CheckpointUnavailable("the run store did not answer")

    with monkeypatch.context() as patch:
        patch.setattr(rig.store, operation, fails)
        with pytest.raises(CheckpointUnavailable):
            rig.execute()
    report = rig.resume()
    assert sent < len(rig.events) == 30
    assert sum(report["missed"].values()) in (30, 30 - sent)  # of the earlier run, or of the new one


@pytest.mark.parametrize("operation", ["GetObject", "PutObject", "ListObjectsV2", "DeleteObjects"])
def test_a_bucket_that_fails_at_any_call_stops_the_run_where_it_is(operation: str) -> None:
    """And whatever it was, a resumed or a new run sends each change once."""
    from tests.fakes.clients.batch_peer import client_error

    stopped = 0
    for call in range(0, 40, 6):
        rig = s3_rig()
        peer: Any = rig.store._objects.target.client  # type: ignore[attr-defined]
        first = peer.calls[operation] + call
        slow = client_error("SlowDown", operation, 503)
        peer.fail = sometimes(  # few operations are called 40 times
            lambda name, at, first=first, slow=slow: slow if name == operation and at >= first else None
        )
        try:
            rig.execute()
        except CheckpointUnavailable:
            stopped += 1
            del peer.fail
            rig.clock.advance(700)
            state = rig.reconciler.status()
            rig.execute() if state is None or state.phase == "done" else rig.resume()
        assert len(rig.events) == len({event["id"] for event in rig.events}) == 30
    assert stopped
