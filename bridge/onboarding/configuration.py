"""The text of a first bridge.yaml: commented, and as short as it can be."""

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
# A first configuration, written by `stream-bridge init`. Read it once; then, again and again:
#   stream-bridge check
#   stream-bridge render examples/records/{record_file}
# The schema for editors named above is what `stream-bridge config schema` prints.
version: 1
source: {source}
schemas: ./event_schemas

sinks:
  # An event bus. EVENT_BUS names it; without it, it is the account's default bus.
  domain: {{kind: eventbridge, bus: "${{EVENT_BUS:-default}}"}}

# memory scopes a failure to the item it happened to; none stops a batch at its first failure.
ledger: {{kind: memory}}

# Where a record goes, whole, that can never become its events. It holds the item's values: keep it closed.
quarantine: {{kind: directory, path: "${{QUARANTINE_DIR:-./quarantine}}"}}

tables:
"""


def configuration_text(plans: Sequence[TablePlan], source: str) -> str:
    head = _HEAD.format(source=source, record_file=f"{plans[0].sample.table}.json")
    return head + "\n".join(line for plan in plans for line in _table(plan)) + "\n"


def _table(plan: TablePlan) -> Iterator[str]:
    yield f"  {_scalar(plan.sample.table)}:"
    yield f"    subject: {_scalar(plan.subject)}"
    touched = [name for name in plan.item.get("properties", {}) if _is_touched(name)]
    if touched:
        yield "    # A change of nothing else tells nobody anything: without the #, it becomes no event."
        yield f"    # diff: {{ignore: [{', '.join(_scalar('/' + escape(name)) for name in touched)}]}}"
    if plan.drop:
        yield "    # Probably secret: taken out before anything else sees it. `with: mask` shows that it is"
        yield "    # there, `with: hmac` (and a key) that it changed."
        yield "    redact:"
        for path in plan.drop:
            yield f"      - {{path: {_scalar(path)}, with: drop}}"
    yield "    # Without a mapping an event's data is {operation, key, before, after, changes}, as far as the"
    yield '    # stream has them. Or map it: versions: [{schema: "1.0.0", data: {name: $.after.name}}].'
    yield "    events:"
    for event in plan.events:
        yield f"      - type: {_scalar(event.type)}"
        yield f"        op: {event.operation}"
        yield f'        versions: ["{VERSION}"]'


def _is_touched(name: str) -> bool:
    found = words(name)
    return tuple(found) in _TOUCHED


def _scalar(text: str) -> str:
    """``text`` as YAML, with nothing taken from the environment."""
    if _PLAIN.fullmatch(text) and text.lower() not in _YAML_WORDS:
        return text
    return json.dumps(text.replace("${", "$${"), ensure_ascii=False)
