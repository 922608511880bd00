"""The whole scenario: deploy, changes, losses, reconciliation, cleanup; and checks of what was observed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bridge.demo.checks import Check
from infra.local.deployment import Deployment, Leftovers, published
from infra.local.stacks import Stack
from infra.local.workload import SECRET, Change, Losses, Published, changes, losses

AFTER: Final = Change("created", "u-after", "free")
"""Written when the stream is read again. When its event arrives, everything before it in the stream was
read."""

Event = dict[str, Any]
Report = Mapping[str, Any]


@dataclass
class Observed:
    """What was observed. ``received`` before the losses, ``reemitted`` by the reconciliation, ``late`` after
    the stream was read again; ``seconds`` by phase."""

    expected: Counter[Published] = field(default_factory=Counter)
    stacks: list[Stack] = field(default_factory=list)
    received: list[Event] = field(default_factory=list)
    lost: Losses = field(default_factory=lambda: Losses((), (), ()))
    report: Report = field(default_factory=dict)
    reemitted: list[Event] = field(default_factory=list)
    late: list[Event] = field(default_factory=list)
    second: Report = field(default_factory=dict)
    undelivered: list[str] = field(default_factory=list)
    leftovers: Leftovers = field(default_factory=Leftovers)
    seconds: dict[str, float] = field(default_factory=dict)


def run_scenario(
    deployment: Deployment,
    package: Path,
    count: int,
    begins: Callable[[str], None] = lambda phase: None,
) -> Observed:
    """Run it with ``count`` changes, at least 30. ``begins`` is called at the start of each phase. The stacks
    are deleted in every case. Raises what deploying and reconciling raise."""
    seen = Observed()

    @contextmanager
    def phase(name: str) -> Iterator[None]:
        begins(name)
        began_s = deployment.clock.monotonic()
        yield
        seen.seconds[name] = deployment.clock.monotonic() - began_s

    try:
        with phase("deploy the stacks"):
            seen.stacks = deployment.deploy(package)
        with phase(f"{count:,} changes, from the table to the subscribers' queues"):
            day = list(changes(count))
            seen.expected = Counter(change.published for change in day if change.kind)
            deployment.write(day)
            seen.received = deployment.receive(seen.expected.total())
        with phase("lose changes: no reader for the stream, ledger rows deleted and falsified"):
            seen.lost = losses(count)
            deployment.read_stream(on=False)
            deployment.lose(seen.lost)
        with phase("the nightly state machine"):
            deployment.report_lag()
            seen.report = deployment.reconcile("run-1")
            seen.reemitted = deployment.receive(seen.lost.published().total())
        with phase("the stream is read again, and the state machine runs once more"):
            deployment.read_stream(on=True)
            deployment.write([AFTER])
            seen.late = deployment.receive(1)
            deployment.report_lag()
            seen.second = deployment.reconcile("run-2")
            seen.late += deployment.receive(0)
            seen.undelivered = deployment.undelivered()
    finally:
        with phase("delete the stacks and the resources that they retain"):
            seen.leftovers = deployment.remove_all()
    return seen


def check_all(seen: Observed) -> Iterator[Check]:
    expected, received, reemitted = seen.expected, published(seen.received), published(seen.reemitted)
    yield Check(
        f"each of {expected.total():,} changes reached its subscriber, once",
        received == expected,
        f"{(expected - received).total()} did not, {(received - expected).total()} were unexpected",
    )
    missed = {kind: count for kind, count in seen.report.get("missed", {}).items() if count}
    yield Check(
        f"the state machine found exactly what was lost: {dict(seen.lost.missed())}",
        missed == seen.lost.missed(),
        f"it found {missed}",
    )
    yield Check(
        "and published each of them to its subscriber, once",
        reemitted == seen.lost.published(),
        f"{(seen.lost.published() - reemitted).total()} missing,"
        f" {(reemitted - seen.lost.published()).total()} too many",
    )
    unmarked = sum(event.get("reconciled") is not True for event in seen.reemitted)
    yield Check("each marked as reconciled", not unmarked, f"{unmarked} were not")
    yield Check(
        "the report says that the run is complete",
        bool(seen.report.get("complete") and seen.report.get("whole")),
        f"it stopped because of: {seen.report.get('stopped', '')}",
    )
    late = published(seen.late)
    yield Check(
        "when the stream was read again, only the new change was published",
        late == Counter([AFTER.published]),
        f"published: {dict(late)}",
    )
    again = sum(seen.second.get("missed", {}).values()) + seen.second.get("events", 0)
    yield Check(
        "a second run found nothing and sent nothing",
        bool(seen.second.get("complete")) and not again,
        f"{again} found or sent",
    )
    shown = sum(SECRET in str(event) for event in (*seen.received, *seen.reemitted, *seen.late))
    yield Check("no event showed what bridge.yaml redacts", not shown, f"{shown} did")
    yield Check(
        "no dead-letter queue has a message, and no batch was given up",
        not seen.undelivered,
        f"{len(seen.undelivered)} messages were found",
    )
    leftovers = seen.leftovers
    yield Check(
        "exactly the retained resources existed after the stacks were deleted",
        not leftovers.forgotten and not leftovers.missing,
        f"unexpected: {sorted(leftovers.forgotten)}; missing: {sorted(leftovers.missing)}",
    )
    yield Check(
        "and nothing was left after these were removed by hand",
        not leftovers.left,
        f"left: {sorted(leftovers.left)}",
    )
