"""What a function's response says about its batch (docs: "Configuring partial batch response with DynamoDB
and Lambda", success and failure conditions)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    """``done``: how many records from the start of the batch are done; the rest comes again.

    ``reason`` says why, where something comes again; never a value of an item.
    ``function_error``: the invocation itself failed (Lambda's ``functionError``), it did not answer.
    """

    done: int
    reason: str = ""
    function_error: bool = False


def read_answer(response: Any, sequences: Sequence[str], *, report_batch_item_failures: bool) -> Answer:
    """Reads the response to a batch with these sequence numbers (in stream order).

    An empty or null response or list means success. The lowest number returned is the checkpoint. An
    identifier that is null, empty or not of this batch, and any other shape, means that the whole batch
    failed: what cannot be understood must not be taken for success.
    """
    whole = Answer(len(sequences))
    if not report_batch_item_failures or response is None or response in ({}, ""):
        return whole
    if not isinstance(response, Mapping):
        return Answer(0, f"the response is a {type(response).__name__}, not an object")
    if "batchItemFailures" not in response:
        return Answer(0, "the response has members, but no batchItemFailures")
    failures = response["batchItemFailures"]
    if failures is None or failures == []:
        return whole
    if not isinstance(failures, list | tuple):
        return Answer(0, f"batchItemFailures is a {type(failures).__name__}, not a list")
    index_of = {sequence: index for index, sequence in enumerate(sequences)}
    lowest = len(sequences)
    for failure in failures:
        identifier = failure.get("itemIdentifier") if isinstance(failure, Mapping) else None
        if not isinstance(identifier, str) or identifier not in index_of:
            return Answer(0, "an itemIdentifier is missing, empty or not a sequence number of this batch")
        lowest = min(lowest, index_of[identifier])
    return Answer(lowest, f"{len(failures)} of {len(sequences)} records handed back") if failures else whole
