"""Schemas and rules, as their owners and subscribers handle them, tried on the events that were received."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.simulation.account.looks.look import Look
from tests.simulation.configuration import CHANGED, DOMAIN, PLAN

_OK, _DIFFERENCES, _PARTLY = 0, 2, 4
_ALL = ("--limit", "100000")
_TYPE = f"{CHANGED}.v1"


def tried(look: Look) -> None:
    """Received events pass the version that made them; a stricter one refuses those that it must, and one
    that is inferred from them refuses none."""
    events = _received(look, _TYPE)
    if not events:
        return
    file, schemas = look.write("events.ndjson", events), str(_schemas(look))
    test = ("schema", "test-live", "--file", file, "--output", "json", *_ALL)
    passed = look.must(look.run(*test, "--schemas", schemas, "--schema", f"{CHANGED}@1.0.0"), _OK)
    if passed.code == _OK and passed.document["looked_at"] != len(events):
        look.violated(f"{passed} and looked at {passed.document['looked_at']} of {len(events)} events")
    strict = _document(_schemas(look), "1.0.0")
    strict["properties"]["after"]["properties"]["v"]["maximum"] = 2
    refused = [event for event in events if _v_of(event) > 2]
    trial = look.run(*test, "--schema-file", look.write("strict.json", strict), "--type", CHANGED)
    look.must(trial, _DIFFERENCES if refused else _OK)
    if trial.document["would_fail"] != len(refused):
        look.violated(f"{trial}, would refuse {trial.document['would_fail']}, and {len(refused)} are over it")
    words = ("--id", f"https://schemas.example.com/{CHANGED}/1.9.0.json", "--sample", "100000")
    inferred = look.must(look.run("schema", "infer", file, *words), _OK)
    if inferred.code == _OK:
        seen = look.write("inferred.json", inferred.document)
        look.must(look.run(*test, "--schema-file", seen), _OK)


def matched(look: Look) -> None:
    """The pattern of a type matches its events and no other; a subscriber gets what it asks for."""
    for name in (CHANGED, PLAN):
        done = look.must(look.run("pattern", "of", name, "--config", look.config), _OK)
        pattern = look.write("pattern.json", done.document)
        received = [one.event for one in look.simulation.buses[DOMAIN].received]
        for event in look.rng.sample(received, min(2, len(received))):
            due = event["type"].startswith(f"{name}.v")
            tested = look.run("pattern", "test", pattern, look.write("event.json", event))
            look.must(tested, _OK if due else _DIFFERENCES)
    for form in ("sam", "terraform"):
        look.must(look.run("pattern", "of", _TYPE, "--config", look.config, "--format", form), _OK)


def evolved(look: Look) -> None:
    """A next version: what is called compatible holds for the events of both, and what is not is found."""
    folder = look.folder / "evolved"
    shutil.copytree(_schemas(look), folder)
    words = ("--schemas", str(folder))
    look.must(look.run("schema", "bump", CHANGED, "--minor", *words), _OK)
    kind = look.rng.choice(("narrow", "widen", "describe", "add"))
    look.simulation.world.note(f"the next version: {kind}")
    _edit(folder, kind)
    pair = (f"{CHANGED}@1.0.0", f"{CHANGED}@1.1.0")
    checked = look.run("schema", "check", *pair, *words, "--mode", "FULL", "--output", "json")
    look.must(checked, *{"describe": (_OK,), "add": (_OK, _DIFFERENCES, _PARTLY)}.get(kind, (_DIFFERENCES,)))
    look.must(look.run("schema", "check", *words), checked.code, _OK, _DIFFERENCES)
    look.must(look.run("schema", "diff", *pair, *words), 0, 2, 4)
    events = _received(look, _TYPE)
    if events and checked.code == _OK:
        file = look.write("events.ndjson", events)
        test = ("schema", "test-live", "--file", file, *words, *_ALL)
        look.must(look.run(*test, "--schema", pair[1]), _OK)
    rule = {"detail": {"data": {"after": {"v": [4]}}}}
    impact = ("schema", "impact", look.write("rule.json", rule), *words, "--source", "com.example.accounts")
    judged = look.run(*impact, "--schema", f"{CHANGED}@1.1.0", "--against", f"{CHANGED}@1.0.0")
    look.must(judged, *((_DIFFERENCES,) if kind == "narrow" else (_OK, _PARTLY)))


def shown(look: Look) -> None:
    """Versions are listed, and code and documents are made of all of them."""
    words = ("--schemas", str(_schemas(look)))
    listed = look.must(look.run("schema", "list", *words, "--output", "json"), _OK)
    text = json.dumps(listed.document)
    for name in (CHANGED, PLAN):
        if name not in text:
            look.violated(f"{listed} and does not list {name}")
        look.must(look.run("schema", "show", name, *words), _OK)
        look.must(look.run("schema", "changelog", name, *words), _OK)
    look.must(look.run("schema", "lint", *words), _OK)
    look.must(look.run("schema", "lock", *words), _DIFFERENCES)  # nothing is locked yet
    made = look.must(look.run("schema", "codegen", *words, "--output", "json"), _OK)
    for name, module in made.document["files"].items():
        compile(module, name, "exec")
    document = look.must(look.run("schema", "asyncapi", "--config", look.config, "--output", "json"), _OK)
    if document.code == _OK and _TYPE not in document.out:
        look.violated(f"{document} and names no {_TYPE}")


def _received(look: Look, event_type: str) -> list[Mapping[str, Any]]:
    received = look.simulation.buses[DOMAIN].received
    return [one.event for one in received if one.event["type"] == event_type and "dataref" not in one.event]


def _v_of(event: Mapping[str, Any]) -> int:
    return int((event["data"].get("after") or {}).get("v", 0))


def _schemas(look: Look) -> Path:
    return Path(look.config).parent / "event_schemas"


def _document(folder: Path, version: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / CHANGED / f"{version}.json").read_text(encoding="utf-8"))
    return found


def _edit(folder: Path, kind: str) -> None:
    document = _document(folder, "1.1.0")
    item = document["properties"]["after"]["properties"]
    match kind:
        case "narrow":
            item["v"]["maximum"] = 2
        case "widen":
            item["v"]["type"] = ["integer", "string"]
        case "add":
            item["note"] = {"type": "string"}
        case _:
            document["description"] = "What became of an item."
    (folder / CHANGED / "1.1.0.json").write_text(json.dumps(document), encoding="utf-8")
