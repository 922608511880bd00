"""A table that a reconciliation reads: pages, consistent reads, faults at chosen calls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any
from zlib import crc32

from bridge.core.change import TypedItem
from bridge.core.keys import key_token
from bridge.errors import BridgeError
from bridge.ports.table import ItemPage, ItemsRead, TableFacts
from tests.builders.records import STREAM_ARN, item
from tests.fakes.faults import Fault, called

FACTS = TableFacts("Users", STREAM_ARN.split("/stream")[0], {"id": "S"}, STREAM_ARN)


class FakeTable:
    """Items by their key attribute ``id``. ``stale`` is what an eventually consistent scan still shows for a
    key (None: not there yet). ``fail(operation, call)`` raises what it answers, before anything is read."""

    fail = Fault[Callable[[str, int], BridgeError | None]](lambda operation, call: None)
    before_read = Fault[Callable[[], None]](lambda: None, called)

    def __init__(self, *items: Mapping[str, Any], facts: TableFacts = FACTS, page_items: int = 3) -> None:
        self.facts = facts
        self.page_items = page_items
        self.items: dict[str, TypedItem] = {}
        self.stale: dict[str, TypedItem | None] = {}
        self.calls: Counter[str] = Counter()
        for each in items:
            self.put(**each)

    def put(self, **values: Any) -> None:
        self.items[self.token(values["id"])] = item(values)

    def delete(self, id: str) -> None:
        del self.items[self.token(id)]

    def token(self, id: str) -> str:
        return key_token(self.facts.name, {"id": {"S": id}})

    def describe(self) -> TableFacts:
        return self.facts

    def page(
        self, segment: int, segments: int, start: TypedItem | None, *, consistent: bool = False
    ) -> ItemPage:
        self._begin("page")
        shown = self.items if consistent else {**self.items, **self.stale}
        mine = sorted(token for token in shown if crc32(token.encode()) % segments == segment)
        after = "" if start is None else key_token(self.facts.name, start)
        left = [token for token in mine if token > after]
        page = [shown[token] for token in left[: self.page_items]]
        found = [each for each in page if each is not None]
        more = len(left) > self.page_items
        last = left[: self.page_items][-1] if more else ""
        return ItemPage(found, {"id": {"S": last.rpartition("\x1f")[2]}} if more else None, len(found) / 2)

    def read(self, keys: Mapping[str, TypedItem]) -> ItemsRead:
        self.before_read()
        self._begin("read")
        assert len(keys) <= 100, "BatchGetItem takes 100 keys"
        found = {name: self.items.get(key_token(self.facts.name, key)) for name, key in keys.items()}
        return ItemsRead(found, float(len(keys)))

    def _begin(self, operation: str) -> None:
        call = self.calls[operation]
        self.calls[operation] += 1
        if error := self.fail(operation, call):
            raise error
