"""A sample comes from the whole table in small pages, and has exactly as many items as were asked for."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.edges.dynamodb.sample import SEGMENTS, sample_items
from tests.edges.dynamodb.test_scan import Client


def table(sizes: list[int], asked: list[dict[str, Any]]) -> Client:
    """A table whose segments hold so many items each."""

    def answer(operation: str, call: int, request: dict[str, Any]) -> Any:
        asked.append(request)
        segment, size = request["Segment"], sizes[request["Segment"]]
        start = int(request.get("ExclusiveStartKey", {"id": {"S": "0"}})["id"]["S"])
        end = min(size, start + request["Limit"])
        items = [{"id": {"S": f"{segment}/{number}"}} for number in range(start, end)]
        more = {"LastEvaluatedKey": {"id": {"S": str(end)}}} if end < size else {}
        units = {"ConsumedCapacity": {"CapacityUnits": 0.5 * len(items)}}
        used = units if request["ReturnConsumedCapacity"] == "TOTAL" else {}
        return {"Items": items, "Count": len(items), "ScannedCount": len(items), **more, **used}

    return Client(answer)


@pytest.mark.parametrize("count", [0, 1, SEGMENTS, SEGMENTS + 1, 3 * SEGMENTS])
def test_each_segment_gives_its_share_and_no_more_items_come_than_were_asked_for(count: int) -> None:
    asked: list[dict[str, Any]] = []
    found = list(sample_items(table([100] * SEGMENTS, asked), "Users", count))
    assert len(found) == len({each["id"]["S"] for each in found}) == count
    share = -(-count // SEGMENTS)
    segments = -(-count // share) if count else 0
    assert {(each["Limit"], each["TotalSegments"]) for each in asked} <= {(share, SEGMENTS)}
    assert [each["Segment"] for each in asked] == list(range(segments))


def test_a_table_with_fewer_items_is_read_to_its_end_from_where_each_page_ended() -> None:
    asked: list[dict[str, Any]] = []
    sizes = [0] * SEGMENTS
    sizes[1], sizes[2] = 7, 1
    found = list(sample_items(table(sizes, asked), "Users", 2 * SEGMENTS))
    assert sorted(each["id"]["S"] for each in found) == sorted([*(f"1/{n}" for n in range(7)), "2/0"])
    assert [each["ExclusiveStartKey"]["id"]["S"] for each in asked if "ExclusiveStartKey" in each] == [
        "2",
        "4",
        "6",
    ]


def test_the_pace_gets_what_each_page_cost() -> None:
    asked: list[dict[str, Any]] = []
    costs: list[float] = []
    list(sample_items(table([100] * SEGMENTS, asked), "Users", 3 * SEGMENTS, pace=costs.append))
    assert costs == [1.5] * SEGMENTS
