"""Announcements and rows fill an item of a ledger table exactly as far as DynamoDB allows."""

from __future__ import annotations

import zlib
from typing import Any

import pytest

from bridge.core.change import Position
from bridge.core.keys import key_token
from bridge.edges.dynamodb import announcement, ledger_row
from bridge.edges.dynamodb.describe import expiry_attribute, index_keys, table_facts
from bridge.edges.dynamodb.ledger_row import as_json, decode_row, encode_row
from bridge.errors import BatchError
from bridge.limits import LEDGER_ANNOUNCED_TTL_S
from bridge.ports.ledger import Announced, Row
from tests.fakes.clients.held import held

KEY: dict[str, Any] = {"id": {"S": "a"}}
ARN = "arn:aws:dynamodb:eu-central-1:123456789012:table/app/stream/2026-01-01T00:00:00.000"
SPARE = announcement._SPARE_BYTES


def announced(number: int, table: str = "Users") -> Announced:
    key = {"id": {"S": f"k{number:04d}"}}
    return Announced(key_token(table, key), Position("2026", number), table, key)


def text(each: Announced) -> str:
    return as_json([each.item_key, each.position.sequence])


def test_announced_changes_come_back_with_the_time_at_which_they_are_forgotten() -> None:
    changes = [announced(1), announced(2, "Orders"), announced(3)]
    items = list(announcement.encode(changes, 1_000.9))
    assert [announcement.decode(item, "ledger") for item in items] == [[changes[0], changes[2]], [changes[1]]]
    assert {item["ttl"]["N"] for item in items} == {str(1_000 + LEDGER_ANNOUNCED_TTL_S)}
    assert {announcement.is_announcement(item) for item in items} == {True}


@pytest.mark.parametrize(("more", "parts"), [(-1, [2, 1]), (0, [3]), (1, [3])])
def test_an_item_holds_exactly_as_many_changes_as_fit(
    monkeypatch: pytest.MonkeyPatch, more: int, parts: list[int]
) -> None:
    """The list of three has three texts, two commas and two brackets, and one byte is kept for a comma."""
    changes = [announced(number) for number in range(3)]
    size = 2 + sum(len(text(each)) + 1 for each in changes)
    monkeypatch.setattr(announcement, "ITEM_MAX_BYTES", SPARE + size + more)
    made = [announcement.decode(item, "ledger") for item in announcement.encode(changes, 0)]
    assert [len(each) for each in made] == parts
    assert [each for part in made for each in part] == changes


def test_every_part_of_many_changes_fits_and_none_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    changes = [announced(number) for number in range(100)]
    limit = 2 + 3 * (len(text(changes[0])) + 1)
    monkeypatch.setattr(announcement, "ITEM_MAX_BYTES", SPARE + limit)
    items = list(announcement.encode(changes, 0))
    sizes = [len(zlib.decompress(item["n"]["B"])) for item in items]
    assert max(sizes) <= limit
    assert [len(announcement.decode(item, "ledger")) for item in items] == [3] * 33 + [1]


def test_a_change_that_is_larger_than_an_item_is_announced_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(announcement, "ITEM_MAX_BYTES", SPARE + 1)
    assert len(list(announcement.encode([announced(1), announced(2)], 0))) == 2


@pytest.mark.parametrize("content", [b"", b"x", *map(zlib.compress, (b"{", b"[1]", b"[[1, 2]]"))])
def test_an_announcement_that_cannot_be_read_fails_the_batch_with_its_name(content: bytes) -> None:
    item: dict[str, Any] = {"pk": {"S": "~Users#abc"}, "n": {"B": content}}
    with pytest.raises(BatchError, match="announcement ~Users#abc cannot be read") as caught:
        announcement.decode(item, "ledger")
    assert caught.value.stage == "settle"
    with pytest.raises(BatchError, match="cannot be read"):
        announcement.decode({"pk": {"S": "~Users#abc"}}, "ledger")


# --- rows ------------------------------------------------------------------------------------------

FIELDS = {"name": "h" * 8, "n": "i" * 8}
IMAGE: dict[str, Any] = {"id": {"S": "a"}, "text": {"S": "x" * 100}}


def row(**values: Any) -> Row:
    given = {"fingerprint": "f", "as_of": "", **values}
    return Row(key_token("Users", KEY), Position("2026", 1), given.pop("live", True), "Users", KEY, **given)


def stored(made: Row) -> set[str]:
    return set(encode_row(made, 0))


