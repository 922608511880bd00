"""Branches of schemas merge with plain git; where they cannot, what the verbs print is all that it takes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from bridge.schemas.documents.meaning import content_hash
from tests.builders.repository import commit, repository
from tests.cli.schema.advice import advice_in, follow, git
from tests.cli.shell import Shell

CREATED, NOTED, RENAMED = (f"com.example.user.{name}" for name in ("created", "noted", "renamed"))
FOLDER = "event_schemas"
ROOT = Path(__file__).parents[3]


@pytest.fixture
def main(shell: Shell) -> Shell:
    """A repository whose main branch has everything locked, and whose branch ``ours`` is checked out."""
    assert shell.run("schema", "lock", "--update").code == 0
    repository(shell.folder)
    commit(shell.folder, "published")
    git(shell, "branch", "theirs")
    git(shell, "checkout", "-q", "-b", "ours")
    return shell


def bump(shell: Shell, type_name: str, member: str, *, lock: bool = True, words: tuple[str, ...] = ()) -> str:
    """Make the next version of a type with one more member, lock and commit it. Returns its file."""
    before = set((shell.folder / FOLDER / type_name).glob("*.json"))
    assert shell.run("schema", "bump", type_name, *words).code == 0
    (path,) = set((shell.folder / FOLDER / type_name).glob("*.json")) - before
    document = json.loads(path.read_text())
    document["properties"][member] = {"type": "string"}
    path.write_text(json.dumps(document, indent=2) + "\n")
    if lock:
        assert shell.run("schema", "lock", "--update").code == 0
    commit(shell.folder, f"{type_name}: {member}")
    return path.name


def race(shell: Shell, *, lock: tuple[bool, bool] = (True, True)) -> None:
    """Both branches make 1.1.0 of one type. ``ours`` is checked out."""
    git(shell, "checkout", "-q", "theirs")
    assert bump(shell, CREATED, "theirs", lock=lock[1]) == "1.1.0.json"
    git(shell, "checkout", "-q", "ours")
    assert bump(shell, CREATED, "ours", lock=lock[0]) == "1.1.0.json"


def document(shell: Shell, version: str, type_name: str = CREATED) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((shell.folder / FOLDER / type_name / f"{version}.json").read_text())
    return found


def members(shell: Shell, version: str) -> set[str]:
    found = document(shell, version)
    assert found["$id"].endswith(f"/{version}.json")
    return set(found["properties"])


def is_sound(shell: Shell, base: str) -> None:
    """Nothing is unmerged, everything is compatible, and nothing of the base is lost."""
    done = shell.run("schema", "check", "--against", f"git:{base}")
    assert done.code == 0, done.out.decode() + done.err
    assert shell.run("check").code == 0


@pytest.mark.parametrize("types", [(CREATED, NOTED), (NOTED, CREATED), (NOTED, RENAMED)])
def test_branches_that_lock_versions_of_different_types_merge_by_themselves(
    main: Shell, types: tuple[str, str]
) -> None:
    bump(main, types[0], "a")
    git(main, "checkout", "-q", "theirs")
    bump(main, types[1], "b")
    git(main, "merge", "-q", "ours", "-m", "merged")
    assert main.run("schema", "lock").code == 0
    is_sound(main, "ours")


def test_branches_that_lock_different_versions_of_one_type_merge_by_themselves(main: Shell) -> None:
    bump(main, CREATED, "a")
    git(main, "checkout", "-q", "theirs")
    bump(main, CREATED, "b", words=("--major",))
    git(main, "merge", "-q", "ours", "-m", "merged")
    assert main.run("schema", "lock").code == 0


def test_two_branches_that_make_one_version_are_repaired_by_the_printed_advice_alone(main: Shell) -> None:
    race(main)
    git(main, "merge", "theirs", fails=True)
    refused = main.run("schema", "check")
    assert refused.code == 3
    (advice,) = advice_in(refused)
    assert advice == f"stream-bridge schema renumber {CREATED} 1.1.0"
    (then,) = advice_in(follow(main, advice))
    follow(main, then)
    git(main, "commit", "-q", "--no-edit")
    assert members(main, "1.1.0") == {"id", "theirs"}
    assert members(main, "1.2.0") == {"id", "ours"}
    assert main.run("schema", "lock", "--update").code == 0
    commit(main.folder, "locked")
    is_sound(main, "theirs")


def test_a_bump_in_the_middle_of_the_race_gives_the_same_advice(main: Shell) -> None:
    race(main)
    git(main, "merge", "theirs", fails=True)
    refused = main.run("schema", "bump", CREATED)
    assert refused.code == 3
    assert advice_in(refused) == [f"stream-bridge schema renumber {CREATED} 1.1.0"]


def test_a_rebase_renumbers_the_version_of_the_branch_that_is_rebased(main: Shell) -> None:
    race(main)
    git(main, "rebase", "theirs", fails=True)
    (advice,) = advice_in(main.run("schema", "lint"))
    (then,) = advice_in(follow(main, advice))
    follow(main, then)
    git(main, "rebase", "--continue")
    assert members(main, "1.1.0") == {"id", "theirs"}
    assert members(main, "1.2.0") == {"id", "ours"}
    is_sound(main, "theirs")


def test_what_is_locked_keeps_its_number_whichever_side_it_is_on(main: Shell) -> None:
    race(main, lock=(True, False))
    git(main, "merge", "theirs", fails=True)
    done = follow(main, f"stream-bridge schema renumber {CREATED} 1.1.0")
    assert "1.1.0 is the one of this branch" in done.err
    assert members(main, "1.1.0") == {"id", "ours"}
    assert members(main, "1.2.0") == {"id", "theirs"}


def test_the_winner_can_be_named_while_git_merges(main: Shell) -> None:
    race(main)
    git(main, "merge", "theirs", fails=True)
    follow(main, f"stream-bridge schema renumber {CREATED} 1.1.0 --against git:HEAD")
    assert members(main, "1.1.0") == {"id", "ours"}
    assert members(main, "1.2.0") == {"id", "theirs"}


def test_a_race_is_found_before_the_merge_and_repaired_so_that_the_merge_is_clean(main: Shell) -> None:
    race(main)
    found = main.run("schema", "check", "--against", "git:theirs")
    assert found.code == 2
    (advice,) = advice_in(found, "renumber")
    assert advice == f"stream-bridge schema renumber {CREATED} 1.1.0 --against git:theirs"
    assert "bump" not in found.out.decode()
    (then,) = advice_in(follow(main, advice))
    follow(main, then)
    commit(main.folder, "renumbered")
    git(main, "merge", "-q", "theirs", "-m", "merged")
    assert members(main, "1.1.0") == {"id", "theirs"}
    assert members(main, "1.2.0") == {"id", "ours"}
    is_sound(main, "theirs")


def test_everything_that_only_this_branch_says_of_the_version_moves_with_it(main: Shell) -> None:
    race(main)
    main.edit("bridge.yaml", 'versions: [{schema: "1.0.0"', 'versions: [{schema: "1.1.0"')
    waivers = "waivers: [{versions: [1.0.0, '1.1.0'], who: a, why: b, until: 2099-01-01}]\n"
    path = main.folder / FOLDER / CREATED / "meta.yaml"
    path.write_text(f"{path.read_text()}{waivers}sunset: {{1.1.0: 2099-01-01}}\n")
    reference = f"../{CREATED}/1.1.0.json#/properties/ours"
    bumped = {**document(main, "1.0.0", NOTED), "$id": f"https://schemas.example.com/{NOTED}/1.1.0.json"}
    bumped["properties"] = {**bumped["properties"], "of": {"$ref": reference}}
    main.write(f"{FOLDER}/{NOTED}/1.1.0.json", bumped)
    main.write(f"{FOLDER}/{CREATED}/examples/1.1.0/valid/mine.json", {"id": "1", "ours": "x"})
    commit(main.folder, "more of it")
    git(main, "merge", "theirs", fails=True)
    done = main.run("schema", "renumber", CREATED, "1.1.0")
    assert done.code == 0, done.err
    (then,) = advice_in(done)
    follow(main, then)
    assert 'versions: [{schema: "1.2.0"' in (main.folder / "bridge.yaml").read_text()
    assert "versions: [1.0.0, '1.2.0']" in path.read_text()
    assert "sunset: {1.2.0: 2099-01-01}" in path.read_text()
    assert document(main, "1.1.0", NOTED)["properties"]["of"]["$ref"] == reference.replace("1.1.0", "1.2.0")
    examples = main.folder / FOLDER / CREATED / "examples"
    assert (examples / "1.2.0/valid/mine.json").exists()
    assert not (examples / "1.1.0/valid/mine.json").exists()
    git(main, "commit", "-q", "--no-edit")
    is_sound(main, "theirs")


def test_what_the_other_branch_says_of_the_version_is_left(main: Shell) -> None:
    race(main)
    git(main, "checkout", "-q", "theirs")
    bump(main, NOTED, "of", lock=False)
    reference = {"$ref": f"../{CREATED}/1.1.0.json#/properties/theirs"}
    noted = document(main, "1.1.0", NOTED)
    noted["properties"]["of"] = reference
    main.write(f"{FOLDER}/{NOTED}/1.1.0.json", noted)
    main.edit(f"{FOLDER}/{CREATED}/meta.yaml", "summary", "sunset: {1.1.0: 2099-01-01}\nsummary")
    main.edit("bridge.yaml", 'versions: [{schema: "1.0.0"', 'versions: [{schema: "1.1.0"')
    commit(main.folder, "more of it")
    git(main, "checkout", "-q", "ours")
    git(main, "merge", "theirs", fails=True)
    (advice,) = advice_in(main.run("schema", "check"))
    (then,) = advice_in(follow(main, advice))
    follow(main, then)
    git(main, "commit", "-q", "--no-edit")
    assert document(main, "1.1.0", NOTED)["properties"]["of"] == reference
    assert "sunset: {1.1.0:" in (main.folder / FOLDER / CREATED / "meta.yaml").read_text()
    assert 'versions: [{schema: "1.1.0"' in (main.folder / "bridge.yaml").read_text()
    is_sound(main, "theirs")


def test_a_shared_definition_that_both_branches_made_moves_with_the_references_to_it(main: Shell) -> None:
    name = "shared/money"
    assert main.run("schema", "new", name, "--summary", "An amount.", "--owner", "tests").code == 0
    main.edit(f"{FOLDER}/{name}/meta.yaml", "status: draft\n", "")
    assert main.run("schema", "lock", "--update").code == 0
    commit(main.folder, "shared")
    git(main, "branch", "-f", "theirs")
    for branch in ("theirs", "ours"):
        git(main, "checkout", "-q", branch)
        assert main.run("schema", "bump", name).code == 0
        main.edit(f"{FOLDER}/{name}/1.1.0.json", '"minLength": 1', f'"minLength": 1, "title": "{branch}"')
        commit(main.folder, branch)
    bump(main, NOTED, "total", lock=False)
    reference = f'{{"$ref": "../{name}/1.1.0.json#/$defs/money"}}'
    written = json.dumps({"type": "string"}, indent=2).replace("\n", "\n    ")
    main.edit(f"{FOLDER}/{NOTED}/1.1.0.json", f'"total": {written}', f'"total": {reference}')
    commit(main.folder, "used")
    git(main, "merge", "theirs", fails=True)
    (advice,) = advice_in(main.run("schema", "check"))
    (then,) = advice_in(follow(main, advice))
    follow(main, then)
    git(main, "commit", "-q", "--no-edit")
    assert document(main, "1.2.0", name)["$defs"]["money"]["title"] == "ours"
    assert document(main, "1.1.0", name)["$defs"]["money"]["title"] == "theirs"
    moved = document(main, "1.1.0", NOTED)["properties"]["total"]
    assert moved == {"$ref": f"../{name}/1.2.0.json#/$defs/money"}
    is_sound(main, "theirs")


def test_what_both_branches_pin_is_left_and_reported(main: Shell) -> None:
    for branch in ("theirs", "ours"):
        git(main, "checkout", "-q", branch)
        bump(main, CREATED, branch)
        main.edit("bridge.yaml", 'versions: [{schema: "1.0.0"', 'versions: [{schema: "1.1.0"')
        commit(main.folder, "pinned")
    git(main, "merge", "theirs", fails=True)
    before = (main.folder / "bridge.yaml").read_bytes()
    done = main.run("schema", "renumber", CREATED, "1.1.0")
    assert "look at it: bridge.yaml publishes com.example.user.created 1.1.0 in both branches" in done.err
    assert (main.folder / "bridge.yaml").read_bytes() == before


def test_a_configuration_that_is_not_merged_itself_is_left_and_reported(main: Shell) -> None:
    race(main)
    for branch in ("theirs", "ours"):
        git(main, "checkout", "-q", branch)
        main.edit("bridge.yaml", "source: com.example.accounts", f"source: com.example.{branch}")
        commit(main.folder, "source")
    git(main, "merge", "theirs", fails=True)
    done = main.run("schema", "renumber", CREATED, "1.1.0")
    assert done.code == 0, done.err
    assert "look at it: bridge.yaml has an unresolved merge" in done.err
    assert members(main, "1.2.0") == {"id", "ours"}


def test_without_another_branch_an_unlocked_version_moves_and_a_locked_one_stays(main: Shell) -> None:
    bump(main, CREATED, "a", lock=False)
    assert main.run("schema", "renumber", CREATED, "1.1.0", "--to", "1.3.0").code == 0
    assert members(main, "1.3.0") == {"id", "a"}
    assert not (main.folder / FOLDER / CREATED / "1.1.0.json").exists()
    refused = main.run("schema", "renumber", CREATED, "1.0.0")
    assert refused.code == 1
    assert f"{CREATED} 1.0.0 is locked, so its number stays" in refused.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((CREATED, "9.0.0"), f"there is no {CREATED} 9.0.0"),
        ((CREATED, "1.1"), "is not a version such as 1.1.0"),
        ((CREATED, "1.1.0", "--against", "main"), "use git:REF or dir:PATH"),
        ((CREATED, "1.1.0", "--to", "1.0.0"), f"{CREATED} 1.0.0 exists already"),
        ((CREATED, "1.1.0", "--against", "git:ours"), f"git:ours has the same {CREATED} 1.1.0"),
    ],
)
def test_what_cannot_be_renumbered_is_refused_and_nothing_is_written(
    main: Shell, words: tuple[str, ...], said: str
) -> None:
    bump(main, CREATED, "a", lock=False)
    done = main.run("schema", "renumber", *words)
    assert done.code == 1
    assert said in done.err
    assert git(main, "status", "--porcelain") == ""


def test_a_version_in_a_registry_keeps_its_number(main: Shell) -> None:
    race(main)
    entry = f"{FOLDER}/lock/{CREATED}/1.1.0-in-glue%3A%2F%2Forders.yaml"
    main.write(entry, "registry: glue://orders\n")
    commit(main.folder, "published")
    git(main, "merge", "theirs", fails=True)
    done = main.run("schema", "renumber", CREATED, "1.1.0")
    assert done.code == 1
    assert "1.1.0 is published to glue://orders, so its number stays" in done.err


def test_a_bump_during_a_merge_finds_the_published_text_on_the_other_side(main: Shell) -> None:
    git(main, "checkout", "-q", "theirs")
    bump(main, CREATED, "theirs")
    git(main, "checkout", "-q", "ours")
    bump(main, NOTED, "ours")
    git(main, "merge", "--no-commit", "theirs")
    original = (main.folder / FOLDER / CREATED / "1.1.0.json").read_bytes()
    edited = {**document(main, "1.1.0"), "description": "Edited."}
    main.write(f"{FOLDER}/{CREATED}/1.1.0.json", edited)
    refused = main.run("schema", "check")
    assert refused.code == 3
    assert f"schema bump {CREATED}" in refused.out.decode()
    assert main.run("schema", "bump", CREATED).code == 0
    assert (main.folder / FOLDER / CREATED / "1.1.0.json").read_bytes() == original
    assert document(main, "1.1.1")["description"] == "Edited."


# --- a lock from before, and one that lost entries ---------------------------------------------------


OLD = "event_schemas/schemas.lock.json"


def in_format_1(shell: Shell, *versions: tuple[str, str]) -> str:
    """The text of a lock of format 1 that has these versions as they are."""
    types: dict[str, Any] = {}
    for type_name, version in versions:
        recorded = content_hash(document(shell, version, type_name))
        types.setdefault(type_name, {"versions": {}})["versions"][version] = recorded
    return json.dumps({"format": 1, "types": types}, indent=2) + "\n"


@pytest.fixture
def old(shell: Shell) -> Shell:
    """A repository with a lock of format 1, and two branches of it."""
    shell.write(OLD, in_format_1(shell, *((name, "1.0.0") for name in (CREATED, NOTED, RENAMED))))
    repository(shell.folder)
    commit(shell.folder, "published")
    git(shell, "branch", "theirs")
    git(shell, "checkout", "-q", "-b", "ours")
    return shell


def test_a_lock_of_format_1_is_written_again_as_the_warning_says_and_holds_the_same(old: Shell) -> None:
    warned = old.run("schema", "check")
    assert warned.code == 0
    (advice,) = advice_in(warned)
    follow(old, advice)
    assert not (old.folder / OLD).exists()
    commit(old.folder, "format 2")
    is_sound(old, "theirs")


def test_a_branch_that_still_writes_the_old_file_is_taken_over_as_the_page_says(old: Shell) -> None:
    git(old, "checkout", "-q", "theirs")
    bump(old, NOTED, "a", lock=False)
    every = [*((name, "1.0.0") for name in (CREATED, NOTED, RENAMED)), (NOTED, "1.1.0")]
    old.write(OLD, in_format_1(old, *every))
    commit(old.folder, "locked by an older version")
    git(old, "checkout", "-q", "ours")
    follow(old, "stream-bridge schema lock --update")
    commit(old.folder, "format 2")
    git(old, "merge", "theirs", fails=True)
    page = (ROOT / "docs/schemas.md").read_text()
    for advice in (f"git add {OLD}", "schema lock --update"):
        assert f"`{advice}`" in page
    follow(old, f"git add {OLD} && stream-bridge schema lock --update")
    assert not (old.folder / OLD).exists()
    commit(old.folder, "merged")
    assert old.run("schema", "lock").code == 0
    is_sound(old, "theirs")


def test_an_old_lock_that_git_could_not_merge_is_repaired_by_keeping_one_side(old: Shell) -> None:
    for branch, name in (("theirs", NOTED), ("ours", CREATED)):
        git(old, "checkout", "-q", branch)
        bump(old, name, "a", lock=False)
        every = [
            *((each, "1.0.0") for each in (CREATED, NOTED, RENAMED)),
            (name, "1.1.0"),
        ]
        old.write(OLD, json.dumps(json.loads(in_format_1(old, *every))) + "\n")
        commit(old.folder, "locked by an older version")
    git(old, "merge", "theirs", fails=True)
    refused = old.run("schema", "check")
    assert "keep one side of this file" in refused.out.decode()
    (advice,) = advice_in(refused)
    git(old, "checkout", "--ours", OLD)
    follow(old, advice)
    commit(old.folder, "merged")
    assert old.run("schema", "lock").code == 0
    is_sound(old, "theirs")


@pytest.mark.parametrize("what", ["entry", "lock", "edited"])
@pytest.mark.parametrize("source", ["git:theirs", "dir:before"])
def test_an_entry_of_the_base_that_is_gone_is_an_error_that_its_advice_repairs(
    main: Shell, what: str, source: str
) -> None:
    lock = main.folder / FOLDER / "lock"
    shutil.copytree(main.folder / FOLDER, main.folder / "before")
    entry = lock / CREATED / "1.0.0.yaml"
    if what == "entry":
        entry.unlink()
    elif what == "lock":
        shutil.rmtree(lock)
    else:
        entry.write_text(entry.read_text().replace("FULL_TRANSITIVE", "NONE"))
    assert main.run("schema", "check").code == 0
    done = main.run("schema", "check", "--against", source)
    assert done.code == 2
    found = advice_in(done, f"lock/{CREATED}/1.0.0.yaml")
    assert len(found) == 1
    for advice in advice_in(done, "/lock/"):
        follow(main, advice)
    is_sound(main, "theirs")
    assert entry.exists()


@pytest.mark.parametrize("file", ["sunset-1.yaml", "1.0.0-in-glue%3A%2F%2Forders.yaml"])
def test_a_sunset_and_a_registry_of_the_base_cannot_be_dropped_either(main: Shell, file: str) -> None:
    lock = f"{FOLDER}/lock/{CREATED}"
    main.edit(f"{FOLDER}/{CREATED}/meta.yaml", "summary", "sunset: {1: 2099-01-01}\nsummary")
    main.write(f"{lock}/1.0.0-in-glue%3A%2F%2Forders.yaml", "registry: glue://orders\n")
    assert main.run("schema", "lock", "--update").code == 0
    commit(main.folder, "a sunset, and a registry")
    git(main, "branch", "-f", "theirs")
    (main.folder / lock / file).unlink()
    done = main.run("schema", "check", "--against", "git:theirs")
    assert done.code == 2
    (advice,) = advice_in(done)
    follow(main, advice)
    is_sound(main, "theirs")


def test_a_sunset_that_two_branches_moved_is_repaired_as_the_message_says(main: Shell) -> None:
    meta, entry = f"{FOLDER}/{CREATED}/meta.yaml", f"{FOLDER}/lock/{CREATED}/sunset-1.yaml"
    for branch, day in (("theirs", "2099-01-01"), ("ours", "2098-01-01")):
        git(main, "checkout", "-q", branch)
        main.edit(meta, "summary", f"sunset: {{1: {day}}}\nsummary")
        assert main.run("schema", "lock", "--update").code == 0
        commit(main.folder, day)
    git(main, "merge", "theirs", fails=True)
    assert "keep the later day, here and in meta.yaml" in main.run("schema", "check").out.decode()
    git(main, "checkout", "--theirs", meta, entry)
    commit(main.folder, "the later day")
    is_sound(main, "theirs")


def test_an_entry_of_an_old_base_that_is_gone_is_brought_back_too(old: Shell) -> None:
    (old.folder / OLD).unlink()
    done = old.run("schema", "check", "--against", "git:theirs")
    assert done.code == 2
    advice, *others = advice_in(done, "checkout")
    assert others == []
    follow(old, advice)
    assert old.run("schema", "lock").code == 0
    is_sound(old, "theirs")


def test_a_version_without_an_entry_is_a_warning_whose_advice_ends_it(main: Shell) -> None:
    (main.folder / FOLDER / "lock" / CREATED / "1.0.0.yaml").unlink()
    warned = main.run("schema", "check")
    assert warned.code == 0
    assert f"{CREATED}/1.0.0.json" in warned.out.decode()
    (advice,) = advice_in(warned)
    follow(main, advice)
    assert advice_in(main.run("schema", "check")) == []


def test_a_folder_without_a_lock_is_one_warning(shell: Shell) -> None:
    warned = shell.run("schema", "check", "--output", "json")
    assert [f["rule"] for f in json.loads(warned.out)["findings"]] == ["lock"]
    (advice,) = advice_in(shell.run("schema", "check"))
    follow(shell, advice)
    assert json.loads(shell.run("schema", "check", "--output", "json").out)["findings"] == []


def test_what_is_advised_names_the_folder_that_was_named(main: Shell) -> None:
    shutil.move(main.folder / FOLDER, main.folder / "other place")
    commit(main.folder, "moved")
    for words in (
        ("new", "shared/more"),
        ("bump", NOTED),
        ("renumber", NOTED, "1.1.0", "--to", "1.2.0"),
        ("lock",),
    ):
        done = main.run("schema", *words, "--schemas", "other place")
        (advice,) = advice_in(done, "stream-bridge")
        assert advice.endswith("--schemas 'other place'")
        follow(main, advice)
