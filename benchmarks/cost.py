"""What running the bridge costs a day, computed from ``benchmarks/prices.yaml``.

A line is (what, how many units a day, which price). Everything else is arithmetic that a reader can redo.
:mod:`benchmarks.cost_page` writes the page.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

DATA = Path(__file__).with_name("prices.yaml")
CHANGES = 1_000_000  # a day
ITEMS = 1_000_000  # in the table
SIZES_KB = (1, 10)
KB = 1_000
CHUNK_KB = 64  # EventBridge and Pipes bill each started 64 KB
MONTH_DAYS = 30
MEMORY_GB = 0.5  # MemoryMb of infra/bridge.yaml
ALARMS = 17  # of infra/observability.yaml; a test counts them
SEGMENTS = 4  # tables.<name>.reconcile.segments
MAX_RCU = 200.0  # tables.<name>.reconcile.max_rcu
READERS = 4  # MaxConcurrency of infra/reconciliation.yaml
MACHINE_STATES = 18  # of a run that finds missed changes, without the segments; a test counts them
ARCHIVE_DAYS = 30


@dataclass(frozen=True, slots=True)
class Line:
    what: str
    units: float
    price: str


@dataclass(frozen=True, slots=True)
class Data:
    prices: Mapping[str, Mapping[str, Any]]
    measured: Mapping[str, Any]
    assumed: Mapping[str, Any]
    region: str
    looked_up: str

    def usd(self, line: Line) -> float:
        price = self.prices[line.price]
        return float(line.units * price["usd"] / price["per"])

    def total(self, lines: Iterable[Line]) -> float:
        return sum(map(self.usd, lines))


def load(path: Path = DATA) -> Data:
    given = yaml.safe_load(path.read_text())
    return Data(
        given["prices"], given["measured"], given["assumed"], given["region"], str(given["looked_up"])
    )


# --- units -----------------------------------------------------------------------------------------------


def write_units(size_bytes: float) -> int:
    """DynamoDB: one for each started KiB."""
    return max(1, math.ceil(size_bytes / 1024))


def read_units(size_bytes: float) -> int:
    """DynamoDB, consistent: one for each started 4 KiB."""
    return max(1, math.ceil(size_bytes / 4096))


def scan_units(total_bytes: float) -> float:
    """DynamoDB, eventually consistent: half of one for each 4 KiB of what is scanned."""
    return total_bytes / 4096 / 2


def chunks(size_kb: float) -> int:
    return max(1, math.ceil(size_kb / CHUNK_KB))


def event_kb(data: Data, size_kb: int) -> float:
    """An event with both images, the largest that the default data gives; ``changes`` repeats little."""
    return 2 * size_kb + float(data.assumed["event_overhead_bytes"]) / KB


def batch_ms(data: Data, records: int, size_kb: int) -> float:
    cpu = data.measured["batch_cpu_ms"][records][size_kb]
    return float(cpu / data.assumed["cpu_share"] + data.assumed["wait_ms"])


# --- variants --------------------------------------------------------------------------------------------


def bridge(data: Data, size_kb: int, records: int = 100) -> list[Line]:
    """A day of the bridge, in batches of ``records``."""
    batches = CHANGES / records
    row = data.measured["ledger_row_bytes"]
    announced = data.measured["announcement_bytes"][records]
    archived_gb = CHANGES * event_kb(data, size_kb) * KB / 1e9
    rows_gb = ITEMS * row / 1e9
    return [
        Line("Lambda, requests", batches, "lambda_request"),
        Line("Lambda, time", batches * batch_ms(data, records, size_kb) / 1000 * MEMORY_GB, "lambda_gb_s"),
        Line("Stream, reads by Lambda", batches, "stream_read_lambda"),
        Line("Ledger, reads", CHANGES * read_units(row), "dynamodb_read"),
        Line("Ledger, writes", CHANGES * write_units(row), "dynamodb_write"),
        # Written before a batch is published, deleted after it is settled: a delete costs as the write does.
        Line("Ledger, announcements", 2 * batches * write_units(announced), "dynamodb_write"),
        Line("Ledger, rows kept", rows_gb / MONTH_DAYS, "dynamodb_storage"),
        Line("Ledger, point-in-time recovery", rows_gb / MONTH_DAYS, "dynamodb_pitr"),
        Line("Events", CHANGES * chunks(event_kb(data, size_kb)), "eventbridge_event"),
        Line("Archive, put in", archived_gb, "archive_gb"),
        Line("Archive, 30 days kept", archived_gb * ARCHIVE_DAYS / MONTH_DAYS, "archive_storage"),
        Line("Log lines", batches * data.measured["log_bytes"] / 1e9, "logs_gb"),
        *watching(data),
    ]


def watching(data: Data) -> list[Line]:
    return [
        Line("Own metrics", data.assumed["metrics"] / MONTH_DAYS, "metric_month"),
        Line("Alarms", ALARMS / MONTH_DAYS, "alarm_month"),
        Line("Dashboard", 1 / MONTH_DAYS, "dashboard_month"),
    ]


def reconciliation(data: Data, size_kb: int, max_rcu: float = MAX_RCU) -> list[Line]:
    """A nightly run over a table of a million items that match its ledger."""
    item, row = size_kb * KB, data.measured["ledger_row_bytes"]
    scanned = scan_units(ITEMS * item)
    looked_up = ITEMS * read_units(item)  # does the item of each row still exist?
    seconds = reconciliation_s(data, size_kb, max_rcu)
    calls = 2 * SEGMENTS * math.ceil(seconds / 2 / data.assumed["worker_call_s"])
    states = MACHINE_STATES + 2 * calls + 2 * SEGMENTS
    return [
        Line("Table, scan", scanned, "dynamodb_read"),
        Line("Ledger, rows of the items", ITEMS * read_units(row), "dynamodb_read"),
        Line("Ledger, scan", scan_units(ITEMS * row), "dynamodb_read"),
        Line("Table, items of the rows", looked_up, "dynamodb_read"),
        Line("Lambda, time", seconds * READERS * data.assumed["worker_gb"], "lambda_gb_s"),
        Line("Lambda, requests", calls + 6, "lambda_request"),
        Line("Step Functions, transitions", states, "step_transition"),
        Line("S3, checkpoints and report", 4 * calls + 20, "s3_put"),
    ]


def reconciliation_s(data: Data, size_kb: int, max_rcu: float = MAX_RCU) -> float:
    """Both passes: the time that ``max_rcu`` allows, or the time of the work if that is longer."""
    item = size_kb * KB
    paced = (scan_units(ITEMS * item) + ITEMS * read_units(item)) / max_rcu
    worked = ITEMS * data.assumed["worker_item_us"] / 1e6 / READERS / 0.58  # share of a vCPU at 1,024 MB
    return float(max(paced, worked))


def pipe(data: Data, size_kb: int) -> list[Line]:
    """infra/pipe.yaml: a pipe with the enrichment function. No ledger, no reconciliation, no lag alarms."""
    batches = CHANGES / data.assumed["pipe_batch"]
    # A batch of 10: the cost of 3 records, plus 7 times the cost of one record in a batch of 100.
    cpu = data.measured["batch_cpu_ms"]
    ms = (cpu[3][size_kb] + 7 * cpu[100][size_kb] / 100) / data.assumed["cpu_share"]
    archived_gb = CHANGES * event_kb(data, size_kb) * KB / 1e9
    return [
        Line("Pipe, requests", CHANGES * chunks(2 * size_kb), "eventbridge_pipe"),
        Line("Stream, reads by the pipe", batches, "stream_read"),
        Line("Lambda, requests", batches, "lambda_request"),
        Line("Lambda, time", batches * ms / 1000 * MEMORY_GB, "lambda_gb_s"),
        Line("Events", CHANGES * chunks(event_kb(data, size_kb)), "eventbridge_event"),
        Line("Archive, put in", archived_gb, "archive_gb"),
        Line("Archive, 30 days kept", archived_gb * ARCHIVE_DAYS / MONTH_DAYS, "archive_storage"),
        Line("Log lines", batches * data.measured["log_bytes"] / 1e9, "logs_gb"),
    ]


def one_by_one(data: Data, size_kb: int, *, idempotent: bool) -> list[Line]:
    """A custom handler that makes its calls for one record after the other, in batches of 100."""
    calls = 1 + (data.assumed["idempotency_writes"] if idempotent else 0)
    each_ms = calls * (
        data.assumed["own_handler_cpu_us"] / 1000 / data.assumed["cpu_share"] + data.assumed["wait_call_ms"]
    )
    lines = [
        Line("Lambda, requests", CHANGES / 100, "lambda_request"),
        Line("Lambda, time", CHANGES * each_ms / 1000 * MEMORY_GB, "lambda_gb_s"),
        Line("Stream, reads by Lambda", CHANGES / 100, "stream_read_lambda"),
        Line("Events", CHANGES * chunks(event_kb(data, size_kb)), "eventbridge_event"),
    ]
    if idempotent:
        writes = CHANGES * data.assumed["idempotency_writes"]
        lines.insert(3, Line("Idempotency table, writes", writes, "dynamodb_write"))
    return lines


def topic(data: Data, size_kb: int) -> list[Line]:
    """A FIFO topic as a further sink."""
    size_gb = CHANGES * event_kb(data, size_kb) * KB / 1e9
    return [
        Line("Messages", CHANGES, "sns_fifo_publish"),
        Line("Their bytes", size_gb, "sns_fifo_gb"),
    ]
