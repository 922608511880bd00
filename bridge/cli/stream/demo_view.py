"""The demo as text: what is written, what the subscribers receive, and the result."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

from rich.text import Text

from bridge.cli.console import diff_view
from bridge.cli.console.output import Console, plural
from bridge.demo import shop
from bridge.demo.checks import Check
from bridge.demo.kept import Kept
from bridge.demo.resources import Resources
from bridge.demo.subscribers import CloudEvent
from bridge.demo.writer import Step
from bridge.ports.quarantine import Quarantined
from bridge.relay.accounts import Account

_SHOWN = 80  # changes shown one by one
_REPORT_EVERY = 100
_MASK = "•••"


class DemoView:
    """Shows the progress on stderr and the result on stdout. Called from several threads."""

    def __init__(self, console: Console, changes: int) -> None:
        self._console = console
        self._changes = changes
        self._lock = threading.Lock()
        self._written = 0
        self._received = {"bus": 0, "feed": 0}
        self._deprecated: set[str] = set()
        self.throttled_calls = 0

    # --- the setup ------------------------------------------------------------------------------------

    def started(self, endpoint_url: str, took_s: float) -> None:
        self._say(Text(f"An embedded AWS (MiniStack) runs on {endpoint_url}, ready after {took_s:.1f} s."))

    def resources(self, resources: Resources) -> None:
        self._say(
            Text(f"  tables  {', '.join(resources.streams)}, each with a stream of NEW_AND_OLD_IMAGES"),
            Text(f"  {shop.TABLE:<6}  {shop.MEANING}"),
            Text(f"  bus     {resources.bus} → rule → queue {_name(resources.bus_queue.arn)}, unordered"),
            Text(
                f"  feed    {_name(resources.topic_arn)} → queue {_name(resources.topic_queue.arn)}: "
                "ordered per item"
            ),
            Text(f"The demo writes {plural(self._changes, 'change')} while the bridge reads the streams."),
            Text(),
        )

    # --- the changes ----------------------------------------------------------------------------------

    def wrote(self, step: Step) -> None:
        with self._lock:
            self._written += 1
            written = self._written
        if written <= _SHOWN:
            self._say(_line("write", "bold blue", Text.assemble(step.text, (_note(step), "dim"))))
        elif written == _SHOWN + 1:
            self._say(Text("… further changes are not shown one by one", "dim"))
        elif written % _REPORT_EVERY == 0:
            received = ", ".join(f"{name} {count}" for name, count in self._received.items())
            self._say(Text(f"… {written} writes; events received: {received}", "dim"))

    def received(self, subscriber: str, event: CloudEvent) -> None:
        with self._lock:
            self._received[subscriber] += 1
            shown = self._received[subscriber] <= _SHOWN
            new = event.get("deprecated") is True and event["type"] not in self._deprecated
            self._deprecated |= {event["type"]} if new else set()
        if not shown:
            return
        lines = [_line(subscriber, "bold magenta", diff_view.summary(event))]
        if subscriber == "bus":  # the same event at the other subscriber needs no second diff
            lines += [_line("", "", change) for change in diff_view.changes(event)]
        if new:
            last_day = str(event.get("deprecationsunset")).partition("T")[0]
            text = f"  {event['type']} is deprecated: published beside the newer major until {last_day}; "
            text += f"migration: {event.get('deprecationmigration')}"
            lines.append(_line("", "", Text(text, "yellow")))
        self._say(*lines)

    def throttled(self, entries: int) -> None:
        self.throttled_calls += 1
        text = f"EventBridge throttles one entry of a call with {entries}: only this entry is sent again"
        self._say(_line("fault", "bold yellow", Text(text, "yellow")))

    # --- the loss ----------------------------------------------------------------------------

    def loss(self) -> None:
        with self._lock:  # this phase is shown completely, however many changes came before
            self._received = dict.fromkeys(self._received, 0)
        self._say(
            Text(),
            Text("The loss: the mapping is deleted while the tables change, and created again with LATEST."),
        )

    def lost(self, step: Step) -> None:
        self._say(_line("lost", "bold red", Text.assemble(step.text, (_note(step), "dim"))))

    def differs(self, subscriber: str, lost: Mapping[str, str]) -> None:
        """``lost``: subject to what happened to it."""
        signs = {"insert": "+", "modify": "~", "remove": "-"}
        which = ", ".join(f"{signs.get(kind, '?')} {subject}" for subject, kind in lost.items())
        text = f"{subscriber}'s copy differs from the tables in {plural(len(lost), 'item')}: {which}"
        self._say(_line("copy", "bold yellow", Text(text, "yellow")))

    def reconciled(self, report: Mapping[str, Any]) -> None:
        missed = [f"{kind} {count}" for kind, count in report["missed"].items() if count]
        blocked = report["blocked"]["count"]
        events = plural(report["events"], "event")
        items = plural(report["compared"], "item")
        text = f"reconcile {report['table']}: {report['matching']} of {items} matching, "
        text += f"missed {', '.join(missed)}: {events} re-emitted" if missed else "nothing missed"
        unselected = report.get("no_entity", 0)
        text += f"; {unselected} of no entity, so not compared" if unselected else ""
        text += f"; {blocked} blocked: still invalid by its schema" if blocked else ""
        self._say(_line("check", "bold green", Text(text, "green")))

    # --- the result -------------------------------------------------------------------------------------

    def quarantine(self, entries: Sequence[Quarantined]) -> None:
        lines = []
        for entry in entries:
            lines.append(
                Text.assemble(
                    ("\nquarantined ", "bold red"),
                    f"{entry.table} {entry.record.get('eventName')}: {entry.reason}, stage {entry.stage}",
                )
            )
            lines.append(Text(f"  {entry.message}"))
            image = entry.record["dynamodb"].get("NewImage") or entry.record["dynamodb"]["Keys"]
            shown = ", ".join(f"{name}: {_MASK}" for name in image)
            lines.append(Text(f"  stored whole, shown masked: {{{shown}}}", "dim"))
        self._say(*lines)

    def verdict(self, account: Account, checks: Sequence[Check], took_s: float) -> None:
        self._console.flush()
        rows = (
            ("  received", account.received, ""),
            ("= published", account.published, f"as {plural(account.events, 'event')}"),
            ("+ without event", account.without_event, "only ignored attributes changed, or of no entity"),
            ("+ quarantined", account.quarantined, "can never become an event"),
            ("+ returned", account.returned, "delivered again"),
        )
        self._console.show(Text("\nThe records", "bold"))
        for name, count, meaning in rows:
            self._console.show(Text.assemble(f"{name:<17}{count:>6}", (f"  {meaning}".rstrip(), "dim")))
        self._console.show(Text("\nThe promises", "bold"))
        for check in checks:
            mark = ("  ok   ", "green") if check.kept else ("  FAIL ", "bold red")
            found = f" ({check.found})" if check.found and not check.kept else ""
            self._console.show(Text.assemble(mark, check.promise, found))
        broken = sum(not check.kept for check in checks)
        if broken:
            self._console.show(
                Text(f"\n{plural(broken, 'promise was', 'promises were')} not kept.", "bold red")
            )
        else:
            text = "\nThe subscribers' copies agree with the tables, also after the loss."
            text += f" The demo took {took_s:.1f} s."
            self._console.show(Text(text, "bold green"))

    def tools(self, kept: Kept) -> None:
        """How to use other tools with what is left running."""
        lines = [
            "\nEverything keeps running until Ctrl-C. In another terminal, first:",
            *(f"  {line}" for line in kept.setup),
            "then any of:",
            *(f"  {line}" for line in kept.commands),
        ]
        for line in lines:
            self._console.show(Text(line))

    def _say(self, *lines: Text) -> None:
        if lines:
            self._console.say(Text("\n").join(lines))


def _note(step: Step) -> str:
    return {
        "nothing": "  (changes nothing: DynamoDB leaves no record)",
        "unimportant": "  (changes only ignored attributes: no event)",
        "unselected": "  (no entity selects this item: no event)",
        "invalid": "  (will be invalid by its schema)",
    }.get(step.outcome, "")


def _line(who: str, style: str, what: Text) -> Text:
    return Text.assemble((f"{who:<6} ", style), what)


def _name(arn: str) -> str:
    return arn.rpartition(":")[2]
