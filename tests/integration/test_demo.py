"""``stream-bridge demo`` as a newcomer runs it: it ends well only if subscribers agree with the tables."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import IO, Any

import pytest

from tests.builders.aws import client
from tests.integration.stage import user_item

pytestmark = pytest.mark.embedded

DEMO = [sys.executable, "-m", "bridge", "demo"]
WAIT_S = 60.0


def environ(tmp_path: Path, **more: str) -> dict[str, str]:
    """The caller's AWS settings must not matter: these would break every call if one of them did."""
    hostile = {"AWS_PROFILE": "nobodys", "AWS_REGION": "nowhere-1", "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}
    return {**os.environ, **hostile, "TMPDIR": str(tmp_path), **more}


def demo(tmp_path: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*DEMO, *arguments],
        env=environ(tmp_path, **more),
        capture_output=True,
        text=True,
        timeout=WAIT_S,
        check=False,
    )


def test_it_ends_well_and_its_counts_add_up(tmp_path: Path) -> None:
    done = demo(tmp_path, "--output", "json")
    assert done.returncode == 0, done.stdout
    published = json.loads(done.stdout)
    assert published["ok"]
    account = published["account"]
    ends = ("published", "without_event", "quarantined", "returned")
    assert account["received"] == sum(account[end] for end in ends) == 60
    assert account["quarantined"] == 1
    assert published["throttled_calls"] == 1
    single_table = published["single_table"]
    assert single_table["table"] == "Shop"
    assert "a cart that is checked out ends as a cart and starts as a purchase" in single_table["meaning"]
    assert min(single_table["events_by_entity"].values()) > 0
    assert single_table["events_by_entity"].keys() == {"customer", "cart", "purchase"}
    assert single_table["changed_entity"] >= 2  # one of them was lost, and re-emitted
    assert single_table["records_without_entity"] >= 1
    reconciled = published["recovery"]["reconciled"].values()
    assert published["subscribers"]["bus"] == account["events"] + sum(each["events"] for each in reconciled)
    assert {bool(check["kept"]) for check in published["checks"]} == {True}
    assert list(tmp_path.iterdir()) == []


def test_what_is_lost_shows_in_the_copies_and_reconcile_re_emits_exactly_that(tmp_path: Path) -> None:
    act = json.loads(demo(tmp_path, "--output", "json").stdout)["recovery"]
    kinds = Counter(act["missed"])
    assert kinds == {"insert": 4, "modify": 6, "remove": 3}
    # The cart that became a purchase was modified once, and is removed and inserted for subscribers.
    assert Counter(act["lost"].values()) == {"insert": 5, "modify": 5, "remove": 4}
    assert act["reconciled"]["Shop"]["missed"] == {"insert": 1, "modify": 2, "remove": 1}
    assert act["reconciled"]["Shop"]["by_entity"]["purchase"]["reemitted"] == 1
    assert set(act["differing"]["bus"]) == set(act["differing"]["feed"]) == set(act["lost"])
    for facts in ("missed", "reemitted"):
        found: Counter[str] = sum((Counter(each[facts]) for each in act["reconciled"].values()), Counter())
        assert found == kinds
    assert {any(each["missed"].values()) for each in act["reconciled_again"].values()} == {False}
    assert {bool(each["events"]) for each in act["reconciled_again"].values()} == {False}
    assert act["reconciled"]["Users"]["blocked"]["by_reason"] == {"event_invalid": 1}


