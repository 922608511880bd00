"""A ledger table in DynamoDB: many rows in a call, one row where a condition is needed.

A batch costs one BatchGetItem for each 100 keys and one BatchWriteItem for each 25 rows, and more calls for
what DynamoDB leaves unprocessed. BatchWriteItem has no conditions: ``ports.Ledger.settle`` says what that
means for two concurrent invocations, and ``settle_if`` is the write with a condition.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, Generic, TypeVar

from bridge.delivery.backoff import Backoff
from bridge.delivery.patience import Patience
from bridge.edges.answers.errors import AwsTarget
from bridge.edges.dynamodb import announcement
from bridge.edges.dynamodb.ledger_row import (
    KEY,
    LIVE,
    STAMP,
    decode_row,
    encode_row,
    partition_key,
    table_prefix,
)
from bridge.errors import BatchError, BridgeError, LedgerUnavailable
from bridge.limits import BATCH_GET_MAX, BATCH_WRITE_MAX
from bridge.ports.clock import Clock, Deadline, limit_here
from bridge.ports.ledger import Announced, Keep, Row, RowPage

PATIENCE_S: Final = 5.0
"""How long a read or write is repeated without progress. Lambda's invocation must still be answered."""

PAGE_ROWS: Final = 500
"""The most rows of a page of a scan: it limits memory, because every segment holds a page."""

IN_FLIGHT: Final = 4
"""Concurrent calls for one batch: a batch of 10,000 changes is a hundred reads and four hundred writes."""

_CONDITION_FAILED: Final = "ConditionalCheckFailedException"
_Part = TypeVar("_Part")
_WriteRequest = dict[str, Any]


