"""The error tree. Errors carry data, so that entry points can decide without reading messages.

Three families matter to the pipeline (DESIGN, failure handling in a batch):

* :class:`RecordError` - this one record can never succeed: it is quarantined, its key goes on.
* :class:`Unavailable` - the same call may succeed later: retry inside the deadline, then return for retry.
* :class:`BatchError` - no record of the batch can succeed now: fail the batch loudly, quarantine nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import ClassVar


class BridgeError(Exception):
    """Base of every error that stream-bridge raises on purpose.

    ``message`` says what happened, ``hint`` what to do about it, and ``stage`` where it happened in the
    pipeline (``decode``, ``redact``, ``route``, ``project``, ``event``, ``validate``, ``publish``,
    ``settle``, ``quarantine``, ``configure``, ``read``, ``fetch``). ``permanent``: repeating the same work
    cannot help. ``code`` is the AWS error code where AWS sent one.
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
    event_type: str = ""  # the type (with major) of the event that failed, if an event failed
    entity: str = ""  # whose rules failed, in a table that holds several kinds of items


class MalformedRecord(RecordError):
    """The record is not what DynamoDB Streams documents."""


class MappingFailed(RecordError):
    """Redaction, projection or the subject template could not be applied to this record."""

    stage = "project"


class NoEntity(RecordError):
    """No entity of its table selects the item, and the configuration quarantines such items."""

    stage = "route"


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
    """Throttling, 5xx, a timeout, a lost connection: retry inside the deadline, then return for retry."""

    permanent = False
    stage = "publish"


class SinkUnavailable(Unavailable):
    """The sink did not take the entry in the time there was."""


class SinkChanged(SinkUnavailable):
    """The sink takes less than it did when the event was made. Sending the same event again cannot help. The
    change is returned for retry at once, and its event is measured again when the stream sends it again."""


class ClaimCheckUnavailable(Unavailable):
    """The data of a large event could not be stored just now; its change is returned for retry."""


class ClaimContended(ClaimCheckUnavailable):
    """Others write the data of this one event at the same moment. It says nothing about other data."""


class FetchUnavailable(Unavailable):
    """The current item could not be read just now; its changes are returned for retry."""

    stage = "fetch"


class QuarantineUnavailable(Unavailable):
    """The quarantine store did not take the record; the record is returned for retry."""

    stage = "quarantine"


class EntryMissing(BridgeError):
    """The quarantine store has no entry of that name, or no longer has it."""

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


class StateInUse(BridgeError):
    """Another process works with the same state folder."""

    permanent = False
    stage = "read"


class CheckpointBroken(BridgeError):
    """A stored checkpoint cannot be read or belongs to another stream; a person must decide."""

    stage = "read"


class PositionTrimmed(BridgeError):
    """The requested position is older than the stream's 24 hours and is gone."""

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
    """boto3 cannot make a client of a service: no Region, or a profile that does not exist."""

    stage = "configure"


class BreakerTripped(BatchError):
    """So much of a batch failed for good that the deployment must be wrong, not the records."""

    stage = "validate"


class ViewTooNarrow(BatchError):
    """The configuration asks for an image that the table's stream view does not capture. ``condition`` is the
    part of it that asks, such as ``when.before``."""

    stage = "route"
    condition: str = ""


# --- schema registries ---------------------------------------------------------------------------


class RegistryUnavailable(Unavailable):
    """A schema registry did not answer in the time there was."""

    stage = "read"


class SchemaTaken(BridgeError):
    """Another writer created the schema between the read and the write: read again, then compare."""


class SchemaRefused(BridgeError):
    """The registry keeps a version with status failed; remove it there before publishing it again."""


# --- a reconciliation cannot go on --------------------------------------------------------------


class ReconcileStopped(BridgeError):
    """A reconciliation stopped before it published anything that might be wrong; ``hint`` says what to do."""

    stage = "reconcile"


class FirstContact(ReconcileStopped):
    """The table is older than its ledger: an item without a row was never seen, not missed."""


class TooMuchToEmit(ReconcileStopped):
    """More events would be published than the limits allow."""


class KeySchemaChanged(ReconcileStopped):
    """The ledger's rows, or the run's checkpoints, are from a table with another key."""


class StreamBehind(ReconcileStopped):
    """The stream lags by more than the grace, or its lag is unknown."""

    permanent = False


class LeaseHeld(ReconcileStopped):
    """Another run of this table is active; ``owner`` holds its lease."""

    permanent = False
    owner: str = ""


class LeaseLost(ReconcileStopped):
    """Another run took over; this run must not write any more."""


class LeaseReleased(LeaseLost):
    """This run gave the lease back itself: an earlier call of its last step did, and its answer was lost."""


class Superseded(LeaseLost):
    """A later call of the same step continues the work; this call must not write any more."""


# --- configuration -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding in a file that a person wrote. ``line`` and ``column`` count from 1; 0 = whole file."""

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
    """``did you mean 'changed'?``, or "" if no known name is similar. A name in another case is the most
    similar."""
    names = list(known)
    same = [name for name in names if name.lower() == text.lower()]
    close = same or get_close_matches(text, names, n=1, cutoff=0.6)
    return f"did you mean '{close[0]}'?" if close else ""


class ConfigurationError(BridgeError):
    """bridge.yaml, a schema or an example is wrong. It holds all problems, one line each."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(p) for p in self.problems))
