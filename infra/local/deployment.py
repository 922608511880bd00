"""infra/ on an endpoint: create the stacks, write changes, reconcile, and remove everything again."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from bridge.core.keys import key_token
from bridge.demo.resources import Queue, drain
from bridge.edges.dynamodb.ledger_row import KEY, decode_row, encode_row, partition_key
from bridge.errors import BridgeError
from bridge.limits import RECORD_TIME_ROUNDING_S
from bridge.ports.clock import Clock
from bridge.settings import Settings
from infra.local.configuration import parameters_of, published_types, rendered_for
from infra.local.inventory import Thing, inventory, remove
from infra.local.stacks import Stack, Stacks
from infra.local.templates import STATE_MACHINE
from infra.local.workload import TABLE, Change, Losses, Published

CODE_BUCKET: Final = "stream-bridge-code"
CODE_KEY: Final = "bridge.zip"
BRIDGE: Final = "stream-bridge"
_POLL_S: Final = 0.2
_STALLED_S: Final = 30.0
"""How long to wait without a new event before the rest counts as missing."""
_KEEPS_NOTHING: Final = {"DeletionProtection": "false"}
"""So that the resources can be deleted again within a minute."""


@dataclass(frozen=True, slots=True)
class Leftovers:
    """``kept``: resources that the templates retain; ``forgotten``: resources that remained by mistake;
    ``missing``: resources that should have remained; ``left``: what exists after the removal by hand."""

    kept: set[Thing] = field(default_factory=set)
    forgotten: set[Thing] = field(default_factory=set)
    missing: set[str] = field(default_factory=set)
    left: set[Thing] = field(default_factory=set)


@dataclass
class Deployment:
    """``client`` returns boto3 clients for ``endpoint_url``, an account that uses none of the names used
    here."""

    client: Callable[[str], Any]
    endpoint_url: str
    settings: Settings
    clock: Clock
    events: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.stacks = Stacks(self.client, self.endpoint_url, CODE_BUCKET, self.clock)
        self.before = inventory(self.client)
        self._queues: list[Queue] = []

    # --- deploy ----------------------------------------------------------------------------------

    def deploy(self, package: Path) -> list[Stack]:
        """In the order of docs/deploy.md; ``package`` is what ``make package`` builds."""
        s3 = self.client("s3")
        s3.create_bucket(Bucket=CODE_BUCKET)
        s3.put_object(Bucket=CODE_BUCKET, Key=CODE_KEY, Body=package.read_bytes())
        s3.put_object(Bucket=CODE_BUCKET, Key=STATE_MACHINE.name, Body=STATE_MACHINE.read_bytes())
        code = {"CodeBucket": CODE_BUCKET, "CodeKey": CODE_KEY}
        rendered = rendered_for(self.settings)
        table = self.stacks.create("users-table", "example-table", {"TableName": TABLE, **_KEEPS_NOTHING})
        own = {**code, **_KEEPS_NOTHING, "BridgeName": BRIDGE, "StreamArn": table.outputs["StreamArn"]}
        bridge = self.stacks.create(BRIDGE, "bridge", parameters_of(rendered, "bridge", **own))
        for each in published_types(self.settings):
            name = "-".join(each.split(".")[-3:-1]).replace("_", "-")
            given = {"SubscriberName": name, "EventType": each, "EventSource": self.settings.source}
            subscriber = self.stacks.create(f"subscriber-{name}", "example-subscriber", given)
            self._queues.append(Queue(subscriber.outputs["QueueUrl"], ""))
        own = {**code, "BridgeName": BRIDGE, "BridgeStack": BRIDGE, "TableArn": table.outputs["TableArn"]}
        night = self.stacks.create(
            f"{BRIDGE}-reconciliation", "reconciliation", parameters_of(rendered, "reconciliation", **own)
        )
        self.stacks.create(f"{BRIDGE}-alarms", "observability", parameters_of(rendered, "observability"))
        self._ledger = bridge.outputs["LedgerTableName"]
        self._mapping = bridge.outputs["MappingId"]
        self._machine = night.outputs["StateMachineArn"]
        self._runs = night.outputs["RunsBucketName"]
        return list(self.stacks.made)

    # --- changes ---------------------------------------------------------------------------------

    def write(self, changes: Iterable[Change]) -> None:
        dynamodb = self.client("dynamodb")
        for change in changes:
            change.write(dynamodb)

    def receive(self, expected: int) -> list[dict[str, Any]]:
        """The CloudEvents that subscribers received since the last call. Returns when there are ``expected``
        events, or when nothing has arrived for a while. It reads the queues to their end, so that it also
        finds events too many."""
        received: list[dict[str, Any]] = []
        last_s = self.clock.monotonic()
        while True:
            more = [event for queue in self._queues for event in drain(self.client("sqs"), queue)]
            received += more
            now_s = self.clock.monotonic()
            if more:
                last_s = now_s
            elif len(received) >= expected or now_s - last_s > _STALLED_S:
                self.events += received
                return received
            else:
                self.clock.sleep(_POLL_S)

    def undelivered(self) -> list[str]:
        """Messages in the queues that no subscriber reads: dead letters and given-up batches."""
        sqs = self.client("sqs")
        received = {queue.url for queue in self._queues}
        others = [url for url in sqs.list_queues().get("QueueUrls", ()) if url not in received]
        return [
            str(message["Body"])
            for url in others
            for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", ())
        ]

    # --- reconciliation --------------------------------------------------------------------------

    def read_stream(self, *, on: bool) -> None:
        """Enable or disable the event source mapping, and wait until it is."""
        function = self.client("lambda")
        function.update_event_source_mapping(UUID=self._mapping, Enabled=on)
        wanted = "Enabled" if on else "Disabled"
        until_s = self.clock.monotonic() + _STALLED_S
        while function.get_event_source_mapping(UUID=self._mapping)["State"] != wanted:
            if self.clock.monotonic() > until_s:
                raise BridgeError(f"the mapping is not {wanted} after {_STALLED_S:g} s", stage="deploy")
            self.clock.sleep(_POLL_S)

    def lose(self, losses: Losses) -> None:
        """Write changes while the mapping is off, and delete and falsify rows of the ledger directly."""
        self.write(losses.unseen)
        dynamodb = self.client("dynamodb")
        for key in losses.rowless:
            dynamodb.delete_item(TableName=self._ledger, Key=_row_key(key))
        for key in losses.stale:
            found = dynamodb.get_item(TableName=self._ledger, Key=_row_key(key), ConsistentRead=True)["Item"]
            row = decode_row(found, self._ledger)
            image = {**(row.image or {}), "plan": {"S": "free"}}
            other = encode_row(replace(row, fingerprint="0" * len(row.fingerprint), image=image), 0)
            dynamodb.put_item(TableName=self._ledger, Item=other)
        # A record's time is rounded: what is read any sooner is not certainly newer than these changes, and
        # their records would be published once more.
        self.clock.sleep(2 * RECORD_TIME_ROUNDING_S)

    def report_lag(self) -> None:
        """Publish the lag metric that Lambda publishes and MiniStack does not."""
        self.client("cloudwatch").put_metric_data(
            Namespace="AWS/Lambda",
            MetricData=[
                {
                    "MetricName": "IteratorAge",
                    "Dimensions": [{"Name": "FunctionName", "Value": BRIDGE}],
                    "Timestamp": datetime.fromtimestamp(self.clock.now(), UTC),
                    "Value": 0.0,
                    "Unit": "Milliseconds",
                }
            ],
        )

    def reconcile(self, name: str) -> Mapping[str, Any]:
        """Run the state machine as its schedule does, wait for its end, and return the report. Raises
        ``BridgeError`` for an execution that did not succeed."""
        states = self.client("stepfunctions")
        given = json.dumps({"table": TABLE, "scheduled": "2026-01-01T02:00:00Z"})
        arn = states.start_execution(stateMachineArn=self._machine, name=name, input=given)["executionArn"]
        while (found := states.describe_execution(executionArn=arn))["status"] == "RUNNING":
            self.clock.sleep(_POLL_S)
        if found["status"] != "SUCCEEDED":
            raise BridgeError(
                f"execution {name} is {found['status']}: {found.get('error', '')}",
                hint=str(found.get("cause", "")),
                stage="reconcile",
            )
        output = json.loads(found["output"])
        key = f"reconcile/{TABLE}/reports/{output['report']['run']}"
        objects = self.client("s3").list_objects_v2(Bucket=self._runs, Prefix=key)["Contents"]
        body = self.client("s3").get_object(Bucket=self._runs, Key=objects[0]["Key"])["Body"].read()
        report: Mapping[str, Any] = json.loads(body)["document"]
        return report

    # --- cleanup ---------------------------------------------------------------------------------

    def remove_all(self) -> Leftovers:
        """Delete the stacks, and then the resources that they retain."""
        expected: set[str] = {each for stack in self.stacks.made for each in stack.kept}
        self.stacks.delete_all()
        stayed = inventory(self.client) - self.before - {("bucket", CODE_BUCKET)}
        kept = {thing for thing in stayed if thing[1] in expected}
        remove(self.client, [*sorted(kept), ("bucket", CODE_BUCKET)])
        left = inventory(self.client) - self.before
        return Leftovers(kept, stayed - kept, expected - {name for _, name in kept}, left)


def published(events: Iterable[Mapping[str, Any]]) -> Counter[Published]:
    """Number of events by type and subject."""
    return Counter((event["type"].rpartition(".v")[0], event["subject"]) for event in events)


def _row_key(key: str) -> dict[str, Any]:
    return {KEY: {"S": partition_key(key_token(TABLE, {"userId": {"S": key}}))}}
