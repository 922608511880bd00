"""All files are written or none, and a failed move restores the earlier files."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.onboarding.writing import staged

FILES = {"a/b/one.txt": b"1", "a/two.txt": b"2", "three.txt": b"3"}


def content(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_all_files_are_moved_and_nothing_else_is_left(tmp_path: Path) -> None:
    with staged(tmp_path / "new", FILES) as staging:
        assert staging.existing() == []
        staging.move()
    assert content(tmp_path / "new") == FILES


def test_what_is_not_moved_leaves_no_trace(tmp_path: Path) -> None:
    with staged(tmp_path / "new", FILES):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_move_that_fails_half_way_restores_everything(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/two.txt").write_bytes(b"mine")
    (tmp_path / "three.txt").mkdir()
    (tmp_path / "three.txt/in-the-way").write_bytes(b"")
    before = content(tmp_path)
    with pytest.raises(IsADirectoryError), staged(tmp_path, FILES) as staging:
        staging.move()
    assert content(tmp_path) == before
