"""The table as a reconciliation reads it: a port in memory, or the product's edge over a peer of DynamoDB."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from types import SimpleNamespace
from typing import Any

from bridge.core.change import TypedItem
from bridge.delivery.backoff import Backoff
from bridge.edges.dynamodb.scan import DynamoTable
from bridge.errors import SourceUnavailable
from bridge.ports.table import ItemPage, ItemsRead, TableFacts, TableSource
from tests.builders.records import item
from tests.fakes.clients.batch_peer import client_error
from tests.fakes.clients.dynamodb import DynamoDbClient
from tests.fakes.faults import sometimes
from tests.simulation.faults import Faults
from tests.simulation.recovery.nonsense import Nonsense
from tests.simulation.world import TABLE, TABLE_ARN, World

PAGE_ITEMS = 4
FACTS = TableFacts(TABLE, TABLE_ARN, {"id": "S"}, "")
_EDGES = {"Scan": "table.page", "BatchGetItem": "table.read"}


class SimulatedTable:
    """A ``TableSource`` over the world's items."""

    def __init__(self, world: World, faults: Faults) -> None:
        self._world = world
        self._faults = faults

    def describe(self) -> TableFacts:
        return FACTS

    def page(
        self, segment: int, segments: int, start: TypedItem | None, *, consistent: bool = False
    ) -> ItemPage:
        self._before("table.page")
        after = "" if start is None else start["id"]["S"]
        mine = sorted(key for key in self._world.items if ord(key[-1]) % segments == segment and key > after)
        page = mine[:PAGE_ITEMS]
        more = len(mine) > len(page)
        items = [item(self._world.items[key]) for key in page]
        return ItemPage(items, {"id": {"S": page[-1]}} if more else None, float(len(page)))

    def read(self, keys: Mapping[str, TypedItem]) -> ItemsRead:
        self._before("table.read")
        found: dict[str, TypedItem | None] = {}
        for name, key in keys.items():
            held = self._world.items.get(key["id"]["S"])
            found[name] = None if held is None else item(held)
        return ItemsRead(found, float(len(keys)))

    def _before(self, edge: str) -> None:
        if self._faults.before(edge) not in ("none", "unheard", "partial"):
            raise SourceUnavailable("the table could not be read")


class TablePeer(DynamoDbClient):
    """Scan pages and BatchGetItem over the world's items: throttles, fails, leaves keys unprocessed."""

    meta = SimpleNamespace(
        events=SimpleNamespace(register=lambda *_, **__: None, emit=lambda *_, **__: None),
        service_model=None,
    )

    def __init__(self, world: World, faults: Faults) -> None:
        self._world = world
        self._faults = faults
        self._fault = "none"
        super().__init__(TABLE, "id", page=PAGE_ITEMS)
        self.unprocessed = sometimes(self._left)

    @property
    def items(self) -> dict[str, dict[str, Any]]:
        return {key: dict(item(image)) for key, image in self._world.items.items()}

    @items.setter
    def items(self, _: object) -> None:
        """The world has them."""

    def begin(self, operation: str, parameters: dict[str, Any]) -> None:
        self.calls[operation] += 1  # parameters are held against botocore's model in the contract suite
        if operation == "BatchGetItem":
            (asked,) = parameters["RequestItems"].values()
            assert asked.get("ConsistentRead") is True, (
                "a second read that is not consistent confirms nothing"
            )
        self._fault = self._faults.before(_EDGES[operation])
        if self._fault == "throttled":
            raise client_error("ProvisionedThroughputExceededException", operation)
        if self._fault in ("failed", "unheard"):
            raise client_error("InternalServerError", operation, 500)

    def end(self, operation: str) -> None:
        self._faults.after(_EDGES[operation])

    def _left(self, operation: str, call: int) -> int:
        return self._faults.rng.randrange(4) if self._fault == "partial" else 0


def table_source(kind: str, world: World, faults: Faults, rng: Random, nonsense_share: float) -> TableSource:
    if kind == "memory":
        return SimulatedTable(world, faults)
    client = Nonsense(TablePeer(world, faults), faults, nonsense_share)
    return DynamoTable(client, TABLE, world.clock, Backoff(rng))
