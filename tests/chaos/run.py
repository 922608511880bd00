"""One chaos run: everything is started, disturbed until the time is over, brought to an end, and judged."""

from __future__ import annotations

import json
import random
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from bridge.edges.local.embedded import EmbeddedAws
from tests.builders.aws import client
from tests.chaos.acts import SINKS, Acts, Sky, order
from tests.chaos.aws import BUS, Resources
from tests.chaos.configuration import LEDGER, TABLES, Places, write_configuration
from tests.chaos.disk import Disk
from tests.chaos.processes import Processes
from tests.chaos.proxy import Proxy
from tests.chaos.supervised import Bridge, Reconciler, Verbs
from tests.chaos.verdict import Event, Verdict, events_of, judge
from tests.chaos.weather import FAULTS
from tests.chaos.writers import Change, Writers

Say = Callable[[str], None]
_MOST_S: Final = 120.0


@dataclass(frozen=True, slots=True)
class Chaos:
    """What one run is asked to do. ``per_s``: changes each second. ``keep``: a folder for the evidence."""

    seed: int
    seconds: float
    per_s: float
    keep: Path | None = None


@dataclass
class Result:
    """``document`` is what ``--output json`` prints."""

    document: dict[str, Any]
    broken: list[str]


def run_chaos(chaos: Chaos, say: Say) -> Result:
    began_s = time.monotonic()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chaos-")))
        embedded = stack.enter_context(EmbeddedAws(log_level="ERROR"))
        proxy = stack.enter_context(Proxy(embedded.endpoint_url, chaos.seed))
        disk = stack.enter_context(Disk(folder / "disk"))
        aws = Resources(_clients(embedded.endpoint_url))
        aws.create()
        places = Places(folder, disk.folder)
        write_configuration(places, BUS, aws.topic)
        processes = Processes(proxy.endpoint_url, embedded.environ, folder, disk)
        stack.callback(processes.end)
        say(f"the embedded AWS is on {embedded.endpoint_url}, the proxy on {proxy.endpoint_url}")
        say(f"a small disk: {disk.kind}")
        bridge, verbs = Bridge(processes, places), Verbs(processes, places)
        sky = Sky(proxy, chaos.seed)
        writers = Writers(aws.client("dynamodb"), chaos.seed, chaos.per_s)
        rng = random.Random(f"{chaos.seed}/times")
        acts = Acts(bridge, verbs, writers, aws, proxy, disk, places, sky, rng)
        with writers, Reconciler(verbs, chaos.seed) as reconciler:
            sky.start()
            _disturb(acts, chaos, say)
            reconciler.stop()
            acts.play("skip")  # the reconciliation at the end has something to find
            writers.stop()
        sky.end()
        say("no more faults, kills and changes; the rest is read, redriven, retried and reconciled")
        _finish(acts)
        changes = writers.log.all()
        received = events_of(proxy.accepted(), SINKS)
        if chaos.keep is not None:
            _keep(chaos.keep, changes, received, acts)
        verdict = judge(changes, received, acts.quarantined_revs(), acts.lost)
        _check_log(verdict, writers, aws)
        _check_faults(verdict, proxy)
        verdict.broken += [*acts.broken, *processes.broken]
        return Result(_document(chaos, acts, verdict, disk, time.monotonic() - began_s), verdict.broken)


def _disturb(acts: Acts, chaos: Chaos, say: Say) -> None:
    until_s = time.monotonic() + chaos.seconds
    acts.bridge.work(2.0)
    for act in order(chaos.seed):
        if time.monotonic() >= until_s:
            return
        if act != "kill":
            say(act)
        acts.play(act)


def _finish(acts: Acts) -> None:
    """Everything that a promise leaves for later is done: the rest of the streams, failed batches,
    quarantine, what was lost. Nothing disturbs it, so each verb has to succeed."""
    bridge, verbs = acts.bridge, acts.verbs
    bridge.terminate()
    acts.writers.heal()
    _catch_up(acts)
    verbs.whole(verbs.redrive(), 0)
    verbs.whole(verbs.retry(), 0, 4)  # 4: poison stays
    for spec in TABLES:
        for again in (False, True):
            running = verbs.reconcile(spec)
            if not verbs.whole(running, 0, 4):
                continue  # reported
            missed = verbs.reported(running)["missed"]
            if again and sum(missed.values()):
                acts.broken.append(f"a second reconciliation of {spec.name} finds nothing: {missed}")
    _catch_up(acts)