class DynamoDbLedger:
    """A ``Ledger`` and ``LedgerScan`` through a boto3 ``dynamodb`` client; see
    :mod:`bridge.edges.dynamodb.ledger_row` for what is stored.

    Needs ``dynamodb:DescribeTable``, ``BatchGetItem``, ``BatchWriteItem`` and ``PutItem``; reconciliation
    ``Scan`` in place of ``BatchWriteItem``. Holds no state, so threads may
    share it.
    """

    scoped = True

    def __init__(
        self,
        client: Any,
        table: str,
        clock: Clock,
        backoff: Backoff,
        *,
        keep: Keep = "fingerprint",
        patience_s: float = PATIENCE_S,
        pool: Executor | None = None,
    ) -> None:
        """With ``pool`` the calls of one large batch are concurrent, ``IN_FLIGHT`` at most."""
        self._table = table
        self._clock = clock
        self.keep: Keep = keep
        self._patience = Patience(clock, backoff, call_s=patience_s)
        self._pool = pool
        self._in_flight = 1 if pool is None else IN_FLIGHT
        self._target = AwsTarget(
            client,
            "dynamodb",
            f"ledger table {table}",
            unavailable=LedgerUnavailable,
            missing_hint="check its name, region and account, or create it: " + _create_command(table),
        )

    def check(self) -> None:
        """Raises ``TargetMissing``, ``AccessDenied``, ``BatchError`` for another key schema, and
        ``LedgerUnavailable``."""
        table = self._target.call("DescribeTable", TableName=self._table)["Table"]
        schema = [(part["AttributeName"], part["KeyType"]) for part in table["KeySchema"]]
        types = {each["AttributeName"]: each["AttributeType"] for each in table["AttributeDefinitions"]}
        if schema != [(KEY, "HASH")] or types.get(KEY) != "S":
            found = ", ".join(f"{name} {kind} {types.get(name, '?')}" for name, kind in schema)
            raise BatchError(
                f"table {self._table} cannot be a ledger: its key is {found}, not {KEY} HASH S",
                hint="give the ledger a table of its own: " + _create_command(self._table),
                stage="settle",
            )
        if table.get("TableStatus", "ACTIVE") not in ("ACTIVE", "UPDATING"):
            raise LedgerUnavailable(f"ledger table {self._table} is {table['TableStatus']}")

    def read(self, keys: Iterable[str], deadline: Deadline | None = None) -> Mapping[str, Row]:
        names = {partition_key(key): key for key in keys}
        rows: dict[str, Row] = {}

        def take(found: list[dict[str, Any]]) -> None:
            for item in found:
                key = names[item[KEY]["S"]]
                rows[key] = decode_row(item, self._table, key)

        left, trouble = self._in_calls(self._get, list(names), BATCH_GET_MAX, deadline, take)
        if left:
            raise trouble or self._unfinished("read", deadline)
        return rows

    def settle(self, rows: Sequence[Row], deadline: Deadline | None = None) -> set[str]:
        names = {partition_key(row.key): row.key for row in rows}
        now_s = self._clock.now()
        left, _ = self._write([_put(encode_row(row, now_s)) for row in rows], deadline)
        return {names[each["PutRequest"]["Item"][KEY]["S"]] for each in left}

    def announce(self, changes: Sequence[Announced], deadline: Deadline | None = None) -> Sequence[str]:
        items = list(announcement.encode(changes, self._clock.now()))
        left, trouble = self._write([_put(item) for item in items], deadline)
        if left:
            raise trouble or self._unfinished("written", deadline)
        return [item[KEY]["S"] for item in items]

    def retract(self, names: Sequence[str], deadline: Deadline | None = None) -> None:
        self._write([{"DeleteRequest": {"Key": {KEY: {"S": name}}}} for name in names], deadline)

    def settle_if(self, row: Row, expected: Row | None) -> bool:
        request = {
            "TableName": self._table,
            "Item": encode_row(row, self._clock.now()),
            **_condition(expected, self._clock.now()),
            "ReturnConsumedCapacity": "TOTAL",  # AWS's answer to a PutItem has no other member
        }
        try:
            self._patiently("PutItem", request)
        except BridgeError as error:
            if error.code != _CONDITION_FAILED:
                raise
            # It may be this call's own write, whose answer was lost.
            known = self.read([row.key]).get(row.key)
            return known is not None and known.stamp == row.stamp
        return True

    def rows(self, table: str, segment: int = 0, segments: int = 1, start: str = "") -> Iterator[RowPage]:
        query: dict[str, Any] = {
            "TableName": self._table,
            "Segment": segment,
            "TotalSegments": segments,
            "Limit": PAGE_ROWS,
            "FilterExpression": "begins_with(#pk, :table) AND #live = :live OR begins_with(#pk, :announced)",
            "ExpressionAttributeNames": {"#pk": KEY, "#live": LIVE},
            "ExpressionAttributeValues": {
                ":table": {"S": table_prefix(table)},
                ":live": {"BOOL": True},
                ":announced": {"S": announcement.announced_prefix(table)},
            },
            "ReturnConsumedCapacity": "TOTAL",
        }
        if start:
            query["ExclusiveStartKey"] = {KEY: {"S": start}}
        while True:
            page = self._patiently("Scan", query)
            last = page.get("LastEvaluatedKey")
            rows, announced = [], []
            for item in page["Items"]:
                if announcement.is_announcement(item):
                    announced += announcement.decode(item, self._table)
                else:
                    rows.append(decode_row(item, self._table))
            yield RowPage(
                rows=rows,
                announced=announced,
                next=last[KEY]["S"] if last else "",
                units=float(page.get("ConsumedCapacity", {}).get("CapacityUnits", 0.0)),
            )
            if not last:
                return
            query["ExclusiveStartKey"] = last

    # --- calls -------------------------------------------------------------------------------------

    def _in_calls(
        self,
        call: _Call[_Part],
        parts: list[_Part],
        most: int,
        deadline: Deadline | None,
        take: Callable[[list[dict[str, Any]]], None],
    ) -> tuple[list[_Part], BridgeError | None]:
        """Sends ``parts`` in calls of at most ``most``, several at once with a pool. Returns what was left
        when patience or time was over, and why."""
        waiting, tries, give_up = parts, 0, self._give_up(deadline)
        # With a deadline that is over there is one try, for as long as the invocation allows.
        over = deadline is not None and deadline.remaining_s() <= 0
        until = limit_here(None if over else deadline)
        while waiting:
            now, waiting = waiting[: most * self._in_flight], waiting[most * self._in_flight :]
            chunks = [now[at : at + most] for at in range(0, len(now), most)]
            together = self._pool is not None and len(chunks) > 1
            limited = partial(_call, call, until)
            answers = list(self._pool.map(limited, chunks)) if together else [*map(limited, chunks)]  # type: ignore[union-attr]
            left: list[_Part] = []
            trouble: BridgeError | None = None
            for answer in answers:
                take(answer.found)
                left += answer.left
                trouble = answer.trouble or trouble
            waiting = left + waiting
            if len(left) < len(now):
                tries, give_up = 0, self._give_up(deadline)
                over = deadline is not None and deadline.remaining_s() <= 0
            else:
                over = not self._patience.pause(tries, give_up.remaining_s())
                tries += 1
            if waiting and over:
                return waiting, trouble
        return [], None

    def _get(self, keys: list[str], until: Deadline | None) -> _Answer[str]:
        request = {self._table: {"Keys": [{KEY: {"S": key}} for key in keys], "ConsistentRead": True}}
        try:
            answer = self._target.within(until).call("BatchGetItem", RequestItems=request)
        except LedgerUnavailable as error:
            return _Answer(keys, trouble=error)
        left = answer["UnprocessedKeys"].get(self._table, {}).get("Keys", [])
        return _Answer([key[KEY]["S"] for key in left], answer["Responses"].get(self._table, []))

    def _write(
        self, requests: list[_WriteRequest], deadline: Deadline | None
    ) -> tuple[list[_WriteRequest], BridgeError | None]:
        return self._in_calls(self._write_once, requests, BATCH_WRITE_MAX, deadline, lambda found: None)

    def _write_once(self, requests: list[_WriteRequest], until: Deadline | None) -> _Answer[_WriteRequest]:
        try:
            answer = self._target.within(until).call("BatchWriteItem", RequestItems={self._table: requests})
        except LedgerUnavailable as error:
            return _Answer(requests, trouble=error)
        return _Answer(answer["UnprocessedItems"].get(self._table, []))

    def _patiently(self, operation: str, request: Mapping[str, Any]) -> Any:
        return self._patience.call(self._target.call, operation, **request)

    def _give_up(self, deadline: Deadline | None) -> Deadline:
        """When to stop trying without progress."""
        until = Deadline.after(self._clock, self._patience.call_s)
        return deadline if deadline is not None and deadline.remaining_s() < until.remaining_s() else until

    def _unfinished(self, what: str, deadline: Deadline | None) -> LedgerUnavailable:
        """Why something is left although every call was answered."""
        if deadline is not None and deadline.remaining_s() <= 0:
            return LedgerUnavailable(
                f"ledger table {self._table} could not be {what} in the time that was left",
                hint="the batch is too large for it: give the function more time, or a smaller batch",
            )
        return LedgerUnavailable(
            f"ledger table {self._table} could not be {what}: nothing in {self._patience.call_s:g} s",
            hint="its capacity is used up: give it more, or make it on-demand",
        )


