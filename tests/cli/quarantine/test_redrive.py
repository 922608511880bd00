"""``stream-bridge redrive`` and ``quarantine retry``: what a person sees, and the exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bridge.edges.local.quarantine import DirectoryQuarantine
from tests.builders.accounts import write_project
from tests.builders.records import lambda_record
from tests.cli.quarantine.test_verbs import broken
from tests.cli.shell import Shell
from tests.redrive.rig import invocation_record


@pytest.fixture
def shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> Shell:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    monkeypatch.delenv("BRIDGE_CONFIG", raising=False)
    write_project(tmp_path, "mapping: {on_failure: {kind: directory, path: ./failed}}")
    return Shell(tmp_path, monkeypatch, capsysbinary)


def store_batch(shell: Shell, name: str, seq: int) -> Path:
    record = lambda_record(key={"id": f"u-{seq}"}, after={"id": f"u-{seq}"}, seq=seq)
    return shell.folder / shell.write(
        f"failed/{name}.json", invocation_record("shard-1", str(seq), str(seq), records=[record])
    )


def test_failed_batches_are_redriven_and_what_is_no_batch_stays_with_exit_code_4(shell: Shell) -> None:
    one, two = store_batch(shell, "one", 1), store_batch(shell, "two", 2)
    assert shell.run("redrive", "--limit", "1", "--dry-run").code == 0
    assert one.exists()
    done = shell.run("redrive")
    assert done.code == 0, done.err
    assert [event["redriven"] for event in done.events] == [True, True]
    assert not one.exists()
    assert not two.exists()
    assert "ledger.kind is none" in done.err
    assert "2 settled; 2 removed" in done.err
    odd = shell.folder / shell.write("failed/odd.json", "{}")
    left = shell.run("redrive")
    assert (left.code, odd.exists()) == (4, True)
    assert "odd.json: stays: not a batch that was given up" in left.err


def test_a_limit_leaves_the_rest_for_the_next_run(shell: Shell) -> None:
    one, two = store_batch(shell, "one", 1), store_batch(shell, "two", 2)
    assert shell.run("redrive", "--limit", "1").code == 0
    assert (one.exists(), two.exists()) == (False, True)


def test_nothing_to_redrive_is_fine_and_no_configured_source_is_an_error(shell: Shell) -> None:
    done = shell.run("redrive")
    assert (done.code, "nothing to redrive" in done.err) == (0, True)
    shell.edit("bridge.yaml", "mapping: {on_failure: {kind: directory, path: ./failed}}\n", "")
    assert shell.run("redrive").code == 1
    (shell.folder / "failed").mkdir()
    assert shell.run("redrive", "--folder", "failed").code == 0


def test_a_folder_that_does_not_exist_is_an_error_and_not_nothing_to_redrive(shell: Shell) -> None:
    done = shell.run("redrive", "--folder", "nope")
    assert (done.code, "folder nope does not exist" in done.err) == (1, True)
    assert "nothing to redrive" not in done.err


def test_retry_publishes_what_is_fixed_and_names_what_is_not(shell: Shell) -> None:
    store = DirectoryQuarantine(shell.folder / "quarantine")
    store.put(broken(1))
    bad = broken(2)
    store.put(broken(2, record={**bad.record, "dynamodb": {}}))
    dry = shell.run("quarantine", "retry", "--all", "--dry-run")
    assert (dry.code, len(store.names())) == (4, 2)
    assert dry.out == b""
    done = shell.run("quarantine", "retry", "--reason", "event_invalid")
    assert done.code == 4
    assert [event["redriven"] for event in done.events] == [True]
    assert [entry.record_id for entry in store.entries()] == ["e2"]
    assert "e2: stays: malformed_record" in done.err
    assert "1 published, 1 quarantined" in done.err


def test_retry_by_id_as_json(shell: Shell) -> None:
    store = DirectoryQuarantine(shell.folder / "quarantine")
    store.put(broken(1))
    store.put(broken(2))
    done = shell.run("quarantine", "retry", "e2", "--output", "json")
    assert done.code == 0, done.err
    reported = [json.loads(line) for line in done.out.splitlines() if b'"record_id"' in line]
    assert [(each["record_id"], each["end"], each["removed"]) for each in reported] == [
        ("e2", "published", True)
    ]
    assert [entry.record_id for entry in store.entries()] == ["e1"]
    assert shell.run("quarantine", "retry", "e9").code == 1


@pytest.mark.parametrize("words", [[], ["e1", "--all"], ["--all", "--reason", "x"]])
def test_retry_asks_which_entries(shell: Shell, words: list[str]) -> None:
    done = shell.run("quarantine", "retry", *words)
    assert done.code == 1
    assert "choose the entries" in done.err
