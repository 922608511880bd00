"""Reads a whole table in segments, and items by key, with orjson instead of botocore's slower parser.

botocore emits ``before-parse`` with the raw answer and lets a handler fill ``customized_response_dict``
(botocore.endpoint); botocore still does signing, retries and errors. Binary values are then base64 text, as
in the records that Lambda delivers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson

from bridge.core.change import TypedItem
from bridge.core.keys import key_as_sent, key_identity
from bridge.delivery.backoff import Backoff
from bridge.edges.dynamodb.describe import table_facts, table_target
from bridge.errors import SourceUnavailable
from bridge.limits import BATCH_GET_MAX
from bridge.ports.clock import Clock
from bridge.ports.table import ItemPage, ItemsRead, TableFacts

GIVE_UP_S: Final = 300.0
"""How long calls are repeated during throttling and outages: a scan can wait for other work."""

PAGE_ITEMS: Final = 500
"""The most items of a page. DynamoDB ends a page at 1 MB, which is ten thousand small items; with their
ledger rows these fill memory, in every segment. A smaller page costs no more read units."""

_MIN_PARSED: Final = b"{}"


def parse_with_orjson(client: Any) -> None:
    """Makes a ``dynamodb`` client parse Scan and BatchGetItem answers with orjson. Idempotent. Not for a
    client that other code uses, because it changes the type of binary values."""
    for operation in ("Scan", "BatchGetItem"):
        client.meta.events.register(
            f"before-parse.dynamodb.{operation}", _parse, unique_id=f"stream-bridge-orjson-{operation}"
        )


def parse_fast_without_binary(client: Any) -> None:
    """The same for a client whose answers must be as botocore parses them: botocore still parses BatchGetItem
    answers with binary values."""
    client.meta.events.register(
        "before-parse.dynamodb.BatchGetItem", _parse_textual, unique_id="stream-bridge-orjson-text"
    )


def _parse_textual(response_dict: dict[str, Any], **others: Any) -> None:
    body = response_dict["body"]
    if b'"B":' not in body and b'"BS":' not in body:
        _parse(response_dict, **others)


def _parse(response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: Any) -> None:
    """Raises what is no JSON object; ``AwsTarget.call`` takes that for an answer that is not AWS's."""
    if response_dict["status_code"] == 200:
        content = orjson.loads(response_dict["body"])
        if not isinstance(content, dict):
            raise TypeError("the body is not an object")
        customized_response_dict.update(content)
        response_dict["body"] = _MIN_PARSED


class DynamoTable:
    """A ``TableSource`` through a boto3 ``dynamodb`` client that nobody else uses.

    Needs ``dynamodb:DescribeTable``, ``dynamodb:Scan`` and ``dynamodb:BatchGetItem``.
    """

    def __init__(self, client: Any, table: str, clock: Clock, backoff: Backoff) -> None:
        parse_with_orjson(client)
        self._table = table
        self._clock = clock
        self._backoff = backoff
        self._target = table_target(client, table)

    def describe(self) -> TableFacts:
        return table_facts(self._call("DescribeTable", TableName=self._table)["Table"])

    def page(
        self, segment: int, segments: int, start: TypedItem | None, *, consistent: bool = False
    ) -> ItemPage:
        request: dict[str, Any] = {
            "TableName": self._table,
            "Segment": segment,
            "TotalSegments": segments,
            "Limit": PAGE_ITEMS,
            "ReturnConsumedCapacity": "TOTAL",
        }
        if consistent:
            request["ConsistentRead"] = True
        if start is not None:
            request["ExclusiveStartKey"] = key_as_sent(start)
        answer = self._call("Scan", **request)
        units = float((answer.get("ConsumedCapacity") or {}).get("CapacityUnits") or 0.0)
        return ItemPage(answer["Items"], answer.get("LastEvaluatedKey") or None, units)

    def read(self, keys: Mapping[str, TypedItem]) -> ItemsRead:
        names = {key_identity(key): name for name, key in keys.items()}
        found: dict[str, TypedItem | None] = dict.fromkeys(keys)
        waiting = [key_as_sent(key) for key in keys.values()]
        units, tries, until_s = 0.0, 0, self._clock.monotonic() + GIVE_UP_S
        while waiting:
            call, waiting = waiting[:BATCH_GET_MAX], waiting[BATCH_GET_MAX:]
            request = {self._table: {"Keys": call, "ConsistentRead": True}}
            answer = self._call("BatchGetItem", RequestItems=request, ReturnConsumedCapacity="TOTAL")
            for each in answer.get("ConsumedCapacity") or ():
                units += float(each.get("CapacityUnits") or 0.0)
            for item in answer["Responses"].get(self._table, ()):
                found[names[key_identity({name: item[name] for name in call[0]})]] = item
            left = answer["UnprocessedKeys"].get(self._table, {}).get("Keys", [])
            # orjson parses binary keys as text.
            waiting += [key_as_sent(key) for key in left]
            if len(left) < len(call):
                tries = 0
            elif waiting:
                self._wait(tries, until_s, None)
                tries += 1
        return ItemsRead(found, units)

    def _call(self, operation: str, **request: Any) -> Any:
        """Repeats a call with backoff while the table is unavailable, for minutes. Raises
        ``SourceUnavailable`` after that."""
        until_s = self._clock.monotonic() + GIVE_UP_S
        tries = 0
        while True:
            try:
                return self._target.call(operation, **request)
            except SourceUnavailable as error:
                self._wait(tries, until_s, error)
                tries += 1

    def _wait(self, tries: int, until_s: float, cause: Exception | None) -> None:
        left_s = until_s - self._clock.monotonic()
        if left_s <= 0:
            raise SourceUnavailable(
                f"table {self._table} could not be read for {GIVE_UP_S:.0f} s: throttled, or down",
                hint="`reconcile resume` continues from here; a lower max_rcu leaves more to other readers",
            ) from cause
        self._clock.sleep(min(left_s, 0.05 + self._backoff.delay_s(self._backoff.draw(), tries)))
