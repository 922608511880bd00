"""Quarantine in a bucket: the content of an object, its key and its headers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bridge.edges.s3.quarantine import S3Quarantine
from bridge.errors import BridgeError
from bridge.ports.quarantine import Quarantined, Selection
from bridge.ports.quarantine_entry import encode
from tests.fakes.clients.s3 import S3Client

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


def entry(record_id: str = "e1", **fields: Any) -> Quarantined:
    content: dict[str, Any] = {
        "record": {"eventID": record_id, "dynamodb": {"NewImage": {"email": {"S": "ada@example.com"}}}},
        "record_id": record_id,
        "table": "Users",
        "reason": "event_invalid",
        "stage": "validate",
        "message": "m",
        "hint": "h",
        "time": NOON.isoformat(),
        "version": "1",
        "sequence": f"2026-10-01T00:00:00.000/{record_id[1:]:>04}",
    }
    return Quarantined(**content | fields)


def test_the_key_is_the_prefix_and_the_same_name_whatever_the_day_and_the_reason() -> None:
    client = S3Client()
    store = S3Quarantine(client, client.bucket, "/bad/records/")
    store.put(entry())
    store.put(entry(time="2027-01-01T00:00:00Z", reason="mapping_failed"))
    (key,) = client.objects
    assert key.startswith("bad/records/0001-e1-")
    assert key.endswith(".json")
    assert client.objects[key].content_type == "application/json"


def test_neither_key_nor_metadata_contain_anything_of_the_item() -> None:
    client = S3Client()  # the peer refuses metadata
    S3Quarantine(client, client.bucket).put(entry())
    assert "ada" not in "".join(client.objects)


@pytest.mark.parametrize(
    ("kms_key", "expected"), [(None, ("", "")), ("alias/quarantine", ("aws:kms", "alias/quarantine"))]
)
def test_an_object_is_encrypted_with_the_key_given_or_as_the_bucket_does_by_default(
    kms_key: str | None, expected: tuple[str, str]
) -> None:
    client = S3Client()
    S3Quarantine(client, client.bucket, kms_key=kms_key).put(entry())
    assert [(kept.encryption, kept.kms_key) for kept in client.objects.values()] == [expected]


def test_entries_come_by_position_and_objects_of_others_are_left_alone() -> None:
    client = S3Client()
    store, other = S3Quarantine(client, client.bucket), S3Quarantine(client, client.bucket, "quarantine2")
    for record_id in ("e3", "e1", "e2"):
        store.put(entry(record_id))
    other.put(entry("e4"))
    for key in ("quarantine/readme.txt", "quarantine/archive/e5.json"):
        client.put_object(Bucket=client.bucket, Key=key, Body=b"hands off")
    assert [found.record_id for found in store.entries()] == ["e1", "e2", "e3"]


def test_entries_are_fetched_only_as_they_are_asked_for() -> None:
    client = S3Client()
    store = S3Quarantine(client, client.bucket)
    for number in range(10):
        store.put(entry(f"e{number}"))
    next(store.entries())
    assert (client.calls["ListObjectsV2"], client.calls["GetObject"]) == (1, 1)


def test_what_is_older_than_asked_for_is_not_even_fetched() -> None:
    at = NOON
    client = S3Client(now=lambda: at.timestamp())
    store = S3Quarantine(client, client.bucket)
    store.put(entry("e1"))
    at = NOON + timedelta(hours=1)
    store.put(entry("e2", time=at.isoformat()))
    since = NOON + timedelta(minutes=30)
    assert [found.record_id for found in store.entries(Selection(since=since))] == ["e2"]
    assert client.calls["GetObject"] == 1


def test_an_object_that_is_no_entry_is_named() -> None:
    client = S3Client()
    client.put_object(Bucket=client.bucket, Key="quarantine/odd.json", Body=b"[]")
    store = S3Quarantine(client, client.bucket)
    with pytest.raises(BridgeError, match=r"odd\.json"):
        list(store.entries())
    with pytest.raises(BridgeError, match="any more"):
        store.load("gone.json")


def test_the_bytes_are_those_of_any_other_store() -> None:
    client = S3Client()
    S3Quarantine(client, client.bucket).put(entry())
    assert [kept.data for kept in client.objects.values()] == [encode(entry())]
