"""infra/statemachine.asl.json is what Step Functions takes, and fits the worker and its lease."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from bridge import errors
from bridge.reconcile.distributed import CATCH_UP_S, LEASE_S
from tests.fakes.state_machine import DEFINITION, definition
from tests.infra.templates import read

OWN_END = {"Plan", "Stop"}
"""Tasks that may fail the execution: nothing is begun yet, or everything is published."""


def machines(asl: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield "", asl
    for name, state in asl["States"].items():
        if state["Type"] == "Map":
            yield name, state["ItemProcessor"]


def states(kind: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for where, machine in machines(definition()):
        for name, state in machine["States"].items():
            if state["Type"] == kind:
                yield where, name, state


def follow_ups(state: dict[str, Any]) -> Iterator[str]:
    for part in (state, *state.get("Choices", ()), *state.get("Catch", ())):
        yield from (part[name] for name in ("Next", "Default") if name in part)


BROKEN = ("Type", "Choices")


@pytest.fixture(scope="module")
def problems(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What cfn-lint says of the definition as a resource: as it is, and without a word of each state. In one
    call, because it is slow to start."""
    folder = tmp_path_factory.mktemp("machines")
    role = "arn:aws:iam::123456789012:role/machine"
    for name in ("whole", *BROKEN):
        asl = deepcopy(definition())
        for state in asl["States"].values():
            state.pop(name, None)
        machine = {
            "Type": "AWS::StepFunctions::StateMachine",
            "Properties": {"RoleArn": role, "Definition": asl},
        }
        template = {"AWSTemplateFormatVersion": "2010-09-09", "Resources": {"Machine": machine}}
        (folder / f"{name}.json").write_text(json.dumps(template))
    linter = Path(sys.executable).with_name("cfn-lint")
    words = [str(linter), "--format", "parseable", "--", *map(str, sorted(folder.iterdir()))]
    published = subprocess.run(words, capture_output=True, text=True, check=False)
    assert published.stderr == ""
    return {
        path.stem: "\n".join(line for line in published.stdout.splitlines() if line.startswith(f"{path}:"))
        for path in folder.iterdir()
    }


def test_cfn_lint_has_nothing_to_say_of_the_definition(problems: dict[str, str]) -> None:
    assert problems["whole"] == ""


@pytest.mark.parametrize("breaks", BROKEN)
def test_and_it_would_say_something(breaks: str, problems: dict[str, str]) -> None:
    assert ":E3601:" in problems[breaks]


def test_every_state_is_reached_and_leads_somewhere() -> None:
    for where, machine in machines(definition()):
        reached, open_ones = set(), [machine["StartAt"]]
        while open_ones:
            name = open_ones.pop()
            if name not in reached:
                reached.add(name)
                open_ones += follow_ups(machine["States"][name])
        assert reached == set(machine["States"]), where


def test_every_task_is_the_worker_which_is_asked_again_with_patience_that_the_lease_outlasts() -> None:
    timeout_s = read("reconciliation")["Resources"]["Worker"]["Properties"]["Timeout"]
    for _, name, task in states("Task"):
        assert task["Resource"] == "arn:aws:states:::lambda:invoke", name
        assert task["TimeoutSeconds"] > timeout_s, "the function ends first, and says why"
        retry = task["Retry"][-1]
        assert retry["ErrorEquals"] == ["States.ALL"], name
        assert retry["JitterStrategy"] == "FULL", name
        assert task["TimeoutSeconds"] + retry["MaxDelaySeconds"] < LEASE_S, name
    assert CATCH_UP_S < LEASE_S


def kinds(*roots: type[errors.BridgeError]) -> Iterator[type[errors.BridgeError]]:
    for root in roots:
        yield root
        yield from kinds(*root.__subclasses__())


def test_an_error_that_repeating_cannot_fix_is_not_repeated_whatever_its_name() -> None:
    """Lambda gives Step Functions the name of the class, and of no class above it. A lost lease is repeated:
    the next call finds who has it, and answers "held"."""
    raised = kinds(
        errors.BatchError, errors.ConfigurationError, errors.ReconcileStopped, errors.CheckpointBroken
    )
    permanent = {each for each in raised if each.permanent and not issubclass(each, errors.LeaseLost)}
    for where, name, task in states("Task"):
        never, again = task["Retry"]
        assert never["MaxAttempts"] == 0
        assert never["ErrorEquals"] == sorted(each.__name__ for each in permanent), (where, name)
        assert again["ErrorEquals"] == ["States.ALL"]


def test_every_failure_is_reported_and_frees_the_table() -> None:
    for where, name, state in [*states("Task"), *states("Map")]:
        if where or name in OWN_END:
            assert "Catch" not in state, name
        else:
            (catch,) = state["Catch"]
            assert (catch["ErrorEquals"], catch["Next"]) == (["States.ALL"], "Stop"), name
    for where, name, choice in states("Choice"):
        assert choice["Default"] == {"Begin": "Report", "IsStopped": "Held"}.get(
            name, "Stopped" if where else "Stop"
        )


def test_a_segment_that_fails_fails_the_scan() -> None:
    """Of a scan that is not complete nothing may be concluded."""
    maps = [state for _, _, state in states("Map")]
    assert len(maps) == 2
    for state in maps:
        assert state["ItemProcessor"]["ProcessorConfig"] == {
            "Mode": "DISTRIBUTED",
            "ExecutionType": "STANDARD",
        }
        assert state["ToleratedFailurePercentage"] == 0
        assert "ToleratedFailureCount" not in state


def test_the_template_fills_in_every_placeholder_and_no_other() -> None:
    machine = read("reconciliation")["Resources"]["StateMachine"]["Properties"]
    asked = set(re.findall(r"\$\{(\w+)\}", DEFINITION.read_text()))
    assert asked == set(machine["DefinitionSubstitutions"])
    assert machine["DefinitionUri"] == DEFINITION.name
    assert machine["Type"] == "STANDARD"


def test_results_of_children_go_where_the_machines_role_may_write() -> None:
    role = json.dumps(read("reconciliation")["Resources"]["StateMachineRole"])
    for _, _, state in states("Map"):
        assert f"${{RunsBucket.Arn}}/{state['ResultWriter']['Parameters']['Prefix']}/*" in role


def test_states_say_what_they_are_for() -> None:
    asl = json.loads(Path(DEFINITION).read_text())
    for kind in ("Task", "Map", "Wait"):
        assert {bool(state["Comment"]) for _, _, state in states(kind)} == {True}
    assert asl["Comment"]
    assert asl["TimeoutSeconds"] < 24 * 3600, "tomorrow's must find the table free"
