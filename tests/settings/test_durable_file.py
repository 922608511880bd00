"""A file is whole at every moment, however many write it and whatever kills them."""

from __future__ import annotations

import fcntl
import json
import os
import threading
from pathlib import Path

import pytest

from bridge.settings.durable_file import remove_interrupted, write_durably

WRITERS, WRITES = 4, 60


def test_every_read_beside_several_writers_finds_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.json"
    write_durably(path, b"[0]")

    def save(writer: int) -> None:
        for number in range(WRITES):
            # Lengths differ, so that a part of one in another would not be JSON.
            write_durably(path, json.dumps([writer] * (1 + 997 * ((number + writer) % 5))).encode())

    writers = [threading.Thread(target=save, args=(number,)) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    loads = 0
    while any(writer.is_alive() for writer in writers):
        assert len(set(json.loads(path.read_bytes()))) == 1
        loads += 1
    assert loads > 0
    assert list(tmp_path.iterdir()) == [path]


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "checkpoint.json"
    write_durably(path, b"old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_durably(path, b"new")
    assert [each.read_bytes() for each in tmp_path.iterdir()] == [b"old"]


def test_what_a_killed_writer_left_is_removed_and_what_a_living_one_writes_stays(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.json"
    dead = [tmp_path / f".{path.name}.00aa.tmp", tmp_path / f"{path.name}.tmp"]
    living, other = tmp_path / f".{path.name}.11bb.tmp", tmp_path / ".other.json.22cc.tmp"
    for each in (*dead, living, other):
        each.write_bytes(b"{")
    with living.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        remove_interrupted(path)
    assert sorted(tmp_path.iterdir()) == sorted([living, other])


def test_the_file_has_the_mode_that_was_asked_for(tmp_path: Path) -> None:
    write_durably(tmp_path / "private", b"")
    write_durably(tmp_path / "public", b"", mode=0o644)
    assert (tmp_path / "private").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "public").stat().st_mode & 0o777 == 0o644 & ~_umask()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
