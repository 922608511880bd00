"""A ledger table in DynamoDB: a peer in memory that fails as :mod:`faults` says, below the product's edge."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from botocore.exceptions import ReadTimeoutError

from bridge.delivery.backoff import Backoff
from bridge.edges.dynamodb.announcement import is_announcement
from bridge.edges.dynamodb.ledger import DynamoDbLedger
from bridge.edges.dynamodb.ledger_row import decode_row
from bridge.ports.ledger import Keep, Ledger, Row
from tests.fakes.clients.batch_peer import client_error
from tests.fakes.clients.dynamodb import DynamoDbClient
from tests.fakes.faults import sometimes
from tests.simulation.edges import SimulatedLedger
from tests.simulation.faults import Faults
from tests.simulation.peers.network import spoiled

_PATIENCE_S = 2.0
_UNSEEN_MOST, _UNSEEN_S = 5, 3.0
"""AWS: an eventually consistent read sees a write usually within one second."""
_NAMES = {
    "BatchGetItem": "ledger.read",
    "PutItem": "ledger.settle_if",
    "Scan": "ledger.rows",
    "DescribeTable": "ledger.check",
    "DescribeTimeToLive": "ledger.time_to_live",
}


class SimulatedDynamoDb(DynamoDbClient):
    """Throttles, leaves parts unprocessed, answers too late or what is not AWS's; the process dies before and
    after every call."""

    holds = False  # requests and answers are held against botocore's model in the contract suite

    def __init__(self, faults: Faults, on_row: Callable[[Row], None]) -> None:
        super().__init__(page=4)
        self._on_row = on_row
        self._faults = faults
        self._fault = self._name = "none"
        self.unprocessed = sometimes(self._left)
        self.stale = self._behind
        self._wrote_s: deque[float] = deque(maxlen=_UNSEEN_MOST)

    def _item_rules(self, operation: str, item: dict[str, Any]) -> None:
        super()._item_rules(operation, item)
        if not is_announcement(item):
            self._on_row(decode_row(item, "ledger"))

    def batch_get_item(self, **parameters: Any) -> dict[str, Any]:
        return self._answered("BatchGetItem", super().batch_get_item(**parameters))

    def batch_write_item(self, **parameters: Any) -> dict[str, Any]:
        return self._answered("BatchWriteItem", super().batch_write_item(**parameters))

    def put_item(self, **parameters: Any) -> dict[str, Any]:
        return self._answered("PutItem", super().put_item(**parameters))

    def scan(self, **parameters: Any) -> dict[str, Any]:
        return self._answered("Scan", super().scan(**parameters))

    def describe_table(self, **parameters: Any) -> dict[str, Any]:
        return self._answered("DescribeTable", super().describe_table(**parameters))

    def describe_time_to_live(self, **parameters: Any) -> dict[str, Any]:
        self.begin("DescribeTimeToLive", parameters)
        self.end("DescribeTimeToLive")
        return {"TimeToLiveDescription": {"TimeToLiveStatus": "ENABLED", "AttributeName": "ttl"}}

    def _answered(self, operation: str, answer: dict[str, Any]) -> dict[str, Any]:
        return spoiled(operation, answer, self._faults) if self._fault == "nonsense" else answer

    def begin(self, operation: str, parameters: dict[str, Any]) -> None:
        self.calls[operation] += 1
        self._name = _name_of(operation, parameters)
        self._fault = self._faults.before(self._name, answers=True)
        if self._fault == "throttled":
            raise client_error("ProvisionedThroughputExceededException", operation)
        if self._fault == "failed":
            raise client_error("InternalServerError", operation, 500)
        if self._fault == "denied":
            raise client_error("AccessDeniedException", operation)

    def end(self, operation: str) -> None:
        fault = self._fault
        self._faults.after(self._name)
        self._fault = fault  # others have called meanwhile
        if fault == "unheard":
            raise ReadTimeoutError(endpoint_url="https://dynamodb.example.com")

    def _left(self, operation: str, call: int) -> int:
        return self._faults.rng.randrange(4) if self._fault == "partial" else 0

    def _write(self, key: str, item: dict[str, Any] | None) -> None:
        super()._write(key, item)
        self._wrote_s.append(self._faults.world.clock.now())

    def _behind(self, operation: str, call: int) -> int:
        """A read that does not ask for more may not see what was written in the last seconds."""
        if not self._faults.on:
            return 0
        now_s = self._faults.world.clock.now()
        young = sum(now_s - wrote_s <= _UNSEEN_S for wrote_s in self._wrote_s)
        return min(self._faults.rng.randrange(_UNSEEN_MOST + 1), young)


def _name_of(operation: str, parameters: dict[str, Any]) -> str:
    """The ledger's name of a call."""
    if operation != "BatchWriteItem":
        return _NAMES[operation]
    ((first, *_),) = parameters["RequestItems"].values()
    if "DeleteRequest" in first:
        return "ledger.retract"
    return "ledger.announce" if is_announcement(first["PutRequest"]["Item"]) else "ledger.settle"


class SimulatedDynamoDbLedger(DynamoDbLedger):
    """``rows_now`` is every row, for checks."""

    def __init__(self, client: SimulatedDynamoDb, faults: Faults, rng: Random, *, keep: Keep) -> None:
        backoff = Backoff(rng)
        super().__init__(client, "ledger", faults.world.clock, backoff, keep=keep, patience_s=_PATIENCE_S)
        self.peer = client

    def rows_now(self) -> Mapping[str, Row]:
        items = self.peer.items.values()
        rows = [decode_row(item, "ledger") for item in items if not is_announcement(item)]
        return {row.key: row for row in rows}


Durable = SimulatedLedger | SimulatedDynamoDbLedger


def ledger_rows(ledger: Ledger) -> Mapping[str, Row]:
    """Every row; none where nothing is remembered."""
    if isinstance(ledger, SimulatedLedger):
        return ledger.kept._rows
    return ledger.rows_now() if isinstance(ledger, SimulatedDynamoDbLedger) else {}
