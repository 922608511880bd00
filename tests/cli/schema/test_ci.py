"""The workflow, the job and the hooks that docs/ci.md shows do what the page says, run by bash as written."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.builders.places import ROOT
from tests.builders.repository import commit, repository
from tests.cli.schema.test_check import member, put
from tests.cli.shell import Shell

PAGE = (ROOT / "docs/ci.md").read_text("utf-8")


def block(name: str) -> Any:
    (text,) = re.findall(rf"```yaml\n# {re.escape(name)}\n(.*?)```", PAGE, re.DOTALL)
    return yaml.safe_load(text)


@pytest.fixture
def checkout(shell: Shell, tmp_path: Path) -> Shell:
    """A checkout whose base branch is published, and programs that only record how they were called."""
    repository(shell.folder)
    assert shell.run("schema", "lock", "--update").code == 0
    commit(shell.folder, "base")
    subprocess.run(["git", "update-ref", "refs/remotes/origin/main", "HEAD"], cwd=shell.folder, check=True)
    programs = shell.folder / ".programs"
    programs.mkdir()
    for name in ("pip", "gh", "curl"):
        write(programs / name, f'echo "{name} $*" >> "$PROGRAMS/called"')
    write(programs / "stream-bridge", f'exec {sys.executable} -m bridge "$@"')
    return shell


def write(path: Path, line: str) -> None:
    path.write_text(f"#!/bin/sh\n{line}\n")
    path.chmod(0o755)


def bash(shell: Shell, script: str, **environ: str) -> int:
    programs = shell.folder / ".programs"
    env = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "PROGRAMS": str(programs), **environ}
    env |= {"PYTHONPATH": str(ROOT)}
    return subprocess.run(["bash", "-eo", "pipefail", "-c", script], cwd=shell.folder, env=env).returncode


def called(shell: Shell) -> str:
    return (shell.folder / ".programs/called").read_text()


def github(shell: Shell) -> list[int]:
    """The exit codes of the steps that run commands."""
    job = block(".github/workflows/schemas.yml")["jobs"]["schemas"]
    values = {"github.base_ref": "main", "github.event.number": "7", "github.token": "t"}
    environ = {
        name: re.sub(r"\$\{\{ (.*?) \}\}", lambda match: values[match[1]], text)
        for name, text in job["env"].items()
    }
    steps = [step["run"] for step in job["steps"] if "run" in step]
    assert not any("${{" in step for step in steps)  # a branch's name is never part of a script
    return [bash(shell, step, **environ) for step in steps]


def test_the_workflow_passes_a_compatible_change_and_comments(checkout: Shell) -> None:
    put(checkout, "1.1.0", **member(type="integer"))
    codes = github(checkout)
    assert codes[2:] == [0, 0, 0]  # lint --strict wants descriptions, which this small project lacks
    assert "gh pr comment 7 --body-file comment.md --edit-last --create-if-none" in called(checkout)
    assert "`schema check`: fine" in (checkout.folder / "comment.md").read_text()
    assert '"version": "2.1.0"' in (checkout.folder / "schemas.sarif").read_text()


def test_the_workflow_stops_a_break_and_still_comments(checkout: Shell) -> None:
    put(checkout, "1.1.0", **member(type="integer"), required=["id", "more"])
    assert github(checkout)[2:] == [2, 0, 0]
    assert "/more is now required" in (checkout.folder / "comment.md").read_text()
    assert "required-added" in (checkout.folder / "schemas.sarif").read_text()


def test_the_workflow_has_the_rights_and_the_history_that_its_steps_need() -> None:
    workflow = block(".github/workflows/schemas.yml")
    assert workflow["permissions"] == {
        "contents": "read", "pull-requests": "write", "security-events": "write",
    }  # fmt: skip
    first, *_, last = workflow["jobs"]["schemas"]["steps"]
    assert first["with"] == {"fetch-depth": 0}
    assert last["with"] == {"sarif_file": "schemas.sarif"}


@pytest.mark.parametrize(("required", "token"), [(["id"], "secret"), (["id", "more"], "")])
def test_the_job_reports_and_fails_only_with_a_break(
    checkout: Shell, required: list[str], token: str
) -> None:
    put(checkout, "1.1.0", **member(type="integer"), required=required)
    job = block(".gitlab-ci.yml")["schemas"]
    script = "\n".join(line.replace(" --strict", "") for line in job["script"])
    environ = {"BASE": "git:origin/main", "SCHEMA_BOT_TOKEN": token, "CI_API_V4_URL": "https://x/api/v4"}
    assert bash(checkout, script, **environ, CI_PROJECT_ID="1", CI_MERGE_REQUEST_IID="2") == (
        1 if "more" in required else 0
    )
    assert ("curl" in called(checkout)) == bool(token)
    for name in (*job["artifacts"]["paths"], *job["artifacts"]["reports"]["junit"]):
        assert (checkout.folder / name).read_text(), name


def test_the_hooks_run_for_files_of_the_schemas_only_and_stop_a_changed_version(checkout: Shell) -> None:
    hooks = {each["id"]: each for each in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
    (used,) = block(".pre-commit-config.yaml")["repos"]
    assert [each["id"] for each in used["hooks"]] == list(hooks)
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    for hook in hooks.values():
        assert hook["pass_filenames"] is False
        assert [re.fullmatch(r"\.\[(.*)\]", each)[1] in extras for each in hook["additional_dependencies"]]  # type: ignore[index]
        for file, runs in (
            ("event_schemas/a.b/1.0.0.json", True),
            ("x/bridge.yaml", True),
            ("src/a.py", False),
        ):
            assert bool(re.search(hook["files"], file)) == runs
        assert bash(checkout, hook["entry"]) == 0
    put(checkout, "1.0.0", title="Changed")
    assert bash(checkout, hooks["schema-check"]["entry"]) != 0
