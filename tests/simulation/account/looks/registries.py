"""Schemas in a registry: published by an operator whose calls fail and who is killed, read by the bridge."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from tests.fakes.clients.batch_peer import client_error
from tests.fakes.clients.eventbridge_schemas import EventBridgeSchemasClient
from tests.fakes.clients.glue import GlueClient
from tests.fakes.faults import sometimes
from tests.simulation.account.looks.look import Look
from tests.simulation.account.shell import Done
from tests.simulation.configuration import CHANGED
from tests.simulation.faults import Crash, Faults

_OK, _DIFFERENCES = 0, 2
_REGISTRY = "domain-events"
_TROUBLED_TRIES, _TRIES = 6, 10
_VERSIONS = 3
_META = "summary: What became of an item.\nowner: {team: items, contact: '#items'}\n"


def published(look: Look) -> None:
    """Every version is published once, whatever failed; what was published is what the bridge then reads."""
    kind = look.rng.choice(("eventbridge", "glue"))
    peer = _peer(kind, look)
    look.simulation.account.registries = {"schemas": peer, "glue": peer}
    folder = _project(look, kind)
    words = ("schema", "publish", "--schemas", str(folder / "event_schemas"))
    look.must(look.run(*words, "--plan"), _OK)
    if peer.schemas:
        look.violated("a plan published schemas")
    _apply(look, words)
    found = {name: len(schema.versions) for name, schema in peer.schemas.items()}
    if sum(found.values()) != _VERSIONS:
        look.violated(f"{_VERSIONS} versions were published to {kind} as {found}")
    again = look.must(look.run(*words, "--apply", "--output", "json"), _OK)
    states = {line["state"] for each in again.document["targets"] for line in each["versions"]}
    if states - {"same"}:
        look.violated(f"{again} for the second time, and finds {states}")
    look.must(look.run("schema", "lock", "--schemas", str(folder / "event_schemas")), _OK)
    _read_from_it(look, folder, kind)
    name = look.rng.choice(sorted(peer.schemas))
    peer.remove_version(name, peer.schemas[name].versions[0].number)
    look.simulation.world.note(f"somebody removes a version of {name}")
    look.must(look.run(*words, "--plan"), _DIFFERENCES)


def _apply(look: Look, words: tuple[str, ...]) -> None:
    faults = look.simulation.faults
    for tries in range(_TRIES):
        faults.on = tries < _TROUBLED_TRIES
        try:
            done = look.run(*words, "--apply")
        except Crash:
            continue
        finally:
            faults.on = False
        if done.code == _OK:
            return
        if tries >= _TROUBLED_TRIES:
            look.must(done, _OK)


def _read_from_it(look: Look, folder: Path, kind: str) -> None:
    """The same records become the same events, whether the schemas are in a folder or in the registry; and
    when the registry is down, from the cache."""
    records = [record for record, _ in look.records()]
    if not records:
        return
    config = json.loads((folder / "bridge.yaml").read_text(encoding="utf-8"))
    config["schemas"] = f"{kind}://{_REGISTRY}"
    config["schema_cache"] = {"path": str(look.folder / "cache"), "ttl": 0}
    file = look.write("records.ndjson", records)
    remote = look.write("remote/bridge.yaml", config)
    expected = look.run("render", file, "--config", str(folder / "bridge.yaml"))
    for down in (False, True):
        look.simulation.account.down = {"schemas", "glue"} if down else set()
        done = look.run("render", file, "--config", remote)
        look.simulation.account.down = set()
        look.must(done, expected.code)
        if _events(done) != _events(expected):
            look.violated(f"{done}: other events with schemas from {kind}, {down=}")


def _events(done: Done) -> list[Any]:
    return [{name: value for name, value in line.items() if name != "time"} for line in done.lines]


def _project(look: Look, kind: str) -> Path:
    """A copy of the deployed files with what a registry asks for."""
    folder = look.folder / "published"
    shutil.copytree(Path(look.config).parent, folder)
    registry = folder / "event_schemas" / "registry.yaml"
    target = f"publish: [{{kind: {kind}, registry: {_REGISTRY}}}]\n"
    registry.write_text(registry.read_text(encoding="utf-8") + target, encoding="utf-8")
    for each in (folder / "event_schemas").iterdir():
        if each.is_dir():
            (each / "meta.yaml").write_text(_META, encoding="utf-8")
            for version in list(each.glob("*.json")):
                example = each / "examples" / version.stem / "valid" / "one.json"
                example.parent.mkdir(parents=True)
                example.write_text('{"operation": "insert", "plan": "pro", "after": {"v": 1, "plan": "pro"}}')
                document = json.loads(version.read_text(encoding="utf-8"))
                document["description"] = f"What became of an item, {each.name == CHANGED}."
                version.write_text(json.dumps(document), encoding="utf-8")
    return folder


def _peer(kind: str, look: Look) -> Any:
    faults = look.simulation.faults
    clock: Any = look.simulation.world.clock
    made = GlueClient if kind == "glue" else EventBridgeSchemasClient
    peer = made(_REGISTRY, clock=clock)
    peer.fail = sometimes(lambda operation, call: _failing(faults, operation))
    peer.lose = sometimes(lambda operation, call: _lost(faults, operation))
    return peer


def _failing(faults: Faults, operation: str) -> ClientError | None:
    fault = faults.before(f"registry.{operation}")
    if fault in ("throttled", "partial"):
        return client_error("ThrottlingException", operation, 400)
    if fault == "failed":
        return client_error("InternalServerErrorException", operation, 500)
    return None


def _lost(faults: Faults, operation: str) -> Exception | None:
    faults.after(f"registry.{operation}")
    return None
