"""Several runners side by side: one that fails stops the others, and nothing is left running."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from bridge.errors import AccessDenied, BatchError
from bridge.stream.runners import Runners
from tests.stream.rig import Rig

LONG_S = 20.0


class Slow:
    """A runner that ends when it is stopped, or with an error when it is told to."""

    def __init__(self) -> None:
        self.stopped, self.failing = threading.Event(), threading.Event()
        self.began = threading.Event()
        self.untils: list[str] = []

    def run(self, *, until: str) -> str:
        self.untils.append(until)
        self.began.set()
        while not self.stopped.is_set():
            if self.failing.wait(0.001):
                raise AccessDenied("dynamodb:GetRecords")
        return "stats"

    def stop(self) -> None:
        self.stopped.set()


class Watch:
    def __init__(self) -> None:
        self.looks, self.last_looks = 0, 0

    def look_if_due(self) -> None:
        self.looks += 1
        raise BatchError("a target is missing")

    def look(self) -> None:
        self.last_looks += 1


def runners(*slow: Slow, watch: Any = None, executors: Any = ()) -> Runners:
    named: Any = {f"table-{number}": each for number, each in enumerate(slow)}
    return Runners(named, executors, watch=watch)


def test_runners_have_the_names_of_their_tables_and_run_to_the_end_that_is_asked_for() -> None:
    rigs = {"a": Rig(), "b": Rig()}
    for rig in rigs.values():
        rig.write(2)
    both = Runners({name: rig.runner() for name, rig in rigs.items()})
    assert both.names == ("a", "b")
    both.start(until="caught_up")
    assert both.wait(LONG_S)
    assert {name: stats.done for name, stats in both.stats().items()} == {"a": 2, "b": 2}
    both.close()


def test_all_run_at_the_same_time_until_they_are_stopped() -> None:
    one, other = Slow(), Slow()
    both = runners(one, other)
    both.start()
    assert one.began.wait(LONG_S)
    assert other.began.wait(LONG_S)
    assert (one.untils, other.untils) == (["stopped"], ["stopped"])
    assert both.wait(0.0) is False
    both.stop()
    assert both.wait(LONG_S) is True
    both.close()


def test_one_that_fails_stops_the_others_and_its_error_is_raised() -> None:
    failing, other = Slow(), Slow()
    both = runners(failing, other)
    both.start()
    failing.failing.set()
    assert both.wait(LONG_S) is True
    assert other.stopped.is_set()
    with pytest.raises(AccessDenied):
        both.stats()
    both.close()


def test_while_one_runs_and_none_failed_the_others_go_on_and_the_targets_are_looked_at() -> None:
    ended, other = Slow(), Slow()
    ended.stop()
    watch = Watch()
    both = runners(ended, other, watch=watch)
    both.start()
    assert both.wait(0.05) is False
    assert not other.stopped.is_set()
    assert watch.looks == 1, "what is missing is no error here"
    both.stop()
    assert both.wait(LONG_S) is True
    assert watch.looks == 1
    assert set(both.stats()) == {"table-0", "table-1"}
    assert watch.last_looks == 1
    both.close()


def test_closing_stops_what_runs_waits_for_it_and_ends_the_threads() -> None:
    one = Slow()
    pool = ThreadPoolExecutor(1)
    made = runners(one, executors=(pool,))
    made.start()
    assert one.began.wait(LONG_S)
    made.close()
    assert one.stopped.is_set()
    assert made.wait(0.0) is True
    with pytest.raises(RuntimeError, match="after shutdown"):
        pool.submit(print)
    with pytest.raises(RuntimeError, match="after shutdown"):
        made.start()
