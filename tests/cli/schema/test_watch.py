"""``schema check --watch``: what a terminal and a pipe get after each change, and how it ends."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge.edges.local import folder_watch
from bridge.schemas.compatibility.compare import Comparer
from tests.builders.places import ROOT
from tests.cli.schema.test_verdict_cache import CREATED, version
from tests.cli.shell import TYPES, Done, Shell

Edit = Callable[[], object]


def watched(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, *edits: Edit, options: tuple[str, ...] = ()
) -> Done:
    """A watch during which somebody makes ``edits``, each noticed by its real changes, and presses Ctrl-C."""

    def changes(see: Callable[[], Any], clock: object) -> Iterator[frozenset[str]]:
        for edit in edits:
            before = see()
            edit()
            after = see()
            yield frozenset(path for path in {*before, *after} if before.get(path) != after.get(path))
        raise KeyboardInterrupt

    monkeypatch.setattr(folder_watch, "changes", changes)
    return shell.run("schema", "check", "--watch", *options)


@pytest.fixture(autouse=True)
def second_versions(shell: Shell) -> None:
    for type_name in TYPES:
        shell.write(f"event_schemas/{type_name}/1.1.0.json", version(type_name, "1.1.0", a={}))


def breaking(shell: Shell) -> Edit:
    narrow = version(TYPES[0], "1.1.0", id={"type": "string", "maxLength": 5})
    return lambda: shell.write(f"{CREATED}/1.1.0.json", narrow)


def harmless(shell: Shell, title: str = "A") -> Edit:
    return lambda: shell.write(f"{CREATED}/1.1.0.json", version(TYPES[0], "1.1.0", a={"title": title}))


def test_the_whole_folder_is_checked_first_and_then_what_changed(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = watched(shell, monkeypatch, harmless(shell))
    first, _, second = done.out.decode().partition(f"changed: {TYPES[0]}/1.1.0.json\n")
    assert [line.split()[1] for line in first.splitlines() if line.startswith("compatible ")] == [
        f"{name}:" for name in TYPES
    ]
    assert [line.split()[1] for line in second.splitlines() if line.startswith("compatible ")] == [
        f"{TYPES[0]}:"
    ]
    assert done.err.splitlines()[-1] == "ended"


def test_a_break_is_shown_until_it_is_fixed(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    other = f"event_schemas/{TYPES[1]}/meta.yaml"
    touched: Edit = lambda: shell.edit(other, "For tests.", "For tests, too.")  # noqa: E731
    done = watched(shell, monkeypatch, breaking(shell), touched, harmless(shell))
    _, broken, still, fixed = done.out.decode().split("changed: ")
    assert broken.count("[max-length-lowered]") == still.count("[max-length-lowered]") == 1
    assert f"compatible    {TYPES[1]}" in still
    assert "max-length" not in fixed
    assert f"compatible    {TYPES[0]}" in fixed
    assert done.code == 0


@pytest.mark.parametrize(("edit", "code"), [(harmless, 0), (breaking, 2)])
def test_it_ends_with_the_code_of_the_last_check(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, edit: Callable[[Shell], Edit], code: int
) -> None:
    assert watched(shell, monkeypatch, edit(shell)).code == code


def test_a_half_saved_file_is_reported_and_the_watch_goes_on(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = watched(
        shell, monkeypatch, lambda: shell.write(f"{CREATED}/1.1.0.json", '{"$id": '), harmless(shell)
    )
    assert "is not JSON" in done.out.decode()
    assert "cannot be used: 1 finding" in done.err
    assert done.code == 0


def test_a_check_that_fails_later_does_not_end_the_watch(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell.write("other/com.example.x.y/1.0.0.json", "{}")

    def remove() -> None:
        (shell.folder / "other/com.example.x.y/1.0.0.json").unlink()
        harmless(shell)()

    done = watched(shell, monkeypatch, remove, harmless(shell, "B"), options=("--against", "dir:other"))
    assert done.err.count("other contains no schemas") == 2
    assert done.code == 1


def test_a_check_that_fails_at_once_ends_it(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    done = watched(shell, monkeypatch, harmless(shell), options=("--against", "dir:none"))
    assert (done.code, "watching" in done.err) == (1, False)


@pytest.mark.parametrize("options", [(), ("--no-cache",)])
def test_unchanged_pairs_are_not_compared_again(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    compared: list[str] = []
    real = Comparer.compare

    def compare(self: Comparer, old: Any, new: Any, **asked: Any) -> Any:
        compared.append(new["$id"].split("/")[-2])
        return real(self, old, new, **asked)

    monkeypatch.setattr(Comparer, "compare", compare)
    watched(shell, monkeypatch, harmless(shell), breaking(shell), options=options)
    assert compared == [*TYPES, TYPES[0], TYPES[0]]


def test_programs_get_one_document_for_each_check(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    done = watched(shell, monkeypatch, breaking(shell), options=("--output", "json"))
    first, second = map(json.loads, done.out.splitlines())
    assert (first["fine"], [each["type"] for each in first["types"]]) == (True, list(TYPES))
    assert (second["fine"], [each["type"] for each in second["types"]]) == (False, [TYPES[0]])


@pytest.mark.parametrize(
    "words",
    [("a.json", "b.json"), ("--pairs", "-"), ("--output", "junit"), ("--output", "github")],
)
def test_what_cannot_be_watched_is_refused(shell: Shell, words: tuple[str, ...]) -> None:
    done = shell.run("schema", "check", "--watch", *words)
    assert (done.code, "--watch" in done.err) == (1, True)


def test_a_real_process_notices_an_edit_and_ends_on_ctrl_c(shell: Shell, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "bridge", "schema", "check", "--watch"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env={
            "PATH": "",
            "PYTHONPATH": str(ROOT),
            "XDG_CACHE_HOME": str(tmp_path / ".cache"),
            "EVENT_BUS": "x",
        },
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        while "watching" not in process.stderr.readline():
            assert process.poll() is None
        breaking(shell)()
        while "max-length-lowered" not in process.stdout.readline():
            assert process.poll() is None
        while "watching" not in process.stderr.readline():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert err.splitlines()[-1] == "ended"
    assert "Traceback" not in err
