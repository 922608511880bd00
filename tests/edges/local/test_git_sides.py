"""The sides of a merge that is not finished, where two histories parted, and when a file came."""

from __future__ import annotations

import os
import subprocess
from datetime import date
from pathlib import Path

import pytest

from bridge.edges.local.git import GitRefused, Sides, parted, read_added, read_file, same_commit, sides
from tests.builders.repository import commit, repository


def git(root: Path, *words: str, fails: bool = False) -> str:
    done = subprocess.run(
        ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", *words],
        cwd=root,
        env={**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode != 0) is fails, done.stderr
    return done.stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with a branch ``side``: both changed one file in another way."""
    root = repository(tmp_path / "checkout")
    (root / "set").mkdir()
    (root / "set" / "a.json").write_text("base\n")
    commit(root, "base", tag="base")
    git(root, "checkout", "-q", "-b", "side")
    (root / "set" / "a.json").write_text("side\n")
    (root / "set" / "b.json").write_text("only here\n")
    commit(root, "side")
    git(root, "checkout", "-q", "-b", "ours", "base")
    (root / "set" / "a.json").write_text("ours\n")
    commit(root, "ours")
    return root


def test_without_a_merge_there_are_no_sides(checkout: Path) -> None:
    assert sides(checkout / "set") is None


def test_a_merge_joins_the_other_side_to_this_one(checkout: Path) -> None:
    git(checkout, "merge", "side", fails=True)
    assert sides(checkout / "set") == Sides("HEAD", "MERGE_HEAD")


def test_a_cherry_pick_and_a_rebase_put_this_sides_commits_onto_the_others(checkout: Path) -> None:
    git(checkout, "cherry-pick", "side", fails=True)
    assert sides(checkout) == Sides("CHERRY_PICK_HEAD", "HEAD")
    git(checkout, "cherry-pick", "--abort")
    git(checkout, "rebase", "side", fails=True)
    assert sides(checkout / "set") == Sides("REBASE_HEAD", "HEAD")
    git(checkout, "rebase", "--abort")
    assert sides(checkout / "set") is None


def test_two_names_of_one_commit_are_the_same(checkout: Path) -> None:
    assert same_commit(checkout, "ours", "HEAD") is True
    assert same_commit(checkout / "set", "HEAD", "side") is False
    for one, other in (("nowhere", "HEAD"), ("HEAD", "nowhere")):
        with pytest.raises(GitRefused, match="no revision"):
            same_commit(checkout, one, other)


def test_two_histories_parted_at_their_last_common_commit_or_have_none(checkout: Path) -> None:
    assert parted(checkout / "set", "side") == git(checkout, "rev-parse", "base")
    assert parted(checkout, "HEAD") == git(checkout, "rev-parse", "HEAD")
    git(checkout, "checkout", "-q", "--orphan", "alone")
    (checkout / "set" / "a.json").write_text("alone\n")
    commit(checkout, "alone")
    assert parted(checkout, "side") is None
    with pytest.raises(GitRefused, match="no revision"):
        parted(checkout, "nowhere")


def test_a_file_is_read_as_it_is_at_a_revision(checkout: Path) -> None:
    place = checkout / "set" / "a.json"
    assert [read_file(place, ref) for ref in ("base", "side", "HEAD")] == [b"base\n", b"side\n", b"ours\n"]
    assert read_file(checkout / "set" / "b.json", "HEAD") is None
    assert read_file(checkout / "set" / "b.json", "side") == b"only here\n"
    with pytest.raises(GitRefused, match="no revision"):
        read_file(place, "nowhere")


def test_a_file_was_added_on_the_day_of_its_first_commit(checkout: Path) -> None:
    first = date.fromisoformat(git(checkout, "log", "-1", "--format=%cs", "base"))
    assert read_added(checkout / "set") == {"a.json": first}
    (checkout / "set" / "deep").mkdir()
    (checkout / "set" / "deep" / "c.json").write_text("{}")
    (checkout / "other.json").write_text("{}")
    commit(checkout, "more")
    assert set(read_added(checkout / "set")) == {"a.json"}
    assert set(read_added(checkout)) == {"other.json"}
