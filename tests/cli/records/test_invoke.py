"""``stream-bridge invoke``: the response that Lambda would get."""

from __future__ import annotations

import json

from tests.builders.records import lambda_event
from tests.cli.records.test_render import created, with_value
from tests.cli.shell import Shell

NONE_FAILED: dict[str, list[dict[str, str]]] = {"batchItemFailures": []}


def test_a_good_batch_is_answered_without_failures_and_counted(shell: Shell) -> None:
    done = shell.run("invoke", shell.write("in.json", lambda_event(created(1), created(2))))
    assert (done.code, json.loads(done.out)) == (0, NONE_FAILED)
    assert (
        done.err
        == "2 received = 2 published + 0 without event + 0 quarantined + 0 returned for retry; 2 events\n"
    )


def test_a_list_of_records_is_accepted(shell: Shell) -> None:
    assert shell.run("invoke", shell.write("in.json", [created(1)])).code == 0


def test_a_poison_record_is_quarantined_and_the_hundred_others_are_published(shell: Shell) -> None:
    poison = with_value(created(500), "balance", {"N": "NaN"})
    records = [*(created(n) for n in range(1, 51)), poison, *(created(n) for n in range(51, 101))]
    done = shell.run("invoke", shell.write("in.json", lambda_event(*records)))
    assert (done.code, json.loads(done.out)) == (4, NONE_FAILED)
    assert "NewImage, attribute 'balance': an N value is not a DynamoDB number" in done.err
    assert done.last_line.startswith("101 received = 100 published + 0 without event + 1 quarantined")
    assert not (shell.folder / "quarantine").exists()


def test_a_batch_in_which_most_records_fail_fails_as_a_whole(shell: Shell) -> None:
    records = [{**created(n), "eventName": "UPSERT"} for n in range(20)]
    done = shell.run("invoke", shell.write("in.json", lambda_event(*records)))
    assert (done.code, done.out) == (1, b"")
    assert "20 of 20 records can never succeed, so the batch is failed as a whole" in done.err


def test_out_of_time_everything_is_returned_for_retry(shell: Shell) -> None:
    done = shell.run(
        "invoke", shell.write("in.json", lambda_event(created(1), created(2))), "--timeout-ms", "1"
    )
    assert done.code == 4
    assert json.loads(done.out) == {"batchItemFailures": [{"itemIdentifier": "1"}, {"itemIdentifier": "2"}]}
    assert done.last_line.startswith(
        "2 received = 0 published + 0 without event + 0 quarantined + 2 returned for retry"
    )


def test_what_is_no_event_of_a_stream_is_refused_as_lambda_would_see_it(shell: Shell) -> None:
    done = shell.run("invoke", shell.write("in.json", {"detail": {}}))
    assert (done.code, done.out) == (1, b"")
    assert "the event has no list of Records" in done.err


def test_what_is_no_json_is_shown_at_its_place(shell: Shell) -> None:
    done = shell.run("invoke", shell.write("in.json", b'{"Records": [\n  {"eventID": }]}'))
    assert (done.code, done.out) == (1, b"")
    assert "error: in.json:2:15 not valid JSON: expecting value" in done.err


def test_with_output_json_every_line_on_stderr_is_json(shell: Shell) -> None:
    records = [created(1), {**created(2), "eventName": "UPSERT"}]
    done = shell.run("invoke", shell.write("in.json", lambda_event(*records)), "--output", "json")
    first, last = (json.loads(line) for line in done.err.splitlines())
    assert first["reason"] == "malformed_record"
    assert (last["received"], last["published"], last["quarantined"]) == (2, 1, 1)


def test_a_table_that_is_not_in_the_configuration_is_counted_and_reported_once(shell: Shell) -> None:
    arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/Strangers/stream/2026-11-01T10:00:00.000"
    records = [{**created(n), "eventSourceARN": arn} for n in (1, 2)]
    done = shell.run("invoke", shell.write("in.json", records))
    assert (done.code, json.loads(done.out)) == (0, NONE_FAILED)
    assert done.err.count("table is not in the configuration") == 1
    assert done.last_line.startswith("2 received = 0 published + 2 without event")
