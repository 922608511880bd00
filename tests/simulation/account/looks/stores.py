"""Quarantine, runs and the live setup, as ``quarantine``, ``reconcile`` and ``doctor`` show them."""

from __future__ import annotations

from collections import Counter

from tests.simulation.account.looks.look import Look
from tests.simulation.account.project import STATE
from tests.simulation.account.tables import FUNCTION
from tests.simulation.configuration import BILLING, DOMAIN, TOPIC
from tests.simulation.ledgers import SimulatedDynamoDbLedger

_OK, _ERROR, _DIFFERENCES, _PARTLY = 0, 1, 2, 4


def quarantine(look: Look) -> None:
    """Every entry is listed, shown and exported, and no value of an item is."""
    kept = list(look.simulation.quarantine.kept.entries())
    listed = look.must(look.run("quarantine", "list", "--config", look.config, "--output", "json"), _OK)
    found = Counter(line["sequence"] for line in listed.lines)
    if found != Counter(entry.sequence for entry in kept):
        look.violated(f"{listed} and lists {dict(found)}, and {len(kept)} entries are kept")
    text = look.must(look.run("quarantine", "list", "--config", look.config), _OK)
    if len(text.out.splitlines()) != len(listed.lines):
        look.violated(f"{text} and lists {len(text.out.splitlines())} of {len(listed.lines)} entries")
    for line in listed.lines[:1]:
        shown = look.run("quarantine", "show", line["id"], "--config", look.config, "--output", "json")
        if look.must(shown, _OK).code == _OK and shown.document["sequence"] != line["sequence"]:
            look.violated(f"{shown} and shows another entry than {line['sequence']}")
        look.must(look.run("quarantine", "show", line["record_id"], "--config", look.config), _OK)
    look.must(look.run("quarantine", "show", "no-such-entry", "--config", look.config), _ERROR)
    reason = kept[0].reason if kept else "event_invalid"
    some = look.run("quarantine", "list", "--config", look.config, "--reason", reason, "--output", "json")
    if len(some.lines) != sum(entry.reason == reason for entry in kept):
        look.violated(f"{some} for {reason} and lists {len(some.lines)} entries")


def exported(look: Look) -> None:
    """What is exported renders as what it was quarantined for: nothing of it is published after all."""
    words = ("quarantine", "export", "--config", look.config)
    masked = look.must(look.run(*words), _OK)
    whole = look.must(look.run(*words, "--reveal", reveals=True), _OK)
    if len(masked.lines) != len(whole.lines):
        look.violated(f"{masked}: {len(masked.lines)} records masked, {len(whole.lines)} revealed")
    if not whole.lines:
        return
    rendered = look.run("render", look.write("exported.ndjson", whole.lines), "--config", look.config)
    log = {w.record_id: w for w in look.simulation.world.log if w.place is not None}
    fates = {name: look.simulation.kinds.fate_of(written) for name, written in log.items()}
    hopeless = {line["eventID"] for line in whole.lines if fates[line["eventID"]] == "poison"}
    look.must(rendered, _PARTLY if hopeless else _OK)
    for event in rendered.lines:
        if any(event["id"].startswith(f"{name}:") for name in hopeless):
            look.violated(f"{rendered} and renders {event['id']}, which can never succeed")


def runs(look: Look) -> None:
    """The stored state and report of the latest run are those of a run that ended."""
    words = ("--config", look.config, "--state", STATE, "--output", "json")
    status = look.must(look.run("reconcile", "status", *words), _OK).document
    report = look.run("reconcile", "report", *words)
    look.must(report, _OK if status["run"] is not None else _ERROR)
    if status["run"] is not None and status["run"]["phase"] == "done" and report.code == _OK:
        if report.document["run"] != status["run"]["run"]:
            look.violated(f"the report is of {report.document['run']}, the status of {status['run']['run']}")
        page = look.folder / "report.html"
        look.must(look.run("reconcile", "report", *words[:-2], "--html", str(page)), _OK)
        if "<html" not in page.read_text(encoding="utf-8"):
            look.violated("the page of the report is no page")
    look.must(look.run("reconcile", "status", *words[:-2]), _OK)


def without_ledger(look: Look) -> None:
    """Where nothing remembers what was published, a plan is refused and no all-clear."""
    if isinstance(look.simulation.ledger, SimulatedDynamoDbLedger):
        return
    words = ("--config", look.config, "--state", STATE, "--function", FUNCTION)
    for verb in ("plan", "run"):
        look.must(look.run("reconcile", verb, *words), _ERROR)
    look.must(look.run("seed", *words[:-2]), _ERROR)


def doctor(look: Look) -> None:
    """A part that was taken away is found, and what is found by a healthy setup is true."""
    account, world = look.simulation.account, look.simulation.world
    words = ("doctor", "--config", look.config, "--state", STATE, "--output", "json")
    healthy = look.must(look.run(*words), _OK, _DIFFERENCES)
    severities = {(each["check"], each["about"]): each["severity"] for each in healthy.document["findings"]}
    for name in (DOMAIN, BILLING, TOPIC):
        if severities.get(("sink", name)) != "ok":
            look.violated(f"{healthy}, and sink {name} is {severities.get(('sink', name))}")
    empty = not list(look.simulation.quarantine.kept.entries())
    for (check, _), severity in severities.items():
        if check == "quarantine" and (severity == "ok") is not empty:
            look.violated(f"{healthy}: the quarantine is {severity}, and {'empty' if empty else 'not empty'}")
        if check == "stream" and severity != "ok":
            look.violated(f"{healthy}: the stream is {severity}, and it is on")
    if (healthy.code == _OK) is not all(severity == "ok" for severity in severities.values()):
        look.violated(f"{healthy}, and finds {sorted(set(severities.values()))}")
    taken = look.rng.choice(("the stream", "the mapping", "the quarantine", "a bus", "everything"))
    world.note(f"taken away: {taken}")
    stream, mappings = world.stream, account.mappings
    if taken == "the stream":
        world.stream = None
    elif taken == "the mapping":
        mappings.state = "Disabled"
    else:
        account.gone = {"the quarantine": {"s3", "sqs"}, "a bus": {"events"}}.get(taken, {"*"})
    try:
        spoiled = look.run(*words)
    finally:
        world.stream, mappings.state, account.gone = stream, "Enabled", set()
    look.must(spoiled, _ERROR if taken == "everything" else _DIFFERENCES)
    checks = {
        "the stream": "stream",
        "the mapping": "mapping",
        "the quarantine": "quarantine",
        "a bus": "sink",
    }
    if taken != "everything":
        wrong = ("problem", "unknown")
        found = {each["check"] for each in spoiled.document["findings"] if each["severity"] in wrong}
        if not any(check.startswith(checks[taken]) for check in found):
            look.violated(f"{spoiled} without {taken}, and finds problems in {sorted(found)} only")
