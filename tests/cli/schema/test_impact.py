"""``schema impact``: exit codes, and reports for people and for programs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cli.shell import Shell

TYPE = "com.example.user.created"


@pytest.fixture
def versions(shell: Shell) -> Shell:
    """1.1.0 of a type: ``id`` is gone, ``name`` new."""
    document = json.loads((shell.folder / f"event_schemas/{TYPE}/1.0.0.json").read_text())
    document["$id"] = document["$id"].replace("1.0.0", "1.1.0")
    document["required"] = ["name"]
    document["properties"] = {"name": {"type": "string"}}
    shell.write(f"event_schemas/{TYPE}/1.1.0.json", document)
    shell.write(f"event_schemas/{TYPE}/examples/1.1.0/valid/one.json", {"name": "Ada"})
    return shell


def rule(**data: Any) -> dict[str, Any]:
    return {"detail-type": [f"{TYPE}.v1"], "detail": {"data": data}}


def test_a_rule_that_stops_is_reported_with_its_fix_and_exit_code_2(versions: Shell) -> None:
    versions.write("rules/users.json", rule(id=["u-1"]))
    done = versions.run("schema", "impact", "rules", "--schema", f"{TYPE}@1.1.0")
    text = done.out.decode()
    assert done.code == 2, done.err
    assert "stops matching" in text
    assert "detail.data.id" in text
    assert "/properties/id" in text
    assert "example one.json" in text
    assert done.last_line == "1 rule: 1 stops"


def test_json_says_the_same_for_programs(versions: Shell) -> None:
    versions.write("rule.json", rule(id=["u-1"]))
    done = versions.run("schema", "impact", "rule.json", "--schema", f"{TYPE}@1.1.0", "--output", "json")
    reported = json.loads(done.out)
    assert (reported["old"], reported["new"], reported["rules"][0]["effect"]) == ("1.0.0", "1.1.0", "stops")
    assert reported["rules"][0]["findings"][0]["new_pointer"] == ""
    assert reported["rules"][0]["matched_before"]["data"] == {"id": "u-1"}


def test_rules_that_still_match_exit_0_and_undecided_ones_4(versions: Shell) -> None:
    versions.write("rule.json", {"detail-type": [f"{TYPE}.v1"]})
    assert versions.run("schema", "impact", "rule.json", "--schema", TYPE).code == 0
    versions.write("rule.json", {"detail-type": "no list"})
    versions.write("rule.json", {"EventPattern": "{"})
    done = versions.run("schema", "impact", "rule.json", "--schema", TYPE)
    assert done.code == 4
    assert b"cannot be" in done.out or b"is not JSON" in done.out


def test_a_rule_that_begins_to_match_is_reported_with_an_event_and_exit_code_2(versions: Shell) -> None:
    versions.write("rule.json", rule(name=["Ada"]))
    done = versions.run("schema", "impact", "rule.json", "--schema", TYPE)
    assert done.code == 2
    assert b"matched nothing before, and begins to match" in done.out
    assert b"matches now: built from an example" in done.out
    assert done.last_line == "1 rule: 1 begins"
    done = versions.run("schema", "impact", "rule.json", "--schema", TYPE, "--output", "json")
    (reported,) = json.loads(done.out)["rules"]
    assert (reported["affected"], reported["matches_now"]["data"]) == (True, {"name": "Ada"})


def test_a_proposed_file_is_compared_with_the_newest_version(versions: Shell) -> None:
    proposed = json.loads((versions.folder / f"event_schemas/{TYPE}/1.1.0.json").read_text())
    proposed["$id"] = proposed["$id"].replace("1.1.0", "2.0.0")
    versions.write("proposed.json", proposed)
    versions.write("rule.json", rule(name=["Ada"]))
    done = versions.run("schema", "impact", "rule.json", "--schema-file", "proposed.json")
    assert done.code == 2
    assert b"1.1.0 \xe2\x86\x92 2.0.0" in done.out
    assert f"add {TYPE}.v2".encode() in done.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("rule.json",), "either --schema"),
        (("--schema", TYPE), "either PATTERNS or --bus"),
        (("rule.json", "--schema", f"{TYPE}@7.0.0"), "available: 1.0.0, 1.1.0"),
        (("rule.json", "--schema", "com.example.user.creatd"), "did you mean"),
    ],
)
def test_bad_usage_says_what_to_give(versions: Shell, words: tuple[str, ...], said: str) -> None:
    versions.write("rule.json", rule(name=["Ada"]))
    done = versions.run("schema", "impact", *words)
    assert done.code == 1
    assert said in done.err
