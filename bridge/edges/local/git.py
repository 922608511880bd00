"""Reading files of another revision out of a git repository. Never writes, never fetches.

Talks to the ``git`` program (docs: git-rev-parse, git-ls-tree, git-cat-file, git-log, git-merge-base); hooks,
pagers and prompts take no part in these commands.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from bridge.errors import BridgeError

TIMEOUT_S: Final = 60
COMMITS: Final = 200
"""How many of the commits that changed a file are searched."""


class GitRefused(BridgeError):
    """There is no git, no checkout, or no such revision."""

    stage = "read"


def read_revision(folder: Path, ref: str) -> Mapping[str, bytes]:
    """Every file below ``folder`` as it was at ``ref``, by its path from there; none where the folder was not
    there yet. Raises :class:`GitRefused`."""
    files = _listed(folder, ref)
    return dict(zip(files, _blobs(folder, list(files.values())), strict=True))


def list_revision(folder: Path, ref: str) -> Collection[str]:
    """The paths that :func:`read_revision` has."""
    return _listed(folder, ref).keys()


def _listed(folder: Path, ref: str) -> dict[str, str]:
    """The names of the contents, by path."""
    commit = _commit(folder, ref)
    prefix = _prefix(folder)
    below = ["--", prefix] if prefix else []
    listed = _git(folder, "ls-tree", "-r", "-z", "--full-tree", commit, *below)
    files: dict[str, str] = {}
    for entry in filter(None, listed.split(b"\0")):
        facts, _, name = entry.partition(b"\t")
        mode, kind, blob = facts.decode("ascii").split()
        if kind == "blob" and mode != "120000":  # a symlink's content is a path, not a file
            files[os.fsdecode(name).removeprefix(prefix)] = blob
    return files


def read_every_text(path: Path) -> Iterator[bytes]:
    """A file as git has it: as committed last, as on the other side of a merge that is not finished, and as
    in each commit that changed it, newest first. None where git does not know it, or there is no git."""
    folder = path.parent
    try:
        name = _prefix(folder) + path.name
        places = [f"{head}:{name}" for head in ("HEAD", *_heads(folder))]
        places += [f":{stage}:{name}" for stage in (1, 2, 3)]  # the sides of a conflict
        seen = _git(folder, "log", f"--max-count={COMMITS}", "--format=%H", "--all", "--", path.name)
        places += [f"{commit}:{name}" for commit in seen.decode("ascii").split()]
    except GitRefused:
        return
    for place in places:
        try:
            yield _git(folder, "cat-file", "blob", place)
        except GitRefused:
            continue  # not in that commit


@dataclass(frozen=True, slots=True)
class Sides:
    """The two sides of a merge, rebase or cherry-pick that is not finished: commits. ``mine`` is the side
    that joins, ``theirs`` the one that others have already."""

    mine: str
    theirs: str


def sides(folder: Path) -> Sides | None:
    """``None`` where nothing is being merged, or there is no git."""
    heads = _heads(folder)
    if not heads:
        return None
    if "MERGE_HEAD" in heads:
        return Sides("HEAD", "MERGE_HEAD")
    return Sides(heads[0], "HEAD")  # a rebase puts this side's commits onto the other's


def same_commit(folder: Path, one: str, other: str) -> bool:
    """Whether two names are of one commit. Raises :class:`GitRefused` where there is no such revision."""
    return _commit(folder, one) == _commit(folder, other)


def parted(folder: Path, ref: str) -> str | None:
    """The commit at which the checkout and ``ref`` parted; ``None`` where they have none in common. Raises
    :class:`GitRefused` where there is no such revision."""
    commit = _commit(folder, ref)
    try:
        return _git(folder, "merge-base", "HEAD", commit).decode("ascii").split()[0]
    except GitRefused:
        return None


def read_file(path: Path, ref: str) -> bytes | None:
    """One file as it is at ``ref``; ``None`` where that has none. Raises :class:`GitRefused`."""
    commit, name = _commit(path.parent, ref), _prefix(path.parent) + path.name
    try:
        return _git(path.parent, "cat-file", "blob", f"{commit}:{name}")
    except GitRefused:
        return None


def _heads(folder: Path) -> list[str]:
    """The names of the commits that are being joined to HEAD."""
    found = []
    for head in ("REBASE_HEAD", "MERGE_HEAD", "CHERRY_PICK_HEAD"):
        try:
            _git(folder, "rev-parse", "--verify", "--quiet", head)
        except GitRefused:
            continue
        if head != "REBASE_HEAD" or _rebasing(folder):  # git may leave that name behind
            found.append(head)
    return found


def _rebasing(folder: Path) -> bool:
    states = [_git(folder, "rev-parse", "--git-path", name) for name in ("rebase-merge", "rebase-apply")]
    return any((folder / os.fsdecode(state).rstrip("\n")).is_dir() for state in states)


def read_added(folder: Path) -> Mapping[str, date]:
    """The day on which each file of a folder was first committed, by its name. A shallow checkout knows only
    the days since its first commit. Raises :class:`GitRefused`."""
    words = ("--diff-filter=A", "--no-renames", "--format=\x01%cs", "--name-only", "-z")
    answer = _git(folder, "log", *words, "--relative", "--", ".")
    added: dict[str, date] = {}
    day = date.min
    for part in re.split("[\0\n]", os.fsdecode(answer)):
        if part.startswith("\x01"):
            day = date.fromisoformat(part[1:])
        elif part and "/" not in part:
            added[part] = day  # the log begins with the newest commit
    return added


def _commit(folder: Path, ref: str) -> str:
    if not ref or ref.startswith("-"):
        raise GitRefused(f"'{ref}' names no revision", hint="such as git:main or git:v1.4.0")
    _prefix(folder)  # first: is this a checkout at all?
    try:
        found = _git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    except GitRefused as error:
        raise GitRefused(
            f"git knows no revision '{ref}' here",
            hint="fetch it first: build servers often check out one commit only (fetch-depth: 0)",
        ) from error
    return found.decode("ascii").strip()


def _prefix(folder: Path) -> str:
    """The folder's path from the root of the checkout, with a slash at its end; "" for the root itself."""
    try:
        return os.fsdecode(_git(folder, "rev-parse", "--show-prefix")).rstrip("\n")
    except GitRefused as error:
        if not error.code:
            raise
        raise GitRefused(
            f"{folder} is not inside a git checkout", hint="compare with a folder instead: --against dir:PATH"
        ) from error


