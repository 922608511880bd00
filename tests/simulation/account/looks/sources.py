"""The same records through the product's other entrances: EventBridge Pipes, and Kinesis."""

from __future__ import annotations

import base64
import json
from collections import Counter
from functools import partial
from typing import Any, Final

from bridge.core.records.dialect import Record
from bridge.core.records.kinesis import KINESIS
from bridge.lambdas import pipe
from bridge.wiring.functions import open_stream
from tests.builders.kinesis_records import KINESIS_ARN
from tests.fakes.clients.kinesis import KinesisClient
from tests.fakes.context import LambdaContext
from tests.simulation.account.functions import Process
from tests.simulation.account.looks.look import Look
from tests.simulation.account.project import project
from tests.simulation.configuration import DOMAIN, event_ids
from tests.simulation.kinds import Part
from tests.simulation.world import TABLE, TABLE_ARN

_OK, _PARTLY = 0, 4
_BATCH: Final = 10
_TIME: Final = 600_000
_TRIES: Final = 4
_FIRST: Final = 10**21 - 7


def piped(look: Look) -> None:
    """A pipe's enrichment answers the events of its records, each once and in their order, and settles
    nothing."""
    account, judge = look.simulation.account, look.simulation.judge
    for stream in look.simulation.world.streams:
        records = [each for each in look.records() if each[0]["eventSourceARN"] == stream.arn]
        process = Process(
            pipe._open, "pipe", project(look.simulation.options), account, judge, STREAM_ARN=stream.arn
        )
        for first in range(0, len(records), _BATCH):
            batch = records[first : first + _BATCH]
            given = [record for record, _ in batch]
            if look.rng.random() < 0.5:  # as the documentation of Pipes shows them
                given = [{**record, "eventSourceARN": TABLE_ARN} for record in given]
            answer = [event["id"] for event in process.handle(given, LambdaContext(_TIME))]
            if Counter(answer) != Counter(_due(batch)):
                look.violated(f"a pipe answers {answer[:3]} …, due are {_due(batch)[:3]} …")
            names = [name.rpartition(":")[0] for name in answer]
            if names != sorted(names, key=[part.id for _, parts in batch for part in parts].index):
                look.violated(f"a pipe answers events in another order than their records: {names}")


def over_kinesis(look: Look) -> None:
    """Changes that come over Kinesis, twice and late, become the same events; a subscriber that keeps the
    newest ends with the table's items."""
    clock: Any = look.simulation.world.clock
    look.simulation.account.kinesis = peer = KinesisClient(clock=clock)
    config = project(look.simulation.options, kinesis=KINESIS_ARN)
    records = [each for each in look.records() if all(part.fate != "poison" for part in each[1])]
    domain = look.simulation.buses[DOMAIN]
    before = len(domain.received)
    payloads = [(_payload(record), record["dynamodb"]["Keys"]["id"]["S"]) for record, _ in records]
    payloads += look.rng.sample(payloads, len(payloads) // 5)  # Kinesis delivers some of them twice
    if look.rng.random() < 0.5:
        for payload, key in payloads:
            peer.write(payload, key=key)
            if look.rng.random() < 0.05:
                peer.split(next(name for name, shard in peer.by_id.items() if shard.ending is None))
        words = ("run", "--config", str(config), "--state", str(look.folder / "state"))
        look.must(look.run(*words, "--until-caught-up", "--output", "json"), _OK)
    else:
        account, judge = look.simulation.account, look.simulation.judge
        process = Process(partial(open_stream, dialect=KINESIS), "kinesis", config, account, judge)
        for first in range(0, len(payloads), _BATCH):
            batch = payloads[first : first + _BATCH]
            event = {"Records": [_sent(payload, number) for number, (payload, _) in enumerate(batch, first)]}
            for _ in range(_TRIES):
                answer = process.handle(event, LambdaContext(_TIME))
                back = {each["itemIdentifier"] for each in answer["batchItemFailures"]}
                event = {"Records": [r for r in event["Records"] if r["kinesis"]["sequenceNumber"] in back]}
                if not back:
                    break
            else:
                look.violated(f"over Kinesis, in calm, {len(back)} records are returned for ever")
    came = {one.id for one in domain.received[before:]}
    outside = look.simulation.outside
    taken = [each for each in records if not outside.refuses(each[1])]
    due = {id for each in taken for id in _due([each]) if id in _ids(each[1])}
    if not due <= came:
        look.violated(f"over Kinesis {sorted(due - came)[:3]} did not arrive")


def _due(batch: list[tuple[Record, tuple[Part, ...]]]) -> list[str]:
    return [
        id
        for _, parts in batch
        if parts and all(part.fate == "events" for part in parts)
        for part in parts
        for id in sorted(set().union(*event_ids(part).values()))
    ]


def _ids(parts: tuple[Part, ...]) -> set[str]:
    return {id for part in parts for id in event_ids(part)[DOMAIN]}


def _payload(record: Record) -> bytes:
    """A change as DynamoDB writes it to Kinesis."""
    change: dict[str, Any] = dict(record["dynamodb"])
    at_us = (
        int(change["ApproximateCreationDateTime"]) * 1_000_000
        + (int(change.pop("SequenceNumber")) - _FIRST) % 10**6
    )
    change.pop("StreamViewType", None)
    change |= {
        "ApproximateCreationDateTime": at_us,
        "ApproximateCreationDateTimePrecision": "MICROSECOND",
    }
    about = {name: record[name] for name in ("eventID", "eventName", "awsRegion")}
    return json.dumps(
        {
            **about,
            "userIdentity": None,
            "recordFormat": "application/json",
            "tableName": TABLE,
            "dynamodb": change,
            "eventSource": "aws:dynamodb",
        }
    ).encode()


def _sent(payload: bytes, number: int) -> dict[str, Any]:
    """As Lambda sends it."""
    return {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": "a",
            "sequenceNumber": str(10**55 + number),
            "data": base64.b64encode(payload).decode(),
            "approximateArrivalTimestamp": 1_793_534_400.0,
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"shardId-000000000000:{10**55 + number}",
        "eventName": "aws:kinesis:record",
        "awsRegion": "eu-central-1",
        "eventSourceARN": KINESIS_ARN,
    }
