"""Asks DynamoDB which stream a table has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bridge.edges.answers.errors import AWS_ERRORS, AwsTarget
from bridge.errors import SourceUnavailable, TargetMissing


@dataclass(frozen=True, slots=True)
class TableStream:
    """The newest stream of a table. ``view`` is DynamoDB's StreamViewType."""

    table: str
    arn: str
    view: str


def find_stream(dynamodb: Any, table: str) -> TableStream:
    """One DescribeTable. Raises ``TargetMissing`` where the table does not exist or its stream is off, and
    ``AccessDenied`` or ``SourceUnavailable`` as they come."""
    target = AwsTarget("dynamodb", f"table {table}", unavailable=SourceUnavailable)
    try:
        described = dynamodb.describe_table(TableName=table)["Table"]
    except AWS_ERRORS as error:
        raise target.translate(error) from error
    # A stream that was disabled keeps its ARN for a day, but no change reaches it any more.
    stream = described.get("StreamSpecification") or {}
    arn = described.get("LatestStreamArn")
    if not arn or not stream.get("StreamEnabled"):
        raise TargetMissing(
            f"table {table} has no stream",
            hint=f"aws dynamodb update-table --table-name {table} "
            "--stream-specification StreamEnabled=true,StreamViewType=NEW_AND_OLD_IMAGES",
            stage="read",
        )
    return TableStream(table, arn, stream.get("StreamViewType", ""))
