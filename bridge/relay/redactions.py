"""Watches the rules of redaction at work: one that never matches protects nothing, and nobody would see it.

A rule that reached no field in the last :data:`LOOKED_AT` changes of its table is a metric and, once, a
warning. A value that was dropped because it had another shape than a rule expects is counted. What is
remembered is this process's alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Final

from bridge.core.events.translate import Table
from bridge.core.redact import Redaction
from bridge.ports.telemetry import Telemetry
from bridge.relay.batch import Item

LOOKED_AT: Final = 1_000
"""Changes of a table after which a rule that never matched is reported."""


@dataclass(slots=True)
class RedactionWatch:
    """``since`` counts, by table and rule, the changes since the rule last matched."""

    looked_at: int = LOOKED_AT
    since: dict[str, list[int]] = field(default_factory=dict)
    _parted: set[str] = field(default_factory=set)
    _lock: Lock = field(default_factory=Lock)

    def note(self, items: Iterable[Item], tables: Mapping[str, Table], telemetry: Telemetry) -> None:
        """Add the changes of one batch, and count what they show."""
        by_rules: dict[tuple[str, str], list[Item]] = {}
        for item in items:
            if item.change is not None and item.redacted is not None:
                rules = tables[item.change.table].rules_after(item.change)
                by_rules.setdefault((item.change.table, rules.entity), []).append(item)
        for (name, entity), own in by_rules.items():
            redaction = tables[name].rules_of(entity).redact
            if redaction is not None:
                self._note_rules(
                    {"table": name, **({"entity": entity} if entity else {})}, redaction, own, telemetry
                )

    def _note_rules(
        self, of: Mapping[str, str], redaction: Redaction, items: Iterable[Item], telemetry: Telemetry
    ) -> None:
        name = "/".join(of.values())
        rules = len(redaction.rules)
        parted, crossed = 0, []
        with self._lock:
            since = self.since.setdefault(name, [0] * rules)
            for item in items:
                redacted, change = item.redacted, item.change
                if redacted is None or change is None:
                    continue
                parted += redacted.parted
                if change.before is None and change.after is None and change.current is None:
                    continue  # this stream view has no image in which a rule could match
                unmatched = set(redacted.unmatched(rules))
                for index in range(rules):
                    since[index] = since[index] + 1 if index in unmatched else 0
                    if since[index] == self.looked_at:
                        crossed.append(index)
            silent = sum(count >= self.looked_at for count in since)
            first_parted = parted > 0 and name not in self._parted
            if parted:
                self._parted.add(name)
        telemetry.count("RedactionValuesDropped", parted, **of)
        telemetry.measure("RedactionRulesUnmatched", silent, **of)
        for index in crossed:
            telemetry.log(
                "warning",
                "a redaction rule matched nothing",
                **of,
                path=redaction.rules[index].path.text,
                changes=self.looked_at,
                hint="if the path is wrong, values that should be redacted are published: compare it with an"
                " item of the table; `stream-bridge check` finds paths that no schema, example or sample has",
            )
        if first_parted:
            telemetry.log(
                "warning",
                "values were dropped because they have another shape than their redaction rule expects",
                **of,
                values=parted,
                hint="correct the path of the rule, or name the whole attribute, such as $.card",
            )
