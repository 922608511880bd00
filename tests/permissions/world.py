"""Everything that the templates make, in the embedded AWS under the names that they give; and the functions
with a role's policy before them."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse, HeadersDict

from bridge.edges.dynamodb.stream_reader import StreamReader
from bridge.edges.local.clock import SystemClock
from bridge.edges.s3.failures import S3FailureDestination, S3FailureSource
from bridge.errors import BridgeError
from bridge.lambdas.redrive import RedriveHandler
from bridge.reconcile import Options, Reconciler
from bridge.stream.mapping.settings import MappingSettings, Pace
from bridge.stream.runner import Runner
from bridge.wiring.bridge import (
    Configuration,
    build_fetcher,
    build_relay,
    build_sinks,
    check_targets,
    load_configuration,
)
from bridge.wiring.clients import ClientFactory, client_factory
from bridge.wiring.functions import StreamHandler
from bridge.wiring.reconcile import build_function_lag, build_reconciler
from bridge.wiring.redrive import Redriving
from tests.builders.records import item
from tests.fakes.context import LambdaContext
from tests.fakes.eventbridge_v2_server import EventBridgeV2Server
from tests.fakes.policy_guard import PolicyGuard, Raw, Statement
from tests.fakes.stores import MemoryCheckpoints
from tests.fakes.telemetry import KeptTelemetry
from tests.infra.templates import ACCOUNT, EVERYTHING, MAPPING_ID, REGION, Stack, reconciliation

TYPE = "com.example.user.changed"
LARGE = "x" * 4000
STEPS = 400
"""Rounds of the runner after which a test has not ended."""

CONFIGURATION = """
version: 1
source: com.example.accounts
schemas: ./event_schemas
hash_key: not-a-secret-but-long-enough-for-tests
sinks:
  domain: {{kind: eventbridge, bus: stream-bridge, max_bytes: 3000}}
  feed: {{kind: sns, topic: "{topic}"}}
  next: {{kind: eventbridge_v2, bus: "{bus_v2}"}}
ledger: {{kind: dynamodb, table: stream-bridge-ledger, keep: fields}}
quarantine: {{kind: s3, bucket: "{quarantine}"}}
claim_check: {{bucket: "{claims}"}}
tables:
  Users:
    subject: user/{{$.key.id}}
    sink: [domain, feed, next]
    fetch: current
    reconcile: {{grace: 0}}
    events:
      - type: com.example.user.changed
        op: [insert, modify, remove]
        versions: [{{schema: "1.0.0", data: {{name: $.after.name}}}}]
