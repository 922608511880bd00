"""A signal stops the work, and ends the process whatever hangs."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import Any

import pytest

from bridge.cli.stream.run import STOP_S
from bridge.wiring.run import RUN_PACE
from tests.builders.places import ROOT
from tests.fakes.hanging_server import HangingServer

PROGRAM = """
import signal, socket, sys, threading
from bridge.cli.console.live import stopped_by_signals
from bridge.cli.console.output import Console

def hang():
    connection = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    connection.recv(1)  # without a timeout

stopped = threading.Event()
with stopped_by_signals(stopped.set, Console(), within_s=float(sys.argv[2])):
    if sys.argv[3] == "a thread":
        threading.Thread(target=hang).start()  # the interpreter waits for it at its end
    print("ready", flush=True)
    if sys.argv[3] == "the main thread":
        hang()
    stopped.wait()
print("stopped", flush=True)
"""


def stopped(hangs: str, *, within_s: float) -> subprocess.CompletedProcess[str]:
    with HangingServer() as server:
        port = server.url.rpartition(":")[2]
        with subprocess.Popen(
            [sys.executable, "-c", PROGRAM, port, str(within_s), hangs],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            process.send_signal(signal.SIGTERM)
            out, err = process.communicate(timeout=60)
    return subprocess.CompletedProcess((), process.returncode, out, err)


@pytest.mark.parametrize("hangs", ["a thread", "the main thread"])
def test_a_stopped_process_ends_in_time_whatever_hangs(hangs: str) -> None:
    done = stopped(hangs, within_s=0.3)
    assert done.returncode == 128 + signal.SIGTERM
    assert "did not answer for 0.3 s" in done.stderr
    assert "the next start continues at the checkpoint" in done.stderr.replace("\n", " ")


def test_a_process_that_stops_by_itself_does_not_wait_for_that_time() -> None:
    done = stopped("nothing", within_s=600)
    assert (done.returncode, done.stdout) == (0, "stopped\n")


def test_run_ends_within_25_seconds_of_a_signal() -> None:
    """What a stop waits for fits in, so that the hard end is for what hangs."""
    assert STOP_S <= 25
    longest: Any = max(RUN_PACE.function_timeout_s, RUN_PACE.read_timeout_s)
    assert longest < STOP_S
