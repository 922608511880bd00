"""Reports for reviews: every finding once, with the event that breaks and the fix, whatever characters it
holds."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from bridge.cli.schema.report import Case, Report, annotation
from bridge.cli.schema.review import COMMENT_CHARS, markdown, sarif
from bridge.schemas.finding import Finding
from tests.cli.schema.test_check import FOLDER, TYPE, member, put
from tests.cli.shell import Shell
from tests.official.schemas import sarif_errors

NASTY = '50% of <a href="x"> & @ada `b`\r\n```\n- [x](y) \x00\ufffe \u00e9 \U0001f600 | # <!--'
BROKEN = Finding(
    "set/1.1.0.json", 3, 7, "/a`b", NASTY, f"write {NASTY}", rule="required-added", since="1.0.0", at="1.1.0",
    shows="old events break new consumers: valid by 1.0.0, refused by 1.1.0", example='{"id": "```"}',
)  # fmt: skip
WARNING = Finding("set/a b%.yaml", 0, 0, "", "looks odd", severity="warning", rule="docs")


def report(*findings: Finding, strict: bool = False) -> Report:
    return Report("check", (Case("a.b", "1", findings),), {}, strict)


@pytest.fixture
def broken(shell: Shell) -> Shell:
    """Three versions of which the last one breaks both earlier ones in the same way."""
    put(shell, "1.1.0", **member(type="integer"))
    put(shell, "1.2.0", **member(type="integer"), required=["id", "more"])
    return shell


def test_a_comment_has_each_break_once_with_its_event_and_its_fix(broken: Shell) -> None:
    done = broken.run("schema", "check", "--output", "markdown")
    assert done.code == 2
    text = done.out.decode()
    assert text.startswith("<!-- stream-bridge schema check -->\n### Schemas, `schema check`: 1 wrong")
    assert text.count("**Wrong**") == 1
    assert "1.0.0, 1.1.0 → 1.2.0: /more is now required" in text
    assert "old events break new consumers: valid by 1.1.0, refused by 1.2.0:" in text
    (event,) = re.findall(r"```json\n(.*)\n```", text)
    assert json.loads(event) == {"id": ""}
    assert "**Fix**: add it as optional" in text
    assert f"`{FOLDER}/1.2.0.json:1` `/required`" in text


def test_a_comment_on_a_folder_with_nothing_wrong_says_so(shell: Shell) -> None:
    assert shell.run("schema", "lock", "--update").code == 0
    done = shell.run("schema", "check", "--output", "markdown")
    assert (done.code, done.out.decode().splitlines()[1:]) == (0, ["### Schemas, `schema check`: fine"])


def test_nothing_in_a_finding_breaks_out_of_a_comment() -> None:
    text = markdown(report(BROKEN))
    prose = re.sub(r"(?s)^(`{3,})json\n.*?\n\1$|`+[^`]*`+", "", text.partition("\n")[2], flags=re.MULTILINE)
    assert not re.search(r"(?<!\\)[<\[]|@ada", prose)
    assert "\n````json\n" in text  # longer than any fence inside
    assert "\n- [" not in text


def test_a_comment_is_never_longer_than_github_takes() -> None:
    many = [Finding(f"{n}.json", 1, 1, "", "x" * 500, "y", rule="docs") for n in range(500)]
    text = markdown(report(*many))
    assert len(text) < COMMENT_CHARS
    left = re.search(r"\n(\d+) findings more", text)
    assert left is not None
    assert text.count("**Wrong**") + int(left[1]) == 500


def test_sarif_satisfies_its_schema_and_names_rule_place_event_and_fix() -> None:
    log = json.loads(sarif(report(BROKEN, WARNING)))
    assert sarif_errors(log) == []
    (run,) = log["runs"]
    first, second = run["results"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["docs", "required-added"]
    assert (first["ruleId"], first["ruleIndex"], first["level"]) == ("required-added", 1, "error")
    assert first["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "set/1.1.0.json"}, "region": {"startLine": 3, "startColumn": 7},
    }  # fmt: skip
    assert '{"id": "```"}' in first["message"]["text"]
    assert f"write {NASTY}" in first["message"]["text"]
    assert second["locations"][0]["physicalLocation"] == {"artifactLocation": {"uri": "set/a%20b%25.yaml"}}
    assert second["level"] == "warning"
    assert json.loads(sarif(report(WARNING, strict=True)))["runs"][0]["results"][0]["level"] == "error"


def test_sarif_keeps_the_identity_of_a_finding_when_its_line_moves() -> None:
    def prints(line: int) -> Any:
        moved = Finding("a.json", line, 1, "/b", "x", rule="docs")
        return json.loads(sarif(report(moved)))["runs"][0]["results"][0]["partialFingerprints"]

    assert prints(3) == prints(9)


@pytest.mark.parametrize("verb", ["lint", "check"])
def test_the_sarif_of_the_verbs_satisfies_its_schema(broken: Shell, verb: str) -> None:
    done = broken.run("schema", verb, "--output", "sarif")
    log = json.loads(done.out)
    assert sarif_errors(log) == []
    assert log["runs"][0]["results"]


def test_a_pair_has_its_event_in_every_form_for_reviews(broken: Shell) -> None:
    words = ("schema", "check", f"{TYPE}@1.1.0", f"{TYPE}@1.2.0", "--output")
    for form in ("markdown", "sarif", "github", "junit"):
        assert "valid by the old schema, refused by the new" in broken.run(*words, form).out.decode(), form


def test_github_gets_a_break_of_several_older_versions_once_with_its_event(broken: Shell) -> None:
    done = broken.run("schema", "check", "--output", "github")
    (line,) = [each for each in done.out.decode().splitlines() if "required-added" in each]
    assert "/required: 1.0.0, 1.1.0 → 1.2.0: /more is now required" in line
    assert '%0Aold events break new consumers: valid by 1.1.0, refused by 1.2.0%0A{"id": ""}%0Aadd it' in line


def test_findings_that_say_different_things_are_not_merged() -> None:
    other = Finding("set/1.1.0.json", 3, 7, "/a`b", "else", rule="required-added", since="0.9.0", at="1.1.0")
    assert markdown(report(BROKEN, other)).count("**Wrong**") == 2
    assert annotation(other).endswith("else")
