"""The tool reports exactly the mutants that a tiny project's tests do not notice."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.builders.places import ROOT
from tests.mutation.sampled import accepted
from tests.mutation.sampled.mutants import mutants_of
from tests.mutation.sampled.run import draw

CODE = """\
LIMIT = 3


def full(count):
    return count >= LIMIT


def positive(count):
    return count > 0


def drained(count):
    while count:
        count = count - 1
    return count


def area(a, b):
    return a * b
"""
TESTS = """\
import subprocess
import sys

from tiny.limits import drained, full, positive


def test_full():
    assert [full(2), full(3)] == [False, True]


def test_positive():
    assert positive(5)
    assert not positive(-5)


def test_drained():
    assert drained(2) == 0


def test_another_process():
    code = "from tiny.limits import area; assert area(2, 3) == 6"
    subprocess.run([sys.executable, "-c", code], check=True)
"""
START = """\
import json, pathlib, sys
from tests.mutation.sampled.project import Project
from tests.mutation.sampled.run import main
root = pathlib.Path(sys.argv[1])
tiny = Project(
    root=root,
    folders=("tiny",),
    tests=("checks",),
    copied=("tiny", "checks"),
    mirrors={"tiny": "checks"},
    build=root / "build",
    accepted=root / "accepted.yaml",
    slack_s=1.0,
)
sys.exit(main(json.loads(sys.argv[2]), tiny))
"""


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    for name, text in {
        "tiny/limits.py": CODE,
        "checks/test_limits.py": TESTS,
        "pyproject.toml": '[tool.pytest.ini_options]\npythonpath = ["."]\n',
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


def run(root: Path, *more: str) -> subprocess.CompletedProcess[str]:
    arguments = json.dumps(["--seed", "7", "--workers", "1", *more])
    return subprocess.run(
        [sys.executable, "-c", START, str(root), arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def survivors(output: str) -> list[str]:
    lines = output.splitlines()
    return [lines[at + 2].strip(" +") for at, line in enumerate(lines) if line.startswith("SURVIVED")]


def test_survivors_are_listed_and_reasons_are_kept_by_text(tiny: Path) -> None:
    (tiny / "checks/test_unreadable.py").write_text("import nowhere\n", "utf-8")
    first = run(tiny)
    assert "not used, it fails without a mutant: checks/test_unreadable.py" in first.stdout
    assert survivors(first.stdout) == ["return count >= 0", "return count > 1", "count = count - 2"], (
        first.stderr
    )
    assert "seed 7: 13 mutants" in first.stdout
    assert first.returncode == 1
    # Processes that a test starts run the mutant too.
    assert first.stderr.count("test_another_process") == 2
    # A loop that never ends was ended, and counts as killed.
    assert "killed tiny/limits.py:14:23 timeout" in first.stderr
    assert (tiny / "tiny/limits.py").read_text("utf-8") == CODE

    (tiny / "accepted.yaml").write_text(
        "tiny/limits.py:\n"
        "- {was: return count > 0, becomes: return count >= 0, reason: Nobody counts nothing.}\n"
        "- {was: return count > 0, becomes: return count > 1, reason: Nobody counts one.}\n"
        "- {was: count = count - 1, becomes: count = count - 2, reason: Only even ones.}\n",
        "utf-8",
    )
    second = run(tiny)
    assert second.returncode == 0, second.stdout
    assert "Nobody counts one." in second.stdout
    assert " killed " not in second.stderr, "a known outcome is not tried again"

    (tiny / "tiny/limits.py").write_text(CODE.replace("count > 0", "count > 0.5"), "utf-8")
    third = run(tiny)
    assert third.returncode == 1
    assert third.stdout.count("stale") == 2


def test_a_reason_covers_one_mutant_or_those_of_one_kind_in_a_line(tmp_path: Path) -> None:
    path = tmp_path / "accepted.yaml"
    path.write_text(
        "tiny/limits.py:\n"
        "- {was: return count > 0, kind: number, reason: Nobody counts.}\n"
        "- {was: return a * b, becomes: return a // b, reason: Only squares of one.}\n"
        "- {was: return a * b, kind: number, reason: There is none in this line.}\n",
        "utf-8",
    )
    entries, mutants = accepted.read(path), mutants_of("tiny/limits.py", CODE)
    covered = [each.becomes for each in mutants if accepted.entry_for(entries, each) is not None]
    assert covered == ["return count > 1", "return a // b"]
    assert [each.reason for each in accepted.stale(entries, mutants)] == ["There is none in this line."]


@pytest.mark.parametrize("entry", ["becomes: b, kind: number", "reason: ''", ""])
def test_an_entry_without_a_reason_or_with_two_meanings_is_refused(tmp_path: Path, entry: str) -> None:
    path = tmp_path / "accepted.yaml"
    both = "" if "reason" in entry else ", reason: Because."
    path.write_text(f"tiny/limits.py:\n- {{was: a{', ' + entry if entry else ''}{both}}}\n", "utf-8")
    with pytest.raises(ValueError, match=r"accepted\.yaml"):
        accepted.read(path)


def test_a_seed_draws_the_same_sample_again() -> None:
    mutants = mutants_of("tiny/limits.py", CODE)
    assert draw(mutants, 7, 3) == draw(mutants, 7, 3) != draw(mutants, 8, 3)
    assert sorted(draw(mutants, 7, 100), key=mutants.index) == mutants


def test_the_plugin_that_would_hide_lines_from_the_map_has_the_name_that_the_map_knows(
    pytestconfig: pytest.Config,
) -> None:
    assert pytestconfig.pluginmanager.get_plugin("tests.plugins.reached") is not None