def test_off_a_terminal_it_shows_changes_becoming_events_without_a_single_escape(tmp_path: Path) -> None:
    done = demo(tmp_path, "--changes", "20")
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout + done.stderr
    assert '~ /profile/address/city "' in done.stderr
    assert '→ "Łódź"' in done.stderr
    assert re.search(r"^feed +\+ user/u-1001 ", done.stderr, re.M)
    assert "EventBridge throttles one entry" in done.stderr
    assert (
        len(re.findall(r"^  Shop +.*a cart that is checked out ends as a cart and", done.stderr, re.M)) == 1
    )
    masked = done.stderr.partition("quarantined Users INSERT: event_invalid")[2]
    assert "email: •••" in masked
    assert "not an address" not in masked
    assert re.search(r"received +20\n= published +\d+ ", done.stdout)
    assert "copies agree with the tables" in done.stdout
    assert re.search(
        r"^copy +feed's copy differs from the tables in \d+ items: .*- user/u-1001", done.stderr, re.M
    )
    assert re.search(r"^bus +- user/u-1001 .* reconciled$", done.stderr, re.M)


def test_kept_it_goes_on_until_ctrl_c_and_any_tool_may_look(tmp_path: Path) -> None:
    with subprocess.Popen(
        [*DEMO, "--changes", "3", "--keep"],
        env=environ(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        shown = _until(process.stdout, "aws dynamodb scan --table-name Orders")
        setup = re.findall(r"^  (unset .*|\. .*)$", shown, re.M)
        commands = re.findall(r"^  ((?:stream-bridge|python|aws) .*)$", shown, re.M)
        names = [command.partition(" --")[0] for command in commands]
        for name in ("stream-bridge doctor", "stream-bridge reconcile plan", "stream-bridge quarantine list"):
            assert name in names
        with_setup = {
            each: _run([*setup, each.replace("--bus", "--for 1s --bus")], tmp_path) for each in commands
        }
        endpoint = _run([*setup, "echo $AWS_ENDPOINT_URL"], tmp_path).stdout.strip()
        client("dynamodb", endpoint).put_item(TableName="Users", Item=user_item("u-mine"))
        queue = re.findall(r"--queue-url (\S+)", shown)[0]
        event = _receive(client("sqs", endpoint), queue)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=WAIT_S)
    for command, done in with_setup.items():
        warns = command.startswith("stream-bridge doctor")  # the embedded ledger has no TTL, for example
        assert done.returncode in ((0, 2) if warns else (0,)), (command, done.stdout, done.stderr)
        assert "problem" not in done.stdout, (command, done.stdout)
    assert event["detail"]["subject"] == "user/u-mine"
    assert process.returncode == 0
    assert list(tmp_path.iterdir()) == []


def _until(stream: IO[str], last: str) -> str:
    lines = []
    for line in stream:
        lines.append(line)
        if line.strip() == last:
            break
    return "".join(lines)


def _run(lines: list[str], home: Path) -> subprocess.CompletedProcess[str]:
    """In a shell of its own; ``aws`` is not installed here, so its commands only have to parse."""
    command = "\n".join(lines)
    if lines[-1].startswith("aws "):
        command = "\n".join([*lines[:-1], "set -- " + lines[-1]])
    path = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "AWS_PROFILE": "nobody"}
    return subprocess.run(
        ["bash", "-eu", "-c", command],
        env={**environ(home), **path},
        capture_output=True,
        text=True,
        check=False,
        timeout=WAIT_S,
    )


@pytest.mark.parametrize("deadly", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_in_the_middle_leaves_nothing_behind(tmp_path: Path, deadly: signal.Signals) -> None:
    with subprocess.Popen(
        [*DEMO, "--changes", "2000"],
        env=environ(tmp_path),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("write"):
                break
        process.send_signal(deadly)
        process.communicate(timeout=WAIT_S)
    assert process.returncode == 128 + deadly
    assert list(tmp_path.iterdir()) == []


def test_a_number_of_changes_it_cannot_play_is_bad_usage(tmp_path: Path) -> None:
    done = demo(tmp_path, "--changes", "0")
    assert done.returncode == 1
    assert "--changes" in done.stderr


def _receive(sqs: Any, queue: str) -> dict[str, Any]:
    for _ in range(20):
        answer = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=2)
        if answer.get("Messages"):
            event: dict[str, Any] = json.loads(answer["Messages"][0]["Body"])
            return event
    raise AssertionError("no event came")
