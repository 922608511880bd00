"""What is sent to an on-failure destination is found there again, and stays until it is removed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest

from bridge.edges.local.failures import DirectoryFailureDestination, DirectoryFailureSource
from bridge.edges.s3.failures import S3FailureDestination, S3FailureSource
from bridge.edges.sqs.failures import HIDDEN_S, SqsFailureDestination, SqsFailureSource
from bridge.errors import AccessDenied, DestinationUnavailable, TargetMissing
from bridge.ports.failures import FailureDestination, FailureSource
from tests.fakes.clients.aws_peer import AwsPeer
from tests.fakes.clients.batch_peer import client_error
from tests.fakes.clients.s3 import S3Client
from tests.fakes.clients.sqs import SqsClient

MAPPING = "6b4e0a36-5a6e-4b7e-9a1f-0c8d5b1f2e3d"


@dataclass
class Rig:
    destination: FailureDestination
    source: FailureSource
    peer: AwsPeer | None = None

    def send(self, number: int) -> None:
        info = {
            "requestContext": {"requestId": f"r{number}"},
            "timestamp": f"2026-11-01T12:00:0{number}.000Z",
            "DDBStreamBatchInfo": {"shardId": "shard-1", "startSequenceNumber": str(number)},
        }
        self.destination.send(info, {"Records": []})

    @property
    def found(self) -> list[str]:
        return [_first(stored.content) for stored in self.source.batches()]


def _first(content: bytes) -> str:
    info: dict[str, Any] = orjson.loads(content)
    return str(info["DDBStreamBatchInfo"]["startSequenceNumber"])


def _queue(_: Path) -> Rig:
    peer = SqsClient()
    return Rig(SqsFailureDestination(peer, peer.url), SqsFailureSource(peer, peer.url), peer)


def _bucket(_: Path) -> Rig:
    peer = S3Client()
    return Rig(S3FailureDestination(peer, peer.bucket, MAPPING), S3FailureSource(peer, peer.bucket), peer)


def _folder(path: Path) -> Rig:
    return Rig(DirectoryFailureDestination(path, MAPPING), DirectoryFailureSource(path))


RIGS: dict[str, Callable[[Path], Rig]] = {"sqs": _queue, "s3": _bucket, "directory": _folder}


@pytest.fixture(params=RIGS)
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Rig:
    return RIGS[request.param](tmp_path)


def test_everything_sent_is_found_once_and_looking_takes_nothing_away(rig: Rig) -> None:
    for number in range(1, 6):
        rig.send(number)
    assert rig.found == ["1", "2", "3", "4", "5"]
    assert rig.found == ["1", "2", "3", "4", "5"]


def test_only_what_is_removed_is_gone(rig: Rig) -> None:
    for number in range(1, 6):
        rig.send(number)
    for stored in rig.source.batches():
        rig.source.hold(stored)
        if _first(stored.content) in "24":
            rig.source.remove(stored)
    assert rig.found == ["1", "3", "5"]


def test_a_reading_that_ends_early_leaves_everything_readable(rig: Rig) -> None:
    for number in range(1, 4):
        rig.send(number)
    batches = rig.source.batches()
    next(batches)
    batches.close()
    assert rig.found == ["1", "2", "3"]


def test_an_empty_store_is_not_an_error(rig: Rig) -> None:
    assert rig.found == []


def test_a_message_in_hand_is_hidden_from_others_for_as_long_as_it_is_held() -> None:
    rig = RIGS["sqs"](Path())
    rig.send(1)
    assert isinstance(rig.peer, SqsClient)
    other = SqsFailureSource(rig.peer, rig.peer.url)
    batches = rig.source.batches()
    stored = next(batches)
    for _ in range(4):
        rig.peer.clock.advance(HIDDEN_S - 1)
        assert list(other.batches()) == []
        rig.source.hold(stored)
    batches.close()
    assert len(list(other.batches())) == 1


def test_a_message_is_hidden_for_five_minutes() -> None:
    rig = RIGS["sqs"](Path())
    rig.send(1)
    assert isinstance(rig.peer, SqsClient)
    other = SqsFailureSource(rig.peer, rig.peer.url)
    batches = rig.source.batches()
    next(batches)
    rig.peer.clock.advance(299.5)
    assert list(other.batches()) == []
    rig.peer.clock.advance(0.5)
    assert len(list(other.batches())) == 1
    batches.close()


def test_a_queue_that_shows_messages_again_before_the_end_is_not_read_forever() -> None:
    rig = RIGS["sqs"](Path())
    assert isinstance(rig.peer, SqsClient)
    for number in range(1, 4):
        rig.send(number)
    seen = []
    for stored in rig.source.batches():
        seen.append(_first(stored.content))
        rig.peer.clock.advance(HIDDEN_S + 1)
    assert len(seen) == len(set(seen))


@pytest.mark.parametrize("kind", ["sqs", "s3"])
def test_a_store_that_is_down_missing_or_closed_raises_its_own_error(kind: str, tmp_path: Path) -> None:
    rig = RIGS[kind](tmp_path)
    rig.send(1)
    assert rig.peer is not None
    (stored,) = rig.source.batches()
    rig.peer.fail = lambda operation, call: client_error("InternalError", operation, 500)
    with pytest.raises(DestinationUnavailable):
        list(rig.source.batches())
    with pytest.raises(DestinationUnavailable):
        rig.source.remove(stored)
    del rig.peer.fail
    rig.peer.denied = True
    with pytest.raises(AccessDenied):
        list(rig.source.batches())
    rig.peer.denied, rig.peer.exists = False, False
    with pytest.raises(TargetMissing):
        list(rig.source.batches())
