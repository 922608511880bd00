"""No value in an event differs from the item's value, all the way into the published bytes."""

from __future__ import annotations

import json
from base64 import b64decode
from decimal import Decimal
from typing import Any

from hypothesis import given

from bridge.core.records.decode import decode
from tests.builders.bridges import table
from tests.builders.records import lambda_record
from tests.builders.strategies import ITEMS, two_images


def same(typed: Any, published: Any) -> bool:
    """Whether a value read from JSON with exact numbers equals the typed value."""
    ((tag, content),) = typed.items()
    match tag:
        case "N":
            return not isinstance(published, bool) and bool(Decimal(str(published)) == Decimal(content))
        case "NS":
            return bool(sorted(map(Decimal, content)) == [Decimal(str(each)) for each in published])
        case "SS":
            return bool(sorted(content) == published)
        case "B":
            return b64decode(content) == b64decode(published)
        case "BS":
            return bool(sorted(content) == published)
        case "NULL":
            return published is None
        case "L":
            return len(content) == len(published) and all(map(same, content, published))
        case "M":
            return same_item(content, published)
    return type(published) is type(content) and bool(published == content)


def same_item(item: Any, published: Any) -> bool:
    return bool(item.keys() == published.keys()) and all(same(item[name], published[name]) for name in item)


def published(record: dict[str, Any]) -> dict[str, Any]:
    events = table().translate(record, decode(record), "key").events
    return json.loads(events[0].body, parse_float=Decimal)["data"] if events else {}


@given(ITEMS)
def test_an_inserted_item_is_published_exactly(item: dict[str, Any]) -> None:
    record = lambda_record(key={"id": "a"}, after={})
    record["dynamodb"]["NewImage"] = item
    assert same_item(item, published(record)["after"])


@given(two_images())
def test_both_images_of_a_modified_item_are_published_exactly(
    images: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    record = lambda_record(op="modify", key={"id": "a"}, before={}, after={})
    record["dynamodb"] |= {"OldImage": images[0], "NewImage": images[1]}
    data = published(record)
    if data:
        assert same_item(images[0], data["before"])
        assert same_item(images[1], data["after"])
