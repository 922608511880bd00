"""A quiet stream has no lag metric: the event source mapping shows whether it is quiet."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bridge.errors import AccessDenied, StreamBehind, TargetMissing
from bridge.ports.lag import LagSource
from bridge.wiring.bridge import load_configuration
from bridge.wiring.reconcile import build_function_lag
from tests.fakes.clients.live_setup import STREAM, CloudWatchClient, LambdaClient, TablesClient, mapping
from tests.fakes.clock import FakeClock
from tests.reconcile.project import write_project
from tests.reconcile.rig import Rig, opts

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
ID = "8f3c1d52-0000-4000-8000-000000000000"
QUIET = {"UUID": ID, "LastProcessingResult": "No records processed"}


@dataclass
class Night:
    """Nothing has changed for hours: CloudWatch has no data."""

    config: Path
    mapping_id: str = ""
    clients: dict[str, Any] = field(
        default_factory=lambda: {
            "dynamodb": TablesClient(),
            "lambda": LambdaClient(),
            "cloudwatch": CloudWatchClient(),
        }
    )
    published: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clients["cloudwatch"].age_ms = None
        self.mapping(**QUIET)

    def mapping(self, **spoiled: Any) -> None:
        self.clients["lambda"].mappings = [mapping(**{**QUIET, **spoiled})]

    @property
    def lag(self) -> LagSource:
        return build_function_lag(
            load_configuration(self.config, {}),
            "Users",
            "bridge",
            self.clients.__getitem__,
            mapping_id=self.mapping_id,
            report=self.published.append,
            clock=FakeClock(NOW.timestamp()),
        )

    def refusal(self) -> str:
        with pytest.raises(StreamBehind) as stopped:
            self.lag.lag_s()
        assert self.published == []
        assert not stopped.value.permanent
        return f"{stopped.value} {stopped.value.hint}"


@pytest.fixture(params=["", ID], ids=["found by stream", "by its id"])
def night(request: pytest.FixtureRequest, tmp_path: Path) -> Night:
    return Night(write_project(tmp_path, table="Users", ledger="ledger"), request.param)


@pytest.mark.parametrize("result", ["No records processed", "OK", "OK - 3 records"])
def test_behind_an_enabled_mapping_whose_last_batch_went_well_nothing_waits(
    night: Night, result: str
) -> None:
    night.mapping(LastProcessingResult=result)
    assert night.lag.lag_s() == 0.0
    (line,) = night.published
    assert line.startswith("lag 0 s: ")
    assert result in line


def test_a_reported_lag_is_used_and_nothing_else_is_called(night: Night) -> None:
    night.clients["cloudwatch"].age_ms = 7_000.0
    assert night.lag.lag_s() == 7.0
    assert not night.clients["lambda"].calls
    assert night.published == []


def test_of_a_mapping_that_is_off_the_refusal_says_how_to_say_so(night: Night) -> None:
    night.mapping(State="Disabled")
    refusal = night.refusal()
    assert f"{ID} is Disabled" in refusal
    assert "--stream-stopped" in refusal
    assert "stream_stopped" in refusal


@pytest.mark.parametrize("state", ["Creating", "Enabling", "Disabling", "Updating", "Deleting", "", "New"])
def test_a_mapping_on_its_way_is_waited_for(night: Night, state: str) -> None:
    night.mapping(State=state)
    assert f"get-event-source-mapping --uuid {ID} is Enabled" in night.refusal()


@pytest.mark.parametrize("result", ["PROBLEM: Function call failed", "FAILED", "OKAY", "", None])
def test_a_last_result_that_is_not_known_to_be_fine_is_not_taken_for_fine(
    night: Night, result: str | None
) -> None:
    night.mapping(LastProcessingResult=result)
    refusal = night.refusal()
    assert (result or "nothing") in refusal
    assert "aws logs tail /aws/lambda/bridge" in refusal


def test_a_result_without_end_is_cut_off(night: Night) -> None:
    night.mapping(LastProcessingResult="PROBLEM: " + "x" * 10_000)
    assert len(night.refusal()) < 1_000


def test_the_result_of_a_mapping_that_was_just_changed_is_too_old_to_use(night: Night) -> None:
    night.mapping(LastModified=NOW - timedelta(minutes=14))
    assert "less than 15 min ago" in night.refusal()
    night.mapping(LastModified=NOW - timedelta(minutes=15))
    assert night.lag.lag_s() == 0.0


def test_batches_that_lambda_had_no_concurrency_for_are_not_quiet(night: Night) -> None:
    night.clients["cloudwatch"].throttles = 3
    assert "throttled 3 times" in night.refusal()


def test_a_mapping_of_another_stream_or_function_says_nothing_of_ours(night: Night) -> None:
    for other in (
        {"EventSourceArn": STREAM + "-older"},
        {"FunctionArn": "arn:aws:lambda:eu-central-1:111122223333:function:else"},
    ):
        night.mapping(**other)
        assert f"no mapping of the function reads {STREAM}" in night.refusal()


def test_a_mapping_to_an_alias_is_the_functions(night: Night) -> None:
    night.mapping(FunctionArn="arn:aws:lambda:eu-central-1:111122223333:function:bridge:live")
    assert night.lag.lag_s() == 0.0


def test_a_table_without_a_stream_has_no_mapping(night: Night) -> None:
    night.clients["dynamodb"].stream = {}
    with pytest.raises(TargetMissing, match="table Users has no stream"):
        night.lag.lag_s()


def test_of_several_mappings_none_may_be_in_trouble(tmp_path: Path) -> None:
    night = Night(write_project(tmp_path, table="Users", ledger="ledger"))
    night.clients["lambda"].mappings.append(mapping(**{**QUIET, "UUID": ID[:-1] + "2", "State": "Updating"}))
    assert f"{ID[:-1]}2 is Updating" in night.refusal()
    night.clients["lambda"].mappings[1]["State"] = "Enabled"
    assert night.lag.lag_s() == 0.0


def test_a_denial_names_the_action(night: Night) -> None:
    """The worker is given a mapping's id, and may read that one alone."""
    night.clients["lambda"].denied = True
    action = "GetEventSourceMapping" if night.mapping_id else "ListEventSourceMappings"
    with pytest.raises(AccessDenied, match=f"lambda:{action}"):
        night.lag.lag_s()


def test_a_mapping_that_is_gone_is_reported(tmp_path: Path) -> None:
    night = Night(write_project(tmp_path, table="Users", ledger="ledger"), ID)
    night.clients["lambda"].mappings = []
    with pytest.raises(TargetMissing, match=ID):
        night.lag.lag_s()


def test_a_quiet_night_is_reconciled_and_a_dead_one_says_why_it_is_not(night: Night) -> None:
    rig = Rig()
    rig.settled("a", "b")
    rig.live("a", {"name": "changed"}, lost=True)
    night.mapping(State="Disabled")
    asleep = replace(rig.reconciler, lag=night.lag)
    with pytest.raises(StreamBehind, match=f"{ID} is Disabled"):
        asleep.execute("run", opts())
    assert rig.events == []
    night.mapping()
    for _ in asleep.steps("run", opts(), resume=True):
        pass
    assert len(rig.events) == 1
    assert len(night.published) == 1
