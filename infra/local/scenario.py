"""The whole play: deploy, a day, a night, the morning after, gone; and what there was to be seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bridge.demo.checks import Check
from infra.local.deployment import Leftovers, Rehearsal, published
from infra.local.stacks import Stack
from infra.local.workload import SECRET, Change, Losses, Published, changes, losses

AFTER: Final = Change("created", "u-after", "free")
"""Written when the stream is read again: what comes before it in the stream was read once it is heard."""

Event = dict[str, Any]
Report = Mapping[str, Any]


@dataclass
class Performance:
    """What was seen. ``heard`` by day, ``retold`` by night, ``late`` once the stream was read again;
    ``seconds`` by act."""

    expected: Counter[Published] = field(default_factory=Counter)
    stacks: list[Stack] = field(default_factory=list)
    heard: list[Event] = field(default_factory=list)
    lost: Losses = field(default_factory=lambda: Losses((), (), ()))
    report: Report = field(default_factory=dict)
    reemitted: list[Event] = field(default_factory=list)
    late: list[Event] = field(default_factory=list)
    second: Report = field(default_factory=dict)
    undelivered: list[str] = field(default_factory=list)
    leftovers: Leftovers = field(default_factory=Leftovers)
    seconds: dict[str, float] = field(default_factory=dict)


def play(
    rehearsal: Rehearsal,
    package: Path,
    count: int,
    begins: Callable[[str], None] = lambda act: None,
) -> Performance:
    """``count`` changes by day, at least 30. ``begins`` hears of each act. Whatever happens, the stacks are
    deleted. Raises what deploying and reconciling raise."""
    seen = Performance()

    @contextmanager
    def act(name: str) -> Iterator[None]:
        begins(name)
        began_s = rehearsal.clock.monotonic()
        yield
        seen.seconds[name] = rehearsal.clock.monotonic() - began_s

    try:
        with act("deploy the stacks"):
            seen.stacks = rehearsal.deploy(package)
        with act(f"{count:,} changes, from the table to the subscribers' queues"):
            day = list(changes(count))
            seen.expected = Counter(change.published for change in day if change.kind)
            rehearsal.write(day)
            seen.heard = rehearsal.hear(seen.expected.total())
        with act("lose some: changes that nobody reads, rows of the ledger deleted and falsified"):
            seen.lost = losses(count)
            rehearsal.read_stream(on=False)
            rehearsal.lose(seen.lost)
        with act("the nightly state machine"):
            rehearsal.report_lag()
            seen.report = rehearsal.reconcile("night-1")
            seen.reemitted = rehearsal.hear(seen.lost.published().total())
        with act("the stream is read again, and the state machine runs once more"):
            rehearsal.read_stream(on=True)
            rehearsal.write([AFTER])
            seen.late = rehearsal.hear(1)
            rehearsal.report_lag()
            seen.second = rehearsal.reconcile("night-2")
            seen.late += rehearsal.hear(0)
            seen.undelivered = rehearsal.undelivered()
    finally:
        with act("delete the stacks, and what they retain"):
            seen.leftovers = rehearsal.take_down()
    return seen


def check_all(seen: Performance) -> Iterator[Check]:
    expected, heard, reemitted = seen.expected, published(seen.heard), published(seen.reemitted)
    yield Check(
        f"each of {expected.total():,} changes reached its subscriber, once",
        heard == expected,
        f"{(expected - heard).total()} did not, {(heard - expected).total()} came besides",
    )
    missed = {kind: count for kind, count in seen.report.get("missed", {}).items() if count}
    yield Check(
        f"the state machine found exactly what was lost: {dict(seen.lost.missed())}",
        missed == seen.lost.missed(),
        f"it found {missed}",
    )
    yield Check(
        "and published each of it to its subscriber, once",
        reemitted == seen.lost.published(),
        f"{(seen.lost.published() - reemitted).total()} missing,"
        f" {(reemitted - seen.lost.published()).total()} too many",
    )
    unmarked = sum(event.get("reconciled") is not True for event in seen.reemitted)
    yield Check("each marked as reconciled", not unmarked, f"{unmarked} were not")
    yield Check(
        "the run is complete and says so in its report",
        bool(seen.report.get("complete") and seen.report.get("whole")),
        f"it stopped for: {seen.report.get('stopped', '')}",
    )
    late = published(seen.late)
    yield Check(
        "read late from the stream, none of it was published again, and what is new was",
        late == Counter([AFTER.published]),
        f"published: {dict(late)}",
    )
    again = sum(seen.second.get("missed", {}).values()) + seen.second.get("events", 0)
    yield Check(
        "a second run found nothing and sent nothing",
        bool(seen.second.get("complete")) and not again,
        f"{again} found or sent",
    )
    shown = sum(SECRET in str(event) for event in (*seen.heard, *seen.reemitted, *seen.late))
    yield Check("no event showed what bridge.yaml redacts", not shown, f"{shown} did")
    yield Check(
        "nothing lies in a dead-letter queue or among what was given up",
        not seen.undelivered,
        f"{len(seen.undelivered)} messages do",
    )
    leftovers = seen.leftovers
    yield Check(
        "when the stacks were deleted exactly what they retain stayed",
        not leftovers.forgotten and not leftovers.missing,
        f"besides: {sorted(leftovers.forgotten)}; not there: {sorted(leftovers.missing)}",
    )
    yield Check(
        "and when that was removed by hand nothing was left",
        not leftovers.left,
        f"left: {sorted(leftovers.left)}",
    )
