"""Findings reach people, programs and build servers whole, whatever characters they hold."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from bridge.cli.schema.report import Case, Report, annotation, as_document, junit, line_of
from bridge.errors import Problem
from bridge.schemas.finding import Finding

NASTY = '50% of <a> & "b"\r\n::error::x \x00\x1b[31m\ufffe \u00e9 \U0001f600'
ERROR = Finding("set/1.0.0.json", 3, 7, "/a", NASTY, "fix it", rule="docs")
WARNING = Finding("set/1.0.0.json", 0, 0, "", "looks odd", severity="warning", rule="naming")


def test_an_annotation_is_one_line_that_no_finding_can_break_out_of() -> None:
    line = annotation(ERROR)
    assert line.startswith("::error file=set/1.0.0.json,title=schema docs,line=3,col=7::/a: 50%25 of <a>")
    assert "\n" not in line
    assert "\r" not in line
    assert line.endswith("%0Afix it")


def test_an_annotation_escapes_what_ends_a_property() -> None:
    assert "file=a%3Ab%2Cc.json," in annotation(Finding("a:b,c.json", 1, 1, "", "x", rule="docs"))


def test_an_annotation_names_files_from_the_root_of_the_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    assert "file=set/x.json," in annotation(Finding(str(tmp_path / "set/x.json"), 1, 1, "", "x", rule="docs"))


def test_warnings_are_annotated_as_what_they_count_for() -> None:
    assert annotation(WARNING).startswith("::warning ")
    assert annotation(WARNING, strict=True).startswith("::error ")


def test_junit_counts_cases_failures_and_what_was_skipped_and_can_be_parsed() -> None:
    cases = (
        Case("a.b", "1 \u2192 2", (ERROR, WARNING), detail="example: {}"),
        Case("a.b", "2 \u2192 3"),
        Case("c.d", "c.d", skipped="a draft"),
        Case("e.f", "x", (WARNING,)),
    )
    root = ET.fromstring(junit(Report("check", cases, {})))
    assert {name: root.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "4", "failures": "1", "errors": "0", "skipped": "1",
    }  # fmt: skip
    assert [suite.get("name") for suite in root] == ["a.b", "c.d", "e.f"]
    failure = root.find("./testsuite/testcase/failure")
    assert failure is not None
    assert failure.get("type") == "docs"
    assert '50% of <a> & "b"' in (failure.text or "")
    assert (failure.text or "").endswith("example: {}")
    strict = ET.fromstring(junit(Report("check", cases, {}, strict=True)))
    assert strict.get("failures") == "2"


def test_a_finding_as_text_and_as_json_says_the_same() -> None:
    assert line_of(WARNING).plain == "warning set/1.0.0.json looks odd [naming]"
    assert line_of(ERROR).plain.endswith("[docs] \u2014 fix it")
    assert as_document(ERROR) == {
        "rule": "docs", "severity": "error", "file": "set/1.0.0.json", "line": 3, "column": 7, "path": "/a",
        "message": NASTY, "suggestion": "fix it",
    }  # fmt: skip
    assert as_document(Problem("x", 0, 0, "", "y"))["rule"] == "folder"
