"""What AWS always sends in a successful answer, for each operation that the edges call.

botocore makes an empty dictionary of a 200 with HTML, with ``{}`` or with cut JSON, and reports no error.
Read on its own, a missing list then means "nothing there" and a missing token "no more". So an answer counts
only if it has the members below. ``ResponseMetadata.RequestId`` comes from a header that every AWS service
sends and no proxy does: it is asked for where an answer may have no other member.

Sources: botocore's output shapes for required members and types; API references and answers of the services
for the table. Emulators that answer so too (MiniStack, LocalStack, DynamoDB Local) pass.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

Answer = Mapping[str, Any]

REQUEST_ID: Final = "ResponseMetadata.RequestId"

# A path's parts are members; ``[]`` after one means each of a list's members.
_ALWAYS: Final[Mapping[str, tuple[str, ...]]] = {
    "cloudwatch:GetMetricStatistics": ("Label", "Datapoints"),
    "dynamodb:BatchGetItem": ("Responses", "UnprocessedKeys"),
    "dynamodb:BatchWriteItem": ("UnprocessedItems",),
    "dynamodb:DescribeKinesisStreamingDestination": ("TableName", "KinesisDataStreamDestinations"),
    "dynamodb:DescribeTable": ("Table.TableName", "Table.KeySchema", "Table.AttributeDefinitions"),
    "dynamodb:DescribeTimeToLive": ("TimeToLiveDescription.TimeToLiveStatus",),
    "dynamodb:PutItem": (REQUEST_ID,),
    "dynamodb:Scan": ("Items", "Count", "ScannedCount"),
    "dynamodbstreams:DescribeStream": (
        "StreamDescription.StreamArn",
        "StreamDescription.Shards[].ShardId",
        "StreamDescription.Shards[].SequenceNumberRange",
    ),
    "dynamodbstreams:GetRecords": ("Records",),
    "dynamodbstreams:GetShardIterator": ("ShardIterator",),
    "events:CancelReplay": ("ReplayArn",),
    "events:DeleteRule": (REQUEST_ID,),
    "events:DescribeArchive": ("ArchiveName", "EventSourceArn"),
    "events:DescribeEventBus": ("Name", "Arn"),
    "events:DescribeReplay": ("ReplayName", "State"),
    "events:ListRules": ("Rules[].Name",),
    "events:PutEvents": ("FailedEntryCount", "Entries"),
    "events:PutRule": ("RuleArn",),
    "events:PutTargets": ("FailedEntryCount", "FailedEntries"),
    "events:RemoveTargets": ("FailedEntryCount", "FailedEntries"),
    "events:StartReplay": ("ReplayArn",),
    "eventbridgev2:DescribeEventBus": ("EventBusArn",),
    "eventbridgev2:PutEvents": ("Entries",),
    "eventbridgev2:PutRawEvents": ("Entries",),
    "glue:CreateSchema": ("SchemaName", "SchemaVersionId"),
    "glue:GetRegistry": ("RegistryName",),
    "glue:GetSchema": ("SchemaName", "DataFormat", "Compatibility"),
    "glue:GetSchemaVersion": ("SchemaVersionId", "SchemaDefinition", "VersionNumber", "Status"),
    "glue:ListSchemas": ("Schemas[].SchemaName",),
    "glue:ListSchemaVersions": ("Schemas[].SchemaVersionId", "Schemas[].Status"),
    "glue:PutSchemaVersionMetadata": ("MetadataKey", "MetadataValue"),
    "glue:QuerySchemaVersionMetadata": ("MetadataInfoMap", "SchemaVersionId"),
    "glue:RegisterSchemaVersion": ("SchemaVersionId",),
    "kinesis:GetRecords": ("Records", "MillisBehindLatest"),
    "kinesis:GetShardIterator": ("ShardIterator",),
    "kinesis:ListShards": ("Shards[].ShardId", "Shards[].SequenceNumberRange"),
    "lambda:GetEventSourceMapping": ("UUID", "EventSourceArn"),
    "lambda:ListEventSourceMappings": ("EventSourceMappings[].UUID",),
    "s3:DeleteObject": (REQUEST_ID,),
    "s3:DeleteObjects": (REQUEST_ID,),
    "s3:GetObject": ("ETag", REQUEST_ID),
    "s3:HeadBucket": (REQUEST_ID,),
    "s3:HeadObject": ("LastModified", REQUEST_ID),
    "s3:ListObjectsV2": ("Name", "IsTruncated", "KeyCount", REQUEST_ID),
    "s3:PutObject": ("ETag", REQUEST_ID),
    "schemas:CreateSchema": ("SchemaName",),
    "schemas:DescribeRegistry": ("RegistryName",),
    "schemas:DescribeSchema": ("SchemaName", "Content"),
    "schemas:ListSchemas": ("Schemas[].SchemaName",),
    "schemas:ListSchemaVersions": ("SchemaVersions[].SchemaVersion",),
    "schemas:UpdateSchema": ("SchemaName",),
    "sns:GetTopicAttributes": ("Attributes.TopicArn",),
    "sns:PublishBatch": (),
    "sqs:ChangeMessageVisibilityBatch": (),
    "sqs:CreateQueue": ("QueueUrl",),
    "sqs:DeleteMessage": (REQUEST_ID,),
    "sqs:DeleteMessageBatch": (),
    "sqs:DeleteQueue": (REQUEST_ID,),
    "sqs:GetQueueAttributes": (REQUEST_ID,),
    "sqs:ListQueues": (REQUEST_ID,),
    "sqs:ListQueueTags": (REQUEST_ID,),
    "sqs:ReceiveMessage": (REQUEST_ID,),
    "sqs:SendMessage": ("MessageId",),
    "sqs:SetQueueAttributes": (REQUEST_ID,),
    "sqs:TagQueue": (REQUEST_ID,),
}
OPERATIONS: Final = frozenset(_ALWAYS)
"""``<service>:<operation>``, all that the table knows. Of others the required members and the request id are
asked for."""

_LEFT_OUT: Final[Mapping[str, frozenset[str]]] = dict.fromkeys(
    ("sqs:ChangeMessageVisibilityBatch", "sqs:DeleteMessageBatch", "sqs:SendMessageBatch"),
    frozenset({"Successful", "Failed"}),
)
"""What the model requires and AWS leaves out where it is empty (aws/aws-sdk issues 536 and 657)."""

_NOT_ALWAYS_SET: Final = frozenset({"RedrivePolicy"})  # of a queue's attributes

_PYTHON: Final[Mapping[str, type | tuple[type, ...]]] = {
    "structure": dict,
    "map": dict,
    "list": list,
    "string": str,
    "integer": int,
    "long": int,
    "boolean": bool,
}


def what_is_missing(service: str, operation: str, request: Answer, answer: Any, shape: Any = None) -> str:
    """Names what AWS always sends and ``answer`` lacks, never a value; "" where it has everything. ``shape``
    is botocore's output shape, None where it is not known."""
    if not isinstance(answer, Mapping):
        return "any member"
    name = f"{service}:{operation}"
    if shape is not None:
        left_out = _LEFT_OUT.get(name, frozenset())
        for member in shape.required_members:
            if member not in answer and member not in left_out:
                return str(member)
        for member, value in answer.items():
            kind = shape.members.get(member)
            if kind is not None and not _is_a(value, kind):
                return f"a {kind.type_name} as {member}"
    for path in _ALWAYS.get(name, (REQUEST_ID,)):
        if not _has(answer, path.split(".")):
            return path
    rule = _RULES.get(name)
    return rule(request, answer) if rule is not None else ""


