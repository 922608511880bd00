"""What ``stream-bridge tail`` does with the messages it receives: filter, show once, remove or leave."""

from __future__ import annotations

import json
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal

from rich.text import Text

from bridge.cli.console import diff_view
from bridge.cli.console.output import Console, plural, visible
from bridge.core.pattern.matching import Pattern, compile_pattern
from bridge.core.pattern.rules import too_long
from bridge.errors import Unavailable

if TYPE_CHECKING:
    from bridge.edges.sqs.tail_queue import Message, TailQueue
    from bridge.ports.clock import Clock

Takes = Literal["nothing", "shown", "all"]
"""Which messages are removed from the queue."""

_WAIT_S: Final = 1
_REST_S: Final = 1.0
_KNOWN_MAX: Final = 10_000
_MAJOR: Final = re.compile(r"\.v[0-9]+$")
_ANY_CLOUD_EVENT: Final[dict[str, Any]] = {"specversion": ["1.0"]}


@dataclass(frozen=True)
class TailFilter:
    """Which events are shown. ``type`` and ``subject`` are globs (``*``, ``?``, ``[...]``); ``type`` may omit
    the major. ``pattern`` is a valid pattern over the CloudEvent. An empty field accepts all."""

    type: str = ""
    subject: str = ""
    pattern: Mapping[str, Any] | None = None

    @cached_property
    def _compiled(self) -> Pattern | None:
        return None if self.pattern is None else compile_pattern(self.pattern)

    def takes(self, event: Mapping[str, Any]) -> bool:
        name = str(event.get("type", ""))
        if self.type and not any(fnmatchcase(each, self.type) for each in (name, _MAJOR.sub("", name))):
            return False
        if self.subject and not fnmatchcase(str(event.get("subject", "")), self.subject):
            return False
        return self._compiled is None or self._compiled.matches(event)

    def rule_pattern(self) -> dict[str, Any]:
        """A rule that matches every event that is taken, and as few others as a rule can. The ``detail-type``
        of an event on a bus is its type."""
        rule: dict[str, Any] = {"detail": _ANY_CLOUD_EVENT}
        if self.type and not re.search(r"[?\[\]\\]|\*\*", self.type):
            same: Any = {"wildcard": self.type} if "*" in self.type else self.type
            rule["detail-type"] = [same]
            if not self.type.endswith("*"):
                rule["detail-type"].append({"wildcard": f"{self.type}.v*"})
        if self.pattern is None:
            return rule
        narrow = {**rule, "detail": {**_ANY_CLOUD_EVENT, **self.pattern}}
        return rule if too_long(narrow) else narrow


@dataclass(slots=True)
class Watch:
    """Receives until ``stop`` is set, ``limit`` events were shown or ``end_s`` (monotonic) has passed."""

    console: Console
    wanted: TailFilter
    stop: threading.Event
    clock: Clock
    limit: int | None
    end_s: float
    as_json: bool
    takes: Takes
    shown: int = 0
    passed_over: int = 0
    strange: int = 0
    _known: OrderedDict[str, bool] = field(default_factory=OrderedDict)
    """Messages that were seen, and whether they are finished and may be removed."""
    _troubled: bool = False

    def run(self, source: TailQueue, renew: Callable[[], None]) -> None:
        while not self._over():
            left_s = self.end_s - self.clock.monotonic()
            try:
                renew()
                messages = source.receive(_WAIT_S if left_s >= _WAIT_S else 0)
                self._troubled = False
                fresh = self._take_in(source, messages)
            except Unavailable as error:
                self._report_trouble(error)
                fresh = False
            if not fresh and (self._troubled or messages or left_s < _WAIT_S):
                # The queue did not wait for new messages: wait here instead.
                self.stop.wait(min(_REST_S, max(left_s, 0.0)))

    def _take_in(self, source: TailQueue, messages: Sequence[Message]) -> bool:
        """Show new messages; returns whether there were any."""
        new = [message for message in messages if message.id not in self._known]
        for message in new:
            if self._over():
                break
            self._remember(message, self._show(message) or self.takes == "all")
        # Including messages that come again because an earlier deletion failed.
        done = [message for message in messages if self._known.get(message.id)]
        if self.takes != "nothing" and source.delete(done):
            self.console.say("some messages could not be deleted and come again", style="yellow")
        return bool(new)

    def sum_up(self) -> None:
        line = plural(self.shown, "event")
        if self.passed_over:
            line += f"; {self.passed_over} did not pass the filter"
        if self.strange:
            line += f"; {plural(self.strange, 'message holds', 'messages hold')} no CloudEvent"
        self.console.say(line, style="dim")

    def _over(self) -> bool:
        full = self.limit is not None and self.shown >= self.limit
        return full or self.stop.is_set() or self.clock.monotonic() >= self.end_s

    def _remember(self, message: Message, done: bool) -> None:
        self._known[message.id] = done
        if len(self._known) > _KNOWN_MAX:
            self._known.popitem(last=False)

    def _show(self, message: Message) -> bool:
        from bridge.core.event import cloud_event

        event = cloud_event(message.body)
        if event is None:
            self.strange += 1
            return False
        if not self.wanted.takes(event):
            self.passed_over += 1
            return False
        self.shown += 1
        if self.as_json:
            # Not with orjson: other events may hold what it refuses, such as long integers.
            self.console.write(json.dumps(event, separators=(",", ":")).encode())
        else:
            self.console.show(*event_lines(event))
        self.console.flush()
        return True

    def _report_trouble(self, error: Unavailable) -> None:
        if not self._troubled:
            self.console.say(f"{error.message}; trying again", style="yellow")
        self._troubled = True


def event_lines(event: Mapping[str, Any]) -> list[Text]:
    """An event as text: its time, a summary, and its changes."""
    time = visible(str(event.get("time", "")))
    return [Text.assemble((f"{time} ", "dim"), diff_view.summary(event)), *diff_view.changes(event)]
