"""The account itself: which peer is behind each service, and every call that was made to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bridge.ports.quarantine import Quarantined
from bridge.ports.quarantine_entry import decode
from tests.fakes.clients.aws_peer import with_request_id
from tests.fakes.clients.batch_peer import client_error
from tests.simulation.account.clients import ACCOUNT_ID, REGION, Client
from tests.simulation.account.tables import ItemsTable, Mappings, Metrics, Streams
from tests.simulation.configuration import BILLING, LEDGER_TABLE, TOPIC
from tests.simulation.faults import Faults
from tests.simulation.ledgers import SimulatedDynamoDbLedger
from tests.simulation.outside import Outside
from tests.simulation.peers.network import Network
from tests.simulation.peers.stores import CLAIMS_BUCKET, EdgeQuarantine, Queue
from tests.simulation.recovery.nonsense import Nonsense
from tests.simulation.recovery.run_stores import BUCKET as RUNS_BUCKET
from tests.simulation.recovery.run_stores import SimulatedS3
from tests.simulation.world import TABLE, World


class Account:
    """``role`` is who calls: a function, or "" for an operator; ``calls`` is what each role called: service,
    method and what it was for. ``lag_s`` is how far the function is behind, as CloudWatch says it.
    ``buckets`` and ``queues`` are peers by name and by URL. ``gone``: services that deny everything, all of
    them for ``*``; ``down``: those that fail. ``registries`` are those of schemas, by service;
    ``kinesis`` is the peer of that service.
    """

    def __init__(
        self,
        outside: Outside,
        world: World,
        faults: Faults,
        on_put: Callable[[Quarantined], None],
        lag_s: Callable[[], float],
        nonsense_share: float,
    ) -> None:
        self.role = ""
        self.calls: set[tuple[str, str, str, str]] = set()
        self.lag_s: Callable[[], float | None] = lag_s
        self.gone: set[str] = set()
        self.down: set[str] = set()
        self.registries: dict[str, Any] = {}
        self.kinesis: Any = None
        self.mappings = Mappings(world, faults, lag_s)
        runs = SimulatedS3(RUNS_BUCKET, faults, "runs")
        self.buckets: dict[str, Any] = {
            CLAIMS_BUCKET: outside.claims.network,
            RUNS_BUCKET: Nonsense(runs, faults, nonsense_share),
        }
        self.queues: dict[str, Any] = {}
        if isinstance(outside.quarantine, EdgeQuarantine):
            peer = outside.quarantine.peer
            way = _QuarantineWay(peer, outside.quarantine.service, faults, on_put)
            if isinstance(peer, Queue):
                self.queues[peer.url] = way
            else:
                self.buckets[peer.bucket] = way
        tables: dict[str, Any] = {TABLE: Nonsense(ItemsTable(world, faults), faults, nonsense_share)}
        if isinstance(outside.ledger, SimulatedDynamoDbLedger):
            tables[LEDGER_TABLE] = outside.ledger.peer
        metrics = Metrics(faults, lambda: self.lag_s())
        self._services: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
            "cloudwatch": lambda request: metrics,
            "dynamodb": lambda request: _found(tables, _table_in(request), "ResourceNotFoundException"),
            "dynamodbstreams": Streams(world, faults).choose,
            "events": lambda request: _found(outside.sinks, _bus_in(request), "ResourceNotFoundException"),
            "eventbridgev2": lambda request: outside.sinks[BILLING],
            "glue": lambda request: self.registries["glue"],
            "kinesis": lambda request: self.kinesis,
            "lambda": lambda request: self.mappings,
            "s3": lambda request: _found(self.buckets, request["Bucket"], "NoSuchBucket"),
            "schemas": lambda request: self.registries["schemas"],
            "sns": lambda request: outside.sinks[TOPIC],
            "sqs": lambda request: _found(
                self.queues, request["QueueUrl"], "AWS.SimpleQueueService.NonExistentQueue"
            ),
            "sts": lambda request: _Identity(),
        }

    def client(self, service: str) -> Client:
        def choose(request: Mapping[str, Any]) -> Any:
            if service in self.down:
                raise client_error("InternalServerErrorException", "", 503)
            if self.gone & {service, "*"}:
                raise client_error("AccessDeniedException", "", 403)
            return self._services[service](request)

        return Client(service, choose, self._note)

    def _note(self, service: str, method: str, request: Mapping[str, Any]) -> None:
        self.calls.add((self.role, service, method, _target_of(service, request)))


class _QuarantineWay(Network):
    """The way to the quarantine; ``on_put`` hears of every entry that arrived."""

    def __init__(
        self, peer: Any, service: str, faults: Faults, on_put: Callable[[Quarantined], None]
    ) -> None:
        edges = {
            "PutObject": "quarantine.put",
            "SendMessage": "quarantine.put",
            "DeleteObject": "quarantine.remove",
            "DeleteMessage": "quarantine.remove",
        }
        super().__init__(peer, service, faults, "quarantine", edges)
        self._on_put = on_put

    def call(self, method: str, operation: str, request: dict[str, Any]) -> Any:
        before = self._peer.puts
        try:
            return super().call(method, operation, request)
        finally:
            if self._peer.puts > before:
                body = request["Body"] if operation == "PutObject" else request["MessageBody"].encode()
                self._on_put(decode(body))


class _Identity:
    def get_caller_identity(self) -> dict[str, Any]:
        arn = f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/operator/simulation"
        return with_request_id({"UserId": "operator", "Account": ACCOUNT_ID, "Arn": arn})


def _found(peers: Mapping[str, Any], name: str, code: str) -> Any:
    if name not in peers:
        raise client_error(code, "", 404)
    return peers[name]


def _table_in(request: Mapping[str, Any]) -> str:
    names = [request["TableName"]] if "TableName" in request else list(request["RequestItems"])
    (name,) = names
    return str(name)


def _bus_in(request: Mapping[str, Any]) -> str:
    (name,) = (
        {each["EventBusName"] for each in request["Entries"]} if "Entries" in request else {request["Name"]}
    )
    return str(name)


def _target_of(service: str, request: Mapping[str, Any]) -> str:
    """The ARN of what a call is about; "*" where permissions have no resource."""
    here = f"{REGION}:{ACCOUNT_ID}"
    match service:
        case "dynamodb":
            return f"arn:aws:dynamodb:{here}:table/{_table_in(request)}"
        case "dynamodbstreams":
            return str(request.get("StreamArn") or request["ShardIterator"].partition("|")[0])
        case "eventbridgev2":
            return str(request["EventBusArn"])
        case "events":
            return f"arn:aws:events:{here}:event-bus/{_bus_in(request)}"
        case "sns":
            return str(request["TopicArn"])
        case "sqs":
            return f"arn:aws:sqs:{here}:{request['QueueUrl'].rpartition('/')[2]}"
        case "s3":
            keys = [each["Key"] for each in request.get("Delete", {}).get("Objects", ())]
            key = request.get("Key") or (keys[0] if keys else "")
            return f"arn:aws:s3:::{request['Bucket']}" + (f"/{key}" if key else "")
        case "lambda":
            return f"arn:aws:lambda:{here}:event-source-mapping:{request.get('UUID', '*')}"
    return "*"
