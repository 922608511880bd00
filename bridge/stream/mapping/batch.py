"""A batch: how it is cut, and what becomes of it after an invocation."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Literal

from bridge.stream.mapping.answer import Answer
from bridge.stream.mapping.intake import StreamRecord
from bridge.stream.mapping.settings import MappingSettings

Condition = Literal["RetryAttemptsExhausted", "RecordAgeExceeded"]

_FRAME_BYTES = len(b'{"Records":[]}')


@dataclass(frozen=True, slots=True)
class Batch:
    """Records of one lane that go to the function together.

    ``retries`` counts what is held against ``max_retries``; ``invocations`` counts every time these records
    were sent. ``given_up`` is set once the batch goes to the on-failure destination instead.
    ``function_error`` tells whether the last invocation failed or answered badly.
    """

    records: tuple[StreamRecord, ...]
    retries: int = 0
    invocations: int = 0
    given_up: Condition | None = None
    function_error: bool = False

    @property
    def sequences(self) -> tuple[str, ...]:
        return tuple(record.sequence for record in self.records)


@dataclass(frozen=True, slots=True)
class Verdict:
    """``done``: finished records; ``again``: what comes next in this lane, in order."""

    done: tuple[StreamRecord, ...]
    again: tuple[Batch, ...] = ()


def payload_bytes(records: Iterable[StreamRecord]) -> int:
    """The size of the event that carries these records, as JSON."""
    sizes = [len(record.body) for record in records]
    return _FRAME_BYTES + sum(sizes) + max(len(sizes) - 1, 0)


def cut(queue: deque[StreamRecord], settings: MappingSettings) -> Batch:
    """Takes the next batch off the queue: as many records as the batch size and the payload limit allow, and
    at least one (a record alone over the limit is for the function to refuse, not for us to lose)."""
    taken = [queue.popleft()]
    size = payload_bytes(taken)
    while queue and len(taken) < settings.batch_size:
        size += len(queue[0].body) + 1
        if size > settings.max_payload_bytes:
            break
        taken.append(queue.popleft())
    return Batch(tuple(taken))


def judge(batch: Batch, answer: Answer, settings: MappingSettings) -> Verdict:
    """What Lambda does after the function answered.

    A failure of several records with ``bisect`` splits them - at the number handed back, in halves where
    there is none - and uses up no retry. Otherwise the records from the checkpoint on are retried, and given
    up once ``max_retries`` retries have failed. A checkpoint that moved starts the count afresh: the records
    behind it had no retry of their own yet.
    """
    done, rest = batch.records[: answer.done], batch.records[answer.done :]
    if not rest:
        return Verdict(done)
    failed = replace(
        batch,
        records=rest,
        retries=0 if done else batch.retries,
        invocations=batch.invocations + 1,
        function_error=answer.function_error,
    )
    if settings.bisect and len(batch.records) > 1:
        return Verdict(done, (failed,) if done else _halves(failed))
    if done:
        return Verdict(done, (failed,))
    if settings.max_retries is not None and failed.retries >= settings.max_retries:
        return Verdict(done, (replace(failed, given_up="RetryAttemptsExhausted"),))
    return Verdict(done, (replace(failed, retries=failed.retries + 1),))


def split_by_age(batch: Batch, now_s: float, max_record_age_s: int | None) -> tuple[Batch, ...]:
    """The batch as runs of records that are young enough and runs that are given up, order kept."""
    if max_record_age_s is None or batch.given_up:
        return (batch,)

    def too_old(record: StreamRecord) -> bool:
        return record.created_s is not None and now_s - record.created_s > max_record_age_s

    return tuple(
        replace(batch, records=tuple(run), given_up="RecordAgeExceeded" if old else None)
        for old, run in groupby(batch.records, key=too_old)
    )


def _halves(batch: Batch) -> tuple[Batch, Batch]:
    middle = (len(batch.records) + 1) // 2
    return replace(batch, records=batch.records[:middle]), replace(batch, records=batch.records[middle:])
