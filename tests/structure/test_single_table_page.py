"""docs/single-table.md can be followed as it is: every command works, and says what the page says."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from bridge.settings import load_settings
from tests.builders.places import ROOT

PAGE = (ROOT / "docs" / "single-table.md").read_text("utf-8")
EXAMPLE = ROOT / "examples" / "single-table" / "bridge.yaml"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def commands() -> list[str]:
    return [line[2:] for block in blocks("console") for line in block.splitlines()]


def run(command: str, tmp_path: Path) -> tuple[list[dict[str, Any]], str]:
    """In a folder that has the examples, because some commands write."""
    if not (tmp_path / "examples").exists():
        (tmp_path / "examples").symlink_to(ROOT / "examples")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=tmp_path,
        env={"PATH": path, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    return [json.loads(line) for line in lines], done.stdout + done.stderr


def test_the_commands_of_the_page_work_as_printed_one_after_the_other(tmp_path: Path) -> None:
    assert len(commands()) >= 6
    for command in commands():
        run(command, tmp_path)
    assert "key: {PK: " in (tmp_path / "my-shop" / "bridge.yaml").read_text("utf-8")


def test_the_checkout_is_the_end_of_the_cart_and_the_start_of_the_order(tmp_path: Path) -> None:
    (command,) = [each for each in commands() if "cart_checked_out" in each]
    end, start = run(command, tmp_path)[0]
    assert [end["subject"], start["subject"]] == ["cart/c-1/o-7", "order/c-1/o-7"]
    assert [each["id"].partition(":")[0][-5:] for each in (end, start)] == ["6-end", "start"]
    assert start["sequence"] == end["sequence"] + "+"


def test_an_item_that_no_entity_selects_has_no_event(tmp_path: Path) -> None:
    (command,) = [each for each in commands() if "settings_changed" in each]
    events, printed = run(command, tmp_path)
    assert events == []
    assert "1 without event" in printed


@pytest.mark.parametrize("block", blocks("yaml"))
def test_the_lines_of_the_page_are_those_of_the_example(block: str) -> None:
    """What a block says of an entity, the example says too."""
    entities = load_settings(EXAMPLE, {}).tables["shop"].entities
    assert entities is not None
    parsed = yaml.safe_load(block)
    said = parsed["tables"]["shop"]["entities"] if "tables" in parsed else parsed
    for name, own in said.items():
        for key, value in own.items():
            if key != "events":
                assert getattr(entities[name], key) == value
