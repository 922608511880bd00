"""A table as a reconciliation reads it: exact, patient, and parsed the cheap way."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from bridge.core.fingerprint import canonical_json
from bridge.delivery.backoff import Backoff
from bridge.edges.cloudwatch.lag import IteratorAgeLag
from bridge.edges.dynamodb.describe import require_stream
from bridge.edges.dynamodb.scan import PAGE_ITEMS, DynamoTable
from bridge.errors import AccessDenied, SourceUnavailable, TargetMissing
from bridge.ports.table import TableFacts
from tests.builders.aws import Aws
from tests.builders.aws import client as new_client
from tests.builders.records import item
from tests.fakes.clients.batch_peer import client_error, throttling
from tests.fakes.clients.held import refusal
from tests.fakes.clock import FakeClock
from tests.reconcile.project import create_tables, write_items


class Events:
    """botocore's hooks, which a client without a wire never calls."""

    def register(self, name: str, handler: Any, unique_id: str) -> None:
        return None

    def emit(self, name: str, **told: Any) -> None:
        return None


class Client:
    """Answers from a script: ``answer(operation, call, request)`` returns or raises."""

    def __init__(self, answer: Callable[[str, int, dict[str, Any]], Any]) -> None:
        self.meta = type("Meta", (), {"events": Events()})()
        self.calls: Counter[str] = Counter()
        self._answer = answer

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**request: Any) -> Any:
            number = self.calls[operation]
            self.calls[operation] += 1
            name = "".join(part.title() for part in operation.split("_"))
            service = "cloudwatch" if name.startswith("GetMetric") else "dynamodb"
            if refused := refusal(service, name, request):
                raise refused
            return self._answer(operation, number, request)

        return call


def a_page(
    items: list[dict[str, Any]], *, units: float = 0.5, last: dict[str, Any] | None = None
) -> dict[str, Any]:
    """An answer to Scan, as DynamoDB sends it where the capacity is asked for."""
    counts = {"Count": len(items), "ScannedCount": len(items)}
    return {"Items": items, **counts, "LastEvaluatedKey": last, "ConsumedCapacity": {"CapacityUnits": units}}


def table(answer: Callable[[str, int, dict[str, Any]], Any], clock: FakeClock | None = None) -> DynamoTable:
    return DynamoTable(Client(answer), "Things", clock or FakeClock(), Backoff(random.Random(1)))


def test_minutes_of_throttling_are_waited_out() -> None:
    clock = FakeClock()

    def answer(operation: str, call: int, request: dict[str, Any]) -> Any:
        if clock.now() < 1_000 + 200:
            raise throttling("Scan")
        return a_page([item({"id": "a"})], units=1.5)

    page = table(answer, clock).page(0, 1, None)
    assert page.units == 1.5
    assert len(page.items) == 1
    assert sum(clock.slept) >= 200


def test_a_page_of_small_items_is_bounded_by_their_number_and_the_next_goes_on_behind_it(aws: Aws) -> None:
    client, name = aws.client("dynamodb"), aws.name("Small")
    create_tables(client, name, aws.name("ledger-of-small"))
    write_items(client, name, [item({"id": f"i-{number}"}) for number in range(PAGE_ITEMS + 20)])
    source = DynamoTable(
        new_client("dynamodb", aws.endpoint_url), name, FakeClock(), Backoff(random.Random(1))
    )
    first = source.page(0, 1, None)
    second = source.page(0, 1, first.next)
    assert (len(first.items), len(second.items), second.next) == (PAGE_ITEMS, 20, None)
    assert len({each["id"]["S"] for each in [*first.items, *second.items]}) == PAGE_ITEMS + 20
    if aws.shared:
        for table_name in (name, aws.name("ledger-of-small")):
            client.delete_table(TableName=table_name)


def test_a_table_that_stays_throttled_is_given_up_with_what_to_do() -> None:
    clock = FakeClock()

    def answer(operation: str, call: int, request: dict[str, Any]) -> Any:
        raise throttling("Scan")

    with pytest.raises(SourceUnavailable) as given_up:
        table(answer, clock).page(0, 1, None)
    assert "resume" in given_up.value.hint
    assert 299.9 < sum(clock.slept) < 310


@pytest.mark.parametrize(
    ("code", "error"), [("ResourceNotFoundException", TargetMissing), ("AccessDeniedException", AccessDenied)]
)
def test_an_error_that_waiting_cannot_fix_is_raised_at_once(code: str, error: type[Exception]) -> None:
    def answer(operation: str, call: int, request: dict[str, Any]) -> Any:
        raise client_error(code, "Scan", 400, "no")

    clock = FakeClock()
    with pytest.raises(error):
        table(answer, clock).page(0, 1, None)
    assert clock.slept == []


