"""Records of the streams, offline and again: ``render``, ``invoke``, ``run``, ``seed`` and ``infra``."""

from __future__ import annotations

import json
from pathlib import Path

from bridge.core.pattern.matching import compile_filters
from tests.simulation.account.looks.look import Look
from tests.simulation.configuration import event_ids
from tests.simulation.world import TABLE

_OK, _DIFFERENCES, _CONFIGURATION, _PARTLY = 0, 2, 3, 4


def rendered(look: Look) -> None:
    """Offline, records become the events that were published, each with the same data."""
    records = look.records()
    if not records:
        return
    file = look.write("records.ndjson", [record for record, _ in records])
    done = look.run("render", file, "--config", look.config, "--output", "json")
    poison = any(part.fate == "poison" for _, parts in records for part in parts)
    look.must(done, _PARTLY if poison else _OK)
    due: set[str] = set()
    for _, parts in records:
        if parts and all(part.fate == "events" for part in parts):
            due |= {id for part in parts for ids in event_ids(part).values() for id in ids}
    events = {line["id"]: line for line in done.lines}
    if due != events.keys():
        look.violated(
            f"{done}: not rendered {sorted(due - events.keys())[:3]}, not due "
            f"{sorted(events.keys() - due)[:3]}"
        )
    for name, bus in look.simulation.buses.items():
        for one in bus.received:
            other = events.get(one.id)
            if other is None or "dataref" in other or "reconciled" in one.event:
                continue
            if other["data"] != one.event["data"]:
                look.violated(f"{one.id} is rendered with other data than {name} received")
    explained = look.run("render", file, "--config", look.config, "--explain")
    look.must(explained, done.code)


def invoked(look: Look) -> None:
    """The handler on one batch, with memory in place of everything."""
    records = look.records()[:20]
    if not records:
        return
    event = {"Records": [record for record, _ in records]}
    done = look.run("invoke", look.write("event.json", event), "--config", look.config)
    poison = any(part.fate == "poison" for _, parts in records for part in parts)
    look.must(done, *((_PARTLY, 1) if poison else (_OK,)))
    if done.code == _OK and done.document["batchItemFailures"]:
        look.violated(f"{done}, and returns {done.document['batchItemFailures']}")


def read_again(look: Look) -> None:
    """A mapping that begins anew at the oldest record publishes nothing that is settled."""
    simulation = look.simulation
    if simulation.world.stream is None:
        return
    state = str(look.folder / "state")
    words = ("run", "--config", look.config, "--state", state, "--until-caught-up", "--output", "json")
    first = look.must(look.run(*words), _OK, _PARTLY)
    if first.code != _OK:
        return
    before = {name: len(bus.received) for name, bus in simulation.buses.items()}
    again = look.must(look.run(*words), _OK)
    if {name: len(bus.received) for name, bus in simulation.buses.items()} != before:
        look.violated(f"{again} at its own checkpoint, and publishes again")
    told = again.document
    if told["received"]:
        look.violated(f"{again} at its own checkpoint, and receives {told['received']} records")


def deployed(look: Look) -> None:
    """What the templates get: a filter that drops nothing that is due, and files that agree until changed."""
    out = look.folder / "rendered"
    words = ("--config", look.config, "--out", str(out))
    done = look.run("infra", "render", *words)
    if not look.simulation.options.account.billing_v2:
        look.must(done, _CONFIGURATION)  # two sinks of one kind
        return
    if look.must(done, _OK).code != _OK:
        return
    look.must(look.run("infra", "diff", *words), _OK)
    criteria = Path(out / TABLE / "filter-criteria.json")
    document = json.loads(criteria.read_text(encoding="utf-8"))
    patterns = [json.loads(each["Pattern"]) for each in document.get("Filters", ())]
    accepts = compile_filters(patterns) if patterns else lambda record: True
    for record, parts in look.records():
        if any(part.fate != "silent" for part in parts) and not accepts(record):
            look.violated(f"the filter of the mapping drops {record['eventID']}, which is due")
    criteria.write_text("{}" if patterns else '{"Filters": []}', encoding="utf-8")
    look.must(look.run("infra", "diff", *words, "--output", "json"), _DIFFERENCES)


def checked(look: Look) -> None:
    """The files that are deployed are fine, and a mistake in them is found."""
    look.must(look.run("check", "--config", look.config, "--output", "json"), _OK)
    document = json.loads(Path(look.config).read_text(encoding="utf-8"))
    document["schemas"] = str(Path(look.config).parent / "event_schemas")
    table = document["tables"][TABLE]
    holder = table if "events" in table else next(iter(table["entities"].values()))
    match look.rng.randrange(4):
        case 0:
            holder["events"][0]["versions"] = ["9.0.0"]
        case 1:
            holder["events"][0]["sink"] = ["nowhere"]
        case 2:
            holder["subject"] = "the/same"
        case _:
            holder["events"][1]["when"] = {"changed": ["plan"]}
    wrong = look.write("wrong/bridge.yaml", document)
    look.must(look.run("check", "--config", wrong), _CONFIGURATION)
    look.must(look.run("run", "--config", wrong, "--until-caught-up"), _CONFIGURATION)
