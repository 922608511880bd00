"""``schema check``: what it proves, what it refuses, and and what shells and build servers get."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from bridge.schemas.documents.entry_files import LOCK_FOLDER
from tests.builders.repository import commit, repository
from tests.cli.shell import Shell

TYPE = "com.example.user.created"
FOLDER = f"event_schemas/{TYPE}"
OTHERS = ("com.example.user.noted", "com.example.user.renamed")


def member(**rules: Any) -> dict[str, Any]:
    return {"properties": {"id": {"type": "string", "maxLength": 20}, "more": rules}}


def put(shell: Shell, version: str, **parts: Any) -> None:
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"https://schemas.example.com/{TYPE}/{version}.json",
        "type": "object",
        "required": ["id"],
        "properties": {"id": {"type": "string", "maxLength": 20}},
        **parts,
    }
    shell.write(f"{FOLDER}/{version}.json", document)


def document_of(shell: Shell, *words: str, code: int) -> dict[str, Any]:
    done = shell.run("schema", "check", *words, "--output", "json")
    assert done.code == code, done.err
    answer: dict[str, Any] = json.loads(done.out)
    return answer


def pair_of(answer: Mapping[str, Any]) -> dict[str, Any]:
    pairs = [pair for each in answer["types"] for pair in each["pairs"]]
    assert len(pairs) == 1
    found: dict[str, Any] = pairs[0]
    return found


# --- a folder --------------------------------------------------------------------------------------


def test_a_compatible_folder_is_fine_and_says_what_was_checked(shell: Shell) -> None:
    put(shell, "1.1.0", **member(type="integer"))
    done = shell.run("schema", "check")
    assert done.code == 0
    assert f"compatible    {TYPE}: 1 pair (FULL_TRANSITIVE, views)" in done.out.decode()
    assert done.last_line == "event_schemas: 4 versions of 3 types, 1 pair: fine"


def test_a_break_shows_the_event_the_side_the_place_and_the_way_out(shell: Shell) -> None:
    put(shell, "1.1.0", **member(type="integer"), required=["id", "more"])
    done = shell.run("schema", "check")
    assert done.code == 2
    text = done.out.decode()
    assert f"error   {FOLDER}/1.1.0.json:1:" in text
    assert "1.0.0 \u2192 1.1.0: " in text
    assert "old events break new consumers (backward)" in text
    assert 'valid by the old schema, refused by the new: {"id": ""}' in text
    assert f"incompatible  {TYPE}: 1 pair" in text


def test_json_carries_every_break_with_its_example(shell: Shell) -> None:
    put(shell, "1.1.0", required=["id", "more"], **member(type="integer"))
    pair = pair_of(document_of(shell, code=2))
    assert (pair["old"], pair["new"], pair["verdict"], pair["bump"]) == (
        "1.0.0",
        "1.1.0",
        "incompatible",
        "major",
    )
    (found,) = pair["breaks"]
    assert set(found) == {
        "rule", "direction", "oldPointer", "newPointer", "message", "example", "producedBy", "refusedBy",
        "bump", "hint",
    }  # fmt: skip
    assert (found["producedBy"], found["refusedBy"], found["direction"]) == ("old", "new", "backward")


def test_another_major_may_break(shell: Shell) -> None:
    put(shell, "2.0.0", required=["id", "other"])
    assert shell.run("schema", "check").code == 0


def test_every_earlier_version_counts_unless_the_mode_says_neighbours(shell: Shell) -> None:
    put(shell, "1.0.0", **member(type="string"))
    put(shell, "1.1.0")
    put(shell, "1.2.0", **member(type="integer"))
    answer = document_of(shell, code=2)
    pairs = {(p["old"], p["new"]): p["verdict"] for each in answer["types"] for p in each["pairs"]}
    assert pairs[("1.0.0", "1.2.0")] == "incompatible"
    shell.write(f"{FOLDER}/meta.yaml", "summary: x\nowner: {team: t, contact: c}\ncompatibility: NONE\n")
    assert shell.run("schema", "check").code == 0


def test_a_version_number_below_what_changed_is_refused(shell: Shell) -> None:
    put(shell, "1.0.1", **member(type="integer"))
    done = shell.run("schema", "check")
    assert done.code == 2
    assert (
        "more than annotations changed, which takes a minor version [version] \u2014 call it 1.1.0"
        in done.out.decode()
    )


def test_text_changes_alone_are_a_patch(shell: Shell) -> None:
    first = json.loads((shell.folder / FOLDER / "1.0.0.json").read_text())
    put(
        shell,
        "1.0.1",
        **{**first, "$id": first["$id"].replace("1.0.0", "1.0.1"), "description": "Other words."},
    )
    assert pair_of(document_of(shell, code=0))["bump"] == "patch"


def test_a_draft_is_skipped_and_the_report_says_so(shell: Shell) -> None:
    put(shell, "1.1.0", required=["other"])
    shell.write(f"{FOLDER}/meta.yaml", "summary: x\nowner: {team: t, contact: c}\nstatus: draft\n")
    done = shell.run("schema", "check")
    assert done.code == 0
    assert f"skipped       {TYPE}: a draft may change freely" in done.out.decode()


def undecided(shell: Shell) -> None:
    put(shell, "1.0.0", properties={"id": {"type": "string", "pattern": r"^(?:a|b)*c(?=d)d$"}})
    put(shell, "1.1.0", properties={"id": {"type": "string", "pattern": r"^(?:b|a)*c(?=d)d$"}})


def test_what_is_not_proven_is_reported_and_needs_a_waiver_with_a_name_and_an_end(shell: Shell) -> None:
    undecided(shell)
    done = shell.run("schema", "check")
    assert done.code == 4, done.out.decode()
    assert "is not proven" in done.out.decode()
    assert "record a waiver in meta.yaml" in done.out.decode()
    waiver = "{versions: [1.0.0, 1.1.0], who: ada, why: both say the same, until: 2999-01-01}"
    meta = "summary: x\nowner: {team: t, contact: c}\nwaivers:\n  - "
    shell.write(f"{FOLDER}/meta.yaml", f"{meta}{waiver}\n")
    done = shell.run("schema", "check")
    assert done.code == 0
    assert f"vouched for   {TYPE}" in done.out.decode()  # and not called compatible: nobody proved it
    assert "ada vouches until 2999-01-01" in done.out.decode()
    shell.write(f"{FOLDER}/meta.yaml", f"{meta}{waiver.replace('2999', '2001')}\n")
    done = shell.run("schema", "check")
    assert done.code == 4
    assert f"error   {FOLDER}/meta.yaml:4:1 waivers[0]: the waiver of ada ended on" in done.out.decode()


def test_an_expired_waiver_that_nothing_needs_is_a_warning_with_advice_that_works(shell: Shell) -> None:
    put(shell, "1.1.0", **member(type="integer"))
    waiver = "waivers:\n  - {versions: [1.0.0, 1.1.0], who: ada, why: because, until: 2001-01-01}\n"
    meta = "summary: x\nowner: {team: t, contact: c}\n"
    shell.write(f"{FOLDER}/meta.yaml", meta + waiver)
    done = shell.run("schema", "check")
    assert done.code == 0
    assert (
        "the waiver of ada ended on 2001-01-01, and nothing needs it [waiver] — remove it"
        in done.out.decode()
    )
    shell.write(f"{FOLDER}/meta.yaml", meta)
    assert "waiver" not in shell.run("schema", "check").out.decode()


def test_a_pair_names_the_bump_that_the_folder_accepts(shell: Shell) -> None:
    put(shell, "1.1.0", properties={"id": {"type": "string", "maxLength": 5}})
    shell.write(f"{FOLDER}/meta.yaml", "summary: x\nowner: {team: t, contact: c}\ncompatibility: FORWARD\n")
    assert shell.run("schema", "check").code == 0
    done = shell.run("schema", "check", f"{TYPE}@1.0.0", f"{TYPE}@1.1.0")
    assert done.code == 0
    assert (
        "(FORWARD, views), at least a minor version (major in a mode of both directions)" in done.out.decode()
    )


def test_a_sunset_that_comes_closer_is_reported_and_passes(shell: Shell) -> None:
    soon = (datetime.now(UTC) + timedelta(days=10)).date()
    meta = f"summary: x\nowner: {{team: t, contact: c}}\nsunset: {{1: {soon}}}\n"
    shell.write(f"{FOLDER}/meta.yaml", meta)
    done = shell.run("schema", "check")
    assert done.code == 0
    assert f"{TYPE} 1 ends in " in done.out.decode()
    assert "[sunset-soon]" in done.out.decode()
    assert f"{soon} (ends in " in shell.run("schema", "show", TYPE).out.decode()


def test_no_waiver_covers_a_proven_break(shell: Shell) -> None:
    put(shell, "1.1.0", required=["id", "other"])
    waiver = "{versions: [1.0.0, 1.1.0], who: ada, why: because, until: 2999-01-01}"
    shell.write(f"{FOLDER}/meta.yaml", f"summary: x\nowner: {{team: t, contact: c}}\nwaivers: [{waiver}]\n")
    assert shell.run("schema", "check").code == 2


def test_an_edit_to_a_locked_version_is_refused_here_and_by_every_other_verb(shell: Shell) -> None:
    assert shell.run("schema", "lock", "--update").code == 0
    put(shell, "1.0.0", title="Edited")
    answer = document_of(shell, code=3)
    assert [(f["rule"], f["file"]) for f in answer["findings"]] == [("lock", f"{FOLDER}/1.0.0.json")]
    for words in (("check",), ("schema", "lint"), ("schema", "list"), ("schema", "lock")):
        assert shell.run(*words).code == 3


def test_a_half_written_lock_is_reported_with_its_fix(shell: Shell) -> None:
    shell.run("schema", "lock", "--update")
    path = next((shell.folder / "event_schemas" / LOCK_FOLDER).glob("*/1.0.0.yaml"))
    path.write_bytes(path.read_bytes()[:40])
    done = shell.run("schema", "check")
    assert done.code == 3
    assert "[lock] \u2014 restore it as it was committed" in done.out.decode()


@pytest.mark.parametrize("output", ["junit", "github"])
def test_build_servers_get_what_the_text_says(shell: Shell, output: str) -> None:
    shell.run("schema", "lock", "--update")
    put(shell, "1.1.0", required=["id", "other"])
    done = shell.run("schema", "check", "--output", output)
    assert done.code == 2
    if output == "github":
        lines = done.out.decode().splitlines()
        assert lines[0].startswith(f"::error file={FOLDER}/1.1.0.json,title=schema ")
        assert [line.split()[0] for line in lines[1:]] == ["::warning"]
        assert f"{FOLDER}/1.1.0.json,title=schema lock" in lines[1]
        return
    root = ET.fromstring(done.out)
    assert (root.get("tests"), root.get("failures")) == ("4", "1")
    assert {suite.get("name") for suite in root} == {TYPE, *OTHERS, "lock"}


# --- against ---------------------------------------------------------------------------------------


def test_against_git_reports_what_is_new_changed_and_gone(shell: Shell) -> None:
    put(shell, "1.1.0")
    commit(repository(shell.folder), "as published", tag="v1")
    assert shell.run("schema", "check", "--against", "git:v1").code == 0
    put(shell, "1.2.0")
    done = shell.run("schema", "check", "--against", "git:v1")
    assert done.code == 0
    assert f"new since git:v1: {TYPE} 1.2.0" in done.out.decode()
    put(shell, "1.0.0", title="Edited")
    (shell.folder / FOLDER / "1.1.0.json").unlink()
    answer = document_of(shell, "--against", "git:v1", code=2)
    wrong = [finding for finding in answer["findings"] if finding["severity"] == "error"]
    assert {(f["rule"], f["file"].rpartition("/")[2]) for f in wrong} == {
        ("changed", "1.0.0.json"), ("removed", "1.1.0.json"),
    }  # fmt: skip
    assert answer["added"] == [f"{TYPE} 1.2.0"]


def test_against_a_folder_needs_no_git(shell: Shell) -> None:
    shutil.copytree(shell.folder / "event_schemas", shell.folder / "before")
    assert shell.run("schema", "check", "--against", "dir:before").code == 0
    put(shell, "1.0.0", title="Edited")
    assert shell.run("schema", "check", "--against", "dir:before").code == 2


@pytest.mark.parametrize(
    ("against", "said"),
    [
        ("git:nowhere", "git knows no revision 'nowhere' here"),
        ("git:", "names no revision"),
        ("dir:nowhere", "'nowhere' is not a folder"),
        ("dir:", "'' is not a folder"),
        ("dir:.", ". contains no schemas"),
        ("main", "'main' is not a place to compare with"),
    ],
)
def test_a_place_that_cannot_be_read_is_reported(shell: Shell, against: str, said: str) -> None:
    commit(repository(shell.folder), "first")
    done = shell.run("schema", "check", "--against", against)
    assert done.code == 1
    assert said in done.err
    assert done.out == b""


def test_a_folder_without_schemas_is_not_fine_since_a_mistyped_path_would_be(shell: Shell) -> None:
    (shell.folder / "schemas").mkdir()
    done = shell.run("schema", "check", "--schemas", "schemas")
    assert (done.code, "contains no schemas" in done.out.decode()) == (3, True)


def test_a_folder_that_is_no_checkout_is_reported(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(shell.folder.parent))
    done = shell.run("schema", "check", "--against", "git:main")
    assert done.code == 1
    assert "is not inside a git checkout" in done.err
    assert "--against dir:PATH" in done.err


# --- two schemas -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "words", "code"),
    [
        (
            {"type": "object", "properties": {"b": {}}},
            {"type": "object", "properties": {"a": {}, "b": {}}},
            (),
            0,
        ),
        ({"type": "string"}, {"type": "integer"}, (), 2),
        ({"type": "string"}, {"type": ["string", "null"]}, ("--mode", "backward"), 0),
        ({"type": "string"}, {"type": ["string", "null"]}, ("--mode", "FORWARD"), 2),
        ({"type": "string"}, {"type": "integer"}, ("--mode", "NONE"), 0),
        (
            {"type": "string", "pattern": "^(?:a|b)*c(?=d)d$"},
            {"type": "string", "pattern": "^(?:b|a)*c(?=d)d$"},
            (),
            4,
        ),
        ({"type": "strin"}, {"type": "string"}, (), 3),
        ([], {}, (), 3),
        ("{", {}, (), 3),
        (None, {}, (), 3),
        ({}, {"$ref": "https://example.com/a.json"}, (), 3),
    ],
)
def test_two_files_give_their_verdict_as_exit_code(
    shell: Shell, old: Any, new: Any, words: tuple[str, ...], code: int
) -> None:
    if old is not None:
        shell.write("old.json", old)
    shell.write("new.json", new)
    done = shell.run("schema", "check", "old.json", "new.json", *words)
    assert done.code == code, (done.out, done.err)


def test_the_file_that_is_no_schema_is_the_one_that_is_named(shell: Shell) -> None:
    shell.write("broken.json", {"type": "strin"})
    shell.write("fine.json", {"type": "string"})
    for words in (("broken.json", "fine.json"), ("fine.json", "broken.json")):
        done = shell.run("schema", "check", *words, "--output", "github")
        assert "file=broken.json" in done.out.decode()


def test_two_versions_of_the_folder_may_be_named_by_type_and_version(shell: Shell) -> None:
    put(shell, "1.1.0", required=["id", "other"])
    answer = document_of(shell, f"{TYPE}@1.0.0", f"{TYPE}@1", code=2)
    assert (answer["old"], answer["new"]) == (f"{TYPE}@1.0.0", f"{TYPE}@1.1.0")
    assert answer["findings"][0]["line"] == 1
    done = shell.run("schema", "check", f"{TYPE}@1.0.0", f"{TYPE}@7.0.0")
    assert done.code == 1
    assert "has no schema version 7" in done.err


def test_files_of_a_folder_may_refer_to_each_other(shell: Shell) -> None:
    put(
        shell,
        "1.1.0",
        properties={**member()["properties"], "more": {"$ref": "../com.example.user.noted/1.0.0.json"}},
    )
    done = shell.run("schema", "check", f"{FOLDER}/1.0.0.json", f"{FOLDER}/1.1.0.json")
    assert done.code == 0, done.out


def test_a_schema_made_to_explode_is_unproven_within_the_limit(shell: Shell) -> None:
    def nested(first: int) -> dict[str, Any]:
        part: dict[str, Any] = {"type": "string", "pattern": rf"^(b)\1{{{first}}}$"}
        for depth in range(8):
            other = {"pattern": rf"^(a)\1{{{depth + 1}}}$"}
            part = {"allOf": [{"anyOf": [part, other, {"minLength": 90 - depth}]}] * 2}
        return part

    shell.write("old.json", nested(1))
    shell.write("new.json", nested(2))
    done = shell.run("schema", "check", "old.json", "new.json", "--limit", "1")
    assert done.code in (2, 4), (done.out[:500], done.err)


@pytest.mark.parametrize(
    "words",
    [
        ("a.json",),
        ("a.json", "b.json", "--against", "git:main"),
        ("--mode", "FULL"),
        ("--pairs", "-", "--against", "x"),
    ],
)
def test_words_that_do_not_go_together_are_bad_usage(shell: Shell, words: tuple[str, ...]) -> None:
    done = shell.run("schema", "check", *words)
    assert done.code == 1
    assert "see stream-bridge schema check --help" in done.err


def test_a_missing_folder_is_reported(shell: Shell) -> None:
    done = shell.run("schema", "check", "--schemas", str(Path("nowhere")))
    assert done.code == 3
    assert "nowhere does not exist" in done.err


def test_a_schema_of_5000_lines_is_checked_with_its_lines(shell: Shell) -> None:
    members = {f"p{number}": {"type": "string", "maxLength": number + 1} for number in range(1_300)}
    old = json.dumps({"type": "object", "properties": members}, indent=1)
    members["p700"] = {"type": "string", "maxLength": 5}
    new = json.dumps({"type": "object", "properties": members}, indent=1)
    assert len(old.splitlines()) > 5_000
    shell.write("old.json", old)
    shell.write("new.json", new)
    (found,) = document_of(shell, "old.json", "new.json", code=2)["findings"]
    line = new.splitlines()[found["line"] - 1]
    assert line.strip() == '"maxLength": 5'


def test_numbers_beyond_64_bits_reach_json_exactly(shell: Shell) -> None:
    shell.write("old.json", {"const": 10**25})
    shell.write("new.json", {"type": "string"})
    answer = document_of(shell, "old.json", "new.json", "--mode", "BACKWARD", code=2)
    assert answer["breaks"][0]["example"] == 10**25
