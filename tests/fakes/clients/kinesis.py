"""A peer of boto3's ``kinesis`` client for one stream: shards that split and merge, pages, a trim horizon.

As the service does, it begins at the oldest record it has when the one asked for is trimmed, and it may
answer an empty page although there is more to come (``MillisBehindLatest`` says so).
"""

from __future__ import annotations

import itertools
import json
import zlib
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from tests.builders.kinesis_records import FIRST_NUMBER, KINESIS_ARN, START_MS, api_record, change
from tests.fakes.clients.aws_peer import AwsPeer
from tests.fakes.clients.batch_peer import client_error

_HASHES = 2**32


@dataclass
class _Shard:
    id: str
    keys: range
    parents: tuple[str, ...] = ()
    records: list[Any] = field(default_factory=list)
    ending: str | None = None


class KinesisClient(AwsPeer):
    """Begins with one open shard."""

    service = "kinesis"
    denial = ("AccessDeniedException", 400)

    def __init__(self, *, arn: str = KINESIS_ARN, page_size: int = 1000, shards_a_page: int = 100) -> None:
        super().__init__()
        self.arn = arn
        self.page_size = page_size
        self.shards_a_page = shards_a_page
        self.empty_pages = 0
        self.by_id: dict[str, _Shard] = {}
        self.reads: list[str] = []
        self._places: dict[str, tuple[str, int]] = {}
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
        place = zlib.crc32(key.encode())
        shard = next(each for each in self.by_id.values() if each.ending is None and place in each.keys)
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
        assert not {"NextToken", "StreamARN"} <= parameters.keys(), "the token stands for the stream"
        self.begin("ListShards", parameters)
        first = int(parameters.get("NextToken", 0))
        every = list(self.by_id.values())
        answer: dict[str, Any] = {"Shards": list(map(_described, every[first : first + self.shards_a_page]))}
        if first + self.shards_a_page < len(every):
            answer["NextToken"] = str(first + self.shards_a_page)
        self.end("ListShards")
        return answer

    def get_shard_iterator(self, **parameters: Any) -> dict[str, Any]:
        self.begin("GetShardIterator", parameters)
        shard = self.by_id[parameters["ShardId"]]
        match parameters["ShardIteratorType"]:
            case "TRIM_HORIZON":
                first = 0
            case "LATEST":
                first = int(shard.records[-1]["SequenceNumber"]) + 1 if shard.records else 0
            case "AT_SEQUENCE_NUMBER":
                first = int(parameters["StartingSequenceNumber"])
            case _:
                first = int(parameters["StartingSequenceNumber"]) + 1
        self.end("GetShardIterator")
        return {"ShardIterator": self._token(shard.id, first)}

    def get_records(self, **parameters: Any) -> dict[str, Any]:
        self.begin("GetRecords", parameters)
        shard_id, first = self._places[parameters["ShardIterator"]]
        self.reads.append(shard_id)
        shard = self.by_id[shard_id]
        waiting = [each for each in shard.records if int(each["SequenceNumber"]) >= first]
        if self.empty_pages and waiting:
            self.empty_pages -= 1
            return {"Records": [], "NextShardIterator": self._token(shard_id, first), "MillisBehindLatest": 5}
        page = waiting[: min(parameters["Limit"], self.page_size)]
        behind = len(waiting) - len(page)
        answer: dict[str, Any] = {"Records": page, "MillisBehindLatest": behind}
        if behind or shard.ending is None:
            after = int(page[-1]["SequenceNumber"]) + 1 if page else first
            answer["NextShardIterator"] = self._token(shard_id, after)
        self.end("GetRecords")
        return answer

    def _token(self, shard_id: str, first: int) -> str:
        token = f"iterator-{next(self._tokens)}"
        self._places[token] = (shard_id, first)
        return token

    def missing(self, operation: str) -> ClientError:
        return client_error("ResourceNotFoundException", operation, 400, "Stream not found")


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
