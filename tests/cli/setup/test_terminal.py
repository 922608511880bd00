"""On a terminal, ``init`` shows its proposal and asks before it writes; elsewhere it does not ask."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.builders.records import lambda_record

QUESTION = "files to new? [y/N]"


def records(folder: Path) -> None:
    items = [{"PK": f"USER#{number}", "SK": "PROFILE", "name": "x"} for number in range(9)]
    made = [
        lambda_record(key={"PK": item["PK"], "SK": item["SK"]}, after=item, seq=100 + number)
        for number, item in enumerate(items)
    ]
    (folder / "records.json").write_text(json.dumps({"Records": made}))


def on_a_terminal(folder: Path, answer: str, *words: str) -> tuple[int, str]:
    """The exit code, and what the terminal showed. ``answer`` is typed in advance."""
    records(folder)
    master, terminal = pty.openpty()
    os.write(master, answer.encode())
    running = subprocess.Popen(
        [sys.executable, "-m", "bridge", "init", "--from", "records.json", "--out", "new", *words],
        cwd=folder,
        env={**os.environ, "COLUMNS": "200", "NO_COLOR": "1"},
        stdin=terminal,
        stdout=subprocess.DEVNULL,
        stderr=terminal,
    )
    os.close(terminal)
    shown = b""
    with suppress(OSError):  # how Linux reports that no program has the terminal any more
        while chunk := os.read(master, 65_536):
            shown += chunk
    os.close(master)
    return running.wait(timeout=120), shown.decode()


@pytest.mark.parametrize("answer", ["y\n", "yes\n"])
def test_after_a_yes_the_files_are_written(tmp_path: Path, answer: str) -> None:
    code, shown = on_a_terminal(tmp_path, answer)
    assert code == 0, shown
    assert (tmp_path / "new/bridge.yaml").exists()
    assert shown.index("├─ user") < shown.index(QUESTION)


@pytest.mark.parametrize("answer", ["n\n", "\n"])
def test_after_a_no_nothing_is_written(tmp_path: Path, answer: str) -> None:
    code, shown = on_a_terminal(tmp_path, answer)
    assert code == 1, shown
    assert QUESTION in shown
    assert "nothing was written" in shown
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("words", [("--yes",), ("--output", "json")])
def test_with_yes_or_json_nobody_is_asked(tmp_path: Path, words: tuple[str, ...]) -> None:
    code, shown = on_a_terminal(tmp_path, "", *words)
    assert code == 0, shown
    assert "[y/N]" not in shown
    assert (tmp_path / "new/bridge.yaml").exists()


def test_off_a_terminal_nobody_is_asked(tmp_path: Path) -> None:
    records(tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "bridge", "init", "--from", "records.json", "--out", "new"],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "new/bridge.yaml").exists()
