"""The second act: changes are lost, the subscribers' copies show it, and reconciliation tells exactly those.

What was lost is worked out from the tables themselves, before and after, so that neither the ledger nor the
reconciliation is its own witness.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from bridge.demo.checks import Check, check_equal, check_redacted, differing
from bridge.demo.environment import Stage
from bridge.demo.loss import Kind, differences, lost_steps
from bridge.demo.resources import TABLES, scan
from bridge.demo.subscribers import CloudEvent, Subscriber
from bridge.edges.cloudwatch.lag import GivenLag
from bridge.reconcile import Options, Reconciler
from bridge.wiring.reconcile import build_reconciler

Report = Mapping[str, Any]


class Witness(Protocol):
    """Hears how the second act goes."""

    def loss(self) -> None: ...

    def differs(self, subscriber: str, lost: Mapping[str, str]) -> None: ...

    def reconciled(self, report: Report) -> None: ...


@dataclass(frozen=True, slots=True)
class SecondAct:
    """``lost`` and ``differing`` (at each subscriber) by subject; ``first`` and ``second`` are the reports of
    both runs, by table."""

    lost: Mapping[str, Kind]
    differing: Mapping[str, Sequence[str]]
    first: Mapping[str, Report]
    second: Mapping[str, Report]
    checks: Sequence[Check]

    def as_document(self) -> dict[str, Any]:
        def facts(reports: Mapping[str, Report]) -> dict[str, Any]:
            names = ("run", "missed", "by_type", "reemitted", "events", "matching", "blocked")
            return {table: {name: report[name] for name in names} for table, report in reports.items()}

        return {
            "lost": dict(self.lost),
            "differing": dict(self.differing),
            "reconciled": facts(self.first),
            "reconciled_again": facts(self.second),
        }


def play_second_act(stage: Stage, witness: Witness) -> SecondAct:
    """After the first act has settled. Raises what a reconciliation raises."""
    before, published, account = stage.tables(), stage.not_reemitted(), stage.account
    witness.loss()
    stage.lose(lost_steps(_states(stage, "Users", "plan"), _states(stage, "Orders", "status")))
    tables = stage.tables()
    lost = differences(before, tables)
    subscribers = (stage.bus, stage.feed)
    heard = {each.name: len(each.events) for each in subscribers}
    behind = {}
    for each in subscribers:
        each.look()
        behind[each.name] = differing(each, tables)
        witness.differs(each.name, {subject: lost.get(subject, "") for subject in behind[each.name]})
    reconcilers = {table: _reconciler(stage, table) for table in TABLES}
    first = _run(stage, reconcilers, witness)
    _listen(stage, subscribers, tables)
    again = {each.name: each.events[heard[each.name] :] for each in subscribers}
    second = _run(stage, reconcilers, witness)
    for each in subscribers:
        each.look()
    checks = check_second_act(
        lost=lost,
        behind=behind,
        first=list(first.values()),
        again={name: list(events) for name, events in again.items()},
        second=list(second.values()),
        late=sum(len(each.events) - heard[each.name] - len(again[each.name]) for each in subscribers),
        read=stage.account.received - account.received,
        not_reemitted=len(published),
    )
    checks += [check_equal(each, tables, when="again, ") for each in subscribers]
    return SecondAct(lost, behind, first, second, checks)


def check_second_act(
    *,
    lost: Mapping[str, Kind],
    behind: Mapping[str, Sequence[str]],
    first: Sequence[Report],
    again: Mapping[str, Sequence[CloudEvent]],
    second: Sequence[Report],
    late: int,
    read: int,
    not_reemitted: int,
) -> list[Check]:
    """``again``: events of the first run by subscriber; ``late``: events that came after it; ``read``:
    records that the stream gave all the same; ``untold``: items that no event could tell of."""
    missed = _missed(first)
    wanted: Counter[str] = Counter(lost.values())
    blocked = sum(report["blocked"]["count"] for report in first)
    left = _missed(second).total() + sum(report["events"] for report in second) + late
    return [
        Check("the mapping that was made anew passed over all of the loss", not read, f"{read} were read"),
        *(
            Check(
                f"{name}: after the loss its copy differs in those {len(lost)} items, and no others",
                set(subjects) == lost.keys(),
                f"{len(subjects)} differ",
            )
            for name, subjects in behind.items()
        ),
        Check(
            f"reconcile finds exactly what was lost: {_by_kind(wanted)}",
            missed == wanted,
            f"it found {_by_kind(missed)}",
        ),
        *_published_once(lost, again),
        Check(
            f"what is in quarantine is reported as blocked, not sent: {not_reemitted}",
            blocked == not_reemitted,
            f"{blocked} were blocked",
        ),
        check_redacted(
            "no event of a reconciliation shows what is redacted",
            [event for events in again.values() for event in events],
        ),
        Check("a second run finds nothing and sends nothing", not left, f"{left} found or sent"),
    ]


def _published_once(lost: Mapping[str, Kind], again: Mapping[str, Sequence[CloudEvent]]) -> Iterator[Check]:
    for name, events in again.items():
        whole = [event for event in events if "operation" in event["data"]]
        published = Counter((event["subject"], event["data"]["operation"]) for event in whole)
        unmarked = sum(event.get("reconciled") is not True for event in events)
        yield Check(
            f"{name}: each of them was told once, marked as reconciled, and nothing else",
            published == Counter(lost.items()) and not unmarked,
            f"{published.total()} told, {unmarked} of {len(events)} events without the mark",
        )


def _by_kind(counts: Counter[str]) -> str:
    return ", ".join(f"{kind} {count}" for kind, count in sorted(counts.items())) or "nothing"


def _missed(reports: Sequence[Report]) -> Counter[str]:
    """By kind, without those of which there are none."""
    missed: Counter[str] = Counter()
    for report in reports:
        missed.update({kind: count for kind, count in report["missed"].items() if count})
    return missed


def _states(stage: Stage, table: str, name: str) -> dict[str, str]:
    """What the workload looks at in items that events can tell of: by key."""
    not_reemitted = {subject.partition("/")[2] for subject in stage.not_reemitted()}
    items = scan(stage.clients.dynamodb, table)
    return {key: item[name]["S"] for key, item in items.items() if key not in not_reemitted}


def _reconciler(stage: Stage, table: str) -> Reconciler:
    """As ``stream-bridge reconcile run --lag 0s`` builds it."""
    return build_reconciler(
        stage.configuration,
        table,
        stage.new_client_factory,
        state=stage.folder,
        lag=GivenLag(0.0),
        dry=False,
    )


def _run(stage: Stage, reconcilers: Mapping[str, Reconciler], witness: Witness) -> dict[str, Report]:
    reports: dict[str, Report] = {}
    for table, reconciler in reconcilers.items():
        own = stage.configuration.settings.tables[table].reconcile
        options = Options(
            segments=own.segments,
            max_rcu=own.max_rcu,
            grace_s=own.grace_s,
            max_emit=own.max_emit,
            max_removes=own.max_removes,
            trust_ledger=True,  # it is as old as the tables, however small these are
        )
        reports[table] = reconciler.execute("run", options)
        witness.reconciled(reports[table])
    return reports


def _listen(stage: Stage, subscribers: Sequence[Subscriber], tables: Mapping[str, Any]) -> None:
    """Until the copies agree, or nothing comes any more."""

    def behind() -> bool:
        for each in subscribers:
            each.look()
        return any(differing(each, tables) for each in subscribers)

    stage.wait_while(behind, lambda: [len(each.events) for each in subscribers])
