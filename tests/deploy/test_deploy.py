"""infra/ on the embedded AWS, from the zip to the cleanup: `make deploy-local` with fewer changes.

Where the embedded AWS differs from AWS, other tests cover it: tests/deploy/test_template_runner.py and
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
from infra.local.deployment import Deployment, Leftovers, published
from infra.local.package import write_package
from infra.local.scenario import AFTER, Event, Observed, check_all, run_scenario
from infra.local.templates import UNKNOWN, fitted, read
from infra.local.workload import SECRET, Published, changes, losses
from tests.builders.aws import Aws

CHANGES = 60
NAMES = ("bridge", "reconciliation", "observability", "example-table", "example-subscriber")


def test_from_the_zip_to_the_cleanup(tmp_path: Path) -> None:
    """Changes of the table arrive in subscribers' queues, the state machine re-emits what was lost, and only
    retained resources remain after the stacks are deleted. The embedded AWS is empty at the start."""
    settings = read_settings(write_configuration(tmp_path))
    package = write_package(tmp_path / "bridge.yaml", tmp_path / "bridge.zip", whole=False)
    with EmbeddedAws(log_level="ERROR") as server:
        aws = Aws(server.endpoint_url, shared=False)
        deployment = Deployment(aws.client, server.endpoint_url, settings, SystemClock())
        seen = run_scenario(deployment, package, CHANGES)

    assert seen.expected.total() == CHANGES
    assert published(seen.received) == seen.expected
    assert seen.report["missed"] == seen.lost.missed() == {"insert": 5, "modify": 4, "remove": 1}
    assert published(seen.reemitted) == seen.lost.published()
    kinds = Counter(kind for kind, _ in seen.leftovers.kept)
    assert kinds["table"] == 2, "the example's and the ledger"
    assert kinds["bucket"] == 4, "quarantine, claim check, given up, runs"
    assert kinds["secret"] == kinds["bus"] == 1
    assert [check for check in check_all(seen) if not check.kept] == []


def events(expected: Counter[Published], **more: Any) -> list[Event]:
    return [{"type": f"{type}.v1", "subject": subject, **more} for type, subject in expected.elements()]


def good() -> Observed:
    """What is observed if every promise is kept."""
    lost = losses(CHANGES)
    expected = Counter(change.published for change in changes(CHANGES) if change.kind)
    return Observed(
        expected=expected,
        received=events(expected),
        lost=lost,
        report={"missed": lost.missed(), "complete": True, "whole": True},
        reemitted=events(lost.published(), reconciled=True),
        late=events(Counter([AFTER.published])),
        second={"missed": {}, "events": 0, "complete": True},
    )


@pytest.mark.parametrize(
    ("words", "change"),
    [
        ("reached its subscriber", lambda seen: {"received": [*seen.received, seen.received[0]]}),
        ("reached its subscriber", lambda seen: {"received": seen.received[1:]}),
        ("found exactly", lambda seen: {"report": {**seen.report, "missed": {"insert": 4}}}),
        ("published each of them", lambda seen: {"reemitted": seen.reemitted[1:]}),
        ("marked", lambda seen: {"reemitted": events(seen.lost.published())}),
        ("complete", lambda seen: {"report": {**seen.report, "complete": False}}),
        ("only the new change", lambda seen: {"late": [*seen.late, seen.reemitted[0]]}),
        ("second run", lambda seen: {"second": {**seen.second, "events": 1}}),
        (
            "redacts",
            lambda seen: {"received": [{**seen.received[0], "data": {"x": SECRET}}, *seen.received[1:]]},
        ),
        ("dead-letter", lambda seen: {"undelivered": ["{}"]}),
        ("exactly the retained", lambda seen: {"leftovers": Leftovers(forgotten={("queue", "q")})}),
        ("exactly the retained", lambda seen: {"leftovers": Leftovers(missing={"ledger"})}),
        ("nothing was left", lambda seen: {"leftovers": Leftovers(left={("queue", "q")})}),
    ],
)
def test_each_fault_breaks_exactly_one_promise(
    words: str, change: Callable[[Observed], dict[str, Any]]
) -> None:
    assert {bool(check.kept) for check in check_all(good())} == {True}
    broken = replace(good(), **change(good()))
    (promise,) = (check.promise for check in check_all(broken) if not check.kept)
    assert words in promise


@pytest.mark.parametrize("name", NAMES)
def test_every_difference_from_the_templates_is_reported(name: str) -> None:
    """The deployed templates differ from infra/ only in what the list says."""
    original, (deployed, adapted) = read(name), fitted(name, "code")
    assert [each for each in adapted if not each.reason] == []
    for key in [key for key, each in original["Resources"].items() if "StateMachine" in each["Type"]]:
        # where the definition is put by `aws cloudformation package`
        del original["Resources"][key], deployed["Resources"][key]
    differ = {
        key for key in original["Resources"] if original["Resources"][key] != deployed["Resources"].get(key)
    }
    assert differ == {each.resource for each in adapted}
    assert {**original, "Resources": {}} == {**deployed, "Resources": {}}


def test_a_type_without_a_condition_is_never_removed() -> None:
    """Other resources would refer to it, so more than one resource would be lost."""
    for name in NAMES:
        for key, resource in read(name)["Resources"].items():
            assert resource["Type"] not in UNKNOWN or "Condition" in resource, (name, key)


def test_no_type_is_removed_that_the_embedded_aws_supports() -> None:
    from ministack.services.cloudformation import provisioners

    assert UNKNOWN.keys() & provisioners._RESOURCE_HANDLERS.keys() == set()


def test_a_workload_has_the_given_number_of_changes_and_some_that_the_filter_drops() -> None:
    written = list(changes(250))
    assert sum(bool(change.kind) for change in written) == 250
    assert {change.key[:5] for change in written if not change.kind} == {"test-"}
    lost = losses(250)
    assert len(lost.published()) == sum(lost.missed().values()) == 10