def _is_a(value: Any, kind: Any) -> bool:
    expected = _PYTHON.get(kind.type_name, object)
    if not isinstance(value, expected):
        return False
    if not isinstance(value, list):
        return True
    inner = _PYTHON.get(kind.member.type_name, object)
    return all(isinstance(each, inner) for each in value)


def _has(value: Any, parts: list[str]) -> bool:
    for number, part in enumerate(parts):
        name = part.removesuffix("[]")
        if not isinstance(value, Mapping) or name not in value or value[name] is None or value[name] == "":
            return False
        value = value[name]
        if part != name:
            return isinstance(value, list | tuple) and all(_has(each, parts[number + 1 :]) for each in value)
    return True


# --- what one member says of another, or of the request ------------------------------------------------


def _scan(request: Answer, answer: Answer) -> str:
    if answer["Count"] != len(answer["Items"]):
        return "as many Items as Count"
    return _capacity(request, answer)


def _batch_get(request: Answer, answer: Answer) -> str:
    for table, asked in request["RequestItems"].items():
        found = answer["Responses"].get(table)
        left = (answer["UnprocessedKeys"].get(table) or {}).get("Keys", ())
        if not isinstance(found, list) and not left:
            return "the table in Responses or UnprocessedKeys"
        if not all(isinstance(each, Mapping) for each in (*(found or ()), *left)):
            return "items in Responses"
        if len(found or ()) + len(left) > len(asked["Keys"]):
            return "at most the items that were asked for"
    return ""


