"""Where batches go that were given up on: Lambda's on-failure destination.

Docs: "Retaining discarded records for a DynamoDB event source". A queue gets the invocation record, which
says where the batch stands in the stream; S3 and a folder also get the event, as JSON text in ``payload``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from bridge.edges.answers.errors import AWS_ERRORS, AwsTarget
from bridge.errors import DestinationUnavailable
from bridge.settings.durable_file import write_durably


class SqsFailureDestination:
    """A queue: the invocation record only. Whoever redrives it reads the records from the stream again,
    within its 24 hours."""

    def __init__(self, client: Any, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url
        self._target = AwsTarget("sqs", f"queue {queue_url}", unavailable=DestinationUnavailable)

    def check(self) -> None:
        """Whether the queue is there (``sqs:GetQueueAttributes``)."""
        try:
            self._client.get_queue_attributes(QueueUrl=self._queue_url, AttributeNames=["QueueArn"])
        except AWS_ERRORS as error:
            raise self._target.translate(error) from error

    def send(self, info: Mapping[str, Any], payload: Mapping[str, Any]) -> None:
        try:
            self._client.send_message(QueueUrl=self._queue_url, MessageBody=orjson.dumps(info).decode())
        except AWS_ERRORS as error:
            raise self._target.translate(error) from error


class S3FailureDestination:
    """A bucket: one object a batch, under the key Lambda would choose. ``mapping_id`` stands for the UUID of
    the event source mapping."""

    def __init__(self, client: Any, bucket: str, mapping_id: str) -> None:
        self._client = client
        self._bucket = bucket
        self._mapping_id = mapping_id
        self._target = AwsTarget("s3", f"bucket {bucket}", unavailable=DestinationUnavailable)

    def check(self) -> None:
        """Whether the bucket is there (``s3:ListBucket``)."""
        try:
            self._client.head_bucket(Bucket=self._bucket)
        except AWS_ERRORS as error:
            raise self._target.translate(error) from error

    def send(self, info: Mapping[str, Any], payload: Mapping[str, Any]) -> None:
        try:
            self._client.put_object(
                Bucket=self._bucket,
                Key=object_key(info, self._mapping_id),
                Body=with_payload(info, payload),
                ContentType="application/json",
            )
        except AWS_ERRORS as error:
            raise self._target.translate(error) from error


class DirectoryFailureDestination:
    """A folder laid out like the bucket; files are private to the user, since they hold whole items."""

    def __init__(self, folder: Path, mapping_id: str) -> None:
        self._folder = folder
        self._mapping_id = mapping_id

    def send(self, info: Mapping[str, Any], payload: Mapping[str, Any]) -> None:
        path = self._folder / f"{object_key(info, self._mapping_id)}.json"
        try:
            write_durably(path, with_payload(info, payload))
        except OSError as error:
            raise DestinationUnavailable(
                f"A batch that was given up cannot be written below {self._folder}: {error.strerror}",
                hint="look at free space and rights of the folder",
            ) from error


class MemoryFailureDestination:
    """Keeps what it is sent, in order."""

    def __init__(self) -> None:
        self.sent: list[tuple[Mapping[str, Any], Mapping[str, Any]]] = []

    def send(self, info: Mapping[str, Any], payload: Mapping[str, Any]) -> None:
        self.sent.append((info, payload))


def object_key(info: Mapping[str, Any], mapping_id: str) -> str:
    """``aws/lambda/<mapping>/<shard>/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-<request id>``, Lambda's own layout."""
    at = datetime.fromisoformat(info["timestamp"])
    shard_id = (info.get("DDBStreamBatchInfo") or info["KinesisBatchInfo"])["shardId"]
    request_id = info["requestContext"]["requestId"]
    return f"aws/lambda/{mapping_id}/{shard_id}/{at:%Y/%m/%d/%Y-%m-%dT%H.%M.%S}-{request_id}"


def with_payload(info: Mapping[str, Any], payload: Mapping[str, Any]) -> bytes:
    """The invocation record with the event that failed, as text: the event's own bytes, quoted."""
    return orjson.dumps({**info, "payload": orjson.dumps(payload).decode()})
