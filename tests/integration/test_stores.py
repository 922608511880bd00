"""The stores through boto3 itself: what they send is accepted, and what they kept is read back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bridge.core.events.claim_check import Claim
from bridge.edges.local.clock import SystemClock
from bridge.edges.s3.claim_check import S3ClaimCheck
from bridge.edges.s3.quarantine import S3Quarantine
from bridge.edges.sqs.quarantine import SqsQuarantine
from bridge.errors import TargetMissing
from bridge.ports.quarantine import Quarantined, Selection
from tests.builders.aws import Aws


def quarantined(number: int, **fields: Any) -> Quarantined:
    content: dict[str, Any] = {
        "record": {"eventID": f"e{number}", "dynamodb": {"Keys": {"id": {"S": "ö"}}}},
        "record_id": f"e{number}",
        "table": "Users",
        "reason": "event_invalid",
        "stage": "validate",
        "message": "m",
        "hint": "h",
        "time": "2026-11-01T12:00:00+00:00",
        "version": "1",
        "sequence": f"2026-10-01T00:00:00.000/{number:040d}",
    }
    return Quarantined(**content | fields)


@pytest.fixture
def bucket(aws: Aws) -> str:
    name = aws.name("stores")
    aws.client("s3").create_bucket(Bucket=name)
    return name


def test_a_bucket_keeps_quarantined_records(aws: Aws, bucket: str) -> None:
    store = S3Quarantine(aws.client("s3"), bucket)
    store.check()
    for number in (1, 2, 1):
        store.put(quarantined(number))
    assert list(store.entries()) == [quarantined(1), quarantined(2)]
    assert list(store.entries(Selection(reason="mapping_failed"))) == []
    with pytest.raises(TargetMissing):
        S3Quarantine(aws.client("s3"), aws.name("nowhere")).check()


@pytest.mark.parametrize("suffix", ["", ".fifo"])
def test_a_queue_keeps_quarantined_records(aws: Aws, suffix: str) -> None:
    sqs = aws.client("sqs")
    attributes = {"FifoQueue": "true"} if suffix else {}
    url = sqs.create_queue(QueueName=aws.name("bad") + suffix, Attributes=attributes)["QueueUrl"]
    store = SqsQuarantine(sqs, url)
    store.check()
    large = quarantined(3, message="x" * 1_100_000)
    entries = [quarantined(1), quarantined(2), large]
    for entry in entries:
        store.put(entry)
    for _ in range(2):  # looking takes nothing away
        assert sorted(store.entries(), key=lambda entry: entry.record_id) == entries
    sqs.delete_queue(QueueUrl=url)
    with pytest.raises(TargetMissing):
        store.put(quarantined(4))


def test_a_bucket_keeps_the_data_of_large_events_once(aws: Aws, bucket: str) -> None:
    s3 = aws.client("s3")
    store = S3ClaimCheck(s3, bucket, SystemClock())
    store.check()
    claim = Claim("com.example.user.created.v1", b'{"n":1}')
    store.store(claim)
    first = s3.head_object(Bucket=bucket, Key=f"claim-check/{claim.name}")
    store.store(claim)
    assert store.locate(claim) == f"s3://{bucket}/claim-check/{claim.name}"
    kept = s3.get_object(Bucket=bucket, Key=f"claim-check/{claim.name}")
    assert json.loads(kept["Body"].read()) == {"n": 1}
    assert kept["LastModified"] == first["LastModified"]
    assert kept["ContentType"] == "application/json"
