"""The text of a first bridge.yaml: commented, and as short as possible."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Final

from bridge.core.pointer import escape
from bridge.onboarding.documents import VERSION, TablePlan
from bridge.onboarding.names import words

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


def configuration_text(plans: Sequence[TablePlan], source: str) -> str:
    head = _HEAD.format(source=source, record_file=f"{plans[0].sample.table}.json")
    return head + "\n".join(line for plan in plans for line in _table(plan)) + "\n"


def _table(plan: TablePlan) -> Iterator[str]:
    yield f"  {_scalar(plan.sample.table)}:"
    yield f"    subject: {_scalar(plan.subject)}"
    touched = [name for name in plan.item.get("properties", {}) if tuple(words(name)) in _TOUCHED]
    if touched:
        yield "    # A change of only these fields is of no interest: without the #, it becomes no event."
        yield f"    # diff: {{ignore: [{', '.join(_scalar('/' + escape(name)) for name in touched)}]}}"
    if plan.drop:
        yield "    # Probably secret: removed before anything else reads it. `with: mask` shows that it is"
        yield "    # there, `with: hmac` (and a key) that it changed."
        yield "    redact:"
        for path in plan.drop:
            yield f"      - {{path: {_scalar(path)}, with: drop}}"
    yield "    # Without a mapping, an event's data is {operation, key, before, after, changes}, as far as"
    yield '    # the stream has them. With one: versions: [{schema: "1.0.0", data: {name: $.after.name}}].'
    yield "    events:"
    for event in plan.events:
        yield f"      - type: {_scalar(event.type)}"
        yield f"        op: {event.operation}"
        yield f'        versions: ["{VERSION}"]'


def _scalar(text: str) -> str:
    """``text`` as YAML that takes nothing from the environment."""
    if _PLAIN.fullmatch(text) and text.lower() not in _YAML_WORDS:
        return text
    return json.dumps(text.replace("${", "$${"), ensure_ascii=False)
