"""infra/ on the embedded AWS, from the zip to nothing left: `make deploy-local` with fewer changes.

What the embedded AWS does otherwise than AWS is judged elsewhere: tests/deploy/test_template_runner.py,
tests/infra.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bridge.edges.local.clock import SystemClock
from bridge.edges.local.embedded import EmbeddedAws
from infra.local.configuration import read_settings, write_configuration
from infra.local.deployment import Leftovers, Rehearsal, published
from infra.local.package import write_package
from infra.local.scenario import AFTER, Event, Performance, check_all, play
from infra.local.templates import UNKNOWN, fitted, read
from infra.local.workload import SECRET, Published, changes, losses
from tests.builders.aws import Aws

CHANGES = 60
NAMES = ("bridge", "reconciliation", "observability", "example-table", "example-subscriber")


def test_from_the_zip_to_nothing_left(tmp_path: Path) -> None:
    """Items put into the table come out of subscribers' queues, the state machine tells what was lost, and
    the stacks leave what their templates retain. On an AWS of its own, with nothing in it before."""
    settings = read_settings(write_configuration(tmp_path))
    package = write_package(tmp_path / "bridge.yaml", tmp_path / "bridge.zip", whole=False)
    with EmbeddedAws(log_level="ERROR") as server:
        aws = Aws(server.endpoint_url, shared=False)
        rehearsal = Rehearsal(aws.client, server.endpoint_url, settings, SystemClock())
        seen = play(rehearsal, package, CHANGES)

    assert seen.expected.total() == CHANGES
    assert published(seen.heard) == seen.expected
    assert seen.report["missed"] == seen.lost.missed() == {"insert": 5, "modify": 4, "remove": 1}
    assert published(seen.reemitted) == seen.lost.published()
    kinds = Counter(kind for kind, _ in seen.leftovers.kept)
    assert kinds["table"] == 2, "the example's and the ledger"
    assert kinds["bucket"] == 4, "quarantine, claim check, given up, runs"
    assert kinds["secret"] == kinds["bus"] == 1
    assert [check for check in check_all(seen) if not check.kept] == []


def events(expected: Counter[Published], **more: Any) -> list[Event]:
    return [{"type": f"{type}.v1", "subject": subject, **more} for type, subject in expected.elements()]


def good() -> Performance:
    """What is to be seen where nothing is wrong."""
    lost = losses(CHANGES)
    expected = Counter(change.published for change in changes(CHANGES) if change.kind)
    return Performance(
        expected=expected,
        heard=events(expected),
        lost=lost,
        report={"missed": lost.missed(), "complete": True, "whole": True},
        reemitted=events(lost.published(), reconciled=True),
        late=events(Counter([AFTER.published])),
        second={"missed": {}, "events": 0, "complete": True},
    )


@pytest.mark.parametrize(
    ("words", "change"),
    [
        ("reached its subscriber", lambda seen: {"heard": [*seen.heard, seen.heard[0]]}),
        ("reached its subscriber", lambda seen: {"heard": seen.heard[1:]}),
        ("found exactly", lambda seen: {"report": {**seen.report, "missed": {"insert": 4}}}),
        ("told each of it", lambda seen: {"reemitted": seen.reemitted[1:]}),
        ("marked", lambda seen: {"reemitted": events(seen.lost.published())}),
        ("complete", lambda seen: {"report": {**seen.report, "complete": False}}),
        ("told again", lambda seen: {"late": [*seen.late, seen.reemitted[0]]}),
        ("second run", lambda seen: {"second": {**seen.second, "events": 1}}),
        ("redacts", lambda seen: {"heard": [{**seen.heard[0], "data": {"x": SECRET}}, *seen.heard[1:]]}),
        ("dead-letter", lambda seen: {"undelivered": ["{}"]}),
        ("retain", lambda seen: {"leftovers": Leftovers(forgotten={("queue", "q")})}),
        ("retain", lambda seen: {"leftovers": Leftovers(missing={"ledger"})}),
        ("nothing was left", lambda seen: {"leftovers": Leftovers(left={("queue", "q")})}),
    ],
)
def test_each_promise_is_broken_by_what_breaks_it_and_by_nothing_else(
    words: str, change: Callable[[Performance], dict[str, Any]]
) -> None:
    assert all(check.kept for check in check_all(good()))
    broken = replace(good(), **change(good()))
    (promise,) = (check.promise for check in check_all(broken) if not check.kept)
    assert words in promise


@pytest.mark.parametrize("name", NAMES)
def test_everything_that_is_not_as_in_the_templates_is_told(name: str) -> None:
    """What is deployed differs from infra/ in what the list says, and in nothing else."""
    ours, (deployed, adapted) = read(name), fitted(name, "code")
    assert all(each.reason for each in adapted)
    for key in [key for key, each in ours["Resources"].items() if "StateMachine" in each["Type"]]:
        # where the definition is put by `aws cloudformation package`
        del ours["Resources"][key], deployed["Resources"][key]
    differ = {key for key in ours["Resources"] if ours["Resources"][key] != deployed["Resources"].get(key)}
    assert differ == {each.resource for each in adapted}
    assert {**ours, "Resources": {}} == {**deployed, "Resources": {}}


def test_a_type_that_is_always_there_is_not_taken_out_in_silence() -> None:
    """Others would refer to it; and what goes missing then is more than one resource."""
    for name in NAMES:
        for key, resource in read(name)["Resources"].items():
            assert resource["Type"] not in UNKNOWN or "Condition" in resource, (name, key)


def test_no_type_is_taken_out_that_the_embedded_aws_knows_by_now() -> None:
    from ministack.services.cloudformation import provisioners

    assert UNKNOWN.keys() & provisioners._RESOURCE_HANDLERS.keys() == set()


def test_a_day_of_so_many_changes_has_so_many_and_some_that_nobody_hears_of() -> None:
    day = list(changes(250))
    assert sum(bool(change.kind) for change in day) == 250
    assert {change.key[:5] for change in day if not change.kind} == {"test-"}
    lost = losses(250)
    assert len(lost.published()) == sum(lost.missed().values()) == 10
