"""One throttled call, made on purpose: the embedded AWS has no throttling of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any


class ThrottleOnce:
    """boto3's ``events`` client, except that the first entry of PutEvents call number ``call`` is answered
    as throttled, in the way EventBridge does: the call succeeds, the entry does not. ``told`` hears of it,
    with the number of entries in that call."""

    def __init__(self, client: Any, *, call: int, published: Callable[[int], None]) -> None:
        self._client = client
        self._call = call
        self._reported = published
        self._calls = 0
        self._lock = threading.Lock()

    def put_events(self, *, Entries: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
        with self._lock:
            self._calls += 1
            throttled = self._calls == self._call
        if not throttled:
            answer: Mapping[str, Any] = self._client.put_events(Entries=Entries)
            return answer
        self._reported(len(Entries))
        others = self._client.put_events(Entries=Entries[1:])["Entries"] if len(Entries) > 1 else []
        refused = {"ErrorCode": "ThrottlingException", "ErrorMessage": "Rate exceeded"}
        return {
            "FailedEntryCount": 1 + sum("ErrorCode" in entry for entry in others),
            "Entries": [refused, *others],
        }

    def describe_event_bus(self, *, Name: str) -> Mapping[str, Any]:
        answer: Mapping[str, Any] = self._client.describe_event_bus(Name=Name)
        return answer