"""
SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": f"https://schemas.example.com/{TYPE}/1.0.0.json",
    "description": "For tests.",
    "type": "object",
    "properties": {"name": {"type": "string"}},
}


@dataclass
class Published:
    """How a run ended. ``errors`` are the bridge's errors that a function raised, ``lines`` all that was
    logged; ``quarantined`` are the keys of the records that went there."""

    errors: list[BridgeError] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    quarantined: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    returned: int = 0

    def names(self, action: str) -> bool:
        texts = [str(error) + " " + error.hint for error in self.errors] + self.lines
        return any(action.lower() in text.lower() for text in texts)


class World:
    def __init__(self, endpoint_url: str, bus_v2: EventBridgeV2Server, folder: Path) -> None:
        self._endpoint_url = endpoint_url
        self._bus_v2 = bus_v2
        self.bus_v2_arn = bus_v2.arn
        self._session = boto3.session.Session(
            aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION
        )
        self._admin: dict[str, Any] = {}
        self._numbers = itertools.count()
        self._last = 0
        topic = self.admin("sns").create_topic(
            Name="stream-bridge.fifo", Attributes={"FifoTopic": "true", "ContentBasedDeduplication": "false"}
        )["TopicArn"]
        self.account = topic.split(":")[4]
        self.admin("events").create_event_bus(Name="stream-bridge")
        for kind in ("quarantine", "claim-check", "on-failure", "runs"):
            self.admin("s3").create_bucket(
                Bucket=self.bucket(kind), CreateBucketConfiguration={"LocationConstraint": REGION}
            )
        self.stream_arn = self._create_table("Users", "id", stream=True)
        self._create_table("stream-bridge-ledger", "pk", stream=False)
        self.guard = PolicyGuard(self.account, REGION)
        self.configuration = self._configure(folder, topic)
        self._factories = [self._guarded(), self._guarded()]
        self._bridge = Stack(
            "bridge", {**EVERYTHING, "StreamArn": self.stream_arn, "EventBusV2Arn": bus_v2.arn}
        )
        self._reconciliation = reconciliation(
            self._bridge,
            TableArn=self.stream_arn.partition("/stream/")[0],
            PublishesToEventBusV2="true",
            PublishesToTopic="true",
        )

    # --- what there is -----------------------------------------------------------------------------

    def admin(self, service: str) -> Any:
        """A client that no policy watches."""
        if service == "eventbridgev2":
            return self._bus_v2.client()
        if service not in self._admin:
            self._admin[service] = self._session.client(service, endpoint_url=self._endpoint_url)
        return self._admin[service]

    def bucket(self, kind: str) -> str:
        return f"stream-bridge-{kind}-{self.account}-{REGION}"

    def policy(self, role: str) -> list[Statement]:
        """The statements of a role as the templates give it, in the embedded AWS's account."""
        stack = self._reconciliation if role == "WorkerRole" else self._bridge
        text = json.dumps(stack.policies(role))
        statements: list[Statement] = json.loads(text.replace(ACCOUNT, self.account))
        return statements

    def _create_table(self, name: str, key: str, *, stream: bool) -> str:
        view = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}}
        created = self.admin("dynamodb").create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
            KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
            **(view if stream else {}),
        )
        return str(created["TableDescription"].get("LatestStreamArn", ""))

    def _configure(self, folder: Path, topic: str) -> Configuration:
        schema = folder / "event_schemas" / TYPE / "1.0.0.json"
        schema.parent.mkdir(parents=True)
        schema.write_text(json.dumps(SCHEMA))
        config = folder / "bridge.yaml"
        config.write_text(
            CONFIGURATION.format(
                topic=topic,
                bus_v2=self._bus_v2.arn,
                quarantine=self.bucket("quarantine"),
                claims=self.bucket("claim-check"),
            )
        )
        return load_configuration(config, {})

    def _guarded(self) -> ClientFactory:
        """As the wiring makes clients, each behind the guard."""
        make = client_factory(endpoint_url=self._endpoint_url, region=REGION)
        made: dict[str, Any] = {}

        def client(service: str) -> Any:
            if service not in made:
                own = self._bus_v2.client() if service == "eventbridgev2" else make(service)
                made[service] = self.guard.watch(own)
                if service == "lambda":
                    own.meta.events.register_last("before-send", self._report_mapping)
            return made[service]

        return client

    # --- runs --------------------------------------------------------------------------------------

    def empty(self) -> None:
        """No items, no rows, no objects; no call of before counts."""
        for table, key in (("Users", "id"), ("stream-bridge-ledger", "pk")):
            dynamodb = self.admin("dynamodb")
            for row in dynamodb.scan(TableName=table)["Items"]:
                dynamodb.delete_item(TableName=table, Key={key: row[key]})
        for kind in ("quarantine", "claim-check", "on-failure", "runs"):
            for key in self.keys(kind):
                self.admin("s3").delete_object(Bucket=self.bucket(kind), Key=key)
        self.guard.used.clear()
        self.guard.denied.clear()

    def keys(self, kind: str) -> list[str]:
        found = self.admin("s3").list_objects_v2(Bucket=self.bucket(kind)).get("Contents", ())
        return [each["Key"] for each in found]

    def write(self) -> None:
        """Items for every way: a small one, two large ones with one claim, one that no schema lets through,
        one of which the record shall contain only the key."""
        number = self._last = next(self._numbers)
        names: dict[str, Any] = {"small": "a", "large": LARGE, "larger": LARGE, "bad": 7, "keys": "b"}
        for kind, name in names.items():
            self.admin("dynamodb").put_item(
                TableName="Users", Item=item({"id": f"{kind}-{number}", "name": name})
            )

    def stream(self, statements: Sequence[Statement]) -> Published:
        """The function behind the runner, which reads the stream with the same role; then a batch that is
        given up."""
        published, telemetry = Published(), KeptTelemetry()
        self.guard.statements = statements
        client = self._factories[0]

        def open_stream() -> StreamHandler:
            relay = build_relay(
                self.configuration,
                build_sinks(self.configuration.settings, client, telemetry),
                telemetry,
                fetcher=build_fetcher(self.configuration, client),
                client=client,
            )
            check_targets(relay)
            return StreamHandler(relay, relay.clock)

        opened: list[StreamHandler] = []

        def handler(event: Mapping[str, Any], context: Any) -> Any:
            if not opened:
                opened.append(open_stream())
            answer = opened[0].handle(_keys_only(event), context)
            published.returned += len(answer["batchItemFailures"])
            return answer

        def broken(event: Mapping[str, Any], context: Any) -> Any:
            raise _Broken

        with _kept(published, telemetry):
            destination = S3FailureDestination(client("s3"), self.bucket("on-failure"), MAPPING_ID)
            destination.check()
            for function in (handler, broken):
                if published.errors:
                    break
                self._run(client, _heard(function, published), destination, telemetry, published)
        published.quarantined = self._quarantined()
        return published

    def _run(
        self,
        client: ClientFactory,
        handler: Callable[[Mapping[str, Any], Any], Any],
        destination: S3FailureDestination,
        telemetry: KeptTelemetry,
        published: Published,
    ) -> None:
        """From the end of the stream: what is written once the runner stands there is all it gets."""
        runner = Runner(
            StreamReader(client("dynamodbstreams"), self.stream_arn),
            handler,
            MemoryCheckpoints(),
            MappingSettings(starting_position="LATEST", max_retries=0),
            clock=SystemClock(),
            rng=random.Random(0),
            destination=destination,
            telemetry=telemetry,
            pace=Pace(poll_s=0.001, listing_s=0.05, backoff_base_s=0.001, backoff_cap_s=0.002),
        )
        for _ in range(3):
            runner.step()
        self.write()
        for _ in range(STEPS):
            runner.step()
            stats = runner.stats()
            if stats.done + stats.given_up >= 5 or self.guard.denied:
                runner.step()
                return
        raise AssertionError(f"not ended: {stats}, {telemetry.lines}")

    def redrive(self, statements: Sequence[Statement]) -> Published:
        """What the mapping gave up, taken up again on its schedule."""
        published, telemetry = Published(), KeptTelemetry()
        self._store_batch()
        self.guard.statements = statements
        client = self._factories[0]
        with _kept(published, telemetry):
            redriver = Redriving(self.configuration, client, telemetry).redriver()
            handler = RedriveHandler(
                redriver,
                redriver.relay.clock,
                telemetry,
                lambda bucket: S3FailureSource(client("s3"), bucket),
            )
            handler.handle({"bucket": self.bucket("on-failure")}, LambdaContext())
        published.quarantined = self._quarantined()
        return published

    def _store_batch(self) -> None:
        """A batch in the on-failure bucket, put there as the mapping does."""
        self.guard.statements = ()
        telemetry, published = KeptTelemetry(), Published()
        s3 = self.admin("s3")

        def broken(event: Mapping[str, Any], context: Any) -> Any:
            raise _Broken

        destination = S3FailureDestination(s3, self.bucket("on-failure"), MAPPING_ID)
        self._run(self.admin, broken, destination, telemetry, published)
        for key in self.keys("on-failure"):
            kept = json.loads(s3.get_object(Bucket=self.bucket("on-failure"), Key=key)["Body"].read())
            kept["payload"] = json.dumps(_keys_only(json.loads(kept["payload"])))
            s3.put_object(Bucket=self.bucket("on-failure"), Key=key, Body=json.dumps(kept).encode())

    def reconcile(self, statements: Sequence[Statement]) -> Published:
        """Items that no stream brought: found and published."""
        published, telemetry = Published(), KeptTelemetry()
        options = Options(segments=1, max_rcu=1e6, grace_s=0.0)
        self.write()
        self._reconciler(itertools.repeat(self.admin), self.admin).execute("seed", options)
        self.write()
        self.admin("dynamodb").delete_item(TableName="Users", Key={"id": {"S": f"small-{self._last - 1}"}})
        self.guard.statements = statements
        with _kept(published, telemetry):
            reconciler = self._reconciler(itertools.cycle(self._factories), self._factories[0])
            report = reconciler.execute("run", options)
            published.counts = {key: value for key, value in report.items() if isinstance(value, int)}
        return published

    def _reconciler(self, factories: Iterator[ClientFactory], client: ClientFactory) -> Reconciler:
        return build_reconciler(
            self.configuration,
            "Users",
            lambda: next(factories),
            state=f"s3://{self.bucket('runs')}",
            lag=build_function_lag(
                self.configuration, "Users", "stream-bridge", client, mapping_id=MAPPING_ID
            ),
            dry=False,
        )

    def _report_mapping(self, request: Any, **_: Any) -> AWSResponse:
        """The mapping of a quiet stream, as Lambda reports it; the embedded AWS would read by a real one."""
        published = {
            "UUID": MAPPING_ID,
            "FunctionArn": f"arn:aws:lambda:{REGION}:{self.account}:function:stream-bridge",
            "EventSourceArn": self.stream_arn,
            "State": "Enabled",
            "LastProcessingResult": "No records processed",
        }
        return AWSResponse(request.url, 200, HeadersDict({}), Raw(json.dumps(published).encode()))

    def _quarantined(self) -> list[str]:
        s3 = self.admin("s3")
        found = []
        for key in self.keys("quarantine"):
            entry = json.loads(s3.get_object(Bucket=self.bucket("quarantine"), Key=key)["Body"].read())
            found.append(entry["record"]["dynamodb"]["Keys"]["id"]["S"])
        return sorted(found)


