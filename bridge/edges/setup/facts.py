"""How Lambda, DynamoDB and SQS are set up: read-only questions to all three."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridge.edges.answers.errors import AwsTarget
from bridge.errors import LedgerUnavailable, QuarantineUnavailable, SourceUnavailable
from bridge.ports.setup import MappingFacts, TimeToLive


def list_mappings(
    client: Any, *, source_arn: str | None = None, function: str | None = None
) -> list[MappingFacts]:
    """The event source mappings of a stream or of a function. Needs ``lambda:ListEventSourceMappings``.
    Raises ``TargetMissing`` where there is no such function, ``BatchError`` and ``SourceUnavailable``."""
    query = {"FunctionName": function} if function else {"EventSourceArn": source_arn}
    where = f"function {function}" if function else f"mappings of {source_arn}"
    target = AwsTarget(client, "lambda", where, unavailable=SourceUnavailable)
    pages = target.pages("ListEventSourceMappings", token=("NextMarker", "Marker"), **query)
    return [_mapping(each) for page in pages for each in page["EventSourceMappings"]]


def read_mapping(client: Any, id: str) -> MappingFacts:
    """The event source mapping with this UUID. Needs ``lambda:GetEventSourceMapping``, which a policy can
    give for this one alone. Raises ``TargetMissing``, ``BatchError`` and ``SourceUnavailable``."""
    target = AwsTarget(client, "lambda", f"event source mapping {id}", unavailable=SourceUnavailable)
    return _mapping(target.call("GetEventSourceMapping", UUID=id))


def _mapping(reported: Mapping[str, Any]) -> MappingFacts:
    retries = reported.get("MaximumRetryAttempts")
    age_s = reported.get("MaximumRecordAgeInSeconds")
    destination = (reported.get("DestinationConfig") or {}).get("OnFailure") or {}
    return MappingFacts(
        id=str(reported.get("UUID", "")),
        function=str(reported.get("FunctionArn", "")),
        source_arn=str(reported.get("EventSourceArn", "")),
        state=str(reported.get("State", "")),
        starting_position=str(reported.get("StartingPosition", "")),
        reports_items="ReportBatchItemFailures" in (reported.get("FunctionResponseTypes") or ()),
        bisects=bool(reported.get("BisectBatchOnFunctionError")),
        retries=-1 if retries is None else int(retries),
        record_age_s=-1 if age_s is None else int(age_s),
        destination=str(destination.get("Destination") or ""),
        modified=reported.get("LastModified"),
        result=str(reported.get("LastProcessingResult") or ""),
    )


def kinesis_destination(client: Any, table: str, stream_arn: str) -> str:
    """DestinationStatus of a table's changes into a Kinesis stream; "" where they are not sent there. Needs
    ``dynamodb:DescribeKinesisStreamingDestination``."""
    target = AwsTarget(client, "dynamodb", f"table {table}", unavailable=SourceUnavailable)
    answer = target.call("DescribeKinesisStreamingDestination", TableName=table)
    for each in answer["KinesisDataStreamDestinations"]:
        if each.get("StreamArn") == stream_arn:
            return str(each.get("DestinationStatus", ""))
    return ""


def time_to_live(client: Any, table: str) -> TimeToLive:
    """Of a ledger table. Needs ``dynamodb:DescribeTimeToLive``."""
    target = AwsTarget(client, "dynamodb", f"ledger table {table}", unavailable=LedgerUnavailable)
    reported = target.call("DescribeTimeToLive", TableName=table)["TimeToLiveDescription"]
    return TimeToLive(str(reported["TimeToLiveStatus"]), str(reported.get("AttributeName", "")))


def queue_depth(client: Any, queue_url: str) -> int:
    """About how many messages a queue holds, visible or hidden. Receives none, because receiving counts
    towards a redrive policy. Needs ``sqs:GetQueueAttributes``."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    target = AwsTarget(client, "sqs", f"queue {queue_url}", unavailable=QuarantineUnavailable)
    answer = target.call("GetQueueAttributes", QueueUrl=queue_url, AttributeNames=names)
    return sum(int(answer["Attributes"][name]) for name in names)
