"""Partial batch responses: what each kind of answer means."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.stream.mapping.batch import read_answer
from tests.stream.rig import Rig, failures, raising, returning

SEQUENCES = ("98", "99", "100", "101")


@pytest.mark.parametrize(
    "response",
    [None, {}, "", {"batchItemFailures": []}, {"batchItemFailures": None}],
    ids=["null", "empty object", "empty text", "empty list", "null list"],
)
def test_an_empty_or_null_answer_is_success(response: Any) -> None:
    assert read_answer(response, SEQUENCES, report_batch_item_failures=True).done == 4


def test_the_lowest_number_returned_is_the_checkpoint_whatever_the_order_of_the_list() -> None:
    assert read_answer(failures(["101", "99"]), SEQUENCES, report_batch_item_failures=True).done == 1


def test_lowest_means_as_an_integer() -> None:
    """As text, "100" would be lower than "99"."""
    assert read_answer(failures(["100", "99"]), SEQUENCES, report_batch_item_failures=True).done == 1


@pytest.mark.parametrize(
    "response",
    [
        failures([""]),
        failures([None]),
        failures(["97"]),
        failures(["099"]),
        failures([99]),
        failures([99.0]),
        failures([True]),
        failures([[]]),
        failures([["99"]]),
        failures([{}]),
        failures([{"S": "99"}]),
        failures(["100", "unknown"]),
        {"batchItemFailures": [{"itemIdentifer": "99"}]},
        {"batchItemFailures": ["99"]},
        {"batchItemFailures": {"itemIdentifier": "99"}},
        {"batchItemFailures": "99"},
        {"batchitemfailures": []},
        {"statusCode": 200},
        ["99"],
        [],
        "ok",
        7,
        True,
    ],
    ids=repr,
)
def test_an_answer_that_cannot_be_understood_fails_the_whole_batch(response: Any) -> None:
    answer = read_answer(response, SEQUENCES, report_batch_item_failures=True)
    assert answer.done == 0
    assert answer.reason


@pytest.mark.parametrize("identifier", ["", None, "100"])
def test_a_record_without_a_sequence_number_cannot_be_named(identifier: Any) -> None:
    """The first of the batch would be taken as done although nobody named the second."""
    answer = read_answer(failures([identifier]), ("98", "", "99"), report_batch_item_failures=True)
    assert answer.done == 0


@pytest.mark.parametrize("response", [failures(["99"]), "ok", {"statusCode": 200}, failures([""])])
def test_without_report_batch_item_failures_the_answer_is_not_looked_at(response: Any) -> None:
    assert read_answer(response, SEQUENCES, report_batch_item_failures=False).done == 4


def test_a_mapping_without_report_batch_item_failures_goes_on_after_any_answer() -> None:
    rig = Rig()
    written = rig.write(4)
    rig.function.always = returning(0)
    rig.run(batch_size=2, report_batch_item_failures=False)
    assert rig.function.calls == [written[:2], written[2:]]


def test_everything_from_the_checkpoint_on_comes_again_and_nothing_before_it() -> None:
    rig = Rig()
    written = rig.write(6)
    rig.function.next_answers.append(returning(4, 2))
    stats = rig.run()
    assert rig.function.calls == [written, written[2:]]
    assert (stats.done, stats.retried, stats.batches) == (6, 1, 2)


def test_an_exception_brings_the_whole_batch_again() -> None:
    rig = Rig()
    written = rig.write(3)
    rig.function.next_answers.append(raising)
    rig.run()
    assert rig.function.calls == [written, written]


def test_an_exception_fails_the_batch_even_when_answers_are_not_looked_at() -> None:
    rig = Rig()
    written = rig.write(3)
    rig.function.next_answers.append(raising)
    rig.run(report_batch_item_failures=False)
    assert rig.function.calls == [written, written]


def test_newer_records_do_not_overtake_a_batch_that_is_retried() -> None:
    rig = Rig()
    first = rig.write(3, key="same")
    rig.function.next_answers.extend([returning(1), raising])
    runner = rig.runner()
    runner.step()
    second = rig.write(2, key="same")
    runner.run(until="caught_up")
    assert rig.function.calls == [first, first[1:], first[1:], second]


def test_a_function_that_spoils_its_event_gets_a_clean_one_with_the_retry() -> None:
    rig = Rig()
    rig.write(2)

    def spoil(sequences: list[str]) -> Any:
        rig.function.events[-1]["Records"][0]["dynamodb"].clear()
        raise RuntimeError

    rig.function.next_answers.append(spoil)
    rig.run()
    assert rig.function.calls[0] == rig.function.calls[1]


def test_a_failing_function_is_logged_with_its_place_and_never_with_its_message() -> None:
    rig = Rig()
    rig.write(1)

    def quoting(sequences: list[str]) -> Any:
        raise ValueError("secret item value")

    rig.function.next_answers.append(quoting)
    rig.run()
    assert "secret" not in repr(rig.notes.lines)
    assert "ValueError" in repr(rig.notes.lines)
