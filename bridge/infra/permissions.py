"""The one table of IAM permissions: which call to AWS needs which action on which resource.

``infra render`` writes policies from it. Tests compare it with the roles of ``infra/*.yaml`` and with every
boto3 call in ``bridge/edges``. It also lists actions that a service takes on behalf of a role, such as
reading the stream for an event source mapping, with the service in place of the edge.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Final, Literal

from bridge.infra.uses import Uses

Function = Literal["stream", "kinesis", "pipe", "redrive", "reconcile"]
"""A Lambda function, named after its module in ``bridge.lambdas``."""

ALL: Final[frozenset[Function]] = frozenset(("stream", "kinesis", "pipe", "redrive", "reconcile"))
PUBLISH: Final[frozenset[Function]] = frozenset(("stream", "kinesis", "redrive", "reconcile"))
PIPELINE: Final[frozenset[Function]] = frozenset(("stream", "kinesis", "pipe", "redrive"))
MAPPED: Final[frozenset[Function]] = frozenset(("stream", "kinesis"))

# Resources in the syntax of ``Fn::Sub``. Where a template uses another name, its test replaces it.
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
"""For actions that do not support resources (service authorization reference)."""


@dataclass(frozen=True, slots=True)
class Permission:
    """``edge`` is a module of ``bridge.edges`` (``s3.claim_check``), or the AWS service that acts on behalf
    of the role. ``calls`` are the boto3 operations of the edge that ``actions`` allow, in ``functions``;
    ``why`` names what needs them."""

    sid: str
    edge: str
    calls: tuple[str, ...]
    actions: tuple[str, ...]
    resource: str
    functions: frozenset[Function]
    why: str
    when: Callable[[Uses], bool]


def _row(
    sid: str,
    functions: Set[Function],
    resource: str,
    actions: str,
    why: str,
    *,
    edge: str,
    calls: str = "",
    when: str = "",
) -> Permission:
    """A row of the table. ``actions`` and ``calls`` are separated by spaces; ``when`` is the attribute of
    :class:`Uses` that must be true, or nothing for a permission that is always needed."""
    needed: Callable[[Uses], bool] = attrgetter(when) if when else lambda _: True
    needed(Uses())  # so that a name that Uses does not have fails at import
    return Permission(
        sid, edge, tuple(calls.split()), tuple(actions.split()), resource, frozenset(functions), why, needed
    )


_DYNAMODB_KEY: Final = (
    "kms:Decrypt kms:DescribeKey kms:Encrypt kms:GenerateDataKey kms:ReEncryptFrom kms:ReEncryptTo"
)
"""What DynamoDB needs of a key on behalf of the writer (docs: "Authorizing use of your customer managed
key"). The deployer grants it CreateGrant."""

# fmt: off
PERMISSIONS: Final[tuple[Permission, ...]] = (
    # Three lines each: name, functions, resource and actions; the reason; edge, its calls, and the condition.

    # what AWS services do on behalf of a function
    _row("WriteLogs", ALL, LOG_STREAMS, "logs:CreateLogStream logs:PutLogEvents",
         "log lines, and the metrics in them; the template creates the log group",
         edge="logs.amazonaws.com"),
    _row("WriteTraces", ALL, ANY, "xray:PutTraceSegments xray:PutTelemetryRecords",
         "telemetry.tracing: xray",
         edge="xray.amazonaws.com", when="tracing"),
    _row("ReadStream", {"stream"}, STREAM,
         "dynamodb:DescribeStream dynamodb:GetRecords dynamodb:GetShardIterator",
         "the event source mapping reads the stream on behalf of the function",
         edge="lambda.amazonaws.com"),
    _row("ListStreams", {"stream"}, ANY, "dynamodb:ListStreams",
         "Lambda needs it when a mapping is created",
         edge="lambda.amazonaws.com"),
    _row("ReadKinesis", {"kinesis"}, KINESIS_STREAM,
         "kinesis:DescribeStream kinesis:DescribeStreamSummary kinesis:GetRecords"
         " kinesis:GetShardIterator kinesis:ListShards",
         "the event source mapping reads the stream on behalf of the function",
         edge="lambda.amazonaws.com"),
    _row("ListKinesis", {"kinesis"}, ANY, "kinesis:ListStreams",
         "Lambda needs it when a mapping is created",
         edge="lambda.amazonaws.com"),
    _row("UseTableKey", ALL, TABLE_KEY, "kms:Decrypt kms:DescribeKey",
         "stream records and items are encrypted with the key of their table",
         edge="lambda.amazonaws.com", when="table_key"),
    _row("GiveUpObjects", MAPPED, ON_FAILURE_OBJECTS, "s3:PutObject",
         "the mapping stores batches that are given up",
         edge="lambda.amazonaws.com"),
    _row("GiveUpBucket", MAPPED, ON_FAILURE_BUCKET, "s3:ListBucket",
         "the mapping checks that the bucket exists",
         edge="lambda.amazonaws.com"),
    # sinks
    _row("PublishToBus", PUBLISH, EVENT_BUS, "events:PutEvents events:DescribeEventBus",
         "a sink of kind eventbridge, and its check at start-up",
         edge="eventbridge.classic", calls="put_events describe_event_bus", when="event_bus"),
    _row("PublishToBusV2", PUBLISH, EVENT_BUS_V2, "events:PutEvents events:DescribeEventBus",
         "a sink of kind eventbridge_v2, and its check at start-up",
         edge="eventbridge.v2", calls="put_events describe_event_bus", when="whole_events"),
    _row("PublishRawToBusV2", PUBLISH, EVENT_BUS_V2, "events:PutRawEvents events:DescribeEventBus",
         "a sink of kind eventbridge_v2 with raw: true, and its check at start-up",
         edge="eventbridge.v2", calls="put_raw_events describe_event_bus", when="raw_events_v2"),
    _row("PublishToTopic", PUBLISH, TOPIC, "sns:Publish sns:GetTopicAttributes",
         "a sink of kind sns, and its check at start-up",
         edge="sns.topic", calls="publish_batch get_topic_attributes", when="topic"),
    # stores
    _row("KeepLedger", PUBLISH, LEDGER, "dynamodb:DescribeTable dynamodb:BatchGetItem",
         "ledger: {kind: dynamodb}, and its check at start-up",
         edge="dynamodb.ledger", calls="describe_table batch_get_item", when="ledger"),
    _row("SettleBatches", {"stream", "kinesis", "redrive"}, LEDGER, "dynamodb:BatchWriteItem",
         "settles whole batches, and announces what is about to be published",
         edge="dynamodb.ledger", calls="batch_write_item", when="ledger"),
    _row("KeepLedgerBesideTheStream", PUBLISH, LEDGER, "dynamodb:PutItem",
         "writes only if the row is as it was read: beside the stream, and where a sink was missing and rows"
         " are marked as missed",
         edge="dynamodb.ledger", calls="put_item", when="ledger"),
    _row("ScanLedger", {"reconcile"}, LEDGER, "dynamodb:Scan",
         "finds rows whose item was deleted",
         edge="dynamodb.ledger", calls="scan", when="ledger"),
    _row("PutQuarantine", PIPELINE, QUARANTINE_OBJECTS, "s3:PutObject",
         "quarantine: {kind: s3}",
         edge="s3.quarantine", calls="put_object", when="quarantine_bucket"),
    _row("FindQuarantine", PIPELINE, QUARANTINE_BUCKET, "s3:ListBucket",
         "quarantine: {kind: s3}, its check at start-up",
         edge="s3.quarantine", calls="head_bucket", when="quarantine_bucket"),
    _row("SendQuarantine", PIPELINE, QUARANTINE_QUEUE, "sqs:SendMessage sqs:GetQueueAttributes",
         "quarantine: {kind: sqs}, and its check at start-up",
         edge="sqs.quarantine", calls="send_message get_queue_attributes", when="quarantine_queue"),
    _row("CheckInClaims", ALL, CLAIM_CHECK_OBJECTS, "s3:PutObject s3:GetObject",
         "claim_check: the data of large events; the read returns its age and its data",
         edge="s3.claim_check", calls="put_object head_object get_object", when="claim_check"),
    _row("FindClaims", ALL, CLAIM_CHECK_BUCKET, "s3:ListBucket",
         "claim_check, its check at start-up; without it, a missing object looks like a denied one",
         edge="s3.claim_check", calls="head_bucket", when="claim_check"),
    _row("FetchItems", PIPELINE, TABLE, "dynamodb:BatchGetItem",
         "fetch: current",
         edge="dynamodb.fetcher", calls="batch_get_item", when="fetch"),
    # redrive
    _row("RedriveObjects", {"redrive"}, ON_FAILURE_OBJECTS, "s3:GetObject s3:DeleteObject",
         "reads a batch that was given up, and deletes it after it is settled",
         edge="s3.failures", calls="get_object delete_object"),
    _row("RedriveBucket", {"redrive"}, ON_FAILURE_BUCKET, "s3:ListBucket",
         "finds the batches that were given up",
         edge="s3.failures", calls="list_objects_v2"),
    # reconciliation
    _row("ReadTable", {"reconcile"}, TABLE, "dynamodb:DescribeTable dynamodb:Scan dynamodb:BatchGetItem",
         "the table is compared with its ledger",
         edge="dynamodb.scan", calls="describe_table scan batch_get_item"),
    _row("ReadLag", {"reconcile"}, ANY, "cloudwatch:GetMetricStatistics",
         "the bridge's lag behind its stream",
         edge="cloudwatch.lag", calls="get_metric_statistics"),
    _row("FindStream", {"reconcile"}, TABLE, "dynamodb:DescribeTable",
         "the stream that a mapping has to read; part of ReadTable in the templates",
         edge="dynamodb.describe", calls="describe_table"),
    _row("ReadMapping", {"reconcile"}, MAPPING, "lambda:GetEventSourceMapping",
         "a stream without a lag may have no changes, or no reader",
         edge="setup.facts", calls="get_event_source_mapping"),
    _row("KeepRuns", {"reconcile"}, RUNS_OBJECTS, "s3:GetObject s3:PutObject s3:DeleteObject",
         "leases, checkpoints, suspects and reports of runs",
         edge="s3.run_store", calls="get_object put_object delete_objects"),
    _row("FindRuns", {"reconcile"}, RUNS_BUCKET, "s3:ListBucket",
         "finds the documents of a run, and distinguishes a missing document from a denied one",
         edge="s3.run_store", calls="head_bucket list_objects_v2"),
    # a customer managed key
    _row("UseKeyForLedger", PUBLISH, KEY, _DYNAMODB_KEY,
         "DynamoDB uses the ledger's key on behalf of the function",
         edge="dynamodb.amazonaws.com", when="ledger_key"),
    _row("UseKeyForStores", ALL, KEY, "kms:Decrypt kms:GenerateDataKey",
         "S3, SQS and SNS use the key of an object or message on behalf of the function",
         edge="s3.amazonaws.com", when="key"),
)
# fmt: on


def permissions_of(function: Function, uses: Uses) -> list[Permission]:
    """All permissions that ``function`` needs with a configuration that ``uses`` this."""
    return [each for each in PERMISSIONS if function in each.functions and each.when(uses)]


def policy_of(function: Function, uses: Uses, arns: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The IAM policy document of ``function``. ``arns`` replaces placeholders such as ``${LedgerTableArn}``
    by name; prefixes come from ``uses``. Other placeholders remain."""
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


def _filled(text: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        text = text.replace(f"${{{name}}}", value)
    return text
