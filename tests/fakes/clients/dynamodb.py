"""A peer of boto3's ``dynamodb`` client: tables with a partition key, with the rules of batches, conditional
writes and scans."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from copy import deepcopy
from typing import Any
from zlib import crc32

from botocore.exceptions import ClientError

from tests.fakes.clients.aws_peer import AwsPeer, with_request_id
from tests.fakes.clients.batch_peer import client_error

ITEM_BYTES = 400 * 1024
HISTORY = 100
"""How many writes are remembered for reads that are behind."""

_VALUE_OF: dict[str, Callable[[Any], int]] = {
    "S": lambda text: len(text.encode()),
    "N": lambda text: len(text) // 2 + 2,
    "B": len,
    "BOOL": lambda _: 1,
    "NULL": lambda _: 1,
}


class DynamoDbClient(AwsPeer):
    """One table, ``items`` by partition key. ``unprocessed(operation, call)`` is how many of a batch DynamoDB
    leaves for another call; of a batch all of whose parts it would leave, it throws as the service does.

    ``stale(operation, call)`` is how many of the newest writes a read does not see that does not ask for
    ``ConsistentRead``: at most ``HISTORY``, and only writes that came through this client.
    """

    service = "dynamodb"
    denial = ("AccessDeniedException", 400)

    def __init__(self, table: str = "ledger", key: str = "pk", *, page: int = 3) -> None:
        super().__init__()
        self.table = table
        self.key = key
        self.key_type = "S"
        self.page = page
        self.items: dict[str, dict[str, Any]] = {}
        self.unprocessed: Callable[[str, int], int] = lambda operation, call: 0
        self.stale: Callable[[str, int], int] = lambda operation, call: 0
        self._before: deque[tuple[str, dict[str, Any] | None]] = deque(maxlen=HISTORY)

    def describe_table(self, **parameters: Any) -> dict[str, Any]:
        self._begin("DescribeTable", parameters, parameters["TableName"])
        return {
            "Table": {
                "TableName": self.table,
                "TableStatus": "ACTIVE",
                "KeySchema": [{"AttributeName": self.key, "KeyType": "HASH"}],
                "AttributeDefinitions": [{"AttributeName": self.key, "AttributeType": self.key_type}],
            }
        }

    def batch_get_item(self, **parameters: Any) -> dict[str, Any]:
        ((table, request),) = parameters["RequestItems"].items()
        self._begin("BatchGetItem", parameters, table)
        keys = request["Keys"]
        self._batch_rules("BatchGetItem", [key[self.key]["S"] for key in keys], 100)
        now, left = self._split("BatchGetItem", keys)
        items = self._view("BatchGetItem", request)
        found = [deepcopy(item) for key in now if (item := items.get(key[self.key]["S"])) is not None]
        self.end("BatchGetItem")
        unprocessed = {table: {**request, "Keys": left}} if left else {}
        # The service answers in an order of its own.
        return {"Responses": {table: found[::-1]}, "UnprocessedKeys": unprocessed}

    def batch_write_item(self, **parameters: Any) -> dict[str, Any]:
        ((table, requests),) = parameters["RequestItems"].items()
        self._begin("BatchWriteItem", parameters, table)
        keys = [
            (request["PutRequest"]["Item"] if "PutRequest" in request else request["DeleteRequest"]["Key"])
            for request in requests
        ]
        self._batch_rules("BatchWriteItem", [key[self.key]["S"] for key in keys], 25)
        for request in requests:
            if "PutRequest" in request:
                self._item_rules("BatchWriteItem", request["PutRequest"]["Item"])
        now, left = self._split("BatchWriteItem", requests)
        for request in now:
            if "PutRequest" in request:
                item = request["PutRequest"]["Item"]
                self._write(item[self.key]["S"], deepcopy(item))
            else:
                self._write(request["DeleteRequest"]["Key"][self.key]["S"], None)
        self.end("BatchWriteItem")
        return {"UnprocessedItems": {table: left} if left else {}}

    def put_item(self, **parameters: Any) -> dict[str, Any]:
        self._begin("PutItem", parameters, parameters["TableName"])
        item = parameters["Item"]
        self._item_rules("PutItem", item)
        if not self._holds(parameters, self.items.get(item[self.key]["S"])):
            text = "The conditional request failed"
            raise client_error("ConditionalCheckFailedException", "PutItem", 400, text)
        self._write(item[self.key]["S"], deepcopy(item))
        self.end("PutItem")
        asked = parameters.get("ReturnConsumedCapacity", "NONE") != "NONE"
        capacity = {"TableName": self.table, "CapacityUnits": 1.0}
        return with_request_id({"ConsumedCapacity": capacity} if asked else {})

    def scan(self, **parameters: Any) -> dict[str, Any]:
        self._begin("Scan", parameters, parameters["TableName"])
        segment, segments = parameters.get("Segment", 0), parameters.get("TotalSegments", 1)
        if not 0 <= segment < segments:
            raise client_error("ValidationException", "Scan")
        items = self._view("Scan", parameters)
        mine = sorted((key for key in items if crc32(key.encode()) % segments == segment), key=_place)
        start = parameters.get("ExclusiveStartKey")
        if start:
            mine = [key for key in mine if _place(key) > _place(start[self.key]["S"])]
        page = mine[: min(self.page, parameters.get("Limit", self.page))]
        found = [deepcopy(items[key]) for key in page if self._passes(parameters, items[key])]
        answer: dict[str, Any] = {"Items": found, "Count": len(found), "ScannedCount": len(page)}
        if len(mine) > len(page):
            answer["LastEvaluatedKey"] = {self.key: {"S": page[-1]}}
        if parameters.get("ReturnConsumedCapacity") == "TOTAL":
            answer["ConsumedCapacity"] = {"TableName": self.table, "CapacityUnits": 0.5 * len(page)}
        self.end("Scan")
        return answer

    # --- the state -----------------------------------------------------------------------------------

    def _write(self, key: str, item: dict[str, Any] | None) -> None:
        self._before.append((key, self.items.get(key)))
        if item is None:
            self.items.pop(key, None)
        else:
            self.items[key] = item

    def _view(self, operation: str, request: dict[str, Any]) -> dict[str, dict[str, Any]]:
        """What a read sees: everything, or the table as it was before the newest writes."""
        if request.get("ConsistentRead"):
            return self.items
        behind = min(self.stale(operation, self.calls[operation] - 1), len(self._before))
        if behind <= 0:
            return self.items
        seen = dict(self.items)
        for key, item in list(self._before)[: -behind - 1 : -1]:
            if item is None:
                seen.pop(key, None)
            else:
                seen[key] = item
        return seen

    # --- rules -------------------------------------------------------------------------------------

    def _begin(self, operation: str, parameters: dict[str, Any], table: str) -> None:
        self.begin(operation, parameters)
        if table != self.table:
            raise self.missing(operation)

    def missing(self, operation: str) -> ClientError:
        text = "Requested resource not found"
        return client_error("ResourceNotFoundException", operation, 400, text)

    def _batch_rules(self, operation: str, keys: list[str], most: int) -> None:
        if not 1 <= len(keys) <= most:
            raise client_error("ValidationException", operation, 400, "Too many items requested for the call")
        if len(set(keys)) != len(keys):
            text = "Provided list of item keys contains duplicates"
            raise client_error("ValidationException", operation, 400, text)

    def _item_rules(self, operation: str, item: dict[str, Any]) -> None:
        if self.key not in item or not 1 <= len(item[self.key]["S"].encode()) <= 2048:
            raise client_error("ValidationException", operation, 400, "The provided key is not valid")
        size = 0
        for name, value in item.items():
            ((tag, content),) = value.items()
            size += len(name.encode()) + _VALUE_OF[tag](content)
        if size > ITEM_BYTES:
            text = "Item size has exceeded the maximum allowed size"
            raise client_error("ValidationException", operation, 400, text)

    def _split(self, operation: str, parts: list[Any]) -> tuple[list[Any], list[Any]]:
        left = min(self.unprocessed(operation, self.calls[operation] - 1), len(parts))
        if left == len(parts):
            text = "The level of configured provisioned throughput for the table was exceeded."
            raise client_error("ProvisionedThroughputExceededException", operation, 400, text)
        return parts[left:], parts[:left]

    def _holds(self, parameters: dict[str, Any], item: dict[str, Any] | None) -> bool:
        """Of the condition language only what is used: equality, attribute_not_exists, AND."""
        condition = parameters.get("ConditionExpression")
        return condition is None or all(
            self._term(term, parameters, item) for term in condition.split(" AND ")
        )

    def _passes(self, parameters: dict[str, Any], item: dict[str, Any]) -> bool:
        condition = parameters.get("FilterExpression")
        return condition is None or any(
            all(self._term(term, parameters, item) for term in alternative.split(" AND "))
            for alternative in condition.split(" OR ")
        )

    def _term(self, term: str, parameters: dict[str, Any], item: dict[str, Any] | None) -> bool:
        names, values = (
            parameters["ExpressionAttributeNames"],
            parameters.get("ExpressionAttributeValues", {}),
        )
        if term.startswith("attribute_not_exists("):
            return item is None or names[term[21:-1]] not in item
        if term.startswith("begins_with("):
            name, prefix = term[12:-1].split(", ")
            return item is not None and item[names[name]]["S"].startswith(values[prefix]["S"])
        name, _, value = term.split(" ")
        return item is not None and item.get(names[name]) == values[value]


def _place(key: str) -> tuple[int, str]:
    """Tables are ordered by a hash of their keys."""
    return crc32(key.encode()[::-1]), key
