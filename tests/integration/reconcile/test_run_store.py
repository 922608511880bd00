"""Runs in an S3 that keeps the rules of conditional writes: two workers through boto3 itself."""

from __future__ import annotations

import random
import secrets
import threading

import pytest

from bridge.delivery.backoff import Backoff
from bridge.edges.local.clock import SystemClock
from bridge.edges.s3.run_store import S3RunStore
from bridge.errors import LeaseHeld, LeaseLost
from tests.builders.aws import Aws


@pytest.fixture
def bucket(aws: Aws) -> str:
    name = aws.name("runs")
    aws.client("s3").create_bucket(Bucket=name)
    return name


def store_of(aws: Aws, bucket: str) -> S3RunStore:
    return S3RunStore(
        aws.client("s3"),
        bucket,
        "a/b",
        SystemClock(),
        Backoff(random.Random()),
        nonce=lambda: secrets.token_hex(8),
    )


def test_documents_and_leases_are_kept(aws: Aws, bucket: str) -> None:
    one, two = store_of(aws, bucket), store_of(aws, bucket)
    one.check()
    lease = one.acquire("T", "one", 600, 0)
    for number in range(3):
        one.put("T/run", {"n": number}, lease)
        two.put(f"T/runs/r/{number}", {"n": number}, lease)
    assert two.get("T/run") == {"n": 2}
    assert list(two.names("T/runs/")) == [f"T/runs/r/{number}" for number in range(3)]
    with pytest.raises(LeaseHeld):
        two.acquire("T", "two", 600, 599)
    later = two.acquire("T", "two", 600, 600)
    with pytest.raises(LeaseLost):
        one.put("T/run", {"n": 9}, lease)
    two.remove("T/runs/", later)
    assert list(one.names("T/runs/")) == []


def test_of_many_who_ask_at_once_one_gets_the_lease(aws: Aws, bucket: str) -> None:
    got: list[int] = []
    ready = threading.Barrier(6)

    def ask(number: int) -> None:
        store = store_of(aws, bucket)
        ready.wait()
        try:
            store.acquire("T", f"worker {number}", 600, 0)
            got.append(number)
        except LeaseHeld:
            pass

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 1
