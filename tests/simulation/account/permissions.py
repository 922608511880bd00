"""Every call that a function of the product made is one that its policy in bridge/infra allows."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import cache
from typing import Any, Final, cast

from botocore import xform_name

from bridge.infra.permissions import Function, policy_of
from bridge.infra.uses import uses_of
from bridge.settings import load_settings
from tests.fakes.clients.shapes import service_model
from tests.fakes.policy_guard import ACTION_OF, PREFIX_OF
from tests.simulation.account.clients import ACCOUNT_ID, REGION
from tests.simulation.account.project import project
from tests.simulation.account.tables import MAPPING_ID
from tests.simulation.configuration import BUS_V2_ARN, LEDGER_TABLE, SECRET, TOPIC_ARN
from tests.simulation.kinds import PII_KEY
from tests.simulation.peers.stores import CLAIMS_BUCKET, QUARANTINE_BUCKET, QUARANTINE_QUEUE
from tests.simulation.recovery.boxes import GIVEN_UP_BUCKET
from tests.simulation.recovery.run_stores import BUCKET as RUNS_BUCKET
from tests.simulation.simulation import Simulation
from tests.simulation.world import TABLE, TABLE_ARN

_HERE: Final = f"{REGION}:{ACCOUNT_ID}"
_ARNS: Final[Mapping[str, str]] = {
    "ClaimCheckBucketArn": f"arn:aws:s3:::{CLAIMS_BUCKET}",
    "EventBusArn": f"arn:aws:events:{_HERE}:event-bus/*",
    "EventBusV2Arn": BUS_V2_ARN,
    "LedgerTableArn": f"arn:aws:dynamodb:{_HERE}:table/{LEDGER_TABLE}",
    "MappingArn": f"arn:aws:lambda:{_HERE}:event-source-mapping:{MAPPING_ID}",
    "OnFailureBucketArn": f"arn:aws:s3:::{GIVEN_UP_BUCKET}",
    "QuarantineBucketArn": f"arn:aws:s3:::{QUARANTINE_BUCKET}",
    "QuarantineQueueArn": f"arn:aws:sqs:{_HERE}:{QUARANTINE_QUEUE.rpartition('/')[2]}",
    "RunsBucketArn": f"arn:aws:s3:::{RUNS_BUCKET}",
    "RunsPrefix": "reconcile/",
    "StreamArn": f"{TABLE_ARN}/stream/*",
    "TableArn": TABLE_ARN,
    "TopicArn": TOPIC_ARN,
}


def calls_are_allowed(simulation: Simulation) -> None:
    """Tells the judge every call for which a deployed function would be denied."""
    calls = sorted(call for call in simulation.account.calls if call[0])
    if not calls:
        return
    environment = {"HASH_KEY": SECRET.decode(), "PII_KEY": PII_KEY.decode()}
    uses = uses_of(load_settings(project(simulation.options), environment), TABLE)
    for role in sorted({call[0] for call in calls}):
        policy = policy_of(cast(Function, role), uses, _ARNS)
        for _, service, method, target in [call for call in calls if call[0] == role]:
            if role == "redrive" and service == "dynamodbstreams":
                continue  # a redrive from a queue is not in the templates; docs/operations.md has its policy
            action = _action(service, method)
            if not any(_allows(statement, action, target) for statement in policy["Statement"]):
                simulation.judge.violated(f"function {role} calls {action} on {target}: its policy denies it")


def _allows(statement: Mapping[str, Any], action: str, target: str) -> bool:
    resource = statement["Resource"]
    return action in statement["Action"] and (resource == "*" or fnmatchcase(target, resource))


def _action(service: str, method: str) -> str:
    named = f"{PREFIX_OF.get(service, service)}:{_operations(service)[method]}"
    return ACTION_OF.get(named, named)


@cache
def _operations(service: str) -> Mapping[str, str]:
    return {xform_name(name): name for name in service_model(service).operation_names}
