"""What a chaos run is made of: deployments that load, a disk that fills, acts that the seed decides."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from pathlib import Path

import pytest

from bridge.wiring.bridge import load_configuration
from tests.chaos.acts import ROUND, order
from tests.chaos.aws import stored_images
from tests.chaos.configuration import TABLES, Deployment, Places, write_configuration
from tests.chaos.disk import OWN_MOUNTS, Disk
from tests.chaos.processes import NO_SPACE

DEPLOYMENTS: tuple[Deployment, ...] = ("good", "lanes", "refuses some", "refuses all", "gives up")
WRITE = "import sys; sys.stdin.read(1); open(sys.argv[1], 'wb', 0).write(b'x')"


@pytest.mark.parametrize("deployment", DEPLOYMENTS)
def test_every_deployment_can_be_deployed(tmp_path: Path, deployment: Deployment) -> None:
    places = Places(tmp_path, tmp_path / "disk")
    write_configuration(places, "bus", "arn:aws:sns:us-east-1:000000000000:chaos.fifo")
    loaded = load_configuration(places.config(deployment), {})
    assert {table.name for table in loaded.settings.tables.values()} == {spec.name for spec in TABLES}
    assert loaded.settings.mapping.parallelization_factor == (2 if deployment == "lanes" else 1)


def test_without_mounts_of_its_own_a_process_still_finds_the_disk_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(OWN_MOUNTS, raising=False)
    with Disk(tmp_path / "disk") as disk:
        disk.fill()
        command = [sys.executable, "-c", WRITE, str(disk.folder / "file")]
        for is_full in (True, False):
            with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
                disk.limit(process.pid)
                _, error = process.communicate(b"1")
            assert bool(process.returncode) == is_full
            assert any(text in error.decode() for text in NO_SPACE) == is_full
            disk.free()


def test_the_seed_decides_the_acts_and_every_round_has_each_of_them() -> None:
    acts = list(itertools.islice(order(5), 2 * len(ROUND) + 1))
    assert acts == list(itertools.islice(order(5), len(acts)))
    assert acts != list(itertools.islice(order(6), len(acts)))
    assert sorted(acts) == sorted([*ROUND, *ROUND, "give up"])


def test_records_are_found_in_a_quarantine_and_in_batches_that_were_given_up(tmp_path: Path) -> None:
    record = {"eventName": "INSERT", "dynamodb": {"NewImage": {}}}
    (tmp_path / "quarantined.json").write_text(json.dumps({"reason": "x", "record": record}))
    batch = {"payload": json.dumps({"Records": [record, record]})}
    (tmp_path / "batch.json").write_text(json.dumps(batch))
    assert [name for name, _ in stored_images(tmp_path)] == ["INSERT"] * 3
