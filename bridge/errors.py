"""The error tree. Errors carry data, so that doors can decide without reading messages.

Three families matter to the walk (DESIGN, failure handling in a batch):

* :class:`RecordError` - this one record can never succeed: it is quarantined, the key goes on.
* :class:`Unavailable` - the same call may succeed later: retry inside the deadline, then hand back.
* :class:`BatchError` - no record of the batch can succeed now: fail the batch loudly, quarantine nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import ClassVar


class BridgeError(Exception):
    """Base of every error that stream-bridge raises on purpose.

    ``message`` says what happened, ``hint`` what to do about it, ``stage`` where in the walk
    (``decode``, ``redact``, ``route``, ``project``, ``event``, ``validate``, ``publish``, ``settle``,
    ``quarantine``, ``configure``, ``read``, ``fetch``). ``permanent`` tells whether repeating the same work
    can help.
    ``code`` is the AWS error code where there is one.
    """

    permanent: ClassVar[bool] = True
    stage: str = "configure"

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        stage: str | None = None,
        code: str = "",
        record_id: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code
        self.record_id = record_id
        if stage is not None:
            self.stage = stage

    @property
    def reason(self) -> str:
        """The stable machine-readable name of this kind of failure, e.g. ``malformed_record``."""
        name = type(self).__name__
        return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")

    def __str__(self) -> str:
        return f"{self.message} - {self.hint}" if self.hint else self.message


# --- one record can never succeed --------------------------------------------------------------


class RecordError(BridgeError):
    """This record can never become its events: quarantine it whole."""

    stage = "decode"
    event_type: str = ""  # the type (with major) whose event failed, where one did


class MalformedRecord(RecordError):
    """The record is not what DynamoDB Streams documents."""


class MappingFailed(RecordError):
    """Redaction, projection or the subject template could not be applied to this record."""

    stage = "project"


class EventInvalid(RecordError):
    """The event does not satisfy its schema or CloudEvents; names path and rule, never the value."""

    stage = "validate"


class EventTooLarge(RecordError):
    """The event is over the sink's limit and there is no claim check."""

    stage = "publish"


class EventRefused(RecordError):
    """The sink refused this one entry for good."""

    stage = "publish"


# --- the same call may succeed later -----------------------------------------------------------


class Unavailable(BridgeError):
    """Throttling, 5xx, a timeout, a lost connection: retry inside the deadline, then hand back."""

    permanent = False
    stage = "publish"


class SinkUnavailable(Unavailable):
    """The sink did not take the entry in the time there was."""


class SinkChanged(SinkUnavailable):
    """The sink takes less than it did when the event was made. Sending the same again cannot help: handed
    back at once, the change is measured anew when the stream sends it again."""


class ClaimCheckUnavailable(Unavailable):
    """The data of a large event could not be stored just now; its change is handed back."""


class FetchUnavailable(Unavailable):
    """The current item could not be read just now; its changes are handed back."""

    stage = "fetch"


class QuarantineUnavailable(Unavailable):
    """The quarantine store did not take the record; the record is handed back."""

    stage = "quarantine"


class EntryMissing(BridgeError):
    """The quarantine store has no entry of that name, or has none any more."""

    stage = "quarantine"


class LedgerUnavailable(Unavailable):
    """The ledger could not be read or written; nothing is settled."""

    stage = "settle"


class SourceUnavailable(Unavailable):
    """The stream could not be read just now."""

    stage = "read"


class IteratorExpired(SourceUnavailable):
    """A shard iterator is older than 15 minutes; ask for a new one at the last position."""


class CheckpointUnavailable(Unavailable):
    """Progress could not be stored just now; the work done since is repeated after a crash."""

    stage = "read"


class DestinationUnavailable(Unavailable):
    """The on-failure destination did not take a batch that was given up; it is offered again."""

    stage = "read"


class CheckpointBroken(BridgeError):
    """A stored checkpoint cannot be read or does not belong to this stream; a person must decide."""

    stage = "read"


class PositionTrimmed(BridgeError):
    """The position asked for is older than the stream's 24 h and is gone."""

    stage = "read"


# --- no record of the batch can succeed now ----------------------------------------------------


class BatchError(BridgeError):
    """Fail the whole batch loudly; quarantine nothing."""

    stage = "publish"


class AccessDenied(BatchError):
    """The role lacks an action; names the action and the resource."""


class TargetMissing(BatchError):
    """The bus, topic, table, bucket or queue does not exist."""


class ClientNotMade(BatchError):
    """boto3 can make no client of a service: no Region, or a profile that is not there."""

    stage = "configure"


class BreakerTripped(BatchError):
    """So much of a batch failed for good that the deploy, not the records, must be wrong."""

    stage = "validate"


class ViewTooNarrow(BatchError):
    """The configuration asks for an image that the table's stream view does not capture."""

    stage = "route"


# --- schema registries ---------------------------------------------------------------------------


class RegistryUnavailable(Unavailable):
    """A schema registry did not answer in the time there was."""

    stage = "read"


class SchemaTaken(BridgeError):
    """Somebody else made the schema between our reading and our writing: read again, then compare."""


class SchemaRefused(BridgeError):
    """The registry keeps a version and calls it failed; it must be removed there before it can come again."""


# --- a reconciliation cannot go on --------------------------------------------------------------


class ReconcileStopped(BridgeError):
    """A reconciliation stopped before it sent anything that might be wrong; ``hint`` says what to do."""

    stage = "reconcile"


class FirstContact(ReconcileStopped):
    """The table is older than its ledger: what is not in the ledger was not missed, it was never seen."""


class TooMuchToEmit(ReconcileStopped):
    """More would be sent than the limits allow."""


class KeySchemaChanged(ReconcileStopped):
    """The ledger's rows, or the run's checkpoints, are of a table with another key."""


class StreamBehind(ReconcileStopped):
    """The stream lags by more than the grace, or by nobody knows how much."""

    permanent = False


class LeaseHeld(ReconcileStopped):
    """Another run of this table is alive; ``owner`` holds its lease."""

    permanent = False
    owner: str = ""


class LeaseLost(ReconcileStopped):
    """Another run took over; this one must not write any more."""


class Superseded(LeaseLost):
    """A later call of the same step works on; this one must not write any more."""


# --- configuration -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding in a file a person wrote. ``line`` and ``column`` count from 1; 0 = whole file."""

    file: str
    line: int
    column: int
    path: str
    message: str
    suggestion: str = ""
    severity: str = field(default="error")  # "error" or "warning"

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        what = f"{self.path}: {self.message}" if self.path else self.message
        return f"{where} {what}" + (f" — {self.suggestion}" if self.suggestion else "")


def did_you_mean(text: str, known: Iterable[str]) -> str:
    """``did you mean 'changed'?``, or "" if no known name is similar."""
    close = get_close_matches(text, list(known), n=1, cutoff=0.6)
    return f"did you mean '{close[0]}'?" if close else ""


class ConfigurationError(BridgeError):
    """bridge.yaml, a schema or an example is wrong. Carries every problem, one line each."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(p) for p in self.problems))
