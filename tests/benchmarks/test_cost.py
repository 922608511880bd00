"""docs/cost.md matches the script, the script matches a computation by hand, and both match the templates."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

import pytest
import yaml

from benchmarks import cost
from benchmarks.cost import Data, Line, bridge, chunks, load, one_by_one, read_units, scan_units, write_units
from benchmarks.cost_page import page
from tests.builders.places import ROOT


@cache
def data() -> Data:
    return load()


def lines(of: list[Line]) -> dict[str, Line]:
    assert len({line.what for line in of}) == len(of)
    return {line.what: line for line in of}


def round_prices() -> Data:
    """Prices and measurements that are easy to compute with."""
    prices = {name: {"usd": 1.0, "per": 1000} for name in data().prices}
    measured = {
        "batch_cpu_ms": {100: {1: 100, 10: 200}, 3: {1: 10, 10: 10}},
        "log_bytes": 1000,
        "ledger_row_bytes": 1025,
        "announcement_bytes": {100: 3_000, 3: 200},
    }
    assumed = {**data().assumed, "cpu_share": 0.5, "wait_ms": 0, "event_overhead_bytes": 0}
    assumed |= {"metrics": 30, "worker_item_us": 0}
    return Data(prices, measured, assumed, "nowhere", "today")


def test_the_page_is_the_one_that_the_script_writes() -> None:
    assert (ROOT / "docs" / "cost.md").read_text() == page(data()), "run `make cost`"


@pytest.mark.parametrize(
    ("size_bytes", "written", "read"), [(1, 1, 1), (1024, 1, 1), (1025, 2, 1), (4096, 4, 1), (4097, 5, 2)]
)
def test_dynamodb_counts_a_unit_for_each_started_piece(size_bytes: int, written: int, read: int) -> None:
    assert (write_units(size_bytes), read_units(size_bytes)) == (written, read)


def test_a_scan_is_half_a_unit_per_4_kib_for_any_item_size() -> None:
    assert scan_units(8192 * 1000) == 1000


@pytest.mark.parametrize(("size_kb", "billed"), [(1, 1), (64, 1), (64.1, 2), (256, 4)])
def test_events_are_billed_by_started_64_kb(size_kb: float, billed: int) -> None:
    """AWS's page has the example of 256 KB: four events."""
    assert chunks(size_kb) == billed


def test_a_day_of_the_bridge_matches_a_computation_by_hand() -> None:
    found = lines(bridge(round_prices(), 1))
    assert found["Lambda, requests"].units == 10_000  # a million in batches of 100
    assert found["Lambda, time"].units == 10_000 * 0.2 * 0.5  # 100 ms on half a CPU, at half a GB
    assert found["Ledger, reads"].units == 1_000_000
    assert found["Ledger, writes"].units == 2_000_000  # a row of 1,025 bytes is two units
    assert found["Ledger, announcements"].units == 60_000  # 3 KB a batch, written and deleted
    assert found["Events"].units == 1_000_000
    assert found["Archive, put in"].units == 2  # two images of a KB each, a million times
    assert found["Archive, 30 days kept"].units == 2  # 60 GB for a day are 2 GB for a month
    assert found["Log lines"].units == 0.01  # a KB for each of 10,000 batches
    assert found["Own metrics"].units == 1
    assert round_prices().usd(found["Lambda, requests"]) == 10.0


def test_larger_items_cost_more_events_only_above_64_kb() -> None:
    assert lines(bridge(data(), 10))["Events"].units == 1_000_000
    assert chunks(cost.event_kb(data(), 32)) == 2


def test_small_batches_pay_the_same_ledger_and_events() -> None:
    small, full = lines(bridge(data(), 1, records=3)), lines(bridge(data(), 1))
    for same in ("Ledger, reads", "Ledger, writes", "Events"):
        assert small[same] == full[same]
    assert small["Lambda, requests"].units == pytest.approx(1_000_000 / 3)


