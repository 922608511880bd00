"""A signal ends a verb without a traceback, with 128 + its number, after what it opened is closed."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.shell import Shell

# A Ctrl-C in the middle of an import: `name` is imported, and the process gets the signal.
DURING_IMPORT = """
import os, signal, sys
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == {name!r}:
            sys.meta_path.remove(self)
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Finder())
from bridge.__main__ import main
sys.exit(main(["--version"]))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_a_verb_with_128_and_its_number(number: signal.Signals, shell: Shell) -> None:
    with subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys; from bridge.__main__ import main; sys.exit(main())",
            "render",
            "-",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=shell.folder,
        env={"EVENT_BUS": "b", "PYTHONPATH": str(Path(__file__).parents[3])},
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b'{"Records": []}\n{"no": "record"}\n')
        process.stdin.flush()
        assert process.stderr is not None
        process.stderr.readline()  # it works: the first record is reported
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert b"Traceback" not in err
    said = b"interrupted" if number == signal.SIGINT else f"ended by {number.name}".encode()
    assert said in err


@pytest.mark.parametrize("name", ["bridge.cli.app", "typer", "bridge.cli.console.output"])
def test_ctrl_c_during_the_first_imports_shows_no_traceback(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", DURING_IMPORT.format(name=name)], capture_output=True, check=False
    )
    assert done.returncode == -signal.SIGINT  # which shells show as 130
    assert done.stderr == b""


def test_a_ctrl_c_that_is_ignored_stays_ignored() -> None:
    """As after ``nohup stream-bridge run &``."""
    script = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n" + DURING_IMPORT.format(
        name="typer"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert done.returncode == 0
