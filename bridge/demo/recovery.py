"""The second phase: changes are lost, the subscribers' copies differ, and reconciliation re-emits them.

The lost changes are computed from the tables, before and after, so that neither the ledger nor the
reconciliation is checked against itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from bridge.demo.checks import Check, check_entity_changes, check_equal, check_redacted, differing
from bridge.demo.environment import DemoEnvironment
from bridge.demo.resources import TABLES, scan
from bridge.demo.subscribers import CloudEvent, Subscriber
from bridge.demo.workload import Kind, differences, lost_steps
from bridge.edges.cloudwatch.lag import GivenLag
from bridge.reconcile import Reconciler
from bridge.wiring.reconcile import build_reconciler, options_of

Report = Mapping[str, Any]


class RecoveryObserver(Protocol):
    """Is called for each step of the second phase."""

    def loss(self) -> None: ...

    def differs(self, subscriber: str, lost: Mapping[str, str]) -> None: ...

    def reconciled(self, report: Report) -> None: ...


@dataclass(frozen=True, slots=True)
class Recovery:
    """``lost`` by subject, ``missed`` by kind of change: an item that changed its entity is removed under one
    subject and inserted under another, and is modified once. ``differing`` subjects by subscriber; ``first``
    and ``second`` are the reports of both runs, by table."""

    lost: Mapping[str, Kind]
    missed: Mapping[Kind, int]
    differing: Mapping[str, Sequence[str]]
    first: Mapping[str, Report]
    second: Mapping[str, Report]
    checks: Sequence[Check]

    def as_document(self) -> dict[str, Any]:
        def facts(reports: Mapping[str, Report]) -> dict[str, Any]:
            names = ("run", "missed", "by_type", "reemitted", "events", "matching", "blocked")
            return {
                table: {name: report[name] for name in (*names, "by_entity") if name in report}
                for table, report in reports.items()
            }

        return {
            "lost": dict(self.lost),
            "missed": dict(self.missed),
            "differing": dict(self.differing),
            "reconciled": facts(self.first),
            "reconciled_again": facts(self.second),
        }


def run_recovery(environment: DemoEnvironment, observer: RecoveryObserver) -> Recovery:
    """Run the second phase, after the first has settled. Raises what a reconciliation raises."""
    before, account = environment.items(), environment.account
    quarantined = environment.quarantined_subjects()
    observer.loss()
    environment.lose(
        lost_steps(
            _states(environment, "Users", "plan"),
            _states(environment, "Orders", "status"),
            scan(environment.clients.dynamodb, "Shop").values(),
        )
    )
    after = environment.items()
    tables = dict(after.values())
    lost = differences(dict(before.values()), tables)
    missed = Counter(differences(before, after).values())
    subscribers = (environment.bus, environment.feed)
    heard = {each.name: len(each.events) for each in subscribers}
    behind = {}
    for each in subscribers:
        each.look()
        behind[each.name] = differing(each, tables)
        observer.differs(each.name, {subject: lost.get(subject, "") for subject in behind[each.name]})
    reconcilers = {table: _reconciler(environment, table) for table in TABLES}
    first = _run(environment, reconcilers, observer)
    _listen(environment, subscribers, tables)
    again = {each.name: each.events[heard[each.name] :] for each in subscribers}
    second = _run(environment, reconcilers, observer)
    for each in subscribers:
        each.look()
    checks = check_recovery(
        lost=lost,
        missed=missed,
        became=sum(before[key][0] != after[key][0] for key in before.keys() & after.keys()),
        behind=behind,
        first=list(first.values()),
        again={name: list(events) for name, events in again.items()},
        second=list(second.values()),
        late=sum(len(each.events) - heard[each.name] - len(again[each.name]) for each in subscribers),
        read=environment.account.received - account.received,
        quarantined=len(quarantined),
    )
    checks += [check_equal(each, tables, when="again, ") for each in subscribers]
    return Recovery(lost, missed, behind, first, second, checks)


def check_recovery(
    *,
    lost: Mapping[str, Kind],
    missed: Mapping[Kind, int],
    became: int,
    behind: Mapping[str, Sequence[str]],
    first: Sequence[Report],
    again: Mapping[str, Sequence[CloudEvent]],
    second: Sequence[Report],
    late: int,
    read: int,
    quarantined: int,
) -> list[Check]:
    """``lost`` and ``missed`` as in :class:`Recovery`; ``became``: number of items that changed their entity;
    ``again``: events of the first run by subscriber; ``late``: number of events after it; ``read``: number of
    records that the recreated mapping read although it had to skip them; ``quarantined``: number of items for
    which no event can be published."""
    found = _missed(first)
    wanted: Counter[str] = Counter({str(kind): count for kind, count in missed.items()})
    blocked = sum(report["blocked"]["count"] for report in first)
    left = _missed(second).total() + sum(report["events"] for report in second) + late
    return [
        Check("the recreated mapping skipped all lost changes", not read, f"{read} were read"),
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
            found == wanted,
            f"it found {_by_kind(found)}",
        ),
        *_published_once(lost, again),
        *(
            check_entity_changes(name, events, became, when="after the loss, ")
            for name, events in again.items()
        ),
        Check(
            f"what is in quarantine is reported as blocked, not sent: {quarantined}",
            blocked == quarantined,
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
            f"{name}: each lost change was published once, marked as reconciled, and nothing else",
            published == Counter(lost.items()) and not unmarked,
            f"{published.total()} published, {unmarked} of {len(events)} events without the mark",
        )


def _by_kind(counts: Counter[str]) -> str:
    return ", ".join(f"{kind} {count}" for kind, count in sorted(counts.items())) or "nothing"


def _missed(reports: Sequence[Report]) -> Counter[str]:
    """Missed changes by kind, without the kinds that have no missed change."""
    missed: Counter[str] = Counter()
    for report in reports:
        missed.update({kind: count for kind, count in report["missed"].items() if count})
    return missed


def _states(environment: DemoEnvironment, table: str, name: str) -> dict[str, str]:
    """The plan or status of the items that are not quarantined, by key."""
    quarantined = {subject.partition("/")[2] for subject in environment.quarantined_subjects()}
    items = scan(environment.clients.dynamodb, table)
    return {key: item[name]["S"] for key, item in items.items() if key not in quarantined}


def _reconciler(environment: DemoEnvironment, table: str) -> Reconciler:
    """As ``stream-bridge reconcile run --lag 0s`` builds it."""
    return build_reconciler(
        environment.configuration,
        table,
        environment.new_client_factory,
        state=environment.folder,
        lag=GivenLag(0.0),
        dry=False,
    )


def _run(
    environment: DemoEnvironment, reconcilers: Mapping[str, Reconciler], observer: RecoveryObserver
) -> dict[str, Report]:
    reports: dict[str, Report] = {}
    for table, reconciler in reconcilers.items():
        options = options_of(environment.configuration.settings, table)
        # The ledger is as old as the tables.
        reports[table] = reconciler.execute("run", replace(options, trust_ledger=True))
        observer.reconciled(reports[table])
    return reports


def _listen(
    environment: DemoEnvironment, subscribers: Sequence[Subscriber], tables: Mapping[str, Any]
) -> None:
    """Read the queues until the copies match the tables, or nothing more arrives."""

    def behind() -> bool:
        for each in subscribers:
            each.look()
        return any(differing(each, tables) for each in subscribers)

    environment.wait_while(behind, lambda: [len(each.events) for each in subscribers])
