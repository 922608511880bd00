"""An EventBridge archive: its events come back only by a replay.

A replay sends to every rule of the bus that matches, unless it names rules: ours names one. Replayed events
carry ``replay-name``. They come in no certain order, one minute of the archive after the other; what was put
on the bus in the last minutes may not be in the archive yet. A replay's name stays taken for 90 days.
Source: EventBridge API reference, StartReplay and ReplayDestination; user guide, "Archives and replays".
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final, Literal

from bridge.edges.answers.errors import AWS_ERRORS, AwsTarget, code_of
from bridge.errors import SourceUnavailable

State = Literal["running", "completed", "cancelled", "failed"]
_STATES: Final[dict[str, State]] = {
    "COMPLETED": "completed",
    "CANCELLING": "cancelled",
    "CANCELLED": "cancelled",
    "FAILED": "failed",
}
_ALREADY_OVER: Final = ("IllegalStatusException", "ValidationException")


class ArchiveReplay:
    """``name`` is the replay's, and must be new.

    Needs ``events:DescribeArchive``, ``StartReplay``, ``DescribeReplay`` and ``CancelReplay``. Raises
    ``TargetMissing``, ``AccessDenied``, ``SourceUnavailable``.
    """

    def __init__(self, events: Any, archive: str, name: str) -> None:
        self.name = name
        self._events = events
        self._archive = archive
        self._target = AwsTarget("events", f"archive {archive}", unavailable=SourceUnavailable)
        self._arn = ""
        self._bus_arn = ""
        self._started = False

    def find_bus(self) -> str:
        """The name of the bus that the archive is of, which is the only one it can be replayed to."""
        try:
            archive = self._events.describe_archive(ArchiveName=self._archive)
        except AWS_ERRORS as error:
            raise self._target.translate(error) from error
        self._bus_arn = str(archive["EventSourceArn"])
        account, _, bus = self._bus_arn.partition(":event-bus/")
        self._arn = str(archive.get("ArchiveArn") or f"{account}:archive/{self._archive}")
        return bus

    def start(self, since_s: float, until_s: float, rule_arn: str) -> None:
        """Replay what happened in this time (epoch seconds) to one rule. After :meth:`find_bus`."""
        try:
            self._events.start_replay(
                ReplayName=self.name,
                Description="Made by stream-bridge schema test-live; reaches its own rule alone.",
                EventSourceArn=self._arn,
                EventStartTime=datetime.fromtimestamp(since_s, UTC),
                EventEndTime=datetime.fromtimestamp(until_s, UTC),
                Destination={"Arn": self._bus_arn, "FilterArns": [rule_arn]},
            )
        except AWS_ERRORS as error:
            raise self._target.translate(error) from error
        self._started = True

    def state(self) -> State:
        try:
            answer = self._events.describe_replay(ReplayName=self.name)
        except AWS_ERRORS as error:
            raise self._target.translate(error) from error
        return _STATES.get(answer.get("State", ""), "running")

    def cancel(self) -> None:
        """Nothing happens where it is over, or was never started."""
        if not self._started:
            return
        try:
            self._events.cancel_replay(ReplayName=self.name)
        except AWS_ERRORS as error:
            if code_of(error) not in _ALREADY_OVER:
                raise self._target.translate(error) from error
        self._started = False