_Call = Callable[[list[_Part], Deadline | None], "_Answer[_Part]"]


def _call(call: _Call[_Part], until: Deadline | None, parts: list[_Part]) -> _Answer[_Part]:
    return call(parts, until)


@dataclass(frozen=True, slots=True)
class _Answer(Generic[_Part]):
    """The result of one call: what it did not process, what it found, and why it failed, if it did."""

    left: list[_Part]
    found: list[dict[str, Any]] = field(default_factory=list)
    trouble: BridgeError | None = None


def _put(item: dict[str, Any]) -> _WriteRequest:
    return {"PutRequest": {"Item": item}}


def _condition(expected: Row | None, now_s: float) -> dict[str, Any]:
    if expected is None:
        return {"ConditionExpression": "attribute_not_exists(#pk)", "ExpressionAttributeNames": {"#pk": KEY}}
    stored = encode_row(expected.stored or expected, now_s)
    return {
        "ConditionExpression": " AND ".join(f"#{name} = :{name}" for name in STAMP),
        "ExpressionAttributeNames": {f"#{name}": name for name in STAMP},
        "ExpressionAttributeValues": {f":{name}": stored[name] for name in STAMP},
    }


def _create_command(table: str) -> str:
    return (
        f"aws dynamodb create-table --table-name {table} --billing-mode PAY_PER_REQUEST"
        f" --attribute-definitions AttributeName={KEY},AttributeType=S"
        f" --key-schema AttributeName={KEY},KeyType=HASH"
        f" && aws dynamodb wait table-exists --table-name {table}"
        f" && aws dynamodb update-time-to-live --table-name {table}"
        " --time-to-live-specification Enabled=true,AttributeName=ttl"
    )
