"""The text of a first bridge.yaml: commented, and as short as possible."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Final

from bridge.core.pointer import escape
from bridge.onboarding.documents import VERSION, TablePlan
from bridge.onboarding.entities.proposal import Entity
from bridge.onboarding.entities.words import words

_PLAIN: Final = re.compile(r"[A-Za-z_/$][A-Za-z0-9_./$-]*")
_YAML_WORDS: Final = frozenset({"y", "n", "yes", "no", "true", "false", "on", "off", "null"})
_TOUCHED: Final = frozenset(
    {("updated", "at"), ("modified", "at"), ("last", "modified"), ("last", "updated")}
)

_HEAD: Final = """\
# yaml-language-server: $schema=./bridge.schema.json
# A first configuration, written by `stream-bridge init`. Read it once. After each change, run:
#   stream-bridge check
#   stream-bridge render examples/records/{record_file}
# `stream-bridge config schema > bridge.schema.json` renews the schema for editors that the first line names.
version: 1
source: {source}
schemas: ./event_schemas

sinks:
  # An event bus: the one that EVENT_BUS names, else the account's default bus.
  domain: {{kind: eventbridge, bus: "${{EVENT_BUS:-default}}"}}

# With memory, a failure affects only its own item; with none, a batch stops at its first failure.
ledger: {{kind: memory}}

# Records that can never become events are stored here, whole. They contain the item's values: restrict
# access.
quarantine: {{kind: directory, path: "${{QUARANTINE_DIR:-./quarantine}}"}}

tables:
"""

_DATA: Final = (
    "# Without a mapping, an event's data is {operation, key, before, after, changes}, as far as",
    '# the stream has them. With one: versions: [{schema: "1.0.0", data: {name: $.after.name}}].',
)
_ENTITIES: Final = (
    "# An item is of the first entity whose key templates it has, and whose `where` holds. Without a",
    "# mapping, an event's data is {operation, key, id, before, after, changes}, as far as the stream has",
    "# them; id holds the parts of the key. With one:",
    '# versions: [{schema: "1.0.0", data: {name: $.after.name}}].',
)


def configuration_text(plans: Sequence[TablePlan], source: str) -> str:
    head = _HEAD.format(source=source, record_file=plans[0].records_file)
    lines: list[str] = []
    for table, its in groupby(plans, key=lambda plan: plan.sample.table):
        lines.append(f"  {_scalar(table)}:")
        lines += _table(list(its))
    return head + "\n".join(lines) + "\n"


def _table(plans: Sequence[TablePlan]) -> Iterator[str]:
    """``plans`` are those of the entities of one table, or that of a table without entities."""
    if plans[0].entity is None:
        yield from (f"    {line}" for line in _rules(plans[0]))
        return
    yield from (f"    {line}" for line in _ENTITIES)
    yield "    entities:"
    for plan in plans:
        assert plan.entity is not None  # noqa: S101 - a table has entities or is one
        yield f"      {_scalar(plan.entity.name)}:"
        yield from (f"        {line}" for line in _selection(plan.entity))
        yield from (f"        {line}" for line in _rules(plan))
    yield "    # Items that no entity selects have no event, and are counted; `quarantine` stores them."
    yield "    other: ignore"


def _selection(entity: Entity) -> Iterator[str]:
    yield f"key: {_flow(entity.key)}"
    if entity.where is not None:
        yield f"where: {_flow(entity.where)}"


def _rules(plan: TablePlan) -> Iterator[str]:
    yield f"subject: {_scalar(plan.subject)}"
    yield from _ignored(plan)
    if plan.drop:
        yield "# Probably secret: removed before anything else reads it. `with: mask` shows that it is"
        yield "# there, `with: hmac` (and a key) that it changed."
        yield "redact:"
        for path in plan.drop:
            yield f"  - {{path: {_scalar(path)}, with: drop}}"
    if plan.entity is None:
        yield from _DATA
    yield "events:"
    for event in plan.events:
        yield f"  - type: {_scalar(event.type)}"
        yield f"    op: {event.operation}"
        yield f'    versions: ["{VERSION}"]'


def _ignored(plan: TablePlan) -> Iterator[str]:
    """What changes without meaning: it is ignored if it serves the store, and suggested if it is a time."""
    properties = plan.item.get("properties", {})
    touched = [_scalar("/" + escape(name)) for name in properties if tuple(words(name)) in _TOUCHED]
    technical = () if plan.entity is None else plan.entity.ignore
    if touched and not technical:
        yield "# A change of only these fields is of no interest: without the #, it becomes no event."
        yield f"# diff: {{ignore: [{', '.join(touched)}]}}"
    if technical:
        yield "# A change of only these attributes becomes no event: they serve the store."
        yield "diff:"
        yield "  ignore:"
        for each in technical:
            yield f"    - {_scalar(each.pointer)}  # {each.why}"
        for pointer in touched:
            yield f"    # - {pointer}  # a time of writing: without the first #, it is ignored too"


def _flow(value: Any) -> str:
    """A mapping or list on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_scalar(name)}: {_flow(each)}" for name, each in value.items()) + "}"
    if isinstance(value, list):
        return f"[{', '.join(map(_flow, value))}]"
    return ("true" if value else "false") if isinstance(value, bool) else _scalar(str(value))


def _scalar(text: str) -> str:
    """``text`` as YAML that takes nothing from the environment."""
    if _PLAIN.fullmatch(text) and text.lower() not in _YAML_WORDS:
        return text
    return json.dumps(text.replace("${", "$${"), ensure_ascii=False)