def _catch_up(acts: Acts) -> None:
    words = ("run", "--until-caught-up", "--config", str(acts.places.config("good")))
    acts.verbs.whole(acts.verbs.processes.start(*words, "--state", str(acts.places.state)), 0)


def _keep(
    folder: Path, changes: Sequence[Change], received: Mapping[str, Sequence[Event]], acts: Acts
) -> None:
    """What the verdict is made from, as lines of JSON, and the quarantine."""
    folder.mkdir(parents=True, exist_ok=True)
    logs: dict[str, Sequence[Any]] = {"changes": [asdict(change) for change in changes], **received}
    for name, lines in logs.items():
        text = "".join(f"{json.dumps(line)}\n" for line in lines)
        (folder / f"{name}.ndjson").write_text(text)
    kept = {sink: sorted(revs) for sink, revs in acts.lost.items()}
    (folder / "kept-from-reading.json").write_text(json.dumps(kept))
    rows = acts.aws.client("dynamodb").get_paginator("scan").paginate(TableName=LEDGER)
    ledger = [row for page in rows for row in page["Items"]]
    (folder / "ledger.ndjson").write_text("".join(f"{json.dumps(row, default=str)}\n" for row in ledger))
    (folder / "reports.json").write_text(json.dumps(acts.verbs.reports, indent=1))
    shutil.copytree(acts.places.quarantine, folder / "quarantine", dirs_exist_ok=True)


def _check_log(verdict: Verdict, writers: Writers, aws: Resources) -> None:
    """The log is what the tables say, or the verdict would mean nothing."""
    last = {change.subject: change.after for change in writers.log.all()}
    logged = {subject: item for subject, item in last.items() if item is not None}
    found = {
        subject: {
            name: {kind: _same(kind, value) for kind, value in typed.items()} for name, typed in item.items()
        }
        for subject, item in aws.items().items()
    }
    if found != logged:
        verdict.broken.append("the tables are not what the writers wrote: this run shows nothing")


def _same(kind: str, value: Any) -> Any:
    return sorted(value) if kind == "SS" else value


def _check_faults(verdict: Verdict, proxy: Proxy) -> None:
    happened = {kind for _, kind in proxy.counts}
    if missing := [kind for kind in FAULTS if kind not in happened]:
        verdict.broken.append(f"every kind of fault happens: {', '.join(missing)} did not")


def _clients(endpoint_url: str) -> Callable[[str], Any]:
    made: dict[str, Any] = {}

    def make(service: str) -> Any:
        if service not in made:
            made[service] = client(service, endpoint_url, read_timeout=_MOST_S)
        return made[service]

    return make


def _document(chaos: Chaos, acts: Acts, verdict: Verdict, disk: Disk, took_s: float) -> dict[str, Any]:
    changes = acts.writers.log.all()
    processes = acts.verbs.processes
    return {
        "seed": chaos.seed,
        "seconds": round(took_s, 1),
        "disk": disk.kind,
        "records": len(changes),
        "poison": sum(change.poison for change in changes),
        "quarantined": len(acts.quarantined_revs()),
        "kept from reading": {sink: len(revs) for sink, revs in acts.lost.items()},
        "kills": dict(processes.kills),
        "starts of run": acts.bridge.starts,
        "ends": {f"{verb} {code}": count for (verb, code), count in sorted(processes.ends.items())},
        "errors": dict(processes.errors.most_common()),
        "acts": dict(sorted(acts.done.items())),
        "reconciliations": dict(acts.verbs.reconciled),
        "faults": {
            service: {kind: acts.proxy.counts[service, kind] for kind in ("pass", *FAULTS)}
            for service in sorted({service for service, _ in acts.proxy.counts})
        },
        "sinks": {sink: dict(counts) for sink, counts in verdict.counts.items()},
        "broken": verdict.broken,
    }
