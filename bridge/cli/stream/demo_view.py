"""The demonstration for people's eyes: what is written, what subscribers receive, and how it came out."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.text import Text

from bridge.cli.console import diff_view
from bridge.cli.console.output import Console
from bridge.demo.checks import Check
from bridge.demo.resources import Resources
from bridge.demo.subscribers import CloudEvent
from bridge.demo.writer import Step
from bridge.ports.quarantine import Quarantined
from bridge.relay.accounts import Account

_SHOWN = 80  # changes that are shown one by one
_REPORT_EVERY = 100
_MASK = "•••"


class StageView:
    """Shows the play on stderr and the verdict on stdout. Called from several threads."""

    def __init__(self, console: Console, changes: int) -> None:
        self._console = console
        self._changes = changes
        self._lock = threading.Lock()
        self._written = 0
        self._received = {"bus": 0, "feed": 0}
        self._deprecated: set[str] = set()
        self.throttled_calls = 0

    # --- before ------------------------------------------------------------------------------------

    def opening(self, endpoint_url: str, took_s: float) -> None:
        self._say(Text(f"An embedded AWS (MiniStack) runs on {endpoint_url}, ready after {took_s:.1f} s."))

    def scenery(self, scenery: Resources) -> None:
        self._say(
            Text(f"  tables  {', '.join(scenery.streams)}, each with a stream of both images"),
            Text(f"  bus     {scenery.bus} → rule → queue {_name(scenery.bus_queue.arn)}: keeps no order"),
            Text(
                f"  feed    {_name(scenery.topic_arn)} → queue {_name(scenery.topic_queue.arn)}: "
                "in order for each item"
            ),
            Text(f"Now {self._changes} changes are written; the bridge reads the streams as they grow."),
            Text(),
        )

    # --- the play ----------------------------------------------------------------------------------

    def wrote(self, step: Step) -> None:
        with self._lock:
            self._written += 1
            written = self._written
        if written <= _SHOWN:
            self._say(_line("write", "bold blue", Text.assemble(step.text, (_note(step), "dim"))))
        elif written == _SHOWN + 1:
            self._say(Text("… what follows is not shown one by one", "dim"))
        elif written % _REPORT_EVERY == 0:
            received = ", ".join(f"{name} {count}" for name, count in self._received.items())
            self._say(Text(f"… {written} calls written; events received: {received}", "dim"))

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
            text = f"  {event['type']} is being replaced: published beside the newer major until {last_day}; "
            text += f"how to move: {event.get('deprecationmigration')}"
            lines.append(_line("", "", Text(text, "yellow")))
        self._say(*lines)

    def throttled(self, entries: int) -> None:
        self.throttled_calls += 1
        text = f"EventBridge throttles one entry of a call of {entries}: only that one is sent again"
        self._say(_line("fault", "bold yellow", Text(text, "yellow")))

    # --- the second act ----------------------------------------------------------------------------

    def loss(self) -> None:
        with self._lock:  # this act is shown whole, however long the first one was
            self._received = dict.fromkeys(self._received, 0)
        self._say(
            Text(),
            Text("Second act: the mapping is deleted while the tables go on, and made anew with LATEST."),
        )

    def lost(self, step: Step) -> None:
        self._say(_line("lost", "bold red", Text.assemble(step.text, (_note(step), "dim"))))

    def differs(self, subscriber: str, lost: Mapping[str, str]) -> None:
        """``lost``: subject to what happened to it."""
        signs = {"insert": "+", "modify": "~", "remove": "-"}
        which = ", ".join(f"{signs.get(kind, '?')} {subject}" for subject, kind in lost.items())
        text = f"{subscriber}'s copy differs from the tables in {len(lost)} items: {which}"
        self._say(_line("copy", "bold yellow", Text(text, "yellow")))

    def reconciled(self, report: Mapping[str, Any]) -> None:
        missed = [f"{kind} {count}" for kind, count in report["missed"].items() if count]
        blocked = report["blocked"]["count"]
        text = f"reconcile {report['table']}: {report['matching']} of {report['compared']} items matching, "
        text += f"missed {', '.join(missed)}: {report['events']} events sent" if missed else "nothing missed"
        text += f"; {blocked} blocked: breaks its schema still" if blocked else ""
        self._say(_line("check", "bold green", Text(text, "green")))

    # --- after -------------------------------------------------------------------------------------

    def quarantine(self, entries: Sequence[Quarantined]) -> None:
        lines = []
        for entry in entries:
            lines.append(
                Text.assemble(
                    ("\nin quarantine ", "bold red"),
                    f"{entry.table} {entry.record.get('eventName')}: {entry.reason}, stage {entry.stage}",
                )
            )
            lines.append(Text(f"  {entry.message}"))
            image = entry.record["dynamodb"].get("NewImage") or entry.record["dynamodb"]["Keys"]
            shown = ", ".join(f"{name}: {_MASK}" for name in image)
            lines.append(Text(f"  kept whole, shown masked: {{{shown}}}", "dim"))
        self._say(*lines)

    def verdict(self, account: Account, checks: Sequence[Check], took_s: float) -> None:
        self._console.flush()
        rows = (
            ("  received", account.received, ""),
            ("= published", account.published, f"as {account.events} events"),
            ("+ without event", account.without_event, "what changed counts for nothing"),
            ("+ quarantined", account.quarantined, "can never become its event"),
            ("+ handed back", account.returned, "comes again"),
        )
        self._console.show(Text("\nWhat became of the records", "bold"))
        for name, count, meaning in rows:
            self._console.show(Text.assemble(f"{name:<17}{count:>6}", (f"  {meaning}".rstrip(), "dim")))
        self._console.show(Text("\nWhat was promised", "bold"))
        for check in checks:
            mark = ("  ok   ", "green") if check.kept else ("  FAIL ", "bold red")
            found = f" ({check.found})" if check.found and not check.kept else ""
            self._console.show(Text.assemble(mark, check.promise, found))
        broken = sum(not check.kept for check in checks)
        if broken:
            self._console.show(Text(f"\n{broken} promises were not kept.", "bold red"))
        else:
            text = f"\nThe subscribers agree with the tables, after a loss too. It took {took_s:.1f} s."
            self._console.show(Text(text, "bold green"))

    def tools(self, scenery: Resources, environ: Mapping[str, str], quarantine: Path) -> None:
        """How to point other tools at what is left running."""
        item = '{"userId": {"S": "u-1"}, "email": {"S": "me@example.com"}, "plan": {"S": "free"}, '
        item += '"profile": {"M": {"name": {"S": "Me"}, "address": {"M": {}}}}}'
        lines = [
            "\nEverything goes on until Ctrl-C. In another terminal:",
            "  unset AWS_PROFILE",
            *(f"  export {name}={value}" for name, value in environ.items()),
            f"  aws dynamodb put-item --table-name Users --item '{item}'",
            f"  aws sqs receive-message --queue-url {scenery.bus_queue.url}",
            f"  aws sqs receive-message --queue-url {scenery.topic_queue.url}",
            "  aws dynamodb scan --table-name Orders",
            f"  ls {quarantine}",
        ]
        for line in lines:
            self._console.show(Text(line))

    def _say(self, *lines: Text) -> None:
        if lines:
            self._console.say(Text("\n").join(lines))


def _note(step: Step) -> str:
    return {
        "nothing": "  (changes nothing: DynamoDB leaves no record)",
        "unimportant": "  (a change that counts for nothing: no event)",
        "invalid": "  (this will break its schema)",
    }.get(step.outcome, "")


def _line(who: str, style: str, what: Text) -> Text:
    return Text.assemble((f"{who:<6} ", style), what)


def _name(arn: str) -> str:
    return arn.rpartition(":")[2]
