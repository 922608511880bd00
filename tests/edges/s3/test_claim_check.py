"""The claim check's bucket: conditional, encrypted, and alive as long as events refer to it."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.core.events.claim_check import Claim
from bridge.edges.s3.claim_check import S3ClaimCheck
from bridge.errors import AccessDenied, ClaimCheckUnavailable, ClaimContended, TargetMissing
from tests.fakes.clients.batch_peer import client_error, timeout
from tests.fakes.clients.s3 import S3Client
from tests.fakes.clock import FakeClock
from tests.fakes.faults import acts

CLAIM = Claim("com.example.user.created.v1", b'{"n":1}')
DAY_S = 24 * 3600


def rig(**options: Any) -> tuple[S3ClaimCheck, S3Client, FakeClock]:
    clock = FakeClock(1_800_000_000)
    client = S3Client("store", now=clock.now)
    return S3ClaimCheck(client, "store", clock, **options), client, clock


def writes(client: S3Client) -> list[int]:
    return [kept.writes for kept in client.objects.values()]


@pytest.mark.parametrize(
    ("kms_key", "expected"), [(None, ("", "")), ("alias/data", ("aws:kms", "alias/data"))]
)
def test_an_object_is_json_encrypted_with_the_key_given_or_as_the_bucket_does_by_default(
    kms_key: str | None, expected: tuple[str, str]
) -> None:
    store, client, _ = rig(kms_key=kms_key)
    store.store(CLAIM)
    (kept,) = client.objects.values()
    assert (kept.encryption, kept.kms_key) == expected
    assert kept.content_type == "application/json"


def test_a_redelivery_writes_nothing_new() -> None:
    store, client, clock = rig()
    store.store(CLAIM)
    clock.advance(DAY_S - 1)
    store.store(CLAIM)
    assert writes(client) == [1]


def test_data_that_comes_back_later_is_written_again_so_that_it_does_not_expire_under_a_new_event() -> None:
    store, client, clock = rig()
    store.store(CLAIM)
    clock.advance(DAY_S)
    store.store(CLAIM)
    store.store(CLAIM)
    assert writes(client) == [2]


def test_data_that_expires_while_it_is_looked_at_is_written_again() -> None:
    store, client, _ = rig()
    store.store(CLAIM)

    def expire(operation: str, call: int) -> bool:
        if operation == "HeadObject":
            client.objects.clear()
        return operation == "HeadObject"

    client.fail = acts(expire)
    store.store(CLAIM)
    assert [kept.data for kept in client.objects.values()] == [CLAIM.data]


def test_an_object_that_something_else_has_overwritten_is_written_again() -> None:
    store, client, _ = rig()
    store.store(CLAIM)
    (key,) = client.objects
    for other in (b"", b"?" * len(CLAIM.data)):
        client.put_object(Bucket="store", Key=key, Body=other)
        store.store(CLAIM)
        assert client.objects[key].data == CLAIM.data


def test_an_object_that_may_not_be_decrypted_is_written_again() -> None:
    store, client, _ = rig(kms_key="alias/data")
    store.store(CLAIM)
    denied = client_error("AccessDenied", "GetObject", 403, "not authorized to perform: kms:Decrypt")
    client.fail = lambda operation, call: denied if operation == "GetObject" else None
    store.store(CLAIM)
    assert writes(client) == [2]


def test_a_conflict_with_another_writer_of_the_same_data_is_tried_again_and_then_named() -> None:
    store, client, _ = rig()
    conflict = client_error("ConditionalRequestConflict", "PutObject", 409, "conflict")
    client.fail = lambda operation, call: conflict if operation == "PutObject" and call < 2 else None
    store.store(CLAIM)
    assert writes(client) == [1]
    client.fail = lambda operation, call: conflict if operation == "PutObject" else None
    with pytest.raises(ClaimContended):
        store.store(CLAIM)


def test_the_uri_names_bucket_and_key_and_is_a_uri_whatever_the_prefix() -> None:
    store, client, _ = rig(prefix="größe & more")
    store.store(CLAIM)
    (key,) = client.objects
    assert key == f"größe & more/{CLAIM.name}"
    assert store.locate(CLAIM) == f"s3://store/gr%C3%B6%C3%9Fe%20%26%20more/{CLAIM.name}"


@pytest.mark.parametrize(
    "trouble",
    [
        timeout(),
        client_error("SlowDown", "PutObject", 503),
        client_error("ConditionalRequestConflict", "PutObject", 409),
    ],
)
@pytest.mark.parametrize("operation", ["PutObject", "HeadObject"])
def test_trouble_that_passes_hands_back(trouble: Exception, operation: str) -> None:
    store, client, _ = rig()
    store.store(CLAIM)
    client.fail = lambda name, call: trouble if name == operation else None
    with pytest.raises(ClaimCheckUnavailable) as caught:
        store.store(CLAIM)
    assert not caught.value.permanent


def test_a_lost_answer_is_no_second_object() -> None:
    store, client, _ = rig()
    client.lose = lambda operation, call: timeout() if call == 0 else None
    with pytest.raises(ClaimCheckUnavailable):
        store.store(CLAIM)
    store.store(CLAIM)
    assert writes(client) == [1]


def test_a_bucket_that_is_missing_or_closed_fails_the_batch() -> None:
    store, client, _ = rig()
    client.denied = True
    with pytest.raises(AccessDenied, match="s3:ListBucket"):
        store.check()
    with pytest.raises(AccessDenied, match="s3:PutObject"):
        store.store(CLAIM)
    client.denied, client.exists = False, False
    with pytest.raises(TargetMissing, match="claim check bucket store"):
        store.check()
    with pytest.raises(TargetMissing):
        store.store(CLAIM)
