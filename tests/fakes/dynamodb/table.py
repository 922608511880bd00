"""What the operations of the ``dynamodb`` peer share: one table with its key, its past, and its rules."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

from botocore.exceptions import ClientError

from tests.fakes.clients.aws_peer import AwsPeer
from tests.fakes.clients.held import client_error
from tests.fakes.dynamodb.request import Expressions
from tests.fakes.dynamodb.values import Item, Refused, check_item, check_value
from tests.fakes.faults import Fault

HASH_BYTES = 2048
HISTORY = 100
"""How many writes are remembered for reads that are behind."""

_INVALID = "One or more parameter values were invalid: "
_MISMATCH = "The provided key element does not match the schema"


class DynamoDbTable(AwsPeer):
    """One table, ``items`` by partition key. ``unprocessed(operation, call)`` is how many of a batch DynamoDB
    leaves for another call; of a batch all of whose parts it would leave, it throws as the service does.

    ``stale(operation, call)`` is how many of the newest writes a read does not see that does not ask for
    ``ConsistentRead``: at most ``HISTORY``, and only writes that came through this client.
    """

    unprocessed = Fault[Callable[[str, int], int]](lambda operation, call: 0)
    service = "dynamodb"
    denial = ("AccessDeniedException", 400)

    def __init__(self, table: str = "ledger", key: str = "pk", *, page: int = 3) -> None:
        super().__init__()
        self.table = table
        self.key = key
        self.key_type = "S"
        self.page = page
        self.items: dict[str, Item] = {}
        self.stale: Callable[[str, int], int] = lambda operation, call: 0
        self._before: deque[tuple[str, Item | None]] = deque(maxlen=HISTORY)

    # --- the state -----------------------------------------------------------------------------------

    def _write(self, key: str, item: Item | None) -> None:
        self._before.append((key, self.items.get(key)))
        if item is None:
            self.items.pop(key, None)
        else:
            self.items[key] = deepcopy(item)

    def _view(self, operation: str, request: Mapping[str, Any]) -> dict[str, Item]:
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

    # --- rules ---------------------------------------------------------------------------------------

    def _begin(self, operation: str, parameters: dict[str, Any], table: str) -> None:
        self.begin(operation, parameters)
        if table.rpartition("/")[2] != self.table:
            raise self.missing(operation)

    def missing(self, operation: str) -> ClientError:
        text = "Requested resource not found"
        return client_error("ResourceNotFoundException", operation, 400, text)

    def invalid(self, operation: str, text: str) -> ClientError:
        return client_error("ValidationException", operation, 400, text)

    @contextmanager
    def _refusing(self, operation: str) -> Iterator[None]:
        try:
            yield
        except Refused as refused:
            raise self.invalid(operation, str(refused)) from refused

    def _expressions(self, operation: str, request: Mapping[str, Any]) -> Expressions:
        with self._refusing(operation):
            return Expressions(request)

    def _item_rules(self, operation: str, item: Item) -> None:
        """What a written item must be: with its key, of values that DynamoDB has, not too large."""
        if self.key not in item:
            raise self.invalid(operation, f"{_INVALID}Missing the key {self.key} in the item")
        with self._refusing(operation):
            check_item(item)
        self._key_rules(operation, item[self.key])

    def _key_rules(self, operation: str, value: dict[str, Any]) -> None:
        ((tag, content),) = value.items()
        if tag != self.key_type:
            text = f"Type mismatch for key {self.key} expected: {self.key_type} actual: {tag}"
            raise self.invalid(operation, _INVALID + text)
        if not content:
            kind = "string" if tag == "S" else "binary"
            raise self.invalid(
                operation,
                "One or more parameter values are not valid. The AttributeValue for a key attribute cannot "
                f"contain an empty {kind} value. Key: {self.key}",
            )
        if tag != "N" and len(content.encode() if tag == "S" else content) > HASH_BYTES:
            text = f"Size of hashkey has exceeded the maximum size limit of{HASH_BYTES} bytes"
            raise self.invalid(operation, _INVALID + text)

    def _name_of(self, operation: str, key: Item) -> str:
        """Of a request's Key, which is the key attribute and nothing else."""
        if key.keys() != {self.key}:
            raise self.invalid(operation, _MISMATCH)
        with self._refusing(operation):
            check_value(key[self.key])
        if key[self.key].keys() != {self.key_type}:
            raise self.invalid(operation, _MISMATCH)
        self._key_rules(operation, key[self.key])
        return self._key_text(key)

    def _key_text(self, item: Item) -> str:
        return str(item[self.key][self.key_type])

    def _failed_condition(self, operation: str, request: Mapping[str, Any], item: Item | None) -> ClientError:
        text = "The conditional request failed"
        error = client_error("ConditionalCheckFailedException", operation, 400, text)
        if request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" and item is not None:
            error.response["Item"] = deepcopy(item)
        return error

    def _capacity(self, request: Mapping[str, Any], units: float) -> dict[str, Any]:
        if request.get("ReturnConsumedCapacity", "NONE") == "NONE":
            return {}
        return {"ConsumedCapacity": {"TableName": self.table, "CapacityUnits": units}}
