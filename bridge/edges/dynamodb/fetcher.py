"""Reads single items of a table as they are now, many in a call (BatchGetItem)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridge.core.change import TypedItem
from bridge.core.keys import key_as_sent, key_identity
from bridge.delivery.backoff import Backoff
from bridge.edges.answers.errors import AwsTarget
from bridge.errors import FetchUnavailable
from bridge.limits import BATCH_GET_MAX
from bridge.ports.clock import Deadline


class TableFetcher:
    """A ``Fetcher`` through a boto3 ``dynamodb`` client. Needs ``dynamodb:BatchGetItem``.

    Unprocessed keys are requested again: at once where the answer was full, with backoff where it had no
    item. This takes at most half of the time that is left; the other half is for publishing.
    """

    def __init__(self, client: Any, backoff: Backoff) -> None:
        self._client = client
        self._backoff = backoff

    def fetch(
        self, table: str, keys: Mapping[str, TypedItem], deadline: Deadline
    ) -> Mapping[str, TypedItem | None]:
        until = Deadline.after(deadline.clock, deadline.remaining_s() / 2)
        names = {key_identity(key): name for name, key in keys.items()}
        found: dict[str, TypedItem | None] = {}
        waiting = [key_as_sent(key) for key in keys.values()]
        tries = 0
        while waiting and until.remaining_s() > 0:
            call, waiting = waiting[:BATCH_GET_MAX], waiting[BATCH_GET_MAX:]
            items, unprocessed = self._read(table, call, until)
            left = {key_identity(key) for key in unprocessed}
            by_identity = {key_identity({name: item[name] for name in call[0]}): item for item in items}
            for key in call:
                identity = key_identity(key)
                if identity not in left:
                    found[names[identity]] = by_identity.get(identity)
            waiting += unprocessed
            if len(left) < len(call):
                tries = 0
            elif waiting:
                delay_s = self._backoff.delay_s(self._backoff.draw(), tries)
                deadline.clock.sleep(max(0.0, min(delay_s, until.remaining_s())))
                tries += 1
        return found

    def _read(
        self, table: str, keys: list[TypedItem], until: Deadline
    ) -> tuple[list[TypedItem], list[TypedItem]]:
        """Items, and keys that were not processed: all of them where the service is unavailable."""
        target = AwsTarget(self._client, "dynamodb", f"table {table}", unavailable=FetchUnavailable)
        request = {table: {"Keys": keys, "ConsistentRead": True}}
        try:
            answer = target.within(until).call("BatchGetItem", RequestItems=request)
        except FetchUnavailable:
            return [], keys
        left = answer["UnprocessedKeys"].get(table, {}).get("Keys", [])
        return answer["Responses"].get(table, []), left
