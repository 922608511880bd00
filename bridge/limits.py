"""Every AWS limit that stream-bridge relies on, each with its source. Nowhere else.

Sources: ``model`` = botocore's service model, ``docs`` = the service's documentation.
"""

from __future__ import annotations

from typing import Final

KIB: Final = 1024
MIB: Final = 1024 * KIB

# DynamoDB values (docs: "Service, account, and table quotas", "Data types")
NUMBER_MAX_DIGITS: Final = 38  # significant digits
NUMBER_MIN_EXPONENT: Final = -130  # smallest magnitude 1E-130
NUMBER_MAX_EXPONENT: Final = 125  # largest magnitude 9.99…E+125
NESTING_MAX: Final = 32  # levels of lists and maps
ITEM_MAX_BYTES: Final = 400 * KIB

# The paths of all field changes of one record together, our own limit: two images of the largest item have at
# most 800 KiB, and their changes are written into an event.
DIFF_PATHS_MAX_CHARS: Final = 16 * MIB

# Segments of a reconciliation, our own limit: one thread each; DynamoDB allows a million (model: Scan
# TotalSegments)
RECONCILE_SEGMENTS_MAX: Final = 256

# DynamoDB BatchGetItem (model: Keys; docs: BatchGetItem)
BATCH_GET_MAX: Final = 100

# DynamoDB BatchWriteItem (docs: BatchWriteItem)
BATCH_WRITE_MAX: Final = 25

# The ledger, our own limits: how many settled sequences a row keeps, and how long the row of a removed item
# stays. That is longer than any record can come again: a Kinesis stream keeps records for up to 365 days
# (docs: Kinesis data retention), a table's own stream for 1 day, SQS a failed batch for 14 days.
LEDGER_RECENT_MAX: Final = 8
LEDGER_GAP_NAMES_MAX_BYTES: Final = 1024  # our own: DynamoDB counts a write unit for each KiB of a row
LEDGER_ANNOUNCED_TTL_S: Final = 90 * 24 * 3600  # reconciliations are nightly, or monthly at least
LEDGER_REMOVED_TTL_S: Final = 400 * 24 * 3600

# JSON (RFC 8259 section 6: integers that every reader takes exactly; IEEE 754: decimals that a double keeps)
JSON_INTEGER_MAX: Final = 2**53 - 1
JSON_DECIMAL_DIGITS: Final = 15

# DynamoDB Streams
SEQUENCE_NUMBER_DIGITS: Final = 40  # model: SequenceNumber is 21 to 40 characters
GET_RECORDS_MAX: Final = 1_000  # model: GetRecords Limit
STREAM_RETENTION_S: Final = 24 * 3600  # docs: Streams, data retention
RECORD_TIME_ROUNDING_S: Final = 1  # of ApproximateCreationDateTime (model: StreamRecord)
ITERATOR_LIFETIME_S: Final = 15 * 60  # docs: GetShardIterator

# Kinesis Data Streams (model: SequenceNumber; docs show 56 digits, all numbers of a stream alike)
KINESIS_SEQUENCE_NUMBER_DIGITS: Final = 129

# Lambda event source mapping for DynamoDB (model: CreateEventSourceMapping; docs: Lambda quotas)
MAPPING_BATCH_MAX: Final = 10_000
MAPPING_WINDOW_MAX_S: Final = 300
MAPPING_PARALLELIZATION_MAX: Final = 10
MAPPING_RETRIES_MAX: Final = 10_000
MAPPING_FILTERS_MAX: Final = 5  # docs: event filtering; more on request
MAPPING_PATTERN_CHARS: Final = 4_096  # model: Filter Pattern
MAPPING_RECORD_AGE_MIN_S: Final = 60  # docs: the API takes 0 to 59, but they are not allowed
MAPPING_RECORD_AGE_MAX_S: Final = 604_800
INVOCATION_PAYLOAD_BYTES: Final = 6 * MIB

# EventBridge PutEvents (model: PutEventsRequestEntryList; docs: PutEvents entry size)
EVENTBRIDGE_ENTRIES: Final = 10
EVENTBRIDGE_BYTES: Final = MIB  # the request as a whole, so also the largest entry; exclusive
EVENTBRIDGE_TIME_BYTES: Final = 14  # docs: what the Time field of an entry counts
EVENTBRIDGE_DETAIL_TYPE_CHARS: Final = 128
EVENTBRIDGE_PATTERN_CHARS: Final = 2_048  # docs: EventBridge quotas
# Not documented. The measure is event-ruler's, and 10 agrees with every verdict of AWS on record: see
# bridge.core.pattern.complexity.
EVENTBRIDGE_WILDCARD_PREFIXES: Final = 10

# S3 DeleteObjects (docs: DeleteObjects)
S3_DELETE_MAX: Final = 1_000

# SQS SendMessage (model: SendMessage MessageBody, CreateQueue MaximumMessageSize, ReceiveMessage)
SQS_BYTES: Final = MIB  # the default and the most; a queue's MaximumMessageSize may be less
SQS_RECEIVE_MAX: Final = 10  # messages of one ReceiveMessage or ChangeMessageVisibilityBatch

# EventBridge's new custom bus (model: eventbridgev2, both publish calls; docs: Custom Event Bus quotas)
EVENTBRIDGE_V2_ENTRIES: Final = 100  # model: PutEventsRequestEntryList
EVENTBRIDGE_V2_ID_CHARS: Final = 128  # model: EventGroupId, EventDeduplicationId
EVENTBRIDGE_V2_SOURCE_CHARS: Final = 256  # model: Source
EVENTBRIDGE_V2_BYTES: Final = MIB  # neither model nor docs give one: the classic bus's, exclusive
EVENTBRIDGE_V2_DEDUPLICATION_S: Final = 300  # docs: deduplication window, for one event group

# SNS PublishBatch (model: PublishBatch; docs: SNS quotas)
SNS_ENTRIES: Final = 10
SNS_BYTES: Final = 256 * KIB  # the default; a topic's MaximumMessageSize raises it
SNS_BYTES_MAX: Final = MIB
SNS_ATTRIBUTES: Final = 10  # more do not survive raw delivery to SQS
SNS_ID_CHARS: Final = 128  # MessageGroupId and MessageDeduplicationId

# EventBridge Schema Registry (model: schemas, CreateSchema; the name: docs of Terraform's
# aws_schemas_schema, for the model gives none; tags: docs, tagging)
SCHEMAS_CONTENT_CHARS: Final = 100_000
SCHEMAS_DESCRIPTION_CHARS: Final = 256
SCHEMAS_NAME_CHARS: Final = 385
TAG_VALUE_CHARS: Final = 256

# Glue Schema Registry (model: glue, CreateSchema, MetadataKeyValuePair; docs: PutSchemaVersionMetadata)
GLUE_DEFINITION_CHARS: Final = 170_000
GLUE_NAME_CHARS: Final = 255
GLUE_METADATA_PAIRS: Final = 10  # of one version
GLUE_METADATA_VALUE_CHARS: Final = 256

# Our own limit: how long cached schemas may be used without asking their registry. Versions never change, so
# a deployment that includes its cache may set a long time.
SCHEMA_CACHE_MAX_S: Final = 400 * 24 * 3600