def fits(monkeypatch: pytest.MonkeyPatch, made: Row, member: str) -> int:
    """The least size of an item at which the row has this member."""
    for size in range(200, 3_000):
        monkeypatch.setattr(ledger_row, "ITEM_MAX_BYTES", size)
        if member in stored(made):
            return size
    raise AssertionError(member)


def test_hashes_and_image_are_stored_where_they_fit_beside_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    bare = sum(len(value["S"]) for value in encode_row(row(), 0).values() if "S" in value)
    spare = ledger_row._SPARE_BYTES
    hashes, image = len(as_json(FIELDS)), len(zlib.compress(as_json(IMAGE).encode(), 1))
    assert fits(monkeypatch, row(fields=FIELDS), "h") == spare + bare + hashes + 1
    assert fits(monkeypatch, row(image=IMAGE), "i") == spare + bare + image + 1
    both = row(fields=FIELDS, image=IMAGE)
    assert fits(monkeypatch, both, "i") in (spare + bare + image + 1, spare + bare + hashes + image + 1)
    monkeypatch.setattr(ledger_row, "ITEM_MAX_BYTES", spare + bare + hashes + image)
    assert {"h", "i"} & stored(both) == {"h"}
    monkeypatch.setattr(ledger_row, "ITEM_MAX_BYTES", spare + bare + hashes + image + 1)
    assert {"h", "i"} & stored(both) == {"h", "i"}


@pytest.mark.parametrize(
    ("values", "members"),
    [
        ({"live": False, "doubt": True}, {"d"}),
        ({"refreshed": True}, {"z"}),
        ({"gap": True}, {"g"}),
        ({"gap": True, "gap_names": ("a",)}, {"g", "n"}),
        ({"live": False}, {"ttl"}),
    ],
)
def test_each_mark_of_a_row_is_stored_and_read_back(values: dict[str, Any], members: set[str]) -> None:
    made = row(**values)
    item = encode_row(made, 0)
    assert set(item) - set(encode_row(row(), 0)) == members
    read = decode_row(item, "ledger")
    for name in values:
        assert getattr(read, name) == getattr(made, name), name


# --- descriptions ----------------------------------------------------------------------------------

DESCRIBED: dict[str, Any] = {
    "TableName": "app",
    "TableArn": "arn:aws:dynamodb:eu-west-1:1:table/app",
    "KeySchema": [{"AttributeName": "SK", "KeyType": "RANGE"}, {"AttributeName": "PK", "KeyType": "HASH"}],
    "AttributeDefinitions": [
        {"AttributeName": "SK", "AttributeType": "N"},
        {"AttributeName": "PK", "AttributeType": "S"},
        {"AttributeName": "other", "AttributeType": "S"},
    ],
    "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
    "LatestStreamArn": ARN,
    "ItemCount": 7,
}


def test_the_facts_of_a_table_are_read_from_its_description() -> None:
    facts = table_facts(DESCRIBED)
    assert list(facts.key.items()) == [("PK", "S"), ("SK", "N")], "the hash key first"
    assert (facts.name, facts.arn, facts.stream_arn, facts.view) == (
        "app",
        "arn:aws:dynamodb:eu-west-1:1:table/app",
        ARN,
        "KEYS_ONLY",
    )
    assert facts.about_items == 7


def test_a_table_without_a_stream_and_without_a_count_has_neither() -> None:
    for stream in ({}, {"StreamEnabled": False, "StreamViewType": "KEYS_ONLY"}, None):
        facts = table_facts({**DESCRIBED, "StreamSpecification": stream, "ItemCount": None})
        assert (facts.stream_arn, facts.view, facts.about_items) == ("", "NEW_AND_OLD_IMAGES", 0)


@held("dynamodb")
class Client:
    """Answers for one table."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []

    def describe_table(self, **request: Any) -> dict[str, Any]:
        self.asked.append(request)
        index = {"KeySchema": [{"AttributeName": "GSI1PK", "KeyType": "HASH"}]}
        return {"Table": {**DESCRIBED, "GlobalSecondaryIndexes": [index]}}

    def describe_time_to_live(self, **request: Any) -> dict[str, Any]:
        self.asked.append(request)
        return {"TimeToLiveDescription": {"TimeToLiveStatus": "ENABLED", "AttributeName": "endsAt"}}


def test_indexes_and_ttl_are_asked_of_the_table() -> None:
    client = Client()
    assert index_keys(client, "app") == {"GSI1PK"}
    assert expiry_attribute(client, "app") == "endsAt"
    assert client.asked == [{"TableName": "app"}] * 2
