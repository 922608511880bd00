"""One table says what each function may do; code and templates agree with it."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from typing import Any

import botocore.session
import pytest
from botocore import xform_name

from bridge.infra.permissions import (
    PERMISSIONS,
    Function,
    permissions_of,
    policy_of,
)
from bridge.infra.uses import Uses
from tests.builders.places import ROOT
from tests.infra.permission_facts import NOT_OF_A_FUNCTION, grants
from tests.infra.templates import (
    ACCOUNT,
    EVERYTHING,
    KEY_ARN,
    MAPPING_ID,
    REGION,
    STREAM_ARN,
    TABLE_KEY_ARN,
    Stack,
    bridge,
    kinesis,
    pipe,
    reconciliation,
)

EDGES = ROOT / "bridge" / "edges"
EMBEDDED = {"embedded", "embedded_server"}  # an emulator checks no permissions
SERVICES = (
    *("dynamodb", "dynamodbstreams", "events", "eventbridgev2", "sns", "sqs", "s3", "kinesis"),
    *("cloudwatch", "lambda", "glue", "schemas"),
)

SHARED = {"s3.objects": "Objects", "sqs.queue": "Queue"}
"""Conversations that the edges of one service share: the module, and its class."""

CLIENTS = {"client", "cloudwatch", "dynamodb", "events", "glue", "lambda_", "s3", "schemas", "sns", "sqs"}

LOGS = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/stream-bridge"
QUARANTINE_BUCKET = f"arn:aws:s3:::stream-bridge-quarantine-{ACCOUNT}-{REGION}"
ARNS = {
    "EventBusArn": f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/stream-bridge",
    "EventBusV2Arn": f"arn:aws:events:{REGION}:{ACCOUNT}:event-busv2/stream-bridge/aaaaaaaaaaaaaaaaaaaaaaaaa",
    "TopicArn": f"arn:aws:sns:{REGION}:{ACCOUNT}:stream-bridge.fifo",
    "LedgerTableArn": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/stream-bridge-ledger",
    "TableArn": STREAM_ARN.partition("/stream/")[0],
    "MappingArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:event-source-mapping:{MAPPING_ID}",
    "StreamArn": STREAM_ARN,
    "KinesisStreamArn": f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/stream-bridge-changes",
    "QuarantineBucketArn": QUARANTINE_BUCKET,
    "QuarantineQueueArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:stream-bridge-quarantine",
    "ClaimCheckBucketArn": f"arn:aws:s3:::stream-bridge-claim-check-{ACCOUNT}-{REGION}",
    "OnFailureBucketArn": f"arn:aws:s3:::stream-bridge-on-failure-{ACCOUNT}-{REGION}",
    "RunsBucketArn": f"arn:aws:s3:::stream-bridge-runs-{ACCOUNT}-{REGION}",
    "RunsPrefix": "reconcile/",
    "LogGroupArn": LOGS,
    "KmsKeyArn": KEY_ARN,
    "TableKmsKeyArn": TABLE_KEY_ARN,
}
WHOLE = Uses(
    event_bus=True,
    event_bus_v2=True,
    topic=True,
    ledger=True,
    quarantine_bucket=True,
    claim_check=True,
    fetch=True,
    tracing=True,
    key=True,
    table_key=True,
)
LEAST = Uses(event_bus=True, quarantine_bucket=True)


def wanted(function: Function, uses: Uses, **arns: str) -> set[tuple[str, str]]:
    found = grants(policy_of(function, uses, {**ARNS, **arns})["Statement"])
    assert not [resource for _, resource in found if "${" in resource]
    return found


def given(stack: Stack, role: str) -> set[tuple[str, str]]:
    return grants(stack.policies(role))


def whole(**parameters: str) -> Stack:
    return Stack("bridge", {**EVERYTHING, **parameters})


def test_the_function_of_a_configuration_that_uses_everything_may_do_what_the_table_says() -> None:
    assert given(whole(), "FunctionRole") == wanted("stream", WHOLE)


def test_raw_events_and_a_queue_for_quarantine_have_permissions_of_their_own() -> None:
    uses = replace(WHOLE, raw_events=True, quarantine_bucket=False, quarantine_queue=True)
    stack = whole(PublishesRawEvents="true", Quarantine="queue")
    assert given(stack, "FunctionRole") == wanted("stream", uses)


def test_the_function_of_a_small_configuration_may_do_no_more_than_it_needs() -> None:
    stack = bridge(UsesLedger="false", UsesClaimCheck="false")
    assert given(stack, "FunctionRole") == wanted("stream", LEAST)


def test_prefixes_of_the_configuration_bound_what_the_function_may_write() -> None:
    uses = replace(LEAST, claim_check=True, quarantine_prefix="bad/", claim_check_prefix="large/")
    stack = bridge(UsesLedger="false", QuarantinePrefix="bad/", ClaimCheckPrefix="large/")
    assert given(stack, "FunctionRole") == wanted("stream", uses)


@pytest.mark.parametrize(("stack", "uses"), [(whole(), WHOLE), (bridge(UsesClaimCheck="false"), None)])
def test_the_redrive_function_may_do_what_the_table_says(stack: Stack, uses: Uses | None) -> None:
    uses = uses or replace(LEAST, ledger=True)
    assert given(stack, "RedriveRole") == wanted("redrive", uses, LogGroupArn=f"{LOGS}-redrive")


def test_the_worker_of_reconciliations_may_do_what_the_table_says() -> None:
    stack = reconciliation(
        whole(),
        PublishesToEventBusV2="true",
        PublishesToTopic="true",
        Tracing="Active",
        TableKmsKeyArn=TABLE_KEY_ARN,
        KmsKeyArn=KEY_ARN,
    )
    assert given(stack, "WorkerRole") == wanted("reconcile", WHOLE, LogGroupArn=f"{LOGS}-reconcile")
    least = reconciliation(bridge(UsesClaimCheck="false"), UsesClaimCheck="false")
    uses = replace(LEAST, ledger=True)
    assert given(least, "WorkerRole") == wanted("reconcile", uses, LogGroupArn=f"{LOGS}-reconcile")


def test_the_worker_of_a_stream_behind_kinesis_asks_for_the_mapping_that_it_is_given_and_no_other() -> None:
    uuid = "0c5f1b7e-0000-4000-8000-000000000000"
    of = bridge(StreamArn="", UsesClaimCheck="false")
    stack = reconciliation(of, UsesClaimCheck="false", FunctionName="stream-bridge-kinesis", MappingId=uuid)
    arns = {"MappingArn": ARNS["MappingArn"].replace(MAPPING_ID, uuid), "LogGroupArn": f"{LOGS}-reconcile"}
    uses = replace(LEAST, ledger=True)
    assert given(stack, "WorkerRole") == wanted("reconcile", uses, **arns)
    reported = stack.properties("Worker")["Environment"]["Variables"]
    assert (reported["BRIDGE_FUNCTION"], reported["MAPPING_ID"]) == ("stream-bridge-kinesis", uuid)
    without = reconciliation(of, UsesClaimCheck="false", FunctionName="stream-bridge-kinesis")
    assert "lambda:GetEventSourceMapping" not in {action for action, _ in given(without, "WorkerRole")}
    assert "MAPPING_ID" not in without.properties("Worker")["Environment"]["Variables"]


def test_the_function_behind_kinesis_may_do_what_the_table_says() -> None:
    """Its pipeline uses the managed policy of the bridge stack; the key of the stream is its own."""
    of = bridge(UsesClaimCheck="false")
    stack = kinesis(of, UsesClaimCheck="false", KmsKeyArn=KEY_ARN, Tracing="Active")
    pipeline = grants(of.properties("PipelinePolicy")["PolicyDocument"]["Statement"])
    assert stack.properties("FunctionRole")["ManagedPolicyArns"] == [of.arn("PipelinePolicy")]
    uses = replace(LEAST, ledger=True, table_key=True, tracing=True)
    arns = {"LogGroupArn": f"{LOGS}-kinesis", "TableKmsKeyArn": KEY_ARN}
    assert given(stack, "FunctionRole") | pipeline == wanted("kinesis", uses, **arns)


def test_the_enrichment_of_a_pipe_may_do_what_the_table_says() -> None:
    arns = {
        "LogGroupArn": f"{LOGS}-pipe",
        "QuarantineBucketArn": "arn:aws:s3:::quarantine",
        "ClaimCheckBucketArn": "arn:aws:s3:::claims",
    }
    least, more = Uses(quarantine_bucket=True), Uses(quarantine_bucket=True, claim_check=True)
    assert given(pipe(), "EnrichmentRole") == wanted("pipe", least, **arns)
    assert given(pipe(ClaimCheckBucket="claims"), "EnrichmentRole") == wanted("pipe", more, **arns)


# --- the table and the code --------------------------------------------------------------------------


def operations() -> set[str]:
    """The names that AWS gives the operations of the services."""
    session = botocore.session.get_session()
    return {name for service in SERVICES for name in session.get_service_model(service).operation_names}


def edges() -> dict[str, ast.Module]:
    files = {path: path.relative_to(EDGES).with_suffix("") for path in sorted(EDGES.rglob("*.py"))}
    return {
        ".".join(name.parts): ast.parse(path.read_text())
        for path, name in files.items()
        if name.name not in EMBEDDED and name.parts[0] != "answers"
    }


def called(tree: ast.AST, known: set[str]) -> set[str]:
    """The operations that a piece of code names: every call passes AwsTarget.call, which takes the name."""
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and node.value in known}


def methods(tree: ast.Module, known: set[str]) -> dict[str, set[str]]:
    """The operations of each method of a shared conversation, also through its other methods."""
    (shared,) = (
        node for node in tree.body if isinstance(node, ast.ClassDef) and node.name in SHARED.values()
    )
    functions = {node.name: node for node in shared.body if isinstance(node, ast.FunctionDef)}
    found = {name: called(node, known) for name, node in functions.items()}
    for _ in found:
        for name, node in functions.items():
            found[name] |= {call for used in attributes_of(node, "self") for call in found.get(used, ())}
    return found


def attributes_of(tree: ast.AST, owner: str) -> set[str]:
    """What a piece of code takes of ``owner`` (``self._queue``), whether it calls it or passes it on."""
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == owner
    }


def calls() -> set[tuple[str, str]]:
    """Every AWS operation that an edge calls, as (edge, operation by its boto3 name). The calls of a shared
    conversation belong to the edges that use its methods."""
    known, trees, found = operations(), edges(), set()
    for edge, tree in trees.items():
        if edge in SHARED:
            continue
        names = called(tree, known)
        for shared, kept_as in SHARED.items():
            if shared.split(".")[0] == edge.split(".")[0]:
                of = methods(trees[shared], known)
                used = attributes_of(tree, f"self._{kept_as.lower()}")
                names |= {call for method in used for call in of.get(method, ())}
        found |= {(edge, xform_name(name)) for name in names}
    return found


def test_every_call_of_an_edge_passes_through_its_target() -> None:
    """Else nothing translates its errors, and the search for calls does not see it."""
    snake = {xform_name(name) for name in operations()}
    for edge, tree in edges().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr in snake:
                client = ast.unparse(node.value).removeprefix("self.").lstrip("_")
                assert client not in CLIENTS, f"{edge}:{node.lineno} calls a client itself"
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(
                ("target.call", "target.pages")
            ):
                name = node.args[0]
                passed_on = isinstance(name, ast.Name) and name.id == "operation"
                assert passed_on or isinstance(name, ast.Constant), f"{edge}:{node.lineno}: which call?"


def test_a_shared_conversation_is_kept_under_the_one_name_by_which_its_calls_are_found() -> None:
    for edge, tree in edges().items():
        for kept in set(SHARED.values()) - {SHARED.get(edge)}:
            made = [each for each in ast.walk(tree) if isinstance(each, ast.Call) and made_of(each, kept)]
            assigned = [
                node
                for node in ast.walk(tree)
                if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == f"self._{kept.lower()}"
            ]
            assert len(made) == len(assigned), edge


def made_of(call: ast.Call, name: str) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id == name


def test_every_call_of_an_edge_has_its_permission_or_is_made_by_people_only() -> None:
    found = calls()
    seen = {("eventbridge.classic", "put_events"), ("s3.run_store", "delete_objects")}
    assert found >= seen, "the search for calls finds nothing"
    listed = {(each.edge, call) for each in PERMISSIONS for call in each.calls}
    people = {
        (edge, call)
        for edge, call in found
        if edge in NOT_OF_A_FUNCTION or f"{edge}.{call}" in NOT_OF_A_FUNCTION
    }
    assert found - listed - people == set(), "give them a line in bridge/infra/permissions.py"
    assert listed - found == set(), "nothing calls these any more"


ACTION_OF: dict[str, str] = {
    # operations whose action has another name (service authorization reference)
    "head_bucket": "s3:ListBucket",
    "head_object": "s3:GetObject",
    "list_objects_v2": "s3:ListBucket",
    "delete_objects": "s3:DeleteObject",
    "publish_batch": "sns:Publish",
}


def test_an_edge_is_allowed_exactly_the_actions_of_its_calls() -> None:
    for each in PERMISSIONS:
        if not each.calls:
            continue
        actions = {action.partition(":")[2] for action in each.actions}
        needed = {
            ACTION_OF[call].partition(":")[2] if call in ACTION_OF else _camel(call) for call in each.calls
        }
        assert actions == needed, each.sid


def _camel(operation: str) -> str:
    return "".join(word.capitalize() for word in operation.split("_"))


def test_statements_are_known_by_their_sid() -> None:
    assert len({each.sid for each in PERMISSIONS}) == len(PERMISSIONS)
    for function in ("stream", "kinesis", "pipe", "redrive", "reconcile"):
        assert permissions_of(function, WHOLE)


def test_a_policy_document_is_one_that_iam_takes() -> None:
    document: dict[str, Any] = policy_of("stream", WHOLE, ARNS)
    assert document["Version"] == "2012-10-17"
    names = [statement["Sid"] for statement in document["Statement"]]
    assert {bool(re.fullmatch("[A-Za-z0-9]+", name)) for name in names} == {True}


@pytest.mark.parametrize("function", ["stream", "kinesis", "redrive", "reconcile"])
def test_whoever_publishes_may_mark_changes_as_missed_whose_sink_was_missing(function: Function) -> None:
    policy = policy_of(function, Uses(ledger=True))
    allowed = {
        action for each in policy["Statement"] if "Ledger" in each["Resource"] for action in each["Action"]
    }
    assert "dynamodb:PutItem" in allowed
