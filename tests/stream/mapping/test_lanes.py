"""Parallelization: lanes go their own pace, a key's order is kept, the checkpoint is the lowest."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.stream.rig import Rig, drive


def keys_of(event: dict[str, Any]) -> list[str]:
    return [record["dynamodb"]["Keys"]["id"]["S"] for record in event["Records"]]


def write_rounds(rig: Rig, keys: int, rounds: int) -> dict[str, list[str]]:
    by_key: dict[str, list[str]] = defaultdict(list)
    for _ in range(rounds):
        for index in range(keys):
            by_key[f"k{index}"].append(rig.stream.write(f"k{index}"))
    return by_key


def handled_by_key(rig: Rig) -> dict[str, list[str]]:
    by_key: dict[str, list[str]] = defaultdict(list)
    for event in rig.function.events:
        for record in event["Records"]:
            by_key[record["dynamodb"]["Keys"]["id"]["S"]].append(record["dynamodb"]["SequenceNumber"])
    return by_key


def stuck_on(key: str, rig: Rig) -> Callable[[list[str]], Any]:
    def answer(sequences: list[str]) -> Any:
        if key in keys_of(rig.function.events[-1]):
            raise RuntimeError
        return None

    return answer


def test_a_key_always_goes_through_the_same_lane_in_order() -> None:
    rig = Rig()
    written = write_rounds(rig, keys=20, rounds=5)
    rig.run(parallelization_factor=4, batch_size=7)
    assert handled_by_key(rig) == written


def test_records_are_spread_over_all_lanes() -> None:
    rig = Rig()
    write_rounds(rig, keys=40, rounds=1)
    rig.runner(parallelization_factor=4).step()
    assert len(rig.function.calls) == 4
    assert sum(len(call) for call in rig.function.calls) == 40


def test_a_stuck_lane_does_not_stop_the_others_and_holds_the_checkpoint() -> None:
    rig = Rig()
    written = write_rounds(rig, keys=20, rounds=3)
    rig.function.always = stuck_on("k3", rig)
    runner = rig.runner(parallelization_factor=10, batch_size=2)
    drive(runner, rig.clock, steps=200)
    handled = {key for key, numbers in handled_by_key(rig).items() if numbers == written[key]}
    assert len(handled) >= 10
    assert int(rig.saved().get("shard-1", "0")) < int(written["k3"][0])
    rig.function.always = lambda sequences: None
    runner.run(until="caught_up")
    assert rig.saved()["shard-1"] == written["k19"][-1]


def test_each_lane_gives_up_its_own_batch_alone() -> None:
    rig = Rig()
    written = write_rounds(rig, keys=20, rounds=1)
    rig.function.always = stuck_on("k3", rig)
    stats = rig.run(parallelization_factor=10, batch_size=1, max_retries=1)
    assert (stats.done, stats.given_up) == (19, 1)
    assert [info["DDBStreamBatchInfo"]["startSequenceNumber"] for info, _ in rig.kept.sent] == written["k3"]


def test_lanes_run_at_the_same_time_on_an_executor_with_threads() -> None:
    rig = Rig()
    written = write_rounds(rig, keys=40, rounds=3)
    together = threading.Barrier(2, timeout=20)
    lock = threading.Lock()
    handled: dict[str, list[str]] = defaultdict(list)

    def handler(event: dict[str, Any], context: Any) -> Any:
        if not handled:
            together.wait()  # passes only once two invocations are in work
        with lock:
            for record in event["Records"]:
                handled[record["dynamodb"]["Keys"]["id"]["S"]].append(record["dynamodb"]["SequenceNumber"])

    with ThreadPoolExecutor(2) as executor:
        runner = rig.runner(executor=executor, parallelization_factor=2, batch_size=10)
        runner._handler = handler
        stats = runner.run(until="caught_up")
    assert handled == written
    assert stats.done == 120
