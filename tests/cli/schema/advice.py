"""Follows what a verb prints, word for word: its commands are taken from the output and run as they are."""

from __future__ import annotations

import os
import re
import shlex
import subprocess

from tests.cli.shell import Done, Shell

_ADVICE = re.compile(r"((?:stream-bridge schema|git|mkdir) [^;\n]+)")
_WHO = {"GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.com", "GIT_COMMITTER_NAME": "Ada",
        "GIT_COMMITTER_EMAIL": "ada@example.com", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_EDITOR": "true"}  # fmt: skip


def git(shell: Shell, *words: str, fails: bool = False) -> str:
    """One call of git in the project. Where it ``fails``, git must refuse it."""
    done = subprocess.run(["git", *words], cwd=shell.folder, env={**os.environ, **_WHO}, capture_output=True)
    assert (done.returncode != 0) is fails, done.stdout + done.stderr
    return done.stdout.decode()


def advice_in(done: Done, containing: str = "") -> list[str]:
    """The commands that an output advises, each once."""
    found = _ADVICE.findall(done.out.decode() + done.err)
    return [each.strip() for each in dict.fromkeys(found) if containing in each]


def follow(shell: Shell, advice: str) -> Done:
    """Run a printed line: commands that are joined by ``&&``. Each must succeed."""
    done = Done(0, b"", "")
    for command in advice.split(" && "):
        program, *words = shlex.split(command)
        if program == "stream-bridge":
            done = shell.run(*words)
            assert done.code == 0, (command, done.out.decode(), done.err)
        else:
            subprocess.run([program, *words], cwd=shell.folder, env={**os.environ, **_WHO}, check=True)
    return done
