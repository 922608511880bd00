"""One run to a state folder: the second is refused, a restart waits, and no lock outlives its process."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bridge.edges.local.state_lock import LOCK_FILE, state_lock
from bridge.errors import CheckpointUnavailable, StateInUse
from tests.builders.places import ROOT
from tests.fakes.clock import FakeClock

HOLDER = """
import sys
from pathlib import Path
from bridge.edges.local.clock import SystemClock
from bridge.edges.local.state_lock import state_lock
with state_lock(Path(sys.argv[1]), SystemClock(), 0):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def another_run(folder: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def test_a_second_run_is_refused_and_told_who_has_the_folder(tmp_path: Path) -> None:
    clock = FakeClock()
    with another_run(tmp_path) as process:
        with pytest.raises(StateInUse, match=rf"in use by process {process.pid} on .*--state DIR"):
            state_lock(tmp_path, clock, 0).__enter__()
        assert clock.slept == []


def test_a_rolling_restart_waits_for_the_old_run_and_says_so_once(tmp_path: Path) -> None:
    waits: list[str] = []
    with another_run(tmp_path) as process:

        class Ending(FakeClock):
            def sleep(self, seconds: float) -> None:
                super().sleep(seconds)
                if len(self.slept) == 3:
                    assert process.stdin is not None
                    process.stdin.close()
                    process.wait(60)

        clock = Ending()
        with state_lock(tmp_path, clock, 30, waits.append):
            assert len(waits) == 1
            assert len(clock.slept) == 3


def test_waiting_ends_when_its_time_is_over(tmp_path: Path) -> None:
    clock = FakeClock()
    with another_run(tmp_path), pytest.raises(StateInUse):
        state_lock(tmp_path, clock, 30).__enter__()
    assert sum(clock.slept) == pytest.approx(30)


def test_the_lock_of_a_killed_run_is_taken_over_at_once(tmp_path: Path) -> None:
    with another_run(tmp_path) as process:
        process.kill()
        process.wait(60)
        with state_lock(tmp_path, FakeClock(), 0):
            assert str(process.pid) not in (tmp_path / LOCK_FILE).read_text()


def test_the_lock_file_names_this_process_and_nothing_of_an_earlier_one(tmp_path: Path) -> None:
    (tmp_path / LOCK_FILE).write_text("process 1 on " + 300 * "a" + "\nand more\n")
    with state_lock(tmp_path, FakeClock(), 0):
        assert (tmp_path / LOCK_FILE).read_text() == f"process {os.getpid()} on {platform.node()}\n"


def test_the_folder_is_free_again_after_a_run_and_gone_if_it_was_made_for_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    for _ in range(2):
        with state_lock(folder, FakeClock(), 0):
            assert (folder / LOCK_FILE).exists()
        assert not folder.exists()
    folder.mkdir()
    (folder / "Users.json").write_bytes(b"{}")
    with state_lock(folder, FakeClock(), 0):
        pass
    assert [path.name for path in folder.iterdir()] == ["Users.json"]


def test_a_lock_file_that_was_removed_meanwhile_is_no_lock(tmp_path: Path) -> None:
    """The old run removes its file while the new one waits for it with the same file open."""

    class Removing(FakeClock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            (tmp_path / LOCK_FILE).unlink(missing_ok=True)

    with another_run(tmp_path), state_lock(tmp_path, Removing(), 30):
        held = (tmp_path / LOCK_FILE).stat().st_ino
        with pytest.raises(StateInUse):
            state_lock(tmp_path, FakeClock(), 0).__enter__()
        assert (tmp_path / LOCK_FILE).stat().st_ino == held


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(CheckpointUnavailable, match=r"state folder .*file"):
        state_lock(tmp_path / "file", FakeClock(), 0).__enter__()
