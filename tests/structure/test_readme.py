"""Every command of the README works as printed, from the root of the repository, with nothing set up before.

The commands run in a copy of the repository, because some of them write files. Exceptions, all of them here:
``make demo`` and ``make test`` are not run inside the tests, only their targets are checked; for ``pip
install`` environment variables keep pip off the network; for commands that call AWS, environment variables
name the embedded AWS and test credentials. The text of a command is never changed.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.builders.aws import REGION, Aws
from tests.builders.places import ROOT
from tests.structure.test_docs_commands import commands_of

PAGE = (ROOT / "README.md").read_text("utf-8")
LINES_MAX = 120
PATIENCE_S = 60

CALLS_AWS = ("stream-bridge init", "stream-bridge run", "stream-bridge tail", "aws ")
NOT_RUN = ("make demo", "make test")
PIP_OFFLINE = {"PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1", "PIP_NO_BUILD_ISOLATION": "0"}
NOT_COPIED = shutil.ignore_patterns(".*", "__pycache__", "build", "dist", "*.egg-info", "quarantine")


def commands() -> list[str]:
    """The lines after a prompt, in the order of the page, with their comments."""
    blocks = re.findall(r"^ *```console\n(.*?)^ *```$", PAGE, re.MULTILINE | re.DOTALL)
    return [line.strip()[2:] for block in blocks for line in block.splitlines() if line.strip()[:2] == "$ "]


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def environment(root: Path, *, more: Mapping[str, str]) -> dict[str, str]:
    """Where programs are, a home folder, and ``more``. ``aws`` is a stand-in for the AWS CLI."""
    programs = [root / ".programs", Path(sys.executable).parent]
    path = os.pathsep.join([*map(str, programs), os.environ["PATH"]])
    return {"PATH": path, "HOME": str(root.parent), **more}


def aws_environment(aws: Aws) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": aws.endpoint_url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
    }


@pytest.fixture
def root(tmp_path: Path) -> Path:
    copy = tmp_path / "repository"
    shutil.copytree(ROOT, copy, ignore=NOT_COPIED)
    (copy / ".venv" / "bin").mkdir(parents=True)
    shutil.copy(Path(sys.prefix) / "bin" / "activate", copy / ".venv" / "bin" / "activate")
    (copy / ".programs").mkdir()
    program = copy / ".programs" / "aws"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{ROOT}/tests/fakes/clients/aws_cli.py" "$@"\n')
    program.chmod(0o755)
    return copy


def run(command: str, root: Path, more: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=root,
        env=environment(root, more=more or {}),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done


def test_the_page_is_short_and_all_its_commands_are_after_a_prompt() -> None:
    assert len(PAGE.splitlines()) <= LINES_MAX
    spans = [str(command) for command in commands_of("README.md", PAGE) if not command.whole]
    assert [span for span in spans if not span.endswith(NOT_RUN)] == []


def test_the_two_commands_are_targets() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert [command.partition("#")[0].strip() for command in commands()[:2]] == list(NOT_RUN)
    for command in NOT_RUN:
        assert re.search(rf"^{command.split()[1]}: .*\n\t@", makefile, re.MULTILINE), command


def offline() -> list[str]:
    return [command for command in commands() if not command.startswith((*CALLS_AWS, *NOT_RUN))]


@pytest.mark.parametrize("command", [command for command in offline() if "my-bridge" not in command])
def test_a_command_that_needs_no_aws_works_with_an_empty_environment(command: str, root: Path) -> None:
    target = root.parent / "installed"
    run(command, root, {**PIP_OFFLINE, "PIP_TARGET": str(target)} if command.startswith("pip ") else {})
    assert target.exists() == command.startswith("pip ")


def test_render_prints_the_event_of_the_page(root: Path) -> None:
    (command,) = [command for command in commands() if "order_status_changed.json" in command]
    printed = json.loads(run(command, root).stdout)
    shown = next(json.loads(block) for block in blocks("json") if '"specversion"' in block)
    _assert_is_part(shown, printed)


def test_the_steps_on_an_own_table_publish_its_changes(root: Path, aws: Aws) -> None:
    if aws.shared:
        pytest.skip("the names on the page are fixed, so that the endpoint must be our own")
    dynamodb = aws.client("dynamodb")
    dynamodb.create_table(
        TableName="Users",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "userId", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "userId", "KeyType": "HASH"}],
    )
    for number in range(3):
        dynamodb.put_item(TableName="Users", Item=_user(number))
    steps = [command for command in commands() if command.startswith(CALLS_AWS) or "my-bridge" in command]
    lasting = [command for command in steps if "until Ctrl-C" in command]
    assert [command.split()[1] for command in lasting] == ["run", "tail"]
    for command in steps:
        if command not in lasting:
            run(command, root, aws_environment(aws) if command.startswith(CALLS_AWS) else {})

    started = [_start(command, root, aws) for command in lasting]
    try:
        shown = b""
        for number in range(10, 10 + PATIENCE_S):  # until the new rule of `tail` lets events through
            dynamodb.put_item(TableName="Users", Item=_user(number))
            time.sleep(0.5)
            shown = started[1][1].read_bytes()
            if b"user" in shown.lower() and b"u-1" in shown:
                break
        else:
            pytest.fail(f"nothing arrived: {[file.read_text() for _, file in started]}")
    finally:
        for process, _ in started:
            os.killpg(process.pid, signal.SIGINT)
        codes = [process.wait(PATIENCE_S) for process, _ in started]
    assert codes[0] == 0, started[0][1].read_text()
    assert codes[1] in (0, 130), started[1][1].read_text()


def test_the_code_for_subscribers_keeps_the_newest_event_and_drops_repeats() -> None:
    (code,) = blocks("python")
    names: dict[str, Any] = {}
    exec(code, names)
    event = next(json.loads(block) for block in blocks("json") if '"specversion"' in block)
    newer = {**event, "sequence": event["sequence"].replace("/0", "/1")}
    for each in (event, newer, newer, event):
        names["handler"]({"detail": each}, None)
    assert names["newest"] == {("order/o-2001", "com.example.order.status_changed.v1"): newer}


def _user(number: int) -> dict[str, Any]:
    return {"userId": {"S": f"u-{number}"}, "name": {"S": "Ada"}, "logins": {"N": str(number)}}


def _start(command: str, root: Path, aws: Aws) -> tuple[subprocess.Popen[bytes], Path]:
    output = root.parent / f"{command.split()[1]}.txt"
    with output.open("wb") as stream:
        process = subprocess.Popen(
            ["bash", "-c", command],
            cwd=root,
            env=environment(root, more=aws_environment(aws)),
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return process, output


def _assert_is_part(shown: Any, printed: Any) -> None:
    if isinstance(shown, dict):
        for name, value in shown.items():
            _assert_is_part(value, printed[name])
    else:
        assert shown == printed