def _capacity(request: Answer, answer: Answer) -> str:
    asked = request.get("ReturnConsumedCapacity", "NONE") != "NONE"
    return "ConsumedCapacity" if asked and not answer.get("ConsumedCapacity") else ""


def _batch_write(request: Answer, answer: Answer) -> str:
    for table, left in answer["UnprocessedItems"].items():
        if not isinstance(left, list) or len(left) > len(request["RequestItems"].get(table, ())):
            return "at most the requests that were made in UnprocessedItems"
    return ""


def _stream(request: Answer, answer: Answer) -> str:
    same = answer["StreamDescription"]["StreamArn"] == request["StreamArn"]
    return "" if same else "the stream that was asked for"


def _entries(request: Answer, answer: Answer) -> str:
    return "" if len(answer["Entries"]) == len(request["Entries"]) else "an entry for each of the request"


def _put_events(request: Answer, answer: Answer) -> str:
    failed = sum("ErrorCode" in each for each in answer["Entries"])
    if not _entries(request, answer) and failed != answer["FailedEntryCount"]:
        return "as many failed Entries as FailedEntryCount"
    return _entries(request, answer)


def _failed_entries(request: Answer, answer: Answer) -> str:
    same = answer["FailedEntryCount"] == len(answer["FailedEntries"])
    return "" if same else "as many FailedEntries as FailedEntryCount"


def _publish_batch(request: Answer, answer: Answer) -> str:
    """The entries of an answer name those of the request, so one that is left out is known."""
    if not _has(answer, ["Successful[]", "MessageId"]) and "Successful" in answer:
        return "Successful[].MessageId"
    return _one_named(answer)


def _one_named(answer: Answer) -> str:
    named = [*(answer.get("Successful") or ()), *(answer.get("Failed") or ())]
    return "" if named and all(each.get("Id") for each in named) else "Successful[].Id or Failed[].Id"


def _all_named(request: Answer, answer: Answer) -> str:
    named = {each.get("Id") for member in ("Successful", "Failed") for each in answer.get(member) or ()}
    return "" if named == {each["Id"] for each in request["Entries"]} else "each Id in Successful or Failed"


def _queue_attributes(request: Answer, answer: Answer) -> str:
    wanted = set(request["AttributeNames"]) - _NOT_ALWAYS_SET
    lacking = sorted(wanted - (answer.get("Attributes") or {}).keys())
    return f"Attributes.{lacking[0]}" if lacking else ""


def _messages(request: Answer, answer: Answer) -> str:
    parts = ("MessageId", "ReceiptHandle", "Body")
    whole = all(each.get(part) is not None for each in answer.get("Messages") or () for part in parts)
    return "" if whole else "Messages[].MessageId, ReceiptHandle and Body"


def _objects(request: Answer, answer: Answer) -> str:
    if answer["IsTruncated"] and not answer.get("NextContinuationToken"):
        return "NextContinuationToken"
    listed = len(answer.get("Contents") or ()) + len(answer.get("CommonPrefixes") or ())
    return "" if listed == answer["KeyCount"] else "as many Contents as KeyCount"


_RULES: Final[Mapping[str, Callable[[Answer, Answer], str]]] = {
    "dynamodb:BatchGetItem": _batch_get,
    "dynamodb:BatchWriteItem": _batch_write,
    "dynamodb:PutItem": _capacity,
    "dynamodb:Scan": _scan,
    "dynamodbstreams:DescribeStream": _stream,
    "events:PutEvents": _put_events,
    "events:PutTargets": _failed_entries,
    "events:RemoveTargets": _failed_entries,
    "eventbridgev2:PutEvents": _entries,
    "eventbridgev2:PutRawEvents": _entries,
    "s3:ListObjectsV2": _objects,
    "sns:PublishBatch": _publish_batch,
    "sqs:ChangeMessageVisibilityBatch": _all_named,
    "sqs:DeleteMessageBatch": _all_named,
    "sqs:GetQueueAttributes": _queue_attributes,
    "sqs:ReceiveMessage": _messages,
}
