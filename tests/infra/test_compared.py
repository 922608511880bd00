"""docs/compared.md matches the templates, and names the files of others that it read."""

from __future__ import annotations

import re
from functools import cache

import pytest

from benchmarks.cost import bridge as day
from benchmarks.cost import load, pipe, reconciliation
from tests.builders.places import ROOT
from tests.infra.templates import EVERYTHING, Stack, read

PAGE = ROOT / "docs" / "compared.md"


@cache
def column() -> dict[str, str]:
    """The cell of stream-bridge in each row, by the name of the row."""
    rows = re.findall(
        r"^\| ([^|]+) \| ([^|]+) \| [^|]+ \| [^|]+ \| [^|]+ \|$", PAGE.read_text(), re.MULTILINE
    )
    return {name: cell for name, cell in rows if name.strip("-")}


MAPPING = Stack("bridge", EVERYTHING).properties("Mapping")
DEFAULTS = {name: parameter.get("Default") for name, parameter in read("bridge")["Parameters"].items()}
EXPECTED = [
    ("starting position", f"`{MAPPING['StartingPosition']}`"),
    ("batch size", f"{DEFAULTS['BatchSize']}, a parameter"),
    ("batch window", f"{DEFAULTS['BatchWindowSeconds']} s, a parameter"),
    ("parallelization factor", f"{DEFAULTS['ParallelizationFactor']}, a parameter"),
    ("partial batch failures", f"`{MAPPING['FunctionResponseTypes'][0]}`"),
    ("bisect on error", "yes" if MAPPING["BisectBatchOnFunctionError"] else "no"),
    ("retries", f"{DEFAULTS['MaximumRetryAttempts']:,}, a parameter"),
    ("record age", f"{DEFAULTS['MaximumRecordAgeSeconds'] // 3600} h, a parameter"),
    ("metrics of the mapping", f"`{MAPPING['MetricsConfig']['Metrics'][0]}`"),
    ("archive", f"{DEFAULTS['ArchiveDays']} days, a parameter"),
    ("logs of the bus", f"`{DEFAULTS['BusLogLevel']}`, a parameter"),
    ("log retention", f"{DEFAULTS['LogRetentionDays']} days, a parameter"),
    ("alarms", f"{len(Stack('observability', {}).of_type('AWS::CloudWatch::Alarm'))}, each"),
]


@pytest.mark.parametrize(("row", "expected"), EXPECTED, ids=[row for row, _ in EXPECTED])
def test_the_column_of_stream_bridge_matches_the_templates(row: str, expected: str) -> None:
    assert column()[row].startswith(expected)


def test_costs_are_those_of_the_cost_page() -> None:
    data = load()
    row = next(line for line in PAGE.read_text().splitlines() if line.startswith("| cost of a million"))
    night = data.total(day(data, 1)) + data.total(reconciliation(data, 1))
    for value in (data.total(day(data, 1)), night, data.total(pipe(data, 1))):
        assert f"{value:.2f}" in row


def test_every_file_that_was_read_is_named_with_its_commit() -> None:
    rows = PAGE.read_text().partition("## What was read")[2]
    found = re.findall(
        r"^\| (?:aws-samples|awslabs)/[\w-]+ `[^|]+ \| `([0-9a-f]{40})` \|$", rows, re.MULTILINE
    )
    assert len(found) == rows.count("\n| aws") >= 15