class _Broken(Exception):
    """A function that fails for reasons of its own."""


class _kept:
    """What is raised and logged while it is open; the bridge's errors end the run and not the test."""

    def __init__(self, published: Published, telemetry: KeptTelemetry) -> None:
        self._reported = published
        self._telemetry = telemetry

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> bool:
        ours = isinstance(error, BridgeError)
        if isinstance(error, BridgeError):
            self._reported.errors.append(error)
        self._reported.lines += [f"{message} {fields}" for _, message, fields in self._telemetry.lines]
        self._reported.counts |= {name: int(count) for name, count in self._telemetry.counts.items()}
        return ours


def _heard(
    function: Callable[[Mapping[str, Any], Any], Any], published: Published
) -> Callable[[Mapping[str, Any], Any], Any]:
    def handler(event: Mapping[str, Any], context: Any) -> Any:
        try:
            return function(event, context)
        except BridgeError as error:
            published.errors.append(error)
            raise

    return handler


def _keys_only(event: Mapping[str, Any]) -> dict[str, Any]:
    """The items with these names, as a stream with another view would deliver them."""
    records = []
    for record in event["Records"]:
        part = dict(record["dynamodb"])
        if part["Keys"]["id"]["S"].startswith("keys-"):
            part.pop("NewImage", None)
            part.pop("OldImage", None)
            part["StreamViewType"] = "KEYS_ONLY"
        records.append({**record, "dynamodb": part})
    return {**event, "Records": records}
