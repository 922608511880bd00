"""With the policy of its template a function does its whole work; with any one action of it taken away the
work fails and says which action is missing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from bridge.edges.answers.errors import AwsTarget
from bridge.edges.local.embedded import EmbeddedAws
from bridge.errors import AccessDenied, SinkUnavailable
from bridge.infra.permissions import PERMISSIONS, Function, permissions_of, policy_of
from tests.fakes.clients.batch_peer import client_error
from tests.fakes.eventbridge_v2_server import EventBridgeV2Server
from tests.fakes.policy_guard import without
from tests.infra.templates import ACCOUNT
from tests.infra.test_permissions import ARNS, WHOLE
from tests.permissions.world import Published, World

ROLES: dict[Function, str] = {"stream": "FunctionRole", "redrive": "RedriveRole", "reconcile": "WorkerRole"}

NOT_OURS = {
    "WriteLogs": "Lambda writes what the function prints: without it there are no lines",
    "WriteTraces": "Lambda's X-Ray daemon sends: without it there are no segments, and events all the same",
    "ListStreams": "asked when the mapping is made: its stack fails",
    "UseTableKey": "DynamoDB asks KMS; KMSAccessDeniedException names key and action",
    "UseKeyForLedger": "DynamoDB asks KMS",
    "UseKeyForStores": "S3, SQS and SNS ask KMS",
}
"""Actions that only AWS itself checks: no call of the bridge needs them."""

IDLE = {
    (
        "reconcile",
        "FindClaims",
        "s3:ListBucket",
    ): "distinguishes a claim that expired between two calls from a closed bucket",
    (
        "stream",
        "KeepLedgerBesideTheStream",
        "dynamodb:PutItem",
    ): "marks rows as missed where a sink was missing; the simulation plays that with the template's policy",
}


def needed(handler: Function) -> list[tuple[Function, str, str]]:
    return [
        (handler, each.sid, action)
        for each in permissions_of(handler, WHOLE)
        if each.sid not in NOT_OURS
        for action in each.actions
        if (handler, each.sid, action) not in IDLE
    ]


@pytest.fixture(scope="module")
def world(embedded_aws: EmbeddedAws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    embedded_aws.reset()
    with pytest.MonkeyPatch.context() as patch, EventBridgeV2Server("stream-bridge") as bus_v2:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "test")
        yield World(embedded_aws.endpoint_url, bus_v2, tmp_path_factory.mktemp("world"))


def resources(world: World, handler: Function) -> dict[tuple[str, str], str]:
    """The resource of every (Sid, action) of the table, in this world."""
    arns = {**ARNS, "StreamArn": world.stream_arn, "EventBusV2Arn": world.bus_v2_arn}
    return {
        (each["Sid"], action): each["Resource"].replace(ACCOUNT, world.account)
        for each in policy_of(handler, WHOLE, arns)["Statement"]
        for action in each["Action"]
    }


def run(world: World, handler: Function, statements: list[Any]) -> Published:
    world.empty()
    how = {"stream": world.stream, "redrive": world.redrive, "reconcile": world.reconcile}
    return how[handler](statements)


@pytest.mark.parametrize("handler", ROLES)
def test_the_policy_of_the_template_is_enough_and_none_of_it_is_idle(world: World, handler: Function) -> None:
    statements = world.policy(ROLES[handler])
    published = run(world, handler, statements)
    assert (published.errors, world.guard.denied) == ([], [])
    if handler == "reconcile":
        assert (published.counts["events"], published.counts["settled"], published.counts["complete"]) == (
            5,
            5,
            True,
        )
    else:
        assert (published.counts["RecordsPublished"], published.counts["RecordsQuarantined"]) == (4, 1)
        assert [key.partition("-")[0] for key in published.quarantined] == ["bad"]
        assert world.keys("claim-check")
    expected = {
        (action, resource)
        for (sid, action), resource in resources(world, handler).items()
        if sid not in NOT_OURS and (handler, sid, action) not in IDLE
    }
    assert world.guard.used == expected


@pytest.mark.parametrize(
    ("handler", "sid", "action"),
    [each for handler in ROLES for each in needed(handler)],
    ids=lambda part: str(part).replace(":", "."),
)
def test_an_action_that_is_missing_is_named_and_nothing_is_quarantined_for_it(
    world: World, handler: Function, sid: str, action: str
) -> None:
    published = run(
        world, handler, without(world.policy(ROLES[handler]), action, resources(world, handler)[sid, action])
    )
    assert action in world.guard.denied
    assert published.names(action), (published.errors, published.lines)
    assert [key for key in published.quarantined if not key.startswith("bad-")] == []
    if sid == "GiveUpObjects":
        assert "the on-failure destination did not take a batch; the batch is held" in published.lines[-1]
        return
    assert published.errors, "nothing failed"
    if not any(
        "batch not redriven" in line for line in published.lines
    ):  # its object stays, for the next turn
        assert {bool(error.permanent) for error in published.errors} == {True}, published.errors


def test_no_service_has_to_name_the_action_for_us() -> None:
    """S3 and a HEAD answer name none: then it is known from the operation, under the name that a policy
    takes."""
    for each in PERMISSIONS:
        for call in each.calls:
            service = each.actions[0].partition(":")[0]
            operation = {"list_objects_v2": "ListObjectsV2"}.get(call) or call.title().replace("_", "")
            denied = client_error("AccessDenied", operation, 403, "Access Denied")
            error = AwsTarget(None, service, "what is called", unavailable=SinkUnavailable).translate(denied)
            assert isinstance(error, AccessDenied)
            assert any(f"allow {action} " in error.hint for action in each.actions), (each.sid, error.hint)
