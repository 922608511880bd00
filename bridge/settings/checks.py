"""Checks across the blocks of bridge.yaml.

They work on the data of the file (with its environment), not on the models, so that a mistake in one block
does not hide the mistakes in another. Parts of the wrong shape are skipped here; the models report them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bridge.core.pattern.matching import looks_beyond_keys
from bridge.errors import Problem, did_you_mean
from bridge.limits import EVENTBRIDGE_DETAIL_TYPE_CHARS, EVENTBRIDGE_V2_SOURCE_CHARS
from bridge.settings.derivation_checks import check_derivations
from bridge.settings.entity_checks import PLACEHOLDER, check_entities
from bridge.settings.environment import DefaultText, EnvironmentText, plain
from bridge.settings.types import TYPE_MAX_CHARS
from bridge.settings.yaml_source import YamlPath, YamlSource

Finding = tuple[YamlPath, Problem]


def check_settings(source: YamlSource, data: Any) -> Iterator[Finding]:
    """Errors and warnings, each with the path it is about."""
    checks = _Checks(source, _mapping(data))
    yield from checks.all()


class _Checks:
    def __init__(self, source: YamlSource, data: dict[str, Any]) -> None:
        self.source = source
        self.data = data
        self.sinks = _mapping(data.get("sinks"))
        self.ledger = _mapping(data.get("ledger"))
        self.used: set[str] = set()

    def all(self) -> Iterator[Finding]:
        yield from self.secret(("hash_key",), self.data.get("hash_key"))
        if self.ledger.get("kind") == "dynamodb" and self.data.get("hash_key") is None:
            message = "needs hash_key, because the hashes in this ledger must stay the same after a restart"
            yield self.error(("ledger", "kind"), message, 'write hash_key: "${NAME}" at the top')
        yield from self.source_chars()
        names: dict[str, str] = {}
        for name, table in _mapping(self.data.get("tables")).items():
            at: YamlPath = ("tables", name)
            yield from self.physical_name(at, name, table, names)
            yield from self.table(at, _mapping(table))
            yield from check_entities(self.source, at, _mapping(table))
        yield from self.shared_subjects()
        for sink in self.sinks:
            if self.data.get("tables") and sink not in self.used:
                yield self.warning(("sinks", sink), "no table publishes to this sink")

    def shared_subjects(self) -> Iterator[Finding]:
        """Tables whose items could have one subject in events of one type: subscribers would take two items
        for one."""
        first: dict[tuple[str, str], str] = {}
        for name, table in _mapping(self.data.get("tables")).items():
            if "entities" in _mapping(table):
                continue  # bridge.settings.entity_checks
            subject = _mapping(table).get("subject")
            for event in _list(_mapping(table).get("events")):
                type_ = _mapping(event).get("type")
                if not isinstance(subject, str) or not isinstance(type_, str):
                    continue
                other = first.setdefault((type_, PLACEHOLDER.sub("{}", subject)), name)
                if other != name:
                    message = f"can be the subject of another item, of table {other}, in events of {type_}"
                    advice = "begin it with another word; if no key is in both tables, ignore this"
                    yield self.warning(("tables", name, "subject"), message, advice)
                    break

    def source_chars(self) -> Iterator[Finding]:
        source = self.data.get("source")
        if not isinstance(source, str) or len(source) <= EVENTBRIDGE_V2_SOURCE_CHARS:
            return
        for name, sink in self.sinks.items():
            block = _mapping(sink)
            # the bus does not check the source inside a raw event
            if block.get("kind") == "eventbridge_v2" and block.get("raw") not in (True, "true"):
                message = f"must have at most {EVENTBRIDGE_V2_SOURCE_CHARS} characters for sink {name}"
                yield self.error(("source",), message, "shorten it, or publish raw events there")

    def physical_name(self, at: YamlPath, key: str, table: Any, names: dict[str, str]) -> Iterator[Finding]:
        name = _mapping(table).get("name", key)
        if isinstance(name, str) and (other := names.setdefault(name, key)) != key:
            yield self.error((*at, "name"), f"is already the table of {other}")

    def table(self, at: YamlPath, table: dict[str, Any]) -> Iterator[Finding]:
        heals = self.ledger.get("kind") in ("memory", "dynamodb") and self.ledger.get("heal") != "off"
        if heals and looks_beyond_keys([_mapping(each) for each in _one_or_many(table.get("filter"))]):
            message = "uses more than keys, so gaps in an item's history are normal and are not searched"
            yield self.warning((*at, "filter"), message, 'filter by keys, or write heal: "off" in ledger')
        default = "sink" in table or len(self.sinks) == 1
        if default and "sink" not in table:
            self.used.update(self.sinks)
        yield from self.kind(at, table, default=default)
        for name, entity in _mapping(table.get("entities")).items():
            own = _mapping(entity)
            yield from self.kind((*at, "entities", name), own, default=default or "sink" in own)

    def kind(self, at: YamlPath, table: dict[str, Any], *, default: bool) -> Iterator[Finding]:
        """A table or an entity. ``default``: its events need not name sinks."""
        for index, redaction in enumerate(_list(table.get("redact"))):
            yield from self.redaction((*at, "redact", index), _mapping(redaction))
        yield from self.sink_names((*at, "sink"), table)
        seen: list[tuple[Any, ...]] = []
        for index, entry in enumerate(_list(table.get("events"))):
            event, event_at = _mapping(entry), (*at, "events", index)
            yield from self.event(event_at, event)
            if not default and "sink" not in event and self.sinks:
                message = "required key 'sink' is missing, because there are several sinks"
                yield self.error((*event_at, "sink"), message, f"one of {', '.join(self.sinks)}")
            same = (event.get("type"), _ops(event), event.get("when"))
            if same in seen and event.get("type") is not None:
                message = (
                    f"matches the same changes as {at[-1]}.events[{seen.index(same)}], with the same type"
                )
                yield self.error(event_at, message)
            seen.append(same)

    def sink_names(self, at: YamlPath, block: dict[str, Any]) -> Iterator[Finding]:
        value = block.get("sink")
        listed = isinstance(value, list)
        for index, name in enumerate(_one_or_many(value)):
            path = (*at, index) if listed else at
            if not isinstance(name, str):
                continue
            self.used.add(name)
            if name not in self.sinks and self.sinks:
                shown = "" if isinstance(name, EnvironmentText) else did_you_mean(name, list(self.sinks))
                known = f"one of {', '.join(self.sinks)}"
                yield self.error(path, "is not a sink of this file", shown or known)
            elif name in _one_or_many(value)[:index]:
                yield self.error(path, "is twice in the list")

    def event(self, at: YamlPath, event: dict[str, Any]) -> Iterator[Finding]:
        yield from self.sink_names((*at, "sink"), event)
        ops = _one_or_many(event.get("op"))
        for index, op in enumerate(ops):
            if op in ops[:index]:
                yield self.error((*at, "op", index), "is twice in the list")
        when = _mapping(event.get("when"))
        for image, op in (("before", "insert"), ("after", "remove")):
            if image in when and ops == [op]:
                article = "an" if op == "insert" else "a"
                yield self.warning((*at, "when", image), f"never holds: {article} {op} has no item {image}")
        yield from self.undecidable(at, ops, when)
        yield from self.versions(at, event)
        yield from check_derivations(self.source, at, event)

    def undecidable(self, at: YamlPath, ops: list[Any], when: dict[str, Any]) -> Iterator[Finding]:
        """Conditions that a reconciliation can never decide, because the ledger does not keep what they need:
        the stream lost the item before the change, and only ``keep: image`` still has it."""
        if self.ledger.get("kind") != "dynamodb" or self.ledger.get("keep") == "image":
            return
        kept = self.ledger.get("keep") or "fingerprint"
        for name, needing in (("before", ("modify", "remove")), ("changed", ("remove",))):
            lost = [op for op in ops if op in needing]
            if name in when and lost:
                message = (
                    f"cannot be decided by a reconciliation with ledger.keep: {plain(kept)}: of a missed"
                    f" {' or '.join(map(str, lost))} the item before it is lost"
                )
                yield self.warning((*at, "when", name), message, "write keep: image in ledger")

    def versions(self, at: YamlPath, event: dict[str, Any]) -> Iterator[Finding]:
        type_, seen = event.get("type"), dict[str, int]()
        for index, entry in enumerate(_list(event.get("versions"))):
            short = not isinstance(entry, dict)
            version = entry if short else entry.get("schema")
            path = (*at, "versions", index) if short else (*at, "versions", index, "schema")
            if not isinstance(version, str):
                continue
            major = version.split(".", 1)[0]
            if seen.setdefault(major, index) != index:
                message = f"has the same major as versions[{seen[major]}]"
                yield self.error(path, message, "publish at most one version of each major")
            if (
                isinstance(type_, str)
                and len(type_) <= TYPE_MAX_CHARS
                and len(f"{type_}.v{major}") > EVENTBRIDGE_DETAIL_TYPE_CHARS
            ):
                message = f"makes the event's type longer than {EVENTBRIDGE_DETAIL_TYPE_CHARS} characters"
                yield self.error(path, message, "shorten the type")

    def redaction(self, at: YamlPath, redaction: dict[str, Any]) -> Iterator[Finding]:
        method = redaction.get("with")
        keyed = redaction.get("key") is not None
        if method == "hmac" and not keyed:
            yield self.error((*at, "key"), "required key 'key' is missing", 'write key: "${NAME}"')
        elif method in ("drop", "mask") and keyed:
            yield self.error((*at, "key"), f"is not used with {plain(method)}", "leave it out, or use hmac")
        else:
            yield from self.secret((*at, "key"), redaction.get("key"))

    def secret(self, path: YamlPath, value: Any) -> Iterator[Finding]:
        if isinstance(value, DefaultText):
            message = "is a secret, and the default in this file is used"
            yield self.warning(path, message, "set the environment variable before you publish")
        elif isinstance(value, str) and not isinstance(value, EnvironmentText):
            yield self.warning(path, "is a secret and is written in the file", 'write "${NAME}"')

    def error(self, path: YamlPath, message: str, suggestion: str = "") -> Finding:
        return path, self.source.problem(path, message, suggestion)

    def warning(self, path: YamlPath, message: str, suggestion: str = "") -> Finding:
        return path, self.source.problem(path, message, suggestion, "warning")


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _one_or_many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _ops(event: dict[str, Any]) -> list[Any]:
    return sorted(_one_or_many(event.get("op")), key=repr)
