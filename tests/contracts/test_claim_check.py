"""What every claim check promises. A new store is one entry in ``RIGS``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from bridge.core.events.claim_check import Claim
from bridge.edges.local.memory import MemoryClaimCheck
from bridge.edges.s3.claim_check import S3ClaimCheck
from bridge.ports.claim_check import ClaimCheck
from tests.fakes.clients.s3 import S3Client
from tests.fakes.clock import FakeClock

CLAIM = Claim("com.example.user.created.v1", b'{"n":1}')


@dataclass
class Rig:
    store: ClaimCheck
    kept: Callable[[], dict[str, bytes]]  # by URI


def _memory() -> Rig:
    store = MemoryClaimCheck()
    return Rig(store, lambda: store.kept)


def _s3() -> Rig:
    peer = S3Client("store")
    store = S3ClaimCheck(peer, "store", FakeClock())
    return Rig(store, lambda: {f"s3://store/{key}": kept.data for key, kept in peer.objects.items()})


RIGS: dict[str, Callable[[], Rig]] = {"memory": _memory, "s3": _s3}


@pytest.fixture(params=RIGS)
def rig(request: pytest.FixtureRequest) -> Rig:
    return RIGS[request.param]()


def test_the_data_lies_where_the_event_says(rig: Rig) -> None:
    rig.store.check()
    where = rig.store.locate(CLAIM)
    assert rig.kept() == {}, "to locate is not to store"
    rig.store.store(CLAIM)
    assert rig.kept() == {where: b'{"n":1}'}


def test_the_same_data_is_kept_once_however_often_it_is_stored(rig: Rig) -> None:
    for _ in range(3):
        rig.store.store(Claim("com.example.user.created.v1", b'{"n":1}'))
    assert len(rig.kept()) == 1


def test_other_data_and_other_types_are_kept_apart(rig: Rig) -> None:
    claims = [CLAIM, Claim(CLAIM.event_type, b'{"n":2}'), Claim("com.example.user.created.v2", CLAIM.data)]
    for claim in claims:
        rig.store.store(claim)
    assert rig.kept() == {rig.store.locate(claim): claim.data for claim in claims}
