"""A peer of boto3's ``dynamodb`` client for BatchGetItem: answers in part, fails chosen calls, counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from tests.builders.records import item
from tests.fakes.clients.aws_peer import AwsPeer
from tests.fakes.clients.batch_peer import client_error
from tests.fakes.faults import Fault


class TableClient(AwsPeer):
    """One table with the key attribute ``key``. ``takes(call)`` is the most keys that call number ``call``
    processes; the rest comes back unprocessed."""

    takes = Fault[Callable[[int], int]](lambda call: 100, lambda most, call: most < 100)
    service = "dynamodb"
    denial = ("AccessDeniedException", 400)

    def __init__(self, *items: Mapping[str, Any], name: str = "Users", key: str = "id") -> None:
        super().__init__()
        self.name = name
        self.key = key
        self.items = [item(values) for values in items]
        self.asked: list[list[dict[str, Any]]] = []

    def batch_get_item(self, **parameters: Any) -> dict[str, Any]:
        ((name, request),) = parameters["RequestItems"].items()
        keys = request["Keys"]
        assert len(keys) <= 100, "BatchGetItem takes 100 keys"
        assert request["ConsistentRead"] is True
        assert len({repr(key) for key in keys}) == len(keys), "BatchGetItem refuses a key that stands twice"
        call = self.calls["BatchGetItem"]
        self.asked.append(keys)
        self.begin("BatchGetItem", parameters)
        assert name == self.name
        most = self.takes(call)
        # In an order of its own, as the service does.
        found = [each for each in reversed(self.items) if {self.key: each[self.key]} in keys[:most]]
        self.end("BatchGetItem")
        left = {name: {"Keys": keys[most:], "ConsistentRead": True}} if keys[most:] else {}
        return {"Responses": {name: found}, "UnprocessedKeys": left}

    def missing(self, operation: str) -> ClientError:
        return client_error("ResourceNotFoundException", operation, 400, "Requested resource not found")


def throttled(operation: str = "BatchGetItem") -> ClientError:
    return client_error("ProvisionedThroughputExceededException", operation, 400, "…")
