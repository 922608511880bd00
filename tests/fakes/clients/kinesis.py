"""A peer of boto3's ``kinesis`` client for one stream: shards that split and merge, pages, a trim horizon.

As the service does, it begins at the oldest record it has when the one asked for is trimmed, and it may
answer an empty page although there is more to come (``MillisBehindLatest`` says so).

Sources: botocore's model (limits, five minutes of an iterator, exceptions); [k] for the text of messages.
"""

from __future__ import annotations

import itertools
import json
import zlib
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from bridge.ports.clock import Clock
from tests.builders.kinesis_records import FIRST_NUMBER, KINESIS_ARN, START_MS, api_record, change
from tests.fakes.clients.aws_peer import AwsPeer, with_request_id
from tests.fakes.clients.batch_peer import client_error
from tests.fakes.clock import FakeClock
from tests.fakes.faults import Countdown

ITERATOR_LIFETIME_S = 300
TOKEN_LIFETIME_S = 300
PAGE_BYTES = 10 * 1024 * 1024
REQUEST_BYTES = 10 * 1024 * 1024
_HASHES = 2**32
_BY_NUMBER = ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER")


@dataclass
class _Shard:
    id: str
    keys: range
    parents: tuple[str, ...] = ()
    records: list[Any] = field(default_factory=list)
    ending: str | None = None


