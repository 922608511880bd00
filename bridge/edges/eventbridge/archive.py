"""An EventBridge archive: its events can only be read by a replay.

A replay sends events to every rule of the bus that matches, unless it names rules: this one names one rule.
Replayed events carry ``replay-name``. They come in no certain order, one minute of the archive after the
other; events of the last minutes may not be in the archive yet. A replay's name stays reserved for 90 days.
Source: EventBridge API reference, StartReplay and ReplayDestination; user guide, "Archives and replays".
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final, Literal

from bridge.edges.answers.errors import AwsTarget
from bridge.errors import BridgeError, SourceUnavailable

State = Literal["running", "completed", "cancelled", "failed"]
_STATES: Final[dict[str, State]] = {
    "COMPLETED": "completed",
    "CANCELLING": "cancelled",
    "CANCELLED": "cancelled",
    "FAILED": "failed",
}
_ALREADY_OVER: Final = ("IllegalStatusException", "ValidationException")


class ArchiveReplay:
    """``name`` is the replay's name, and must be new.

    Needs ``events:DescribeArchive``, ``StartReplay``, ``DescribeReplay`` and ``CancelReplay``. Raises
    ``TargetMissing``, ``AccessDenied``, ``SourceUnavailable``.
    """

    def __init__(self, events: Any, archive: str, name: str) -> None:
        self.name = name
        self._archive = archive
        self._target = AwsTarget(events, "events", f"archive {archive}", unavailable=SourceUnavailable)
        self._arn = ""
        self._bus_arn = ""
        self._started = False

    def find_bus(self) -> str:
        """The name of the archive's bus, which is the only one that it can be replayed to."""
        archive = self._target.call("DescribeArchive", ArchiveName=self._archive)
        self._bus_arn = str(archive["EventSourceArn"])
        account, _, bus = self._bus_arn.partition(":event-bus/")
        self._arn = str(archive.get("ArchiveArn") or f"{account}:archive/{self._archive}")
        return bus

    def start(self, since_s: float, until_s: float, rule_arn: str) -> None:
        """Replay what happened in this time (epoch seconds) to one rule. After :meth:`find_bus`."""
        self._target.call(
            "StartReplay",
            ReplayName=self.name,
            Description="Made by stream-bridge schema test-live; reaches its own rule alone.",
            EventSourceArn=self._arn,
            EventStartTime=datetime.fromtimestamp(since_s, UTC),
            EventEndTime=datetime.fromtimestamp(until_s, UTC),
            Destination={"Arn": self._bus_arn, "FilterArns": [rule_arn]},
        )
        self._started = True

    def state(self) -> State:
        answer = self._target.call("DescribeReplay", ReplayName=self.name)
        return _STATES.get(answer["State"], "running")

    def cancel(self) -> None:
        """Nothing happens where the replay has ended, or was never started."""
        if not self._started:
            return
        try:
            self._target.call("CancelReplay", ReplayName=self.name)
        except BridgeError as error:
            if error.code not in _ALREADY_OVER:
                raise
        self._started = False
