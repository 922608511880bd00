"""A watch notices each change of a file once, waits until the folder rests, and sleeps between looks."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from bridge.edges.local.folder_watch import EVERY_S, Looked, changes, look
from tests.fakes.clock import FakeClock


class Script:
    """A folder whose files change while somebody sleeps: one state for each look, the last one for ever."""

    def __init__(self, *states: dict[str, int]) -> None:
        self._states: list[Looked] = [{name: (number,) for name, number in each.items()} for each in states]
        self.looks = 0

    def see(self) -> Looked:
        self.looks += 1
        return self._states.pop(0) if len(self._states) > 1 else self._states[0]


def test_a_change_is_reported_when_the_folder_rests() -> None:
    clock = FakeClock()
    script = Script({"a": 1}, {"a": 1}, {"a": 2}, {"a": 2, "b": 1}, {"a": 2, "b": 1})
    assert next(changes(script.see, clock)) == {"a", "b"}
    assert clock.slept == [EVERY_S] * 4


def test_removed_and_added_files_are_changes() -> None:
    script = Script({"a": 1, "b": 1}, {"b": 1, "c": 1})
    assert next(changes(script.see, FakeClock())) == {"a", "c"}


def test_a_file_that_changed_and_changed_back_is_none() -> None:
    script = Script({"a": 1}, {"a": 2}, {"a": 1}, {"a": 1}, {"b": 1})
    assert next(changes(script.see, FakeClock())) == {"a", "b"}


def test_what_changes_during_the_work_is_in_the_next_answer() -> None:
    script = Script({"a": 1}, {"a": 2}, {"a": 2}, {"a": 3}, {"a": 3})
    found = changes(script.see, FakeClock())
    assert [next(found), next(found)] == [{"a"}, {"a"}]


def test_the_first_look_is_before_the_first_work() -> None:
    script = Script({"a": 1}, {"a": 2})
    changes(script.see, FakeClock())
    assert script.looks == 1


def test_it_sleeps_before_every_look() -> None:
    clock = FakeClock()
    script = Script({"a": 1}, *[{"a": 1}] * 20, {"a": 2})
    next(changes(script.see, clock))
    assert script.looks == len(clock.slept) + 1


def _rewrite(folder: Path) -> None:
    path = folder / "type" / "1.0.0.json"
    facts = path.stat()
    path.write_text("{} ")
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))


def _exchange(folder: Path) -> None:
    (folder / "new").write_text("{}")
    (folder / "new").rename(folder / "type" / "1.0.0.json")


EDITS: dict[str, tuple[Callable[[Path], object], str]] = {
    "written again with its old time": (_rewrite, "type/1.0.0.json"),
    "replaced by another file, as editors do": (_exchange, "type/1.0.0.json"),
    "a new version": (lambda folder: (folder / "type" / "1.1.0.json").write_text("{}"), "type/1.1.0.json"),
    "a removed file": (lambda folder: (folder / "type" / "1.0.0.json").unlink(), "type/1.0.0.json"),
    "a shared definition": (
        lambda folder: (folder / "shared" / "money" / "1.0.0.json").write_text("{} "),
        "shared/money/1.0.0.json",
    ),
    "a new folder of examples": (
        lambda folder: (folder / "type" / "examples" / "1.1.0").mkdir(),
        "type/examples/1.1.0",
    ),
    "the settings": (lambda folder: (folder / "registry.yaml").write_text("base: x"), "registry.yaml"),
}


@pytest.mark.parametrize("name", EDITS)
def test_a_look_shows_every_edit_that_a_check_depends_on(tmp_path: Path, name: str) -> None:
    for file in ("type/1.0.0.json", "shared/money/1.0.0.json", "type/examples/1.0.0/valid/a.json"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text("{}")
    before = look(tmp_path)
    edit, changed = EDITS[name]
    edit(tmp_path)
    after = look(tmp_path)
    assert before.get(changed) != after.get(changed)


def test_hidden_files_and_what_vanishes_meanwhile_are_left_out(tmp_path: Path) -> None:
    (tmp_path / ".swap").write_text("x")
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    (tmp_path / "kept").write_text("x")
    assert "kept" in look(tmp_path)
    assert ".swap" not in look(tmp_path)
    assert look(tmp_path / "none") == {}
