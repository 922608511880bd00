"""Which conversation with AWS needs which IAM action on which resource: the one table of it.

``infra render`` writes policies from it, and the tests hold the roles of ``infra/*.yaml`` and every boto3
call in ``bridge/edges`` against it. Actions that a service takes on behalf of a role (reading the stream for
an event source mapping, say) stand in it too, with the service in place of an edge. It is as long as there
are conversations.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from bridge.infra.uses import Uses

Function = Literal["stream", "kinesis", "pipe", "redrive", "reconcile"]
"""A Lambda function of ours, by its module in ``bridge.lambdas``."""

ALL: Final[frozenset[Function]] = frozenset(("stream", "kinesis", "pipe", "redrive", "reconcile"))
PUBLISH: Final[frozenset[Function]] = frozenset(("stream", "kinesis", "redrive", "reconcile"))
PIPELINE: Final[frozenset[Function]] = frozenset(("stream", "kinesis", "pipe", "redrive"))
MAPPED: Final[frozenset[Function]] = frozenset(("stream", "kinesis"))

# Resources, as ``Fn::Sub`` would read them. What a template calls otherwise is substituted by its test.
EVENT_BUS: Final = "${EventBusArn}"
EVENT_BUS_V2: Final = "${EventBusV2Arn}"
TOPIC: Final = "${TopicArn}"
LEDGER: Final = "${LedgerTableArn}"
TABLE: Final = "${TableArn}"
MAPPING: Final = "${MappingArn}"
STREAM: Final = "${StreamArn}"
KINESIS_STREAM: Final = "${KinesisStreamArn}"
QUARANTINE_BUCKET: Final = "${QuarantineBucketArn}"
QUARANTINE_OBJECTS: Final = "${QuarantineBucketArn}/${QuarantinePrefix}*"
QUARANTINE_QUEUE: Final = "${QuarantineQueueArn}"
CLAIM_CHECK_BUCKET: Final = "${ClaimCheckBucketArn}"
CLAIM_CHECK_OBJECTS: Final = "${ClaimCheckBucketArn}/${ClaimCheckPrefix}*"
ON_FAILURE_BUCKET: Final = "${OnFailureBucketArn}"
ON_FAILURE_OBJECTS: Final = "${OnFailureBucketArn}/aws/lambda/*"
RUNS_BUCKET: Final = "${RunsBucketArn}"
RUNS_OBJECTS: Final = "${RunsBucketArn}/${RunsPrefix}*"
LOG_STREAMS: Final = "${LogGroupArn}:*"
KEY: Final = "${KmsKeyArn}"
TABLE_KEY: Final = "${TableKmsKeyArn}"
ANY: Final = "*"
"""For actions that know no resource (service authorization reference)."""


def _always(_: Uses) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Permission:
    """``edge`` is a module of ``bridge.edges`` (``s3.claim_check``), or the AWS service that acts in the
    role's name. ``calls`` are the boto3 operations of the edge that ``actions`` allow, in the doors named by
    ``doors``."""

    sid: str
    edge: str
    calls: tuple[str, ...]
    actions: tuple[str, ...]
    resource: str
    functions: frozenset[Function]
    why: str
    when: Callable[[Uses], bool] = _always


_DYNAMODB_KEY: Final = (
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)
"""What DynamoDB asks of a key in the name of who writes (docs: "Authorizing use of your customer managed
key"); its CreateGrant is the deployer's."""

PERMISSIONS: Final[tuple[Permission, ...]] = (
    # what Lambda does in the name of the function
    Permission(
        "WriteLogs",
        "logs.amazonaws.com",
        (),
        ("logs:CreateLogStream", "logs:PutLogEvents"),
        LOG_STREAMS,
        ALL,
        "log lines, and the metrics in them; the log group is the template's",
    ),
    Permission(
        "WriteTraces",
        "xray.amazonaws.com",
        (),
        ("xray:PutTraceSegments", "xray:PutTelemetryRecords"),
        ANY,
        ALL,
        "telemetry.tracing: xray",
        lambda uses: uses.tracing,
    ),
    Permission(
        "ReadStream",
        "lambda.amazonaws.com",
        (),
        ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"),
        STREAM,
        frozenset(("stream",)),
        "the event source mapping reads the stream in the name of the function",
    ),
    Permission(
        "ListStreams",
        "lambda.amazonaws.com",
        (),
        ("dynamodb:ListStreams",),
        ANY,
        frozenset(("stream",)),
        "Lambda asks for it when a mapping is made",
    ),
    Permission(
        "ReadKinesis",
        "lambda.amazonaws.com",
        (),
        (
            "kinesis:DescribeStream",
            "kinesis:DescribeStreamSummary",
            "kinesis:GetRecords",
            "kinesis:GetShardIterator",
            "kinesis:ListShards",
        ),
        KINESIS_STREAM,
        frozenset(("kinesis",)),
        "the event source mapping reads the stream in the name of the function",
    ),
    Permission(
        "ListKinesis",
        "lambda.amazonaws.com",
        (),
        ("kinesis:ListStreams",),
        ANY,
        frozenset(("kinesis",)),
        "Lambda asks for it when a mapping is made",
    ),
    Permission(
        "UseTableKey",
        "lambda.amazonaws.com",
        (),
        ("kms:Decrypt", "kms:DescribeKey"),
        TABLE_KEY,
        frozenset(("stream", "kinesis", "pipe", "redrive", "reconcile")),
        "a stream and an item are encrypted with their table's key",
        lambda uses: uses.table_key,
    ),
    Permission(
        "GiveUpObjects",
        "lambda.amazonaws.com",
        (),
        ("s3:PutObject",),
        ON_FAILURE_OBJECTS,
        MAPPED,
        "the mapping puts batches that are given up",
    ),
    Permission(
        "GiveUpBucket",
        "lambda.amazonaws.com",
        (),
        ("s3:ListBucket",),
        ON_FAILURE_BUCKET,
        MAPPED,
        "the mapping looks for the bucket",
    ),
    # sinks
    Permission(
        "PublishToBus",
        "eventbridge.classic",
        ("put_events", "describe_event_bus"),
        ("events:PutEvents", "events:DescribeEventBus"),
        EVENT_BUS,
        PUBLISH,
        "a sink of kind eventbridge, and its check at start-up",
        lambda uses: uses.event_bus,
    ),
    Permission(
        "PublishToBusV2",
        "eventbridge.v2",
        ("put_events", "describe_event_bus"),
        ("events:PutEvents", "events:DescribeEventBus"),
        EVENT_BUS_V2,
        PUBLISH,
        "a sink of kind eventbridge_v2, and its check at start-up",
        lambda uses: uses.whole_events,
    ),
    Permission(
        "PublishRawToBusV2",
        "eventbridge.v2",
        ("put_raw_events", "describe_event_bus"),
        ("events:PutRawEvents", "events:DescribeEventBus"),
        EVENT_BUS_V2,
        PUBLISH,
        "a sink of kind eventbridge_v2 with raw: true, and its check at start-up",
        lambda uses: uses.event_bus_v2 and uses.raw_events,
    ),
    Permission(
        "PublishToTopic",
        "sns.topic",
        ("publish_batch", "get_topic_attributes"),
        ("sns:Publish", "sns:GetTopicAttributes"),
        TOPIC,
        PUBLISH,
        "a sink of kind sns, and its check at start-up",
        lambda uses: uses.topic,
    ),
    # stores
    Permission(
        "KeepLedger",
        "dynamodb.ledger",
        ("describe_table", "batch_get_item"),
        ("dynamodb:DescribeTable", "dynamodb:BatchGetItem"),
        LEDGER,
        PUBLISH,
        "ledger: {kind: dynamodb}, and its check at start-up",
        lambda uses: uses.ledger,
    ),
    Permission(
        "SettleBatches",
        "dynamodb.ledger",
        ("batch_write_item",),
        ("dynamodb:BatchWriteItem",),
        LEDGER,
        frozenset(("stream", "kinesis", "redrive")),
        "a batch is settled whole; a redrive has it only because it shares the walk's policy",
        lambda uses: uses.ledger,
    ),
    Permission(
        "KeepLedgerBesideTheStream",
        "dynamodb.ledger",
        ("put_item",),
        ("dynamodb:PutItem",),
        LEDGER,
        frozenset(("redrive", "reconcile")),
        "writes only over what was read, because the stream goes on beside it",
        lambda uses: uses.ledger,
    ),
    Permission(
        "ScanLedger",
        "dynamodb.ledger",
        ("scan",),
        ("dynamodb:Scan",),
        LEDGER,
        frozenset(("reconcile",)),
        "rows whose item is gone",
        lambda uses: uses.ledger,
    ),
    Permission(
        "PutQuarantine",
        "s3.quarantine",
        ("put_object",),
        ("s3:PutObject",),
        QUARANTINE_OBJECTS,
        PIPELINE,
        "quarantine: {kind: s3}",
        lambda uses: uses.quarantine_bucket,
    ),
    Permission(
        "FindQuarantine",
        "s3.quarantine",
        ("head_bucket",),
        ("s3:ListBucket",),
        QUARANTINE_BUCKET,
        PIPELINE,
        "quarantine: {kind: s3}, its check at start-up",
        lambda uses: uses.quarantine_bucket,
    ),
    Permission(
        "SendQuarantine",
        "sqs.quarantine",
        ("send_message", "get_queue_attributes"),
        ("sqs:SendMessage", "sqs:GetQueueAttributes"),
        QUARANTINE_QUEUE,
        PIPELINE,
        "quarantine: {kind: sqs}, and its check at start-up",
        lambda uses: uses.quarantine_queue,
    ),
    Permission(
        "CheckInClaims",
        "s3.claim_check",
        ("put_object", "head_object"),
        ("s3:PutObject", "s3:GetObject"),
        CLAIM_CHECK_OBJECTS,
        ALL,
        "claim_check: the data of large events; reading tells how old an object is",
        lambda uses: uses.claim_check,
    ),
    Permission(
        "FindClaims",
        "s3.claim_check",
        ("head_bucket",),
        ("s3:ListBucket",),
        CLAIM_CHECK_BUCKET,
        ALL,
        "claim_check, its check at start-up; without it a missing object reads as a closed one",
        lambda uses: uses.claim_check,
    ),
    Permission(
        "FetchItems",
        "dynamodb.fetcher",
        ("batch_get_item",),
        ("dynamodb:BatchGetItem",),
        TABLE,
        PIPELINE,
        "fetch: current",
        lambda uses: uses.fetch,
    ),
    # redrive
    Permission(
        "RedriveObjects",
        "failures.source",
        ("get_object", "delete_object"),
        ("s3:GetObject", "s3:DeleteObject"),
        ON_FAILURE_OBJECTS,
        frozenset(("redrive",)),
        "reads a batch that was given up, and removes it once it is settled",
    ),
    Permission(
        "RedriveBucket",
        "failures.source",
        ("list_objects_v2",),
        ("s3:ListBucket",),
        ON_FAILURE_BUCKET,
        frozenset(("redrive",)),
        "finds the batches that were given up",
    ),
    # reconciliation
    Permission(
        "ReadTable",
        "dynamodb.scan",
        ("describe_table", "scan", "batch_get_item"),
        ("dynamodb:DescribeTable", "dynamodb:Scan", "dynamodb:BatchGetItem"),
        TABLE,
        frozenset(("reconcile",)),
        "the table is held against its ledger",
    ),
    Permission(
        "ReadLag",
        "cloudwatch.lag",
        ("get_metric_statistics",),
        ("cloudwatch:GetMetricStatistics",),
        ANY,
        frozenset(("reconcile",)),
        "how far the bridge is behind its stream",
    ),
    Permission(
        "FindStream",
        "dynamodb.table_stream",
        ("describe_table",),
        ("dynamodb:DescribeTable",),
        TABLE,
        frozenset(("reconcile",)),
        "the stream that a mapping has to read; part of ReadTable in the templates",
    ),
    Permission(
        "ReadMapping",
        "setup.facts",
        ("get_event_source_mapping",),
        ("lambda:GetEventSourceMapping",),
        MAPPING,
        frozenset(("reconcile",)),
        "a stream without a lag may be quiet, or read by nobody",
    ),
    Permission(
        "KeepRuns",
        "s3.run_store",
        ("get_object", "put_object", "delete_objects"),
        ("s3:GetObject", "s3:PutObject", "s3:DeleteObject"),
        RUNS_OBJECTS,
        frozenset(("reconcile",)),
        "leases, checkpoints, suspects and reports of runs",
    ),
    Permission(
        "FindRuns",
        "s3.run_store",
        ("head_bucket", "list_objects_v2"),
        ("s3:ListBucket",),
        RUNS_BUCKET,
        frozenset(("reconcile",)),
        "finds the documents of a run, and tells a missing one from a closed one",
    ),
    # a key of one's own
    Permission(
        "UseKeyForLedger",
        "dynamodb.amazonaws.com",
        (),
        _DYNAMODB_KEY,
        KEY,
        PUBLISH,
        "DynamoDB uses the ledger's key in the name of the function",
        lambda uses: uses.key and uses.ledger,
    ),
    Permission(
        "UseKeyForStores",
        "s3.amazonaws.com",
        (),
        ("kms:Decrypt", "kms:GenerateDataKey"),
        KEY,
        ALL,
        "S3, SQS and SNS use the key of an object or message in the name of the function",
        lambda uses: uses.key,
    ),
)

NOT_OF_A_FUNCTION: Final[Mapping[str, str]] = {
    "eventbridge.archive": "`tail` and whoever else replays",
    "eventbridge.rules": "`schema impact`",
    "eventbridge.schemas": "`schema publish`: functions read schemas from their package",
    "failures.destination": "`run`: on one machine it does what Lambda's mapping does itself",
    "glue.registry": "`schema publish`: functions read schemas from their package",
    "kinesis.reader": "`run`, and redriving what a queue holds: in Lambda the mapping reads",
    "setup.facts.list_event_source_mappings": "`doctor`, and `reconcile --function`",
    "setup.facts.describe_kinesis_streaming_destination": "`doctor`",
    "setup.facts.describe_time_to_live": "`doctor`",
    "setup.facts.get_queue_attributes": "`doctor`",
    "s3.quarantine.get_object": "`quarantine`",
    "s3.quarantine.delete_object": "`quarantine retry`",
    "s3.quarantine.list_objects_v2": "`quarantine`",
    "sqs.quarantine.receive_message": "`quarantine`",
    "sqs.quarantine.delete_message": "`quarantine retry`",
    "sqs.quarantine.change_message_visibility_batch": "`quarantine`",
    "failures.source.receive_message": "`redrive --queue`",
    "failures.source.delete_message": "`redrive --queue`",
    "failures.source.change_message_visibility_batch": "`redrive --queue`",
    "dynamodb.stream_reader": "`run`, and redriving what a queue holds: in Lambda the mapping reads",
    "dynamodb.sample": "`init`",
    "sqs.tail_queue": "`tail`",
    "eventbridge.temporary_rule": "`tail`",
}
"""Calls that people make from the command line, whose permissions are theirs (docs/operations.md)."""


def permissions_of(function: Function, uses: Uses) -> list[Permission]:
    """Everything that the function ``door`` needs with a configuration that ``uses`` this."""
    return [each for each in PERMISSIONS if function in each.functions and each.when(uses)]


def policy_of(function: Function, uses: Uses, arns: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The IAM policy document of ``door``. ``arns`` replaces placeholders such as ``${LedgerTableArn}`` by
    name; prefixes come from ``uses``, what is not named stays as it is."""
    known = {"QuarantinePrefix": uses.quarantine_prefix, "ClaimCheckPrefix": uses.claim_check_prefix}
    statements = [
        {
            "Sid": each.sid,
            "Effect": "Allow",
            "Action": list(each.actions),
            "Resource": _filled(each.resource, {**known, **(arns or {})}),
        }
        for each in permissions_of(function, uses)
    ]
    return {"Version": "2012-10-17", "Statement": statements}


def grants(statements: Sequence[Mapping[str, Any]]) -> set[tuple[str, str]]:
    """(action, resource) pairs that a policy's statements allow, for comparison."""
    return {
        (action, resource)
        for statement in statements
        for action in _listed(statement["Action"])
        for resource in _listed(statement["Resource"])
    }


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _filled(text: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        text = text.replace(f"${{{name}}}", value)
    return text
