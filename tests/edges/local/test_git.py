"""Files of another revision are read from git as committed; an error says what git does not have."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from bridge.edges.local.git import (
    GitRefused,
    Sides,
    list_revision,
    parted,
    read_every_text,
    read_file,
    read_revision,
    same_commit,
    sides,
)
from tests.builders.repository import commit, repository


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout in whose folder ``set`` a file stood first and was changed later."""
    root = repository(tmp_path / "checkout")
    (root / "set" / "deep").mkdir(parents=True)
    (root / "set" / "a b.json").write_bytes(b"old\n")
    (root / "set" / "deep" / "\u00e9.json").write_bytes(b"\xff\x00binary")
    (root / "other.json").write_bytes(b"elsewhere")
    commit(root, "first", tag="v1")
    (root / "set" / "a b.json").write_bytes(b"new\n")
    (root / "set" / "link.json").symlink_to("a b.json")
    commit(root, "second")
    return root


def test_files_below_a_folder_come_as_they_were_committed(checkout: Path) -> None:
    assert read_revision(checkout / "set", "v1") == {
        "a b.json": b"old\n",
        "deep/\u00e9.json": b"\xff\x00binary",
    }
    assert read_revision(checkout / "set", "HEAD")["a b.json"] == b"new\n"
    assert set(read_revision(checkout, "v1")) == {"set/a b.json", "set/deep/\u00e9.json", "other.json"}


def test_a_symlink_is_no_file(checkout: Path) -> None:
    assert "link.json" not in read_revision(checkout / "set", "HEAD")


def test_a_folder_that_was_not_there_yet_held_nothing(checkout: Path) -> None:
    (checkout / "young").mkdir()
    assert read_revision(checkout / "young", "HEAD") == {}


@pytest.mark.parametrize("ref", ["nowhere", "--output=x", "", "HEAD:set", "v1\nv2"])
def test_an_unknown_revision_is_reported_with_how_to_get_it(checkout: Path, ref: str) -> None:
    with pytest.raises(GitRefused, match=r"no revision"):
        read_revision(checkout / "set", ref)
    assert not (checkout / "x").exists()


def test_a_folder_outside_a_checkout_is_reported_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(GitRefused, match="is not inside a git checkout - compare with a folder instead"):
        read_revision(tmp_path, "HEAD")
    assert list(read_every_text(tmp_path / "a.json")) == []


def test_a_missing_git_is_reported_as_such(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(checkout))
    with pytest.raises(GitRefused, match="git is not installed here"):
        read_revision(checkout, "HEAD")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            "fatal: detected dubious ownership in repository at '/x'",
            "does not trust .*another user.*safe.directory",
        ),
        ("warning: first\nfatal: bad object", "git refused: fatal: bad object"),
        ("", "git refused: status 128"),
    ],
)
def test_what_git_says_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, told: str
) -> None:
    """A git that answers where it is, and refuses everything else."""
    program = tmp_path / "bin" / "git"
    program.parent.mkdir()
    lines = " ".join(f'"{line}"' for line in said.splitlines())
    program.write_text(
        "#!/bin/sh\n"
        'case "$*" in\n'
        f"  *ls-tree*) for line in {lines}; do echo $line >&2; done; exit 128;;\n"
        "  *--show-prefix*) echo;;\n"
        "  *) echo abc;;\n"
        "esac\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent))
    with pytest.raises(GitRefused, match=told) as caught:
        read_revision(tmp_path, "HEAD")
    assert "\n" not in str(caught.value)


def test_one_file_comes_as_it_was_committed_last_and_then_as_in_every_commit_before(checkout: Path) -> None:
    (checkout / "set" / "a b.json").write_bytes(b"edited")
    first, *others = read_every_text(checkout / "set" / "a b.json")
    assert first == b"new\n"
    assert b"old\n" in others
    assert list(read_every_text(checkout / "set" / "none.json")) == []


def test_reading_leaves_the_checkout_as_it_is(checkout: Path) -> None:
    def state() -> bytes:
        return subprocess.run(
            ["git", "status", "--porcelain"], cwd=checkout, capture_output=True, check=True
        ).stdout

    before = state(), (checkout / ".git" / "HEAD").read_bytes()
    read_revision(checkout / "set", "v1")
    assert (state(), (checkout / ".git" / "HEAD").read_bytes()) == before


# --- two branches ----------------------------------------------------------------------------------


def git(root: Path, *words: str, fails: bool = False) -> str:
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
    done = subprocess.run(["git", *who, *words], cwd=root, capture_output=True)
    assert (done.returncode != 0) is fails, done.stderr
    return done.stdout.decode().strip()


@pytest.fixture
def branches(checkout: Path) -> Path:
    """``main`` and ``other`` both changed one file since they parted. ``main`` is checked out."""
    git(checkout, "checkout", "-q", "-b", "other")
    (checkout / "set" / "a b.json").write_bytes(b"theirs\n")
    commit(checkout, "theirs")
    git(checkout, "checkout", "-q", "main")
    (checkout / "set" / "a b.json").write_bytes(b"mine\n")
    commit(checkout, "mine")
    return checkout


@pytest.mark.parametrize(
    ("words", "mine", "theirs"),
    [
        (("merge", "other"), b"mine\n", b"theirs\n"),
        (("rebase", "other"), b"mine\n", b"theirs\n"),
        (("cherry-pick", "other"), b"theirs\n", b"mine\n"),
    ],
)
def test_the_side_that_others_have_is_known_while_git_joins_two(
    branches: Path, words: tuple[str, str], mine: bytes, theirs: bytes
) -> None:
    file = branches / "set" / "a b.json"
    assert sides(branches) is None
    git(branches, *words, fails=True)
    found = sides(branches / "set")
    assert isinstance(found, Sides)
    assert (read_file(file, found.mine), read_file(file, found.theirs)) == (mine, theirs)
    assert {b"mine\n", b"theirs\n"} <= set(read_every_text(file))
    git(branches, words[0], "--abort")
    assert sides(branches) is None


def test_a_name_that_a_rebase_left_behind_is_no_rebase(branches: Path) -> None:
    git(branches, "update-ref", "REBASE_HEAD", "other")
    assert sides(branches) is None


def test_where_two_branches_parted_is_known_with_its_files(branches: Path) -> None:
    fork = parted(branches, "other")
    assert fork is not None
    assert same_commit(branches, fork, "main~1")
    assert not same_commit(branches, fork, "main")
    assert set(list_revision(branches / "set", fork)) == set(read_revision(branches / "set", fork))
    git(branches, "checkout", "-q", "--orphan", "alone")
    commit(branches, "alone")
    assert parted(branches, "other") is None
    assert read_file(branches / "none.json", "other") is None
