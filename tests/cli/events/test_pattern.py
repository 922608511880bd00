"""``stream-bridge pattern``: patterns that match what is published, and why one does not."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml

from bridge.core.pattern.matching import compile_pattern
from bridge.core.pattern.rules import envelope
from tests.cli.shell import Shell

TYPE = "com.example.user.created"
EVENT: dict[str, Any] = {
    "specversion": "1.0",
    "id": "e-1:x",
    "source": "com.example.accounts",
    "type": f"{TYPE}.v1",
    "subject": "user/u-1",
    "time": "2026-11-01T12:00:00Z",
    "data": {"plan": "free", "tags": ["a"]},
}


def test_the_pattern_of_a_type_matches_its_events(shell: Shell) -> None:
    done = shell.run("pattern", TYPE)
    assert done.code == 0, done.err
    pattern = json.loads(done.out)
    assert pattern == {"source": ["com.example.accounts"], "detail-type": [f"{TYPE}.v1"]}
    assert compile_pattern(pattern).matches(envelope(EVENT))


def test_every_live_major_is_matched_unless_one_is_given(shell: Shell) -> None:
    folder = f"event_schemas/{TYPE}"
    second = json.loads((shell.folder / f"{folder}/1.0.0.json").read_text())
    second["$id"] = second["$id"].replace("1.0.0", "2.0.0")
    shell.write(f"{folder}/2.0.0.json", second)
    shell.edit("bridge.yaml", 'versions: [{schema: "1.0.0"', 'versions: ["2.0.0", {schema: "1.0.0"')
    assert json.loads(shell.run("pattern", TYPE).out)["detail-type"] == [f"{TYPE}.v1", f"{TYPE}.v2"]
    assert json.loads(shell.run("pattern", f"{TYPE}.v2").out)["detail-type"] == [f"{TYPE}.v2"]
    assert "does not publish major 3" in shell.run("pattern", f"{TYPE}.v3").err


def test_sam_gets_an_event_on_the_right_bus(shell: Shell) -> None:
    done = shell.run("pattern", "--format", "sam", TYPE)
    events = yaml.safe_load(done.out)["Events"]
    assert events == {
        "UserCreated": {
            "Type": "EventBridgeRule",
            "Properties": {
                "EventBusName": "domain",
                "Pattern": {"source": ["com.example.accounts"], "detail-type": [f"{TYPE}.v1"]},
            },
        }
    }


def test_terraform_gets_a_rule_whose_pattern_is_the_same(shell: Shell) -> None:
    text = shell.run("pattern", TYPE, "--format", "terraform").out.decode()
    assert text.startswith('resource "aws_cloudwatch_event_rule" "user_created" {\n')
    assert 'event_bus_name = "domain"' in text
    encoded = re.search(r"jsonencode\((.*)\)", text, re.DOTALL)
    assert encoded is not None
    assert json.loads(encoded[1].replace('" =', '":')) == json.loads(shell.run("pattern", TYPE).out)


def test_a_note_says_that_a_type_goes_only_to_a_topic(shell: Shell) -> None:
    done = shell.run("pattern", "com.example.user.noted")
    assert done.code == 0
    assert "is not published to an event bus" in done.err


def test_a_misspelt_type_gets_a_suggestion(shell: Shell) -> None:
    done = shell.run("pattern", "com.example.user.craeted")
    assert (done.code, done.out) == (1, b"")
    assert f"did you mean {TYPE}?" in done.err


@pytest.mark.parametrize(
    "event", [EVENT, envelope(EVENT), {"Type": "Notification", "Message": json.dumps(EVENT)}]
)
def test_a_pattern_that_matches_exits_0(shell: Shell, event: Any) -> None:
    pattern = {"source": ["com.example.accounts"], "detail": {"data": {"plan": ["free"]}}}
    done = shell.run("pattern", "test", json.dumps(pattern), json.dumps(event))
    assert (done.code, done.out) == (0, b"matches\n"), done.err


def test_the_parts_that_do_not_match_are_named_without_the_events_values(shell: Shell) -> None:
    shell.write("event.json", EVENT)
    pattern = {"detail": {"subject": [{"prefix": "order/"}], "data": {"plan": ["free"], "region": ["eu"]}}}
    done = shell.run("pattern", "test", "-", "event.json", stdin=json.dumps(pattern).encode())
    assert done.code == 2
    assert done.out.decode().splitlines() == [
        "does not match",
        '  detail.subject has another value; the pattern wants [{"prefix": "order/"}]',
        '  detail.data.region is missing; the pattern wants ["eu"]',
    ]


def test_usual_mistakes_are_explained(shell: Shell) -> None:
    shell.write("event.json", EVENT)
    done = shell.run("pattern", "test", json.dumps({"detail-type": [TYPE], "subject": ["x"]}), "event.json")
    assert done.code == 2
    assert "hint: subject: the CloudEvent is under detail" in done.out.decode()
    assert f"hint: detail-type includes the major: {TYPE}.v1" in done.out.decode()


def test_output_json_is_one_document(shell: Shell) -> None:
    done = shell.run("pattern", "test", '{"source": ["x"]}', json.dumps(EVENT), "--output", "json")
    assert done.code == 2
    assert json.loads(done.out) == {
        "matches": False,
        "mismatches": [{"path": "source", "expected": '["x"]', "problem": "no match"}],
        "hints": [],
    }


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ('{"source": "x"}', "source: a field is matched by a list"),
        ('{"source": [{"prefics": "x"}]}', "did you mean 'prefix'?"),
        ("{}", "an empty object matches nothing"),
        ("{", "cannot be read"),
        ('{"source": ["a"], "source": ["b"]}', "occurs twice"),
        (json.dumps({"source": ["x" * 2048]}), "over EventBridge's limit of 2048"),
    ],
)
def test_an_invalid_pattern_exits_1_and_says_why(shell: Shell, pattern: str, said: str) -> None:
    done = shell.run("pattern", "test", pattern, json.dumps(EVENT))
    assert done.code == 1
    assert said in done.err


def test_a_file_that_is_not_there_is_named(shell: Shell) -> None:
    done = shell.run("pattern", "test", "nowhere.json", "{}")
    assert done.code == 1
    assert "nowhere.json" in done.err


def test_help_names_both_verbs(shell: Shell) -> None:
    done = shell.run("pattern", "--help")
    assert done.code == 0
    assert b"test" in done.out
