"""What fits the time that a batch has: the rest is returned for retry before work on it begins.

A record is work that cannot be interrupted, and a batch that ends with its time half used has still published
and settled something. So the work is estimated from the size of each record, and the batch is cut where the
estimate exceeds the time left. An estimate that is too high costs another invocation, one that is too low the
whole batch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from bridge.ports.clock import Deadline
from bridge.relay.batch import Item

NO_TIME: Final = "no_time"
"""Why a record is returned that does not fit the time left."""

RECORD_S: Final = 0.001
"""For one record, whatever its size. Basis: benchmarks.transform (0.03 ms of CPU for a small record) and
calls of 20 ms that carry 25 rows (settle, announce) or 10 events (publish), 4 at once: 0.9 ms."""

KIB_S: Final = 0.000_25
"""For each KiB of a record's JSON. Basis: benchmarks.large_items, whose dearest forms take 0.17 ms."""

_SMALL_BYTES: Final = 2048  # by DynamoDB's own count, in SizeBytes


def estimated_s(record: Any) -> float:
    """Seconds that the record takes from decoding to settling."""
    return RECORD_S + KIB_S * _json_bytes(record) / 1024


def _json_bytes(record: Any) -> int:
    body = record.get("dynamodb") if isinstance(record, Mapping) else None
    size = body.get("SizeBytes") if isinstance(body, Mapping) else None
    if isinstance(size, int) and size <= _SMALL_BYTES:
        return size
    try:
        return len(orjson.dumps(record, default=str))
    except (TypeError, ValueError):
        return 0  # malformed, which decoding finds out soon


def return_what_does_not_fit(items: Sequence[Item], deadline: Deadline) -> None:
    """Return the first record that does not fit the time left, and all after it. A record that cannot be
    named in the answer is malformed, and takes no time."""
    left_s, over = deadline.remaining_s(), False
    for item in items:
        if item.end is not None or item.dialect.identifier(item.record) is None:
            continue
        if not over:
            left_s -= estimated_s(item.record)
            over = left_s < 0
        if over:
            item.return_for_retry(None, NO_TIME)
