"""A batch: how it is cut, how the function's response is read, and what happens to the batch then."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, Literal

from bridge.stream.mapping.intake import StreamRecord
from bridge.stream.mapping.settings import MappingSettings

Condition = Literal["RetryAttemptsExhausted", "RecordAgeExceeded"]

_FRAME_BYTES = len(b'{"Records":[]}')


@dataclass(frozen=True, slots=True)
class Batch:
    """Records of one lane that go to the function together.

    ``retries`` counts against ``max_retries``; ``invocations`` counts every time these records were sent.
    ``given_up`` is set once the batch goes to the on-failure destination instead. ``function_error``: whether
    the last invocation failed, rather than gave a bad response.
    """

    records: tuple[StreamRecord, ...]
    retries: int = 0
    invocations: int = 0
    given_up: Condition | None = None
    function_error: bool = False

    @property
    def sequences(self) -> tuple[str, ...]:
        return tuple(record.sequence for record in self.records)

    @property
    def span(self) -> tuple[str, str]:
        """The first and the last sequence number; "" where no record has one."""
        numbers = [record.sequence for record in self.records if record.sequence]
        return (numbers[0], numbers[-1]) if numbers else ("", "")


@dataclass(frozen=True, slots=True)
class Verdict:
    """``done``: finished records; ``again``: what comes next in this lane, in order."""

    done: tuple[StreamRecord, ...]
    again: tuple[Batch, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a function's response says about its batch. ``done``: how many records from the start of the batch
    are done; the rest comes again. ``reason``: why something comes again; never a value of an item.
    ``function_error``: the invocation itself failed (Lambda's ``functionError``) and gave no response.
    """

    done: int
    reason: str = ""
    function_error: bool = False


def read_answer(response: Any, sequences: Sequence[str], *, report_batch_item_failures: bool) -> Answer:
    """Reads the response to a batch with these sequence numbers, in stream order (docs: "Configuring partial
    batch response with DynamoDB and Lambda", success and failure conditions).

    An empty or null response or list means success. The lowest returned number is the checkpoint. An
    identifier that is null, empty or not of this batch, and any other shape, means that the whole batch
    failed: a response that cannot be understood must not count as success.
    """
    whole = Answer(len(sequences))
    if not report_batch_item_failures or response is None or response in ({}, ""):
        return whole
    if not isinstance(response, Mapping):
        return Answer(0, f"the response is a {type(response).__name__}, not an object")
    if "batchItemFailures" not in response:
        return Answer(0, "the response has members, but no batchItemFailures")
    failures = response["batchItemFailures"]
    if failures is None or failures in ([], ()):
        return whole
    if not isinstance(failures, list | tuple):
        return Answer(0, f"batchItemFailures is a {type(failures).__name__}, not a list")
    index_of: dict[str, int] = {}
    for index, sequence in enumerate(sequences):
        if sequence:
            index_of.setdefault(sequence, index)
    lowest = len(sequences)
    for failure in failures:
        identifier = failure.get("itemIdentifier") if isinstance(failure, Mapping) else None
        if not isinstance(identifier, str) or identifier not in index_of:
            return Answer(0, "an itemIdentifier is missing, empty or not a sequence number of this batch")
        lowest = min(lowest, index_of[identifier])
    return Answer(lowest, f"{len(failures)} of {len(sequences)} records returned for retry")


def payload_bytes(records: Iterable[StreamRecord]) -> int:
    """The size of the event that carries these records, as JSON."""
    sizes = [len(record.body) for record in records]
    return _FRAME_BYTES + sum(sizes) + max(len(sizes) - 1, 0)


def cut(queue: deque[StreamRecord], settings: MappingSettings) -> Batch:
    """Takes the next batch off the queue: as many records as the batch size and the payload limit allow, and
    at least one (the function may refuse a single record that is over the limit; it is not lost here)."""
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

    With ``bisect``, a failure of several records splits them: at the number returned for retry, or in halves
    if no number was returned. A split uses no retry. Otherwise the records from the checkpoint on are
    retried, and given up once ``max_retries`` retries have failed. A checkpoint that moved resets the count:
    the records after it had no retry of their own yet.
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
