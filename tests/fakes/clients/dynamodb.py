"""A peer of boto3's ``dynamodb`` client: a table with a partition key, with the rules of expressions, values,
batches, transactions and scans."""

from __future__ import annotations

from copy import deepcopy
from typing import Any
from zlib import crc32

from tests.fakes.clients.held import client_error
from tests.fakes.dynamodb.items import DynamoDbItems
from tests.fakes.dynamodb.values import Item, item_size

READ_BYTES = 16 * 1024 * 1024
PAGE_BYTES = 1024 * 1024


class DynamoDbClient(DynamoDbItems):
    """See :class:`~tests.fakes.dynamodb.table.DynamoDbTable`."""

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
        operation = "BatchGetItem"
        table, request = self._one_table(operation, parameters)
        expressions = self._expressions(operation, request)
        keys = request["Keys"]
        self._batch_rules(operation, [self._name_of(operation, key) for key in keys], 100)
        now, left = self._split(operation, keys)
        items = self._view(operation, request)
        found: list[Item] = []
        size = 0
        for at, key in enumerate(now):
            item = items.get(self._key_text(key))
            size += item_size(item) if item is not None else 0
            if size > READ_BYTES:
                left = [*now[at:], *left]
                break
            if item is not None:
                found.append(deepcopy(expressions.projected(item)))
        self.end(operation)
        unprocessed = {table: {**request, "Keys": left}} if left else {}
        # The service answers in an order of its own.
        return {"Responses": {table: found[::-1]}, "UnprocessedKeys": unprocessed}

    def batch_write_item(self, **parameters: Any) -> dict[str, Any]:
        operation = "BatchWriteItem"
        table, requests = self._one_table(operation, parameters)
        names: list[str] = []
        for request in requests:
            if len(request) != 1:
                text = "Supplied WriteRequest must contain exactly one of PutRequest or DeleteRequest"
                raise self.invalid(operation, text)
            if "PutRequest" in request:
                self._item_rules(operation, request["PutRequest"]["Item"])
                names.append(self._key_text(request["PutRequest"]["Item"]))
            else:
                names.append(self._name_of(operation, request["DeleteRequest"]["Key"]))
        self._batch_rules(operation, names, 25)
        now, left = self._split(operation, list(zip(names, requests, strict=True)))
        for name, request in now:
            self._write(name, request["PutRequest"]["Item"] if "PutRequest" in request else None)
        self.end(operation)
        return {"UnprocessedItems": {table: [request for _, request in left]} if left else {}}

    def scan(self, **parameters: Any) -> dict[str, Any]:
        self._begin("Scan", parameters, parameters["TableName"])
        expressions = self._expressions("Scan", parameters)
        segment, segments = self._segment(parameters)
        items = self._view("Scan", parameters)
        mine = sorted((key for key in items if crc32(key.encode()) % segments == segment), key=_place)
        if start := parameters.get("ExclusiveStartKey"):
            after = self._name_of("Scan", start)
            mine = [key for key in mine if _place(key) > _place(after)]
        page = self._page(items, mine[: min(self.page, parameters.get("Limit", self.page))])
        found = [
            deepcopy(expressions.projected(items[key])) for key in page if expressions.passes(items[key])
        ]
        answer: dict[str, Any] = {"Items": found, "Count": len(found), "ScannedCount": len(page)}
        if len(mine) > len(page):
            answer["LastEvaluatedKey"] = {self.key: {self.key_type: page[-1]}}
        self.end("Scan")
        return {**answer, **self._capacity(parameters, 0.5 * len(page))}

    # --- rules -------------------------------------------------------------------------------------

    def _one_table(self, operation: str, parameters: dict[str, Any]) -> tuple[str, Any]:
        for table in parameters["RequestItems"]:
            self._begin(operation, parameters, table)
        ((table, request),) = parameters["RequestItems"].items()
        return table, request

    def _batch_rules(self, operation: str, keys: list[str], most: int) -> None:
        if len(keys) > most:
            text = f"Too many items requested for the {operation} call"
            raise self.invalid(operation, text)
        if len(set(keys)) != len(keys):
            raise self.invalid(operation, "Provided list of item keys contains duplicates")

    def _split(self, operation: str, parts: list[Any]) -> tuple[list[Any], list[Any]]:
        left = min(self.unprocessed(operation, self.calls[operation] - 1), len(parts))
        if left == len(parts):
            text = "The level of configured provisioned throughput for the table was exceeded."
            raise client_error("ProvisionedThroughputExceededException", operation, 400, text)
        return parts[left:], parts[:left]

    def _segment(self, parameters: dict[str, Any]) -> tuple[int, int]:
        given, other = {"Segment", "TotalSegments"} & parameters.keys(), "TotalSegments"
        if len(given) == 1:
            (present,) = given
            absent = "Segment" if present == other else other
            text = f"The {absent} parameter is required but was not present in the request when"
            raise self.invalid("Scan", f"{text} {present} parameter is present")
        segment, segments = parameters.get("Segment", 0), parameters.get("TotalSegments", 1)
        if segment >= segments:
            text = "The Segment parameter is zero-based and must be less than parameter TotalSegments"
            shown = f"Segment: {segment} is not less than TotalSegments: {segments}"
            raise self.invalid("Scan", f"{text}: {shown}")
        return segment, segments

    def _page(self, items: dict[str, Item], names: list[str]) -> list[str]:
        """At most 1 MB, and at least one item."""
        size, page = 0, []
        for name in names:
            page.append(name)
            size += item_size(items[name])
            if size >= PAGE_BYTES:
                break
        return page


def _place(key: str) -> tuple[int, str]:
    """Tables are ordered by a hash of their keys."""
    return crc32(key.encode()[::-1]), key
