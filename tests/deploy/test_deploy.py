"""infra/ on the embedded AWS, from the zip to nothing left: `make deploy-local` with fewer changes.

What the embedded AWS does otherwise than AWS is judged elsewhere: tests/deploy/test_template_runner.py,
tests/infra.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.edges.embedded import EmbeddedAws
from bridge.edges.system_clock import SystemClock
from infra.local.configuration import read_settings, write_configuration
from infra.local.package import write_package
from infra.local.play import Performance, check_all, play
from infra.local.rehearsal import Rehearsal, told
from infra.local.templates import UNKNOWN, fitted, read
from infra.local.workload import changes, losses
from tests.aws import Aws

CHANGES = 60


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("deploy")


@pytest.fixture(scope="module")
def rehearsal(folder: Path) -> Iterator[Rehearsal]:
    """On an AWS of its own: nothing is in it before, and nothing may be in it afterwards."""
    with EmbeddedAws(log_level="ERROR") as server:
        aws = Aws(server.endpoint_url, shared=False)
        settings = read_settings(write_configuration(folder))
        yield Rehearsal(aws.client, server.endpoint_url, settings, SystemClock())


@pytest.fixture(scope="module")
def seen(rehearsal: Rehearsal, folder: Path) -> Performance:
    package = write_package(folder / "bridge.yaml", folder / "bridge.zip", whole=False)
    return play(rehearsal, package, CHANGES)


def test_items_put_into_the_table_come_out_of_the_subscribers_queues(seen: Performance) -> None:
    assert seen.expected.total() == CHANGES
    assert told(seen.heard) == seen.expected


def test_the_state_machine_tells_what_was_lost_and_nothing_else(seen: Performance) -> None:
    assert seen.report["missed"] == seen.lost.missed() == {"insert": 5, "modify": 4, "remove": 1}
    assert told(seen.retold) == seen.lost.told()
    assert all(event["reconciled"] is True for event in seen.retold)
    assert seen.report["complete"]


def test_a_stack_leaves_what_its_template_retains_and_nothing_else(seen: Performance) -> None:
    assert seen.leftovers.forgotten == set()
    assert seen.leftovers.missing == set()
    kinds = Counter(kind for kind, _ in seen.leftovers.kept)
    assert kinds["table"] == 2, "the example's and the ledger"
    assert kinds["bucket"] == 4, "quarantine, claim check, given up, runs"
    assert kinds["secret"] == kinds["bus"] == 1
    assert seen.leftovers.left == set()


def test_every_promise_of_the_play_is_kept(seen: Performance) -> None:
    assert [check for check in check_all(seen) if not check.kept] == []


def test_the_play_notices_what_is_broken(seen: Performance) -> None:
    """An event that came twice or not at all, a report that is not whole, something left behind."""
    one = seen.heard[0]
    broken = {
        "reached its subscriber": replace(seen, heard=[*seen.heard, one]),
        "told each of it": replace(seen, retold=seen.retold[1:]),
        "found exactly": replace(seen, report={**seen.report, "missed": {"insert": 4}}),
        "complete": replace(seen, report={**seen.report, "complete": False}),
        "told again": replace(seen, late=[*seen.late, seen.retold[0]]),
        "second run": replace(seen, second={**seen.second, "events": 1}),
        "redacts": replace(seen, heard=[{**one, "data": {"passwordHash": "$argon2id$not-for-anybody"}}]),
        "dead-letter": replace(seen, undelivered=["{}"]),
        "retain": replace(seen, leftovers=replace(seen.leftovers, forgotten={("queue", "q")})),
        "nothing was left": replace(seen, leftovers=replace(seen.leftovers, left={("queue", "q")})),
    }
    for words, performance in broken.items():
        failed = [check.promise for check in check_all(performance) if not check.kept]
        assert any(words in promise for promise in failed), words


def test_everything_that_is_not_as_in_the_templates_is_told(seen: Performance, rehearsal: Rehearsal) -> None:
    """What was deployed differs from infra/ in what the list says, and in nothing else."""
    listed = {(each.template, each.resource) for each in rehearsal.stacks.adapted}
    assert all(each.reason for each in rehearsal.stacks.adapted)
    for name in {stack.template for stack in seen.stacks}:
        ours, deployed = read(name), fitted(name, "code")[0]
        machines = [key for key, each in ours["Resources"].items() if "StateMachine" in each["Type"]]
        for key in machines:  # where the file is put by `aws cloudformation package`
            del ours["Resources"][key], deployed["Resources"][key]
        differ = {
            key for key in ours["Resources"] if ours["Resources"][key] != deployed["Resources"].get(key)
        }
        assert differ == {key for template, key in listed if template == name}
        assert {k: v for k, v in ours.items() if k != "Resources"} == {
            k: v for k, v in deployed.items() if k != "Resources"
        }


def test_no_type_is_taken_out_that_the_embedded_aws_knows_by_now() -> None:
    from ministack.services.cloudformation import provisioners

    assert UNKNOWN.keys() & provisioners._RESOURCE_HANDLERS.keys() == set()


def test_a_day_of_so_many_changes_has_so_many_and_some_that_nobody_hears_of() -> None:
    day = list(changes(250))
    assert sum(bool(change.kind) for change in day) == 250
    assert {change.key[:5] for change in day if not change.kind} == {"test-"}
    lost = losses(250)
    assert len(lost.told()) == sum(lost.missed().values()) == 10
