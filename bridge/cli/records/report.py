"""What ``stream-bridge render`` prints on stderr about the records, and its exit code."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, Final

from bridge.cli.console.live import sum_up
from bridge.cli.console.output import Console, ExitCode, visible
from bridge.cli.records.files import Unreadable
from bridge.cli.records.preview import Preview, Previewer
from bridge.core.change import StreamRef

PLACEHOLDER_LABEL: Final = "0001-01-01T00:00:00.000"
"""Placeholder for the label of a stream that is not known; sorts before every real label."""

_WHY: Final = {
    "accepted": "published",
    "filtered": "no event: the table's filter excludes it",
    "unchanged": "no event: only ignored attributes changed",
    "no_matching_type": "no event: no rule matched",
    "no_entity": "no event: no entity selects the item",
    "unknown_table": "no event: the table is not in the configuration",
}


def placeholder_stream(table: str) -> StreamRef:
    """The stream of a table whose records name none."""
    arn = f"arn:aws:dynamodb:us-east-1:000000000000:table/{table}/stream/{PLACEHOLDER_LABEL}"
    return StreamRef(arn, table, PLACEHOLDER_LABEL)


class Report:
    """Prints what happens to each record, then the counts."""

    def __init__(self, console: Console, *, as_json: bool) -> None:
        self._console = console
        self._as_json = as_json
        self._ends: Counter[str] = Counter()
        self._events = 0
        self._unreadable = 0
        self._reported: set[str] = set()

    def unreadable(self, part: Unreadable) -> None:
        self._unreadable += 1
        problem = part.problem
        if self._as_json:
            where = {"file": problem.file, "line": problem.line, "column": problem.column}
            self._line(unreadable={**where, "message": problem.message, "hint": problem.suggestion})
        else:
            self._console.problem(problem)

    def unnamed(self, stand_in: StreamRef | None) -> None:
        """A record names no stream (GetRecords returns it only to its caller): say once how it is treated."""
        if stand_in is None:
            self._once("records name no stream, so their table is not known", "use --stream-arn or --table")
        elif stand_in.label == PLACEHOLDER_LABEL:
            self._once(
                f"records name no stream: they count as records of table {stand_in.table}, "
                "with placeholders for the ARN and for the label in sequence",
                "use --stream-arn for the real ones",
            )

    def record(self, record: Any, preview: Preview, previewer: Previewer | None) -> None:
        """``previewer`` explains the record; None = no explanation wanted."""
        self._ends[preview.end] += 1
        self._events += len(preview.events)
        if preview.why == "unknown_table" and preview.change is not None:
            self._once(
                f"table {preview.change.table} is not in the configuration: its changes get no event",
                "add it under tables:, or check the ARN of the records",
            )
        self._report_failure(preview)
        if previewer is not None:
            self._explain(record, preview, previewer)

    def _report_failure(self, preview: Preview) -> None:
        """What is wrong with a record, without its values."""
        failure = preview.quarantined or preview.refused
        if failure is not None:
            entry, change = preview.quarantined, preview.change
            self._line(
                number=self._ends.total(),
                end=preview.end,
                record_id=preview.record_id,
                table=change.table if change else "",
                reason=failure.reason,
                stage=failure.stage,
                message=failure.message,
                hint=failure.hint,
                event_type=entry.event_type if entry else "",
                **({"entity": entry.entity} if entry and entry.entity else {}),
                sequence=change.position.sequence if change else "",
            )

    def _explain(self, record: Any, preview: Preview, previewer: Previewer) -> None:
        change = preview.change
        explanation = None if change is None else previewer.explain(record, change)
        rules = () if explanation is None else explanation.rules
        entities = () if explanation is None else explanation.entities
        misses = () if explanation is None else explanation.misses
        events = [event.type for event in preview.events]
        number = self._ends.total()
        if self._as_json:
            self._line(
                number=number,
                end=preview.end,
                why=preview.why,
                record_id=preview.record_id,
                table=change.table if change else "",
                operation=change.operation if change else "",
                rules=[{"type": name, "matched": why is None, "why": why or ""} for name, why in rules],
                events=events,
                **({"entities": list(entities)} if entities else {}),
                **({"misses": [{"entity": name, "why": why} for name, why in misses]} if misses else {}),
            )
            return
        what = f"{change.table} {change.operation}" if change is not None else "not decoded"
        end = _WHY.get(preview.why, f"{preview.end}: {preview.why}".replace("_", " "))
        self._console.say(visible(f"record {number} {preview.record_id}: {what}: {end}"))
        if entities:
            self._console.say(f"  entity: {', then '.join(entities)}")
        for entity, missed in misses:
            self._console.say(visible(f"  not of entity {entity}: {missed}"))
        for name, why in rules:
            self._console.say(visible(f"  {name}: {'matched' if why is None else why}"))

    def end(self) -> int:
        """Print the counts and return the exit code."""
        counts = {
            "received": self._ends.total(),
            "published": self._ends["published"],
            "without_event": self._ends["without_event"],
            "quarantined": self._ends["quarantined"],
            "returned": self._ends["returned"],
            "events": self._events,
            "unreadable": self._unreadable,
        }
        if self._as_json:
            self._line(counts=counts)
        else:
            self._console.say(sum_up(counts))
        if self._unreadable:
            return ExitCode.ERROR
        return ExitCode.PARTLY if counts["quarantined"] or counts["returned"] else ExitCode.OK

    def _once(self, message: str, hint: str) -> None:
        if message in self._reported:
            return
        self._reported.add(message)
        if self._as_json:
            self._line(note=message, hint=hint)
        else:
            self._console.say(visible(f"note: {message} - {hint}"), style="yellow")

    def _line(self, **fields: object) -> None:
        # Not with orjson: an id may hold a lone surrogate, and is shown all the same.
        self._console.say(json.dumps(fields))
