"""Where batches that were given up are taken from: the reading side of ``failure_destination``.

Needs on a queue ``sqs:ReceiveMessage``, ``sqs:ChangeMessageVisibility`` and ``sqs:DeleteMessage``; on a
bucket ``s3:ListBucket``, ``s3:GetObject`` and ``s3:DeleteObject``.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any, Final

from bridge.edges.answers.errors import AWS_ERRORS, AwsTarget, code_of
from bridge.errors import DestinationUnavailable
from bridge.limits import SQS_RECEIVE_MAX
from bridge.ports.failures import StoredBatch

HIDDEN_S: Final = 300  # how long a message is hidden, counted from the last chunk of its records
WAIT_S: Final = 1  # long polling asks every server of the queue (docs: "Short and long polling")
DEFAULT_PREFIX: Final = "aws/lambda/"  # Lambda's own


class SqsFailureSource:
    """``client`` is boto3's ``sqs``. What is read stays hidden until the reading ends."""

    def __init__(self, client: Any, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url
        self._receipts: dict[str, str] = {}  # of what is neither removed nor given back, by message id
        self._target = AwsTarget("sqs", f"queue {queue_url}", unavailable=DestinationUnavailable)

    def batches(self) -> Generator[StoredBatch]:
        seen: set[str] = set()
        repeats = 0  # in a row: the run takes longer than messages stay hidden
        try:
            while repeats <= len(seen) and (message := self._receive()) is not None:
                name, receipt = message["MessageId"], message["ReceiptHandle"]
                self._receipts[name] = receipt
                repeats = repeats + 1 if name in seen else 0
                if name not in seen:
                    seen.add(name)
                    yield StoredBatch(name, message["Body"].encode("utf-8", "surrogatepass"), receipt)
        finally:
            self._give_back()

    def hold(self, stored: StoredBatch) -> None:
        try:
            self._client.change_message_visibility_batch(
                QueueUrl=self._queue_url,
                Entries=[{"Id": "0", "ReceiptHandle": stored.receipt, "VisibilityTimeout": HIDDEN_S}],
            )
        except AWS_ERRORS as error:
            raise self._target.translate(error) from error

    def remove(self, stored: StoredBatch) -> None:
        receipt = self._receipts.pop(stored.name, stored.receipt)
        try:
            self._client.delete_message(QueueUrl=self._queue_url, ReceiptHandle=receipt)
        except AWS_ERRORS as error:
            raise self._target.translate(error) from error

    def _receive(self) -> Any:
        """One message: while it is worked on, the others are not hidden."""
        try:
            answer = self._client.receive_message(
                QueueUrl=self._queue_url,
                MaxNumberOfMessages=1,
                VisibilityTimeout=HIDDEN_S,
                WaitTimeSeconds=WAIT_S,
            )
        except AWS_ERRORS as error:
            raise self._target.translate(error) from error
        return next(iter(answer.get("Messages") or ()), None)

    def _give_back(self) -> None:
        """Best effort: what is not given back is in sight again when its time is up."""
        receipts = list(self._receipts.values())
        self._receipts.clear()
        for start in range(0, len(receipts), SQS_RECEIVE_MAX):
            entries = [
                {"Id": str(number), "ReceiptHandle": receipt, "VisibilityTimeout": 0}
                for number, receipt in enumerate(receipts[start : start + SQS_RECEIVE_MAX])
            ]
            try:
                self._client.change_message_visibility_batch(QueueUrl=self._queue_url, Entries=entries)
            except AWS_ERRORS:
                return


class S3FailureSource:
    """``client`` is boto3's ``s3``. Keys sort by mapping, shard and time, so a shard's batches come in its
    order."""

    def __init__(self, client: Any, bucket: str, prefix: str = DEFAULT_PREFIX) -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = prefix
        self._target = AwsTarget("s3", f"bucket {bucket}", unavailable=DestinationUnavailable)

    def batches(self) -> Generator[StoredBatch]:
        query: dict[str, str] = {"Bucket": self._bucket, "Prefix": self._prefix}
        while True:
            try:
                page = self._client.list_objects_v2(**query)
            except AWS_ERRORS as error:
                raise self._target.translate(error) from error
            for found in page.get("Contents") or ():
                stored = self.load(found["Key"])
                if stored is not None:
                    yield stored
            if not page.get("IsTruncated"):
                return
            query["ContinuationToken"] = page["NextContinuationToken"]

    def load(self, key: str) -> StoredBatch | None:
        """One object; None where it is gone, so that somebody else has redriven it."""
        try:
            content = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except AWS_ERRORS as error:
            if code_of(error) == "NoSuchKey":
                return None
            raise self._target.translate(error) from error
        return StoredBatch(key, content)

    def hold(self, stored: StoredBatch) -> None:
        """An object is shown to everybody; the ledger keeps two redrives from telling twice."""

    def remove(self, stored: StoredBatch) -> None:
        try:
            self._client.delete_object(Bucket=self._bucket, Key=stored.name)
        except AWS_ERRORS as error:
            raise self._target.translate(error) from error


class DirectoryFailureSource:
    """A folder laid out like the bucket."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def batches(self) -> Generator[StoredBatch]:
        for path in sorted(self._folder.rglob("*.json")):
            try:
                content = path.read_bytes()
            except FileNotFoundError:
                continue
            except OSError as error:
                raise self._unavailable(error) from error
            yield StoredBatch(str(path.relative_to(self._folder)), content)

    def hold(self, stored: StoredBatch) -> None:
        """A file is shown to everybody."""

    def remove(self, stored: StoredBatch) -> None:
        try:
            (self._folder / stored.name).unlink(missing_ok=True)
        except OSError as error:
            raise self._unavailable(error) from error

    def _unavailable(self, error: OSError) -> DestinationUnavailable:
        text = f"folder {self._folder}: {error.strerror or type(error).__name__}"
        return DestinationUnavailable(text, hint="look at the rights of the folder")