def test_unprocessed_keys_are_asked_for_until_all_are_read() -> None:
    def answer(operation: str, call: int, request: dict[str, Any]) -> Any:
        keys = request["RequestItems"]["Things"]["Keys"]
        assert request["RequestItems"]["Things"]["ConsistentRead"] is True
        left = {"Things": {"Keys": keys[1:]}} if keys[1:] else {}
        found = [{**keys[0], "n": {"N": "1"}}] if keys[0] != {"id": {"S": "k3"}} else []
        capacity = [{"CapacityUnits": 1.0}]
        return {"Responses": {"Things": found}, "UnprocessedKeys": left, "ConsumedCapacity": capacity}

    read = table(answer).read({f"t{n}": {"id": {"S": f"k{n}"}} for n in range(5)})
    assert read.units == 5.0
    assert read.items["t3"] is None
    assert all(read.items[f"t{n}"]["n"] == {"N": "1"} for n in (0, 1, 2, 4))  # type: ignore[index]


def test_binary_keys_go_back_as_bytes() -> None:
    asked: list[Any] = []

    def answer(operation: str, call: int, request: dict[str, Any]) -> Any:
        assert request["Limit"] <= 1_000, "a page of small items must not fill the memory"
        asked.append(request.get("ExclusiveStartKey"))
        return a_page([], last={"id": {"B": "AP8="}} if call == 0 else None)

    source = table(answer)
    source.page(0, 1, source.page(0, 1, None).next)
    assert asked == [None, {"id": {"B": b"\x00\xff"}}]


def test_a_table_without_a_stream_is_reported_with_the_fix() -> None:
    with pytest.raises(TargetMissing) as missing:
        require_stream(TableFacts("Things", "arn", {"id": "S"}))
    assert "StreamEnabled=true" in missing.value.hint


def test_orjson_reads_what_botocore_reads(aws: Aws) -> None:
    """Through the installed botocore: every type, paging, and errors are the service's still."""
    client, name, other = aws.client("dynamodb"), aws.name("Scanned"), aws.name("other")
    create_tables(client, name, other)
    values = {"id": "a", "n": 12, "b": b"\x00\xff", "bs": {b"a", b"b"}, "l": [1, None, True], "m": {"ü": "ß"}}
    write_items(client, name, [item(values | {"id": f"i{n}", "pad": "x" * 9_000}) for n in range(300)])
    plain = {each["id"]["S"]: each for each in _all(client, name)}
    source = DynamoTable(
        new_client("dynamodb", aws.endpoint_url), name, FakeClock(), Backoff(random.Random(1))
    )
    facts = source.describe()
    assert (dict(facts.key), facts.view) == ({"id": "S"}, "NEW_AND_OLD_IMAGES")
    found: dict[str, Any] = {}
    start, pages = None, 0
    while True:
        page = source.page(0, 1, start)
        found |= {each["id"]["S"]: each for each in page.items}
        start, pages = page.next, pages + 1
        if start is None:
            break
    assert pages > 1
    assert {id: canonical_json(each) for id, each in found.items()} == {
        id: canonical_json(each) for id, each in plain.items()
    }
    orjson.dumps(found)  # nothing but JSON in it
    read = source.read({"x": {"id": {"S": "i7"}}, "y": {"id": {"S": "nobody"}}})
    assert canonical_json(read.items["x"] or {}) == canonical_json(plain["i7"])
    assert read.items["y"] is None
    with pytest.raises(TargetMissing):
        DynamoTable(
            new_client("dynamodb", aws.endpoint_url), "nowhere", FakeClock(), Backoff(random.Random(1))
        ).page(0, 1, None)
    if aws.shared:
        for each in (name, other):
            client.delete_table(TableName=each)


def _all(client: Any, name: str) -> list[Any]:
    items: list[Any] = []
    for page in client.get_paginator("scan").paginate(TableName=name):
        items += page["Items"]
    return items


def test_iterator_age_is_the_highest_of_the_window_and_unknown_without_data() -> None:
    points = [{"Maximum": 4_000.0}, {"Maximum": 90_000.0}]
    asked: list[dict[str, Any]] = []

    def answer(operation: str, call: int, request: dict[str, Any]) -> Any:
        asked.append(request)
        return {"Label": "IteratorAge", "Datapoints": points if call == 0 else []}

    lag = IteratorAgeLag(Client(answer), "bridge", FakeClock())
    assert lag.lag_s() == 90.0
    assert lag.lag_s() is None
    assert (asked[0]["Namespace"], asked[0]["MetricName"]) == ("AWS/Lambda", "IteratorAge")


def test_a_cloudwatch_that_does_not_answer_is_unavailable() -> None:
    def answer(operation: str, call: int, request: dict[str, Any]) -> Any:
        raise throttling("GetMetricStatistics")

    with pytest.raises(SourceUnavailable):
        IteratorAgeLag(Client(answer), "bridge", FakeClock()).lag_s()


def test_a_page_is_asked_for_as_it_was_wanted() -> None:
    asked: list[dict[str, Any]] = []

    def answer(operation: str, call: int, request: dict[str, Any]) -> Any:
        asked.append(request)
        return a_page([])

    source = table(answer)
    source.page(2, 5, None)
    source.page(2, 5, item({"id": "a"}), consistent=True)
    plain = {
        "TableName": "Things",
        "Segment": 2,
        "TotalSegments": 5,
        "Limit": PAGE_ITEMS,
        "ReturnConsumedCapacity": "TOTAL",
    }
    assert asked == [plain, {**plain, "ConsistentRead": True, "ExclusiveStartKey": item({"id": "a"})}]