def _blobs(folder: Path, names: Sequence[str]) -> list[bytes]:
    answer = _git(folder, "cat-file", "--batch", stdin="".join(f"{name}\n" for name in names).encode())
    contents: list[bytes] = []
    at = 0
    for _ in names:
        end = answer.index(b"\n", at)
        facts = answer[at:end].split()
        if len(facts) != 3:
            raise GitRefused("this checkout lacks the content of that revision", hint="fetch it whole first")
        size = int(facts[2])
        contents.append(answer[end + 1 : end + 1 + size])
        at = end + 1 + size + 1
    return contents


def _git(folder: Path, *words: str, stdin: bytes = b"") -> bytes:
    environ = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}
    environ |= {"GIT_NO_LAZY_FETCH": "1", "LC_ALL": "C"}
    try:
        done = subprocess.run(  # noqa: S603 - a fixed program, and no word of it is a shell's
            ["git", "-c", "core.quotePath=false", *words],  # noqa: S607 - whichever git the person uses
            cwd=folder,
            env=environ,
            input=stdin,
            capture_output=True,
            timeout=TIMEOUT_S,
            check=True,
        )
    except FileNotFoundError as error:
        raise GitRefused(
            "git is not installed here", hint="compare with a folder instead: --against dir:PATH"
        ) from error
    except subprocess.TimeoutExpired as error:
        raise GitRefused(f"git did not answer within {TIMEOUT_S} s", hint="try `git status` there") from error
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode("utf-8", "replace").strip().splitlines()
        reason = said[-1] if said else f"status {error.returncode}"
        if "dubious ownership" in error.stderr.decode("utf-8", "replace"):
            raise GitRefused(
                f"git does not trust {folder}: it belongs to another user",
                hint="git config --global --add safe.directory <the checkout>",
            ) from error
        raise GitRefused(f"git refused: {reason}", code=str(error.returncode)) from error
    return done.stdout