class KinesisClient(AwsPeer):
    """Begins with one open shard."""

    empty_pages = Countdown()
    service = "kinesis"
    denial = ("AccessDeniedException", 400)

    def __init__(
        self,
        *,
        arn: str = KINESIS_ARN,
        page_size: int = 1000,
        shards_a_page: int = 100,
        clock: Clock | None = None,
    ) -> None:
        super().__init__()
        self._clock = clock or FakeClock()
        self.arn = arn
        self.page_size = page_size
        self.shards_a_page = shards_a_page
        self.by_id: dict[str, _Shard] = {}
        self.reads: list[str] = []
        self._places: dict[str, tuple[str, int, float]] = {}  # shard, first number, when it was given out
        self._numbers = itertools.count(1, 7)
        self._tokens = itertools.count(1)
        self.open(range(_HASHES))

    # --- what writers and operators do ---------------------------------------------------------

    def open(self, keys: range, *parents: str) -> str:
        shard = _Shard(f"shardId-{len(self.by_id):012d}", keys, parents)
        self.by_id[shard.id] = shard
        return shard.id

    def write(self, payload: bytes, *, key: str = "a", at_ms: int = START_MS) -> str:
        """Any record; answers its sequence number."""
        shard = self._owner(key)
        made = api_record(payload, number=next(self._numbers), partition_key=key, at_ms=at_ms)
        shard.records.append(made)
        return str(made["SequenceNumber"])

    def put(self, key: str, at: int = 0, **parts: Any) -> str:
        """A change of item ``key``, ``at`` ms after the start."""
        reported = change(key={"id": key}, after={"id": key, "at": at}, at=START_MS + at, **parts)
        reported["eventID"] = f"{key}-{at}"
        return self.write(json.dumps(reported).encode(), key=key, at_ms=START_MS + at)

    def split(self, shard_id: str) -> tuple[str, str]:
        keys = self.close(shard_id)
        middle = (keys.start + keys.stop) // 2
        return self.open(range(keys.start, middle), shard_id), self.open(range(middle, keys.stop), shard_id)

    def merge(self, one: str, other: str) -> str:
        low, high = self.close(one), self.close(other)
        return self.open(range(low.start, high.stop), one, other)

    def close(self, shard_id: str) -> range:
        self.by_id[shard_id].ending = str(FIRST_NUMBER + next(self._numbers))
        return self.by_id[shard_id].keys

    def trim(self, shard_id: str, records: int) -> None:
        del self.by_id[shard_id].records[:records]

    # --- the client ----------------------------------------------------------------------------

    def list_shards(self, **parameters: Any) -> dict[str, Any]:
        operation = "ListShards"
        self._begin(operation, parameters)
        if "NextToken" in parameters and parameters.keys() & {"StreamARN", "StreamName"}:
            raise self._invalid(operation, "NextToken and StreamName cannot be provided together.")
        first = self._read_token(parameters["NextToken"]) if "NextToken" in parameters else 0
        every = list(self.by_id.values())
        most = min(self.shards_a_page, parameters.get("MaxResults", 1_000))
        answer: dict[str, Any] = {"Shards": list(map(_described, every[first : first + most]))}
        if first + most < len(every):
            answer["NextToken"] = f"{first + most}@{self._clock.monotonic()}"
        self.end(operation)
        return answer

    def _read_token(self, token: str) -> int:
        first, at, given_s = token.partition("@")
        if not first.isdecimal() or not at:
            raise self._invalid("ListShards", "Invalid NextToken.")
        if self._clock.monotonic() - float(given_s) > TOKEN_LIFETIME_S:
            raise client_error("ExpiredNextTokenException", "ListShards", 400, "The token has expired.")
        return int(first)

    def get_shard_iterator(self, **parameters: Any) -> dict[str, Any]:
        operation = "GetShardIterator"
        self._begin(operation, parameters)
        shard = self.by_id.get(parameters["ShardId"])
        if shard is None:
            text = f"Shard {parameters['ShardId']} in stream {self.arn} does not exist"
            raise client_error("ResourceNotFoundException", operation, 400, text)
        kind, number = parameters["ShardIteratorType"], parameters.get("StartingSequenceNumber")
        if (kind in _BY_NUMBER) is not (number is not None):
            text = f"{kind} and StartingSequenceNumber do not belong together."
            raise self._invalid(operation, text)
        if kind == "AT_TIMESTAMP" and "Timestamp" not in parameters:
            raise self._invalid(operation, "AT_TIMESTAMP needs a Timestamp.")
        if number is not None and not FIRST_NUMBER <= int(number) < FIRST_NUMBER + 10**12:
            text = f"StartingSequenceNumber {number} used in GetShardIterator on shard {shard.id} is invalid."
            raise self._invalid(operation, text)
        match kind:
            case "TRIM_HORIZON":
                first = 0
            case "LATEST":
                first = int(shard.records[-1]["SequenceNumber"]) + 1 if shard.records else 0
            case "AT_TIMESTAMP":
                at = parameters["Timestamp"]
                later = [r for r in shard.records if r["ApproximateArrivalTimestamp"] >= at]
                first = int(later[0]["SequenceNumber"]) if later else FIRST_NUMBER + 10**12
            case "AT_SEQUENCE_NUMBER":
                first = int(str(number))
            case _:
                first = int(str(number)) + 1
        self.end(operation)
        return {"ShardIterator": self._token(shard.id, first)}

    def get_records(self, **parameters: Any) -> dict[str, Any]:
        self._begin("GetRecords", parameters)
        if parameters["ShardIterator"] not in self._places:
            raise self._invalid("GetRecords", "Invalid ShardIterator.")
        shard_id, first, given_s = self._places[parameters["ShardIterator"]]
        if self._clock.monotonic() - given_s > ITERATOR_LIFETIME_S:
            text = "Iterator expired. The iterator was created more than 300000 milliseconds ago."
            raise client_error("ExpiredIteratorException", "GetRecords", 400, text)
        self.reads.append(shard_id)
        shard = self.by_id[shard_id]
        waiting = [each for each in shard.records if int(each["SequenceNumber"]) >= first]
        if self.empty_pages and waiting:
            self.empty_pages -= 1
            return {"Records": [], "NextShardIterator": self._token(shard_id, first), "MillisBehindLatest": 5}
        page = _within(waiting[: min(parameters.get("Limit", 10_000), self.page_size)])
        behind = len(waiting) - len(page)
        answer: dict[str, Any] = {"Records": page, "MillisBehindLatest": behind}
        if behind or shard.ending is None:
            after = int(page[-1]["SequenceNumber"]) + 1 if page else first
            answer["NextShardIterator"] = self._token(shard_id, after)
        self.end("GetRecords")
        return answer

    def _token(self, shard_id: str, first: int) -> str:
        token = f"iterator-{next(self._tokens)}"
        self._places[token] = (shard_id, first, self._clock.monotonic())
        return token

    def put_records(self, **parameters: Any) -> dict[str, Any]:
        operation = "PutRecords"
        self._begin(operation, parameters)
        entries = parameters["Records"]
        if sum(len(each["Data"]) + len(each["PartitionKey"].encode()) for each in entries) > REQUEST_BYTES:
            text = f"Records size exceeds {REQUEST_BYTES} bytes limit"
            raise self._invalid(operation, text)
        answers = [
            {"ShardId": self._owner(each["PartitionKey"]).id, "SequenceNumber": self._append(each)}
            for each in entries
        ]
        self.end(operation)
        return with_request_id({"FailedRecordCount": 0, "Records": answers})

    def _append(self, entry: dict[str, Any]) -> str:
        return self.write(entry["Data"], key=entry["PartitionKey"])

    def _owner(self, key: str) -> _Shard:
        place = zlib.crc32(key.encode())
        return next(each for each in self.by_id.values() if each.ending is None and place in each.keys)

    # --- rules ---------------------------------------------------------------------------------

    def _begin(self, operation: str, parameters: dict[str, Any]) -> None:
        self.begin(operation, parameters)
        if parameters.get("StreamARN", self.arn) != self.arn:
            raise self.missing(operation)

    def _invalid(self, operation: str, text: str) -> ClientError:
        return client_error("InvalidArgumentException", operation, 400, text)

    def missing(self, operation: str) -> ClientError:
        return client_error("ResourceNotFoundException", operation, 400, "Stream not found")


def _within(records: list[Any]) -> list[Any]:
    """At most 10 MiB, and at least one record."""
    size = 0
    page: list[Any] = []
    for record in records:
        size += len(record["Data"])
        if page and size > PAGE_BYTES:
            break
        page.append(record)
    return page


def _described(shard: _Shard) -> dict[str, Any]:
    numbers = {"StartingSequenceNumber": str(FIRST_NUMBER)}
    if shard.ending is not None:
        numbers["EndingSequenceNumber"] = shard.ending
    step = 2**128 // _HASHES
    hashes = {
        "StartingHashKey": str(shard.keys.start * step),
        "EndingHashKey": str(shard.keys.stop * step - 1),
    }
    described: dict[str, Any] = {"ShardId": shard.id, "SequenceNumberRange": numbers, "HashKeyRange": hashes}
    names = ("ParentShardId", "AdjacentParentShardId")
    return described | dict(zip(names, shard.parents, strict=False))
