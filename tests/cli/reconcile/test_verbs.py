"""``stream-bridge reconcile``: output and exit codes without AWS; the rest is in the integration tests."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer

from bridge.cli.console.options import moment, seconds
from bridge.cli.reconcile.build import typed_key
from bridge.errors import BridgeError
from bridge.ports.table import TableFacts
from tests.cli.shell import Shell
from tests.reconcile.project import write_project

FACTS = TableFacts("Things", "arn", {"id": "S", "at": "N"})


@pytest.fixture
def configured(shell: Shell) -> Shell:
    write_project(Path(shell.folder), table="Things", ledger="ledger")
    return shell


def test_without_a_lasting_ledger_it_says_what_to_do(configured: Shell) -> None:
    configured.edit("bridge.yaml", "kind: dynamodb, table: ledger, keep: fields", "kind: none")
    done = configured.run("reconcile", "plan", "--region", "eu-central-1")
    assert done.code == 1
    assert "ledger.kind is none" in done.err
    assert "kind dynamodb" in done.err


def test_status_and_report_of_a_table_that_never_ran(configured: Shell) -> None:
    assert configured.run("reconcile", "status").out == b"Things: no run yet\n"
    done = configured.run("reconcile", "report")
    assert done.code == 1
    assert "reconcile plan" in done.err


def test_an_unknown_table_is_reported_with_the_known_ones(configured: Shell) -> None:
    done = configured.run("reconcile", "status", "--table", "Nothing")
    assert done.code == 1
    assert "its tables are Things" in done.err


def test_a_broken_checkpoint_is_one_line(configured: Shell) -> None:
    configured.write(".stream-bridge/reconcile/Things/run.json", "{")
    done = configured.run("reconcile", "status")
    assert done.code == 1
    assert "is not JSON" in done.err
    assert "start a new run" in done.err


@pytest.mark.parametrize(
    "text", ["id=a,at=7", ' {"id": {"S": "a"}, "at": {"N": "7"}}'], ids=["plain", "typed JSON"]
)
def test_a_key_may_be_written_in_two_ways(text: str) -> None:
    assert typed_key(text, FACTS) == {"id": {"S": "a"}, "at": {"N": "7"}}


@pytest.mark.parametrize(
    "text", ["id=a", "id=a,at=7,x=1", "{", '{"id": "a"}', '{"id": {"N": "1"}, "at": {"N": "1"}}']
)
def test_what_is_no_key_of_the_table_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        typed_key(text, FACTS)


def test_durations_and_times_are_read_as_people_write_them() -> None:
    assert (seconds("--lag", "0s"), seconds("--lag", "5m"), seconds("--lag", "90")) == (0.0, 300.0, 90.0)
    assert moment("--since", "2026-11-20T12:00:00+01:00", float) == datetime(2026, 11, 20, 11, tzinfo=UTC)
    for wrong in ("soon", "-5s"):
        with pytest.raises(BridgeError, match="--lag is not a duration"):
            seconds("--lag", wrong)
    with pytest.raises(BridgeError, match="--since is not a time"):
        moment("--since", "yesterday", float)


@pytest.mark.parametrize("page", ["nowhere/page.html", "."])
def test_a_page_that_cannot_be_written_stops_the_run_before_it_starts(configured: Shell, page: str) -> None:
    done = configured.run("reconcile", "run", "--region", "eu-central-1", "--html", page)
    assert done.code == 1
    assert "nothing was started" in done.err
