"""Peers of what `doctor` asks: all is as it should be, and a test may spoil each part."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from tests.fakes.clients.aws_peer import AwsPeer, with_request_id
from tests.fakes.clients.batch_peer import client_error
from tests.fakes.clients.dynamodb import DynamoDbClient

LABEL = "2026-03-01T00:00:00.000"
STREAM = f"arn:aws:dynamodb:eu-central-1:111122223333:table/Users/stream/{LABEL}"
FUNCTION = "arn:aws:lambda:eu-central-1:111122223333:function:bridge"


def mapping(**spoiled: Any) -> dict[str, Any]:
    """A mapping as ListEventSourceMappings answers it."""
    return {
        "UUID": "0f6c2b1e-0000-4000-8000-000000000001",
        "FunctionArn": FUNCTION,
        "EventSourceArn": STREAM,
        "State": "Enabled",
        "StartingPosition": "TRIM_HORIZON",
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "BisectBatchOnFunctionError": True,
        "MaximumRetryAttempts": 10,
        "MaximumRecordAgeInSeconds": 43_200,
        "DestinationConfig": {"OnFailure": {"Destination": "arn:aws:sqs:eu-central-1:111122223333:failed"}},
        "LastModified": datetime(2026, 3, 1, 1, tzinfo=UTC),
        **spoiled,
    }


class LambdaClient(AwsPeer):
    """``mappings`` are answered one a page, by stream or function."""

    service = "lambda"
    denial = ("AccessDeniedException", 403)

    def __init__(self) -> None:
        super().__init__()
        self.mappings = [mapping()]

    def list_event_source_mappings(self, **parameters: Any) -> dict[str, Any]:
        self.begin("ListEventSourceMappings", parameters)
        source, function = parameters.get("EventSourceArn"), parameters.get("FunctionName")
        mine = [
            each
            for each in self.mappings
            if source in (None, each["EventSourceArn"])
            and (function is None or each["FunctionArn"].endswith(f":function:{function}"))
        ]
        at = int(parameters.get("Marker", 0))
        more = {"NextMarker": str(at + 1)} if at + 1 < len(mine) else {}
        return {"EventSourceMappings": [_shown(each) for each in mine[at : at + 1]], **more}

    def get_event_source_mapping(self, **parameters: Any) -> dict[str, Any]:
        self.begin("GetEventSourceMapping", parameters)
        for each in self.mappings:
            if each["UUID"] == parameters["UUID"]:
                return _shown(each)
        raise self.missing("GetEventSourceMapping")

    def missing(self, operation: str) -> ClientError:
        return client_error("ResourceNotFoundException", operation, 404)


def _shown(mapping: dict[str, Any]) -> dict[str, Any]:
    """AWS leaves out what has no value."""
    return {name: value for name, value in mapping.items() if value is not None}


class CloudWatchClient(AwsPeer):
    """``age_ms`` is the highest IteratorAge; None: no data. ``throttles`` is how often Lambda threw back."""

    service = "cloudwatch"

    def __init__(self) -> None:
        super().__init__()
        self.age_ms: float | None = 5_000.0
        self.throttles = 0
        self.unmatched: dict[int, int] = {}  # RedactionRulesUnmatched by hour
        self.unmatched_of: dict[str, dict[int, int]] = {}  # the same of entities

    def get_metric_statistics(self, **parameters: Any) -> dict[str, Any]:
        self.begin("GetMetricStatistics", parameters)
        if parameters["MetricName"] == "RedactionRulesUnmatched":
            assert parameters["Namespace"] == "StreamBridge"
            dimensions = {each["Name"]: each["Value"] for each in parameters["Dimensions"]}
            entity = dimensions.pop("Entity", "")
            assert dimensions == {"service": "stream-bridge", "table": "Users"}
            unmatched = self.unmatched_of.get(entity, {}) if entity else self.unmatched
            return {
                "Label": "RedactionRulesUnmatched",
                "Datapoints": [
                    {"Maximum": float(value), "Timestamp": datetime(2026, 3, 2, hour, tzinfo=UTC)}
                    for hour, value in unmatched.items()
                ],
            }
        assert parameters["Namespace"] == "AWS/Lambda"
        assert parameters["Dimensions"] == [{"Name": "FunctionName", "Value": "bridge"}]
        if parameters["MetricName"] == "Throttles":
            datapoints = [{"Sum": float(self.throttles)}] if self.throttles else []
            return {"Label": "Throttles", "Datapoints": datapoints}
        return {
            "Label": "IteratorAge",
            "Datapoints": [] if self.age_ms is None else [{"Maximum": self.age_ms, "Unit": "Milliseconds"}],
        }


class TablesClient(DynamoDbClient):
    """The ledger of :class:`DynamoDbClient`, and beside it the table ``Users`` with its stream."""

    def __init__(self) -> None:
        super().__init__(page=100)
        self.stream: dict[str, Any] = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
        self.ttl: dict[str, Any] = {"TimeToLiveStatus": "ENABLED", "AttributeName": "ttl"}
        self.denied_operations: set[str] = set()
        self.kinesis: list[dict[str, Any]] = []
        self.sort_key = ""
        self.sample: list[dict[str, Any]] = []  # the items of Users

    def scan(self, **parameters: Any) -> dict[str, Any]:
        if parameters["TableName"] != "Users":
            return super().scan(**parameters)
        self.begin("Scan", parameters)
        found = self.sample if parameters.get("Segment", 0) == 0 else []
        return {"Items": found, "Count": len(found), "ScannedCount": len(found)}

    def begin(self, operation: str, parameters: dict[str, Any]) -> None:
        super().begin(operation, parameters)
        if operation in self.denied_operations:
            raise self.denial_of(operation)

    def describe_table(self, **parameters: Any) -> dict[str, Any]:
        if parameters["TableName"] != "Users":
            return super().describe_table(**parameters)
        self.begin("DescribeTable", parameters)
        keys = {"id": "HASH"} | ({self.sort_key: "RANGE"} if self.sort_key else {})
        table: dict[str, Any] = {
            "TableName": "Users",
            "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in keys],
            "KeySchema": [{"AttributeName": name, "KeyType": kind} for name, kind in keys.items()],
            "LatestStreamArn": STREAM,
        }
        if self.stream:  # a table whose stream is off has no specification
            table["StreamSpecification"] = self.stream
        return {"Table": table}

    def describe_time_to_live(self, **parameters: Any) -> dict[str, Any]:
        self._begin("DescribeTimeToLive", parameters, parameters["TableName"])
        return {"TimeToLiveDescription": self.ttl}

    def describe_kinesis_streaming_destination(self, **parameters: Any) -> dict[str, Any]:
        self.begin("DescribeKinesisStreamingDestination", parameters)
        return {"TableName": "Users", "KinesisDataStreamDestinations": self.kinesis}


class QueueClient(AwsPeer):
    """``waiting`` and ``hidden`` messages."""

    service = "sqs"

    def __init__(self) -> None:
        super().__init__()
        self.waiting = self.hidden = 0

    def get_queue_attributes(self, **parameters: Any) -> dict[str, Any]:
        self.begin("GetQueueAttributes", parameters)
        reported = {
            "ApproximateNumberOfMessages": str(self.waiting),
            "ApproximateNumberOfMessagesNotVisible": str(self.hidden),
        }
        return with_request_id(
            {"Attributes": {name: reported[name] for name in parameters["AttributeNames"]}}
        )

    def missing(self, operation: str) -> ClientError:
        return client_error("AWS.SimpleQueueService.NonExistentQueue", operation)