def test_a_reconciliation_run_matches_a_computation_by_hand() -> None:
    """1,000,000 items of 10,000 bytes at 200 units a second."""
    scanned, looked_up = 1_000_000 * 10_000 / 8192, 3_000_000
    found = lines(cost.reconciliation(round_prices(), 10))
    assert found["Table, scan"].units == scanned
    assert found["Table, items of the rows"].units == looked_up
    assert found["Ledger, rows of the items"].units == 1_000_000
    seconds = (scanned + looked_up) / 200
    assert cost.reconciliation_s(round_prices(), 10) == seconds
    assert found["Lambda, time"].units == pytest.approx(seconds * 4)  # four readers at 1 GB
    calls = 8 * 13  # two passes of four segments; 10,602 s are 13 invocations of 840 s
    assert found["Lambda, requests"].units == calls + 6
    assert found["Step Functions, transitions"].units == 18 + 2 * calls + 8


def test_an_idempotent_handler_writes_twice_per_record() -> None:
    plain = data().total(one_by_one(data(), 1, idempotent=False))
    twice = one_by_one(data(), 1, idempotent=True)
    assert lines(twice)["Idempotency table, writes"].units == 2_000_000
    assert data().total(twice) > plain + 1.25


def test_every_price_has_a_source_and_says_where_it_was_seen() -> None:
    used = {line.price for variant in every_variant() for line in variant}
    assert used == set(data().prices), "a price that no computation uses"
    for name, price in data().prices.items():
        assert re.match(r"https://(docs\.)?aws\.amazon\.com/", price["source"]), name
        assert price["seen"] in ("aws", "others", "nowhere"), name
        assert ("by" in price) == (price["seen"] == "others"), name
        assert price["per"] > 0, name


def every_variant() -> list[list[Line]]:
    return [
        bridge(data(), 1),
        cost.reconciliation(data(), 1),
        cost.pipe(data(), 1),
        one_by_one(data(), 1, idempotent=True),
        cost.topic(data(), 1),
    ]


# --- compared with the templates -------------------------------------------------------------------------


def template(name: str) -> dict[str, Any]:
    class Loader(yaml.SafeLoader):
        """Ignores tags."""

    Loader.add_multi_constructor("!", lambda loader, suffix, node: None)
    loaded: dict[str, Any] = yaml.load((ROOT / "infra" / f"{name}.yaml").read_text(), Loader)
    return loaded


def test_memory_readers_and_alarms_match_the_templates() -> None:
    parameters = template("bridge")["Parameters"]
    assert parameters["MemoryMb"]["Default"] / 1024 == cost.MEMORY_GB
    assert parameters["ArchiveDays"]["Default"] == cost.ARCHIVE_DAYS
    assert template("reconciliation")["Parameters"]["MaxConcurrency"]["Default"] == cost.READERS
    gb = template("reconciliation")["Parameters"]["WorkerMemoryMb"]["Default"] / 1024
    assert gb == data().assumed["worker_gb"]
    alarms = [
        each
        for each in template("observability")["Resources"].values()
        if each["Type"] == "AWS::CloudWatch::Alarm" and each.get("Condition") != "QuarantinesToQueue"
    ]
    assert len(alarms) == cost.ALARMS


def test_the_state_machine_takes_the_number_of_steps_that_the_page_counts() -> None:
    """A run that finds missed changes: every state once, the confirmation twice, a map as one state."""
    states = json.loads((ROOT / "infra" / "statemachine.asl.json").read_text())["States"]
    path, name = [], "Plan"
    waited = False
    while True:
        path.append(name)
        state = states[name]
        if state.get("End") or state["Type"] == "Succeed":
            break
        if name == "Begin":
            name = "ScanTable"
        elif name == "IsConfirmed":
            name, waited = ("Emit" if waited else "Grace"), True
        elif state["Type"] == "Choice":
            name = state["Choices"][0]["Next"]
        else:
            name = state["Next"]
    assert len(path) == cost.MACHINE_STATES, path


def test_segments_and_read_rate_are_the_defaults() -> None:
    from bridge.reconcile.options import Options

    assert (Options().max_rcu, cost.MAX_RCU) == (200.0, 200.0)
    assert Options().segments == cost.SEGMENTS
