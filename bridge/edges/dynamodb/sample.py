"""A look at a table: what it is, and some of its items from all over its key space."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from bridge.core.change import TypedItem
from bridge.edges.answers.errors import AWS_ERRORS, AwsTarget
from bridge.errors import SourceUnavailable

SEGMENTS: Final = 8


@dataclass(frozen=True, slots=True)
class TableDescription:
    """``key`` maps key attributes to their types, partition key first. ``view`` is empty without a stream.
    ``about_items`` is DynamoDB's own count, up to six hours old."""

    name: str
    key: dict[str, str]
    view: str
    about_items: int


def _target(table: str) -> AwsTarget:
    return AwsTarget("dynamodb", f"table {table}", unavailable=SourceUnavailable)


def describe_table(dynamodb: Any, table: str) -> TableDescription:
    """One DescribeTable. Raises ``TargetMissing``, ``AccessDenied``, ``SourceUnavailable``."""
    try:
        described = dynamodb.describe_table(TableName=table)["Table"]
    except AWS_ERRORS as error:
        raise _target(table).translate(error) from error
    types = {each["AttributeName"]: each["AttributeType"] for each in described["AttributeDefinitions"]}
    schema = sorted(described["KeySchema"], key=lambda each: str(each["KeyType"]) != "HASH")
    stream = described.get("StreamSpecification") or {}
    return TableDescription(
        name=described["TableName"],
        key={each["AttributeName"]: types[each["AttributeName"]] for each in schema},
        view=str(stream.get("StreamViewType", "")) if stream.get("StreamEnabled") else "",
        about_items=int(described.get("ItemCount") or 0),
    )


def sample_items(
    dynamodb: Any, table: str, count: int, *, pace: Callable[[float], None] | None = None
) -> Iterator[TypedItem]:
    """Up to ``count`` items. Segments of a parallel scan are read in turns, a small page each, so that the
    sample comes from everywhere and costs little more than the items it has. Eventually consistent. ``pace``
    is told the read capacity units of each page before the next one is read.

    Raises as :func:`describe_table` does.
    """
    share = -(-count // SEGMENTS)
    starts: dict[int, Any] = dict.fromkeys(range(SEGMENTS))
    while starts and count > 0:
        for segment, start in list(starts.items()):
            request = {"ExclusiveStartKey": start} if start else {}
            try:
                page = dynamodb.scan(
                    TableName=table,
                    Segment=segment,
                    TotalSegments=SEGMENTS,
                    Limit=share,
                    ReturnConsumedCapacity="TOTAL" if pace else "NONE",
                    **request,
                )
            except AWS_ERRORS as error:
                raise _target(table).translate(error) from error
            if pace is not None:
                pace(float((page.get("ConsumedCapacity") or {}).get("CapacityUnits") or 0.0))
            for item in page.get("Items", ())[: max(count, 0)]:
                count -= 1
                yield item
            if page.get("LastEvaluatedKey"):
                starts[segment] = page["LastEvaluatedKey"]
            else:
                del starts[segment]
            if count <= 0:
                return
