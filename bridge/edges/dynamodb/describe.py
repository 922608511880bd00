"""DescribeTable: a table's key, its stream and about how many items it has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from bridge.core.change import StreamView
from bridge.edges.answers.errors import AwsTarget
from bridge.errors import SourceUnavailable, TargetMissing
from bridge.ports.table import TableFacts


def table_target(client: Any, table: str) -> AwsTarget:
    """A table that is read through a boto3 ``dynamodb`` client."""
    return AwsTarget(client, "dynamodb", f"table {table}", unavailable=SourceUnavailable)


def describe_table(client: Any, table: str) -> TableFacts:
    """Raises ``TargetMissing``, ``AccessDenied``, ``SourceUnavailable``."""
    return table_facts(table_target(client, table).call("DescribeTable", TableName=table)["Table"])


def index_keys(client: Any, table: str) -> frozenset[str]:
    """The key attributes of a table's indexes. Raises as :func:`describe_table`."""
    described = table_target(client, table).call("DescribeTable", TableName=table)["Table"]
    indexes = [*described.get("GlobalSecondaryIndexes", ()), *described.get("LocalSecondaryIndexes", ())]
    return frozenset(each["AttributeName"] for index in indexes for each in index["KeySchema"])


def expiry_attribute(client: Any, table: str) -> str | None:
    """The TTL attribute of a table; None where it has none. Needs ``dynamodb:DescribeTimeToLive``."""
    target = table_target(client, table)
    reported = target.call("DescribeTimeToLive", TableName=table)["TimeToLiveDescription"]
    enabled = str(reported["TimeToLiveStatus"]) in ("ENABLED", "ENABLING")
    return str(reported["AttributeName"]) if enabled and reported.get("AttributeName") else None


def find_stream(client: Any, table: str) -> TableFacts:
    """A table whose stream is on. Raises ``TargetMissing`` where it is off, and as :func:`describe_table`."""
    facts = describe_table(client, table)
    require_stream(facts)
    return facts


def table_facts(described: Mapping[str, Any]) -> TableFacts:
    """The member ``Table`` of the answer. A table whose stream is off has no ``stream_arn``: the stream keeps
    its ARN for a day, but no change reaches it any more."""
    types = {each["AttributeName"]: each["AttributeType"] for each in described["AttributeDefinitions"]}
    schema = sorted(described["KeySchema"], key=lambda each: str(each["KeyType"]) != "HASH")
    stream = described.get("StreamSpecification") or {}
    enabled = bool(stream.get("StreamEnabled"))
    view = cast(StreamView, stream.get("StreamViewType", "NEW_AND_OLD_IMAGES"))
    return TableFacts(
        str(described["TableName"]),
        str(described.get("TableArn", "")),
        {each["AttributeName"]: types[each["AttributeName"]] for each in schema},
        str(described.get("LatestStreamArn", "")) if enabled else "",
        view if enabled else "NEW_AND_OLD_IMAGES",
        int(described.get("ItemCount") or 0),
    )


def require_stream(facts: TableFacts, or_else: str = "") -> None:
    """Raises ``TargetMissing`` where the table's stream is off. ``or_else`` is added to the hint."""
    if not facts.stream_arn:
        raise TargetMissing(
            f"table {facts.name} has no stream: every change from now on is lost until it has one",
            hint=f"aws dynamodb update-table --table-name {facts.name} --stream-specification "
            f"StreamEnabled=true,StreamViewType=NEW_AND_OLD_IMAGES{or_else}",
            stage="read",
        )
