"""A sample of a table's items, from all over its key space."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from bridge.core.change import TypedItem
from bridge.edges.dynamodb.describe import table_target

SEGMENTS: Final = 8
SEGMENTS_MAX: Final = 64
_PER_SEGMENT: Final = 32


def sample_items(
    dynamodb: Any, table: str, count: int, *, pace: Callable[[float], None] | None = None
) -> Iterator[TypedItem]:
    """Up to ``count`` items, eventually consistent. The segments of a parallel scan are read in turns, a
    small page each, so that the sample comes from the whole table and costs little more than its own items.
    A larger sample has more segments: the items of one large partition are in one segment.
    ``pace`` gets the read capacity units of each page before the next page is read.

    Raises ``TargetMissing``, ``AccessDenied``, ``SourceUnavailable``.
    """
    target = table_target(dynamodb, table)
    segments = max(SEGMENTS, min(SEGMENTS_MAX, count // _PER_SEGMENT))
    share = -(-count // segments)
    starts: dict[int, Any] = dict.fromkeys(range(segments))
    while starts and count > 0:
        for segment, start in list(starts.items()):
            page = target.call(
                "Scan",
                TableName=table,
                Segment=segment,
                TotalSegments=segments,
                Limit=share,
                ReturnConsumedCapacity="TOTAL" if pace else "NONE",
                **({"ExclusiveStartKey": start} if start else {}),
            )
            if pace is not None:
                pace(float((page.get("ConsumedCapacity") or {}).get("CapacityUnits") or 0.0))
            for item in page["Items"][: max(count, 0)]:
                count -= 1
                yield item
            if page.get("LastEvaluatedKey"):
                starts[segment] = page["LastEvaluatedKey"]
            else:
                del starts[segment]
            if count <= 0:
                return
