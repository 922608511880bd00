"""infra/bridge.yaml deployed with its mapping stopped, and the project's runner in the mapping's place,
configured from the same template. What the embedded AWS cannot judge of a mapping is seen here."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bridge.demo.resources import Queue, drain
from bridge.edges.dynamodb.stream_reader import StreamReader
from bridge.edges.s3.failures import S3FailureDestination, S3FailureSource
from bridge.lambdas.redrive import RedriveHandler
from bridge.ports.clock import Clock
from bridge.stream.mapping.stats import RunnerStats
from bridge.stream.runner import Runner
from bridge.wiring.bridge import Configuration, build_relay, build_sinks, load_configuration
from bridge.wiring.functions import StreamHandler
from bridge.wiring.redrive import Redriving
from infra.local.configuration import (
    parameters_of,
    published_types,
    read_settings,
    rendered_for,
    write_configuration,
)
from infra.local.stacks import Stacks
from infra.local.workload import TABLE, item
from tests.builders.aws import REGION, Aws
from tests.deploy.mapping import TemplateMapping, template_mapping
from tests.fakes.clock import FakeClock
from tests.fakes.context import LambdaContext
from tests.fakes.stores import MemoryCheckpoints
from tests.fakes.telemetry import KeptTelemetry
from tests.infra.templates import STREAM_ARN, Stack

ACCOUNT = "000000000000"
CODE = {"CodeBucket": "code", "CodeKey": "bridge.zip"}
MAPPING_ID = "8f3c1d52-0000-4000-8000-000000000000"


@dataclass
class MoodyBus:
    """boto3's ``events`` client, whose PutEvents answers each entry about one of ``refused`` as throttled, as
    EventBridge does: the call succeeds, the entry does not. ``tries`` counts the entries by subject."""

    client: Any
    refused: set[str] = field(default_factory=set)
    tries: dict[str, int] = field(default_factory=dict)

    def put_events(self, *, Entries: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
        answers = [self._put(entry) for entry in Entries]
        return {"FailedEntryCount": sum("ErrorCode" in each for each in answers), "Entries": answers}

    def _put(self, entry: Mapping[str, Any]) -> Mapping[str, Any]:
        subject = str(json.loads(entry["Detail"])["subject"])
        self.tries[subject] = self.tries.get(subject, 0) + 1
        if subject in self.refused:
            return {"ErrorCode": "ThrottlingException", "ErrorMessage": "Rate exceeded"}
        answer: Mapping[str, Any] = self.client.put_events(Entries=[entry])["Entries"][0]
        return answer

    def describe_event_bus(self, *, Name: str) -> Mapping[str, Any]:
        answer: Mapping[str, Any] = self.client.describe_event_bus(Name=Name)
        return answer


class TemplateRig:
    """``parameters`` of infra/bridge.yaml besides those that are rendered from the example's bridge.yaml."""

    def __init__(
        self, aws: Aws, folder: Path, clock: FakeClock, real_clock: Clock, **parameters: str
    ) -> None:
        self.aws = aws
        self.clock = clock
        self.telemetry = KeptTelemetry()
        self.batches: list[list[str]] = []
        config = write_configuration(folder)
        settings = read_settings(config)
        own = {**CODE, **parameters, "MappingEnabled": "false", "DeletionProtection": "false"}
        given = parameters_of(rendered_for(settings), "bridge", **own)
        self.outputs, self.stream_arn = self._deploy(given, real_clock)
        subscriber = Stacks(aws.client, aws.endpoint_url, CODE["CodeBucket"], real_clock).create(
            "subscriber", "example-subscriber", {"EventType": published_types(settings)[0]}
        )
        self._queue = Queue(subscriber.outputs["QueueUrl"], "")
        stack = Stack("bridge", {**given, "StreamArn": STREAM_ARN})
        self.mapping: TemplateMapping = template_mapping(stack, account=ACCOUNT, region=REGION)
        # What the function has: names of bus, ledger and buckets, and the secret, resolved by the stack.
        function = aws.client("lambda").get_function_configuration(FunctionName=self.outputs["FunctionName"])
        self.configuration: Configuration = load_configuration(config, function["Environment"]["Variables"])
        self.bus = MoodyBus(aws.client("events"))

    def _deploy(self, given: Mapping[str, str], clock: Clock) -> tuple[Mapping[str, str], str]:
        s3 = self.aws.client("s3")
        s3.create_bucket(Bucket=CODE["CodeBucket"])
        s3.put_object(Bucket=CODE["CodeBucket"], Key=CODE["CodeKey"], Body=b"never called")
        stacks = Stacks(self.aws.client, self.aws.endpoint_url, CODE["CodeBucket"], clock)
        table = stacks.create("users-table", "example-table", {"DeletionProtection": "false"})
        stream_arn = table.outputs["StreamArn"]
        bridge = stacks.create("stream-bridge", "bridge", {**given, "StreamArn": stream_arn})
        return bridge.outputs, stream_arn

    # --- the runner in the mapping's place -------------------------------------------------------

    def sign_up(self, *keys: str, **attributes: Any) -> None:
        for key in keys:
            self.aws.client("dynamodb").put_item(TableName=TABLE, Item={**item(key, "free"), **attributes})

    def run(self, *, fixed_at: int = 0) -> RunnerStats:
        """Run until it has read the whole stream. From invocation ``fixed_at`` on, the bus accepts
        everything."""
        relay = build_relay(
            self.configuration,
            build_sinks(self.configuration.settings, self._client, self.telemetry),
            self.telemetry,
            clock=self.clock,
            client=self._client,
        )
        stream = StreamHandler(relay, self.clock)

        def handler(event: Mapping[str, Any], context: Any) -> Any:
            self.batches.append([_key(record) for record in event["Records"]])
            if len(self.batches) == fixed_at:
                self.bus.refused = set()
            return stream.handle(event, context)

        return Runner(
            StreamReader(self.aws.client("dynamodbstreams"), self.stream_arn),
            handler,
            MemoryCheckpoints(),
            self.mapping.settings,
            clock=self.clock,
            rng=random.Random(7),
            destination=S3FailureDestination(self.aws.client("s3"), self.mapping.bucket, MAPPING_ID),
            telemetry=self.telemetry,
            pace=self.mapping.pace,
        ).run(until="caught_up")

    def redrive(self) -> Mapping[str, Any]:
        """As the function of the template does on its schedule, with the schedule's input."""
        redriver = Redriving(self.configuration, self._client, self.telemetry).redriver()
        source = S3FailureSource(self.aws.client("s3"), self.mapping.bucket)
        handler = RedriveHandler(redriver, redriver.relay.clock, self.telemetry, lambda bucket: source)
        answer: Mapping[str, Any] = handler.handle({"bucket": self.mapping.bucket}, LambdaContext())
        return answer

    def _client(self, service: str) -> Any:
        return self.bus if service == "events" else self.aws.client(service)

    # --- what came of it -------------------------------------------------------------------------

    def heard(self) -> list[str]:
        """Subjects of the events in the subscriber's queue, in the order of their arrival; taken from it."""
        return [event["subject"] for event in drain(self.aws.client("sqs"), self._queue)]

    def given_up(self) -> list[dict[str, Any]]:
        """The objects in the on-failure bucket of the stack."""
        s3, bucket = self.aws.client("s3"), self.outputs["OnFailureBucketName"]
        found = s3.list_objects_v2(Bucket=bucket).get("Contents", ())
        return [json.loads(s3.get_object(Bucket=bucket, Key=each["Key"])["Body"].read()) for each in found]

    def notified(self) -> list[str]:
        """Keys of the objects in the messages of the queue for the alarm, one per message."""
        sqs, url = self.aws.client("sqs"), self.outputs["OnFailureQueueUrl"]
        bodies = [
            json.loads(message["Body"])
            for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", ())
        ]
        return [body["detail"]["object"]["key"] for body in bodies]

    def quarantined(self) -> int:
        s3, bucket = self.aws.client("s3"), self.outputs["QuarantineBucketName"]
        return len(s3.list_objects_v2(Bucket=bucket).get("Contents", ()))


def keys_of(given_up: Mapping[str, Any]) -> list[str]:
    """Of the records in an object of the on-failure bucket."""
    return [_key(record) for record in json.loads(given_up["payload"])["Records"]]


def _key(record: Mapping[str, Any]) -> str:
    key: str = record["dynamodb"]["Keys"]["userId"]["S"]
    return key
