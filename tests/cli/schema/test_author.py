"""``schema new``, ``bump``, ``lock``, ``list``, ``show``, ``diff``, ``changelog``: from draft to history."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.builders.repository import commit, repository
from tests.cli.shell import Shell

TYPE = "com.example.user.created"
FOLDER = f"event_schemas/{TYPE}"
NEW = "com.example.order.placed"


def files(shell: Shell) -> set[str]:
    root = shell.folder / "event_schemas"
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}


def edit(shell: Shell, version: str = "1.0.0", **parts: Any) -> None:
    path = shell.folder / FOLDER / f"{version}.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **parts}))


def test_a_new_type_is_written_whole_and_lints(shell: Shell) -> None:
    done = shell.run("schema", "new", NEW, "--summary", "Bought.", "--owner", "orders", "--contact", "#o")
    assert done.code == 0
    assert f"written: event_schemas/{NEW}/1.0.0.json" in done.out.decode()
    lint = shell.run("schema", "lint", "--output", "json")
    assert [f for f in json.loads(lint.out)["findings"] if NEW in f["file"]] == []
    again = shell.run("schema", "new", NEW)
    assert again.code == 1
    assert f"{NEW} exists already" in again.err


def test_a_first_type_creates_the_folder_if_a_base_is_given(shell: Shell) -> None:
    words = ("schema", "new", NEW, "--schemas", "fresh")
    done = shell.run(*words)
    assert done.code == 1
    assert "give --base" in done.err
    assert not (shell.folder / "fresh").exists()
    assert shell.run(*words, "--base", "https://schemas.example.com").code == 0
    assert (shell.folder / "fresh" / "registry.yaml").read_text() == "base: https://schemas.example.com\n"
    assert shell.run("schema", "lint", "--schemas", "fresh").code == 0


def test_a_bump_copies_the_newest_with_its_examples_and_overwrites_nothing(shell: Shell) -> None:
    before = files(shell)
    assert shell.run("schema", "bump", TYPE).code == 0
    assert files(shell) - before == {
        f"{TYPE}/1.1.0.json",
        f"{TYPE}/examples/1.1.0/valid/one.json",
        f"{TYPE}/examples/1.1.0/invalid/none.required.json",
    }
    assert shell.run("schema", "bump", TYPE, "--major").code == 0
    assert shell.run("schema", "bump", f"{TYPE}@1", "--patch").code == 0
    assert {name for name in files(shell) if name.startswith(f"{TYPE}/") and name.count("/") == 1} >= {
        f"{TYPE}/{version}.json" for version in ("1.0.0", "1.1.0", "1.1.1", "2.0.0")
    }
    assert shell.run("check").code == 0


def test_an_existing_file_is_kept_and_nothing_is_written(shell: Shell) -> None:
    shell.write(f"{FOLDER}/examples/1.1.0/valid/one.json", b"mine")
    before = files(shell)
    done = shell.run("schema", "bump", TYPE)
    assert done.code == 1
    assert "exists already" in done.err
    assert files(shell) == before
    assert (shell.folder / FOLDER / "examples/1.1.0/valid/one.json").read_bytes() == b"mine"


@pytest.mark.parametrize("words", [("--major", "--minor"), ("--patch", "--minor")])
def test_a_bump_is_one_thing(shell: Shell, words: tuple[str, ...]) -> None:
    done = shell.run("schema", "bump", TYPE, *words)
    assert done.code == 1
    assert "choose one of --major, --minor and --patch" in done.err


@pytest.mark.parametrize(
    ("parts", "version"),
    [
        ({"description": "Other words."}, "1.0.1"),
        ({"properties": {"id": {"type": "string", "maxLength": 20}, "more": {"type": "string"}}}, "1.1.0"),
        ({"properties": {"id": {"type": "integer"}}}, "2.0.0"),
    ],
)
def test_an_edit_of_a_published_version_becomes_the_least_version_it_needs(
    shell: Shell, parts: dict[str, Any], version: str
) -> None:
    shell.run("schema", "lock", "--update")
    commit(repository(shell.folder), "published")
    original = (shell.folder / FOLDER / "1.0.0.json").read_bytes()
    edit(shell, **parts)
    assert shell.run("schema", "check").code == 3
    done = shell.run("schema", "bump", TYPE)
    assert done.code == 0, done.err
    assert f"restored: {FOLDER}/1.0.0.json" in done.out.decode()
    assert (shell.folder / FOLDER / "1.0.0.json").read_bytes() == original
    assert (shell.folder / FOLDER / f"{version}.json").exists()
    assert shell.run("schema", "check").code == 0


def test_an_edit_cannot_become_less_than_it_needs(shell: Shell) -> None:
    shell.run("schema", "lock", "--update")
    commit(repository(shell.folder), "published")
    edit(shell, properties={"id": {"type": "integer"}})
    before = files(shell)
    done = shell.run("schema", "bump", TYPE, "--minor")
    assert done.code == 1
    assert "needs at least a major version" in done.err
    assert files(shell) == before


def test_an_edit_without_its_published_text_is_left_unchanged(shell: Shell) -> None:
    shell.run("schema", "lock", "--update")
    edit(shell, title="Edited")
    before = (shell.folder / FOLDER / "1.0.0.json").read_bytes()
    done = shell.run("schema", "bump", TYPE)
    assert done.code == 1
    assert "git does not have its published text" in done.err
    assert (shell.folder / FOLDER / "1.0.0.json").read_bytes() == before


def test_lock_lists_what_is_not_locked_and_adds_it_once(shell: Shell) -> None:
    done = shell.run("schema", "lock")
    assert done.code == 2
    assert f"not locked: {TYPE} 1.0.0" in done.out.decode()
    assert not (shell.folder / "event_schemas/lock").exists()
    assert shell.run("schema", "lock", "--update").code == 0
    assert shell.run("schema", "lock").code == 0
    first = (shell.folder / f"event_schemas/lock/{TYPE}/1.0.0.yaml").read_bytes()
    assert shell.run("schema", "lock", "--update").code == 0
    assert (shell.folder / f"event_schemas/lock/{TYPE}/1.0.0.yaml").read_bytes() == first


def test_lock_takes_nothing_that_breaks_somebody(shell: Shell) -> None:
    assert shell.run("schema", "bump", TYPE).code == 0
    path = shell.folder / "event_schemas" / TYPE / "1.1.0.json"
    document = json.loads(path.read_text())
    path.write_text(json.dumps({**document, "required": [*document.get("required", []), "more"]}))
    done = shell.run("schema", "lock", "--update")
    assert done.code == 3
    assert "/more is now required" in done.err
    assert not (shell.folder / "event_schemas/lock").exists()


def test_lock_leaves_drafts_out(shell: Shell) -> None:
    shell.write(f"{FOLDER}/meta.yaml", "summary: x\nowner: {team: t, contact: c}\nstatus: draft\n")
    done = shell.run("schema", "lock", "--update", "--output", "json")
    assert sorted(json.loads(done.out)["added"]) == [
        "com.example.user.noted 1.0.0", "com.example.user.renamed 1.0.0",
    ]  # fmt: skip


def test_lint_fails_on_warnings_only_when_it_is_strict(shell: Shell) -> None:
    relaxed, strict = (shell.run("schema", "lint", *words) for words in ((), ("--strict",)))
    assert (relaxed.code, strict.code) == (0, 3)
    assert relaxed.out == strict.out


def test_list_and_show_print_text_for_people_and_json_for_programs(shell: Shell) -> None:
    shell.run("schema", "bump", TYPE)
    listed = shell.run("schema", "list")
    assert "1.0.0 1.1.0" in listed.out.decode()
    types = json.loads(shell.run("schema", "list", "--output", "json").out)["types"]
    assert types[0]["versions"] == ["1.0.0", "1.1.0"]
    shown = shell.run("schema", "show", f"{TYPE}@1.0.0").out.decode()
    assert f"{TYPE} 1.0.0" in shown
    assert "id" in shown
    document = json.loads(shell.run("schema", "show", TYPE, "--output", "json").out)
    assert document["$id"].endswith("1.1.0.json")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("com.example.user.creatd", "did you mean 'com.example.user.created'?"),
        (f"{TYPE}@9", "available: 1.0.0"),
        (f"{TYPE}@", "names no version"),
    ],
)
def test_an_unknown_name_is_reported_with_the_known_ones(shell: Shell, name: str, said: str) -> None:
    done = shell.run("schema", "show", name)
    assert done.code == 1
    assert said in done.err


def test_diff_shows_changes_in_sentences_and_whom_they_break(shell: Shell) -> None:
    shell.run("schema", "bump", TYPE)
    edit(
        shell,
        "1.1.0",
        required=["id", "plan"],
        properties={"id": {"type": "string", "maxLength": 30}, "plan": {"enum": ["a"], "title": "Plan"}},
    )
    done = shell.run("schema", "diff", f"{TYPE}@1.0.0", TYPE + "@1.1.0")
    assert done.code == 0
    text = done.out.decode()
    assert '+ `plan` is new: required, one of "a" \u2014 Plan' in text
    assert "~ `id` was string, at most 20 characters, is string, at most 30 characters" in text
    assert "breaks: " in text
    assert "incompatible, at least a major version" in text
    assert json.loads(
        shell.run("schema", "diff", f"{TYPE}@1.0.0", f"{TYPE}@1.1.0", "--output", "json").out
    )["verdict"] == "incompatible"  # fmt: skip


def test_a_changelog_has_the_day_of_each_version_and_of_its_end(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository(shell.folder)
    for name in ("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"):
        monkeypatch.setenv(name, "2020-03-04T12:00:00Z")
    commit(shell.folder, "first")
    for name in ("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"):
        monkeypatch.setenv(name, "2020-05-06T12:00:00Z")
    edit(shell, title="Edited later")
    shell.run("schema", "bump", TYPE, "--major")
    commit(shell.folder, "second")
    shell.run("schema", "bump", TYPE)
    sunset = "{date: 2020-09-30, since: 2020-05-06, migration: Read 2.0.0.}"
    shell.write(
        f"{FOLDER}/meta.yaml", f"summary: x\nowner: {{team: t, contact: c}}\nsunset: {{1: {sunset}}}\n"
    )
    lines = shell.run("schema", "changelog", TYPE).out.decode().splitlines()
    assert [line for line in lines if line.startswith("## ")] == [
        "## 2.1.0", "## 2.0.0 - 2020-05-06", "## 1.0.0 - 2020-03-04",
    ]  # fmt: skip
    last = lines.index("## 1.0.0 - 2020-03-04")
    ended = "Deprecated since 2020-05-06. Was published until 2020-09-30. Read 2.0.0."
    assert ended in lines[last:]
    reported = json.loads(shell.run("schema", "changelog", TYPE, "--output", "json").out)
    (first,) = [each for each in reported["versions"] if each["version"] == "1.0.0"]
    days = {"added": "2020-03-04", "deprecated": "2020-05-06", "sunset": "2020-09-30"}
    assert {name: first[name] for name in days} == days


def test_a_changelog_is_markdown_newest_first(shell: Shell) -> None:
    shell.run("schema", "bump", TYPE)
    edit(shell, "1.1.0", properties={"id": {"type": "string", "maxLength": 20}, "more": {"title": "More"}})
    done = shell.run("schema", "changelog", TYPE)
    assert done.code == 0
    lines = done.out.decode().splitlines()
    assert [line for line in lines if line.startswith("#")] == [f"# {TYPE}", "## 1.1.0", "## 1.0.0"]
    assert "Compatible with 1.0.0." in lines
    assert "- `more` is new: optional, anything \u2014 More" in lines
    reported = json.loads(shell.run("schema", "changelog", TYPE, "--output", "json").out)
    assert [each["version"] for each in reported["versions"]] == ["1.1.0", "1.0.0"]
