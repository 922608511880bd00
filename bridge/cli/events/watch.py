"""What ``stream-bridge tail`` does with what it receives: each event shown once, and taken away or left."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from rich.text import Text

from bridge.cli.console import diff_view
from bridge.cli.console.output import Console
from bridge.cli.events.tail_filter import TailFilter
from bridge.errors import Unavailable

if TYPE_CHECKING:
    from bridge.edges.sqs.tail_queue import Message, TailQueue
    from bridge.ports.clock import Clock

Takes = Literal["nothing", "shown", "all"]
"""What is taken out of the queue."""

_WAIT_S: Final = 1
_REST_S: Final = 1.0
_KNOWN_MAX: Final = 10_000


@dataclass(slots=True)
class Watch:
    """Receives until it is told to stop, ``limit`` events were shown or ``end_s`` (monotonic) has come."""

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
    """Messages that were seen, and whether they are done with and may go."""
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
                # Nothing came that a wait at the queue would have slowed down.
                self.stop.wait(min(_REST_S, max(left_s, 0.0)))

    def _take_in(self, source: TailQueue, messages: Sequence[Message]) -> bool:
        """Show what is new; whether anything was."""
        new = [message for message in messages if message.id not in self._known]
        for message in new:
            if self._over():
                break
            self._remember(message, self._show(message) or self.takes == "all")
        # Also what comes again because an earlier deletion failed.
        done = [message for message in messages if self._known.get(message.id)]
        if self.takes != "nothing" and source.delete(done):
            self.console.say("some messages could not be deleted and come again", style="yellow")
        return bool(new)

    def sum_up(self) -> None:
        line = f"{self.shown} event{'' if self.shown == 1 else 's'}"
        if self.passed_over:
            line += f"; {self.passed_over} did not pass the filter"
        if self.strange:
            line += f"; {self.strange} messages hold no CloudEvent"
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
            # Not orjson: other people's events may hold what it refuses, such as long integers.
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
    """An event for people: when, what, and what changed."""
    time = diff_view.visible(str(event.get("time", "")))
    return [Text.assemble((f"{time} ", "dim"), diff_view.summary(event)), *diff_view.changes(event)]
