"""Operations on single items of the ``dynamodb`` peer, on the items of one key, and in a transaction."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from tests.fakes.clients.aws_peer import with_request_id
from tests.fakes.clients.held import client_error
from tests.fakes.dynamodb.table import DynamoDbTable
from tests.fakes.dynamodb.values import Item, Refused, check_item, item_size

TRANSACTION_BYTES = 4 * 1024 * 1024


class DynamoDbItems(DynamoDbTable):
    def get_item(self, **parameters: Any) -> dict[str, Any]:
        self._begin("GetItem", parameters, parameters["TableName"])
        expressions = self._expressions("GetItem", parameters)
        name = self._name_of("GetItem", parameters["Key"])
        item = self._view("GetItem", parameters).get(name)
        self.end("GetItem")
        found = {} if item is None else {"Item": deepcopy(expressions.projected(item))}
        return with_request_id({**found, **self._capacity(parameters, 0.5)})

    def put_item(self, **parameters: Any) -> dict[str, Any]:
        self._begin("PutItem", parameters, parameters["TableName"])
        after, before = self._put("PutItem", parameters)
        self._write(self._key_text(after), after)
        self.end("PutItem")
        old = parameters.get("ReturnValues") == "ALL_OLD" and before is not None
        answer = {"Attributes": deepcopy(before)} if old else {}
        return with_request_id({**answer, **self._capacity(parameters, 1.0)})

    def update_item(self, **parameters: Any) -> dict[str, Any]:
        self._begin("UpdateItem", parameters, parameters["TableName"])
        after, before = self._update("UpdateItem", parameters)
        self._write(self._key_text(after), after)
        self.end("UpdateItem")
        wanted = {"ALL_OLD": before, "ALL_NEW": after}.get(parameters.get("ReturnValues", "NONE"))
        answer = {"Attributes": deepcopy(wanted)} if wanted is not None else {}
        return with_request_id({**answer, **self._capacity(parameters, 1.0)})

    def delete_item(self, **parameters: Any) -> dict[str, Any]:
        self._begin("DeleteItem", parameters, parameters["TableName"])
        name, before = self._delete("DeleteItem", parameters)
        self._write(name, None)
        self.end("DeleteItem")
        old = parameters.get("ReturnValues") == "ALL_OLD" and before is not None
        answer = {"Attributes": deepcopy(before)} if old else {}
        return with_request_id({**answer, **self._capacity(parameters, 1.0)})

    def query(self, **parameters: Any) -> dict[str, Any]:
        """The table has no sort key, so this is one item, or none."""
        self._begin("Query", parameters, parameters["TableName"])
        expressions = self._expressions("Query", parameters)
        with self._refusing("Query"):
            expressions.check_keys({self.key: self.key_type})
        selected = [item for item in self._view("Query", parameters).values() if expressions.selects(item)]
        found = [expressions.projected(item) for item in selected if expressions.passes(item)]
        self.end("Query")
        answer = {"Items": deepcopy(found), "Count": len(found), "ScannedCount": len(selected)}
        return with_request_id({**answer, **self._capacity(parameters, 0.5)})

    def transact_write_items(self, **parameters: Any) -> dict[str, Any]:
        """All or nothing. Client tokens are not kept."""
        operation = "TransactWriteItems"
        self.begin(operation, parameters)
        names: list[str] = []
        writes: list[tuple[str, Item | None]] = []
        reasons: list[dict[str, Any]] = []
        for entry in parameters["TransactItems"]:
            if len(entry) != 1:
                text = "TransactItems can only contain one of Check, Put, Update or Delete"
                raise self.invalid(operation, text)
            ((kind, request),) = entry.items()
            if request["TableName"] != self.table:
                raise self.missing(operation)
            write, reason = self._transacted(operation, kind, request)
            names.append(write[0])
            reasons.append(reason)
            if kind != "ConditionCheck":
                writes.append(write)
        if len(set(names)) != len(names):
            text = "Transaction request cannot include multiple operations on one item"
            raise self.invalid(operation, text)
        if sum(item_size(item) for _, item in writes if item is not None) > TRANSACTION_BYTES:
            raise self.invalid(operation, "Collection size has exceeded the maximum allowed size")
        if any(reason["Code"] != "None" for reason in reasons):
            codes = ", ".join(reason["Code"] for reason in reasons)
            text = "Transaction cancelled, please refer cancellation reasons for specific reasons"
            error = client_error("TransactionCanceledException", operation, 400, f"{text} [{codes}]")
            error.response["CancellationReasons"] = reasons
            raise error
        for name, item in writes:
            self._write(name, item)
        self.end(operation)
        return with_request_id()

    # --- what one request does -----------------------------------------------------------------------

    def _transacted(
        self, operation: str, kind: str, request: dict[str, Any]
    ) -> tuple[tuple[str, Item | None], dict[str, Any]]:
        """The write, and the reason why there is none."""
        expressions = self._expressions(operation, request)
        if kind == "Put":
            self._item_rules(operation, request["Item"])
            name = self._key_text(request["Item"])
        else:
            name = self._name_of(operation, request["Key"])
        before = self.items.get(name)
        if not expressions.holds(before):
            text = "The conditional request failed"
            return (name, None), {"Code": "ConditionalCheckFailed", "Message": text}
        fine = {"Code": "None"}
        if kind == "Put":
            return (name, request["Item"]), fine
        if kind == "Update":
            return (name, self._update(operation, request)[0]), fine
        return (name, None), fine

    def _put(self, operation: str, request: dict[str, Any]) -> tuple[Item, Item | None]:
        expressions = self._expressions(operation, request)
        item = request["Item"]
        self._item_rules(operation, item)
        before = self.items.get(self._key_text(item))
        if not expressions.holds(before):
            raise self._failed_condition(operation, request, before)
        return item, before

    def _update(self, operation: str, request: dict[str, Any]) -> tuple[Item, Item | None]:
        expressions = self._expressions(operation, request)
        name = self._name_of(operation, request["Key"])
        before = self.items.get(name)
        if not expressions.holds(before):
            raise self._failed_condition(operation, request, before)
        with self._refusing(operation):
            after = expressions.updated(before or deepcopy(request["Key"]), [self.key])
            try:
                check_item(after)
            except Refused as refused:
                raise Refused(str(refused).replace("Item size has", "Item size to update has")) from refused
        self._item_rules(operation, after)
        return after, before

    def _delete(self, operation: str, request: dict[str, Any]) -> tuple[str, Item | None]:
        expressions = self._expressions(operation, request)
        name = self._name_of(operation, request["Key"])
        before = self.items.get(name)
        if not expressions.holds(before):
            raise self._failed_condition(operation, request, before)
        return name, before
