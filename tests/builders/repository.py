"""A small git repository for tests, independent of the machine's settings."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


def repository(root: Path) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    _git(root, "init", "-q", "-b", "main")
    return root


def commit(root: Path, message: str, *, tag: str = "") -> None:
    """Commit everything in the folder."""
    _git(root, "add", "--all")
    _git(root, "commit", "-q", "-m", message)
    if tag:
        _git(root, "tag", tag)


def _git(root: Path, *words: str) -> None:
    who = {"GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.com"}
    who |= {name.replace("AUTHOR", "COMMITTER"): value for name, value in who.items()}
    machine = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(["git", *words], cwd=root, env={**os.environ, **who, **machine}, check=True)
