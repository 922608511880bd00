"""The cache of verdicts is believed only whole, from the same code, and from a file that is one's own."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import bridge
from bridge.edges.local import verdict_cache
from bridge.edges.local.verdict_cache import KEPT_MAX, VerdictCache, cache_path, code_digest

VERDICTS = {"a": {"verdict": "compatible"}, "b": {"verdict": "incompatible"}}


@pytest.fixture
def cache(tmp_path: Path) -> VerdictCache:
    made = VerdictCache(tmp_path / "cache" / "one.cache", "code-1")
    made.store(VERDICTS, VERDICTS)
    return made


def rewrite(path: Path, body: bytes) -> None:
    path.write_bytes(hashlib.sha256(body).hexdigest().encode() + b"\n" + body)


def test_what_was_stored_is_loaded_by_the_same_code(cache: VerdictCache) -> None:
    assert cache.load() == (VERDICTS, "")
    assert cache.path.stat().st_mode & 0o077 == 0


def test_no_file_is_an_empty_cache_and_no_remark(tmp_path: Path) -> None:
    assert VerdictCache(tmp_path / "none.cache", "code-1").load() == ({}, "")


def test_another_version_of_the_code_begins_again(cache: VerdictCache) -> None:
    other = VerdictCache(cache.path, "code-2")
    assert other.load() == ({}, "was written by another version of stream-bridge")


def _replace(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b'"incompatible"', b'"compatible"'))


def _link(path: Path) -> None:
    path.unlink()
    path.mkdir()


FOREIGN: dict[str, tuple[Callable[[Path], Any], str]] = {
    "cut off": (lambda path: path.write_bytes(path.read_bytes()[:-5]), "is damaged"),
    "longer": (lambda path: path.write_bytes(path.read_bytes() + b" "), "is damaged"),
    "edited": (_replace, "is damaged"),
    "empty": (lambda path: path.write_bytes(b""), "is damaged"),
    "text": (lambda path: rewrite(path, b"hello"), "is not a cache of verdicts"),
    "a list": (lambda path: rewrite(path, b"[]"), "is not a cache of verdicts"),
    "nested too deep": (lambda path: rewrite(path, b"[" * 100_000), "is not a cache of verdicts"),
    "no verdicts": (lambda path: rewrite(path, b'{"format": 1}'), "is not a cache of verdicts"),
    "a newer format": (
        lambda path: rewrite(path, json.dumps({"format": 2, "code": "code-1", "verdicts": {}}).encode()),
        "was written by another version of stream-bridge",
    ),
    "writable by the group": (lambda path: path.chmod(0o660), "can be written by others"),
    "writable by everybody": (lambda path: path.chmod(0o602), "can be written by others"),
    "a folder": (_link, "cannot be read: Is a directory"),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_a_damaged_or_foreign_file_counts_as_none_and_is_reported(cache: VerdictCache, name: str) -> None:
    change, why = FOREIGN[name]
    change(cache.path)
    assert cache.load() == ({}, why)


def test_a_file_of_another_user_is_not_believed(cache: VerdictCache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: cache.path.stat().st_uid + 1)
    assert cache.load() == ({}, "can be written by others")


def test_a_file_that_is_too_large_is_not_read(cache: VerdictCache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verdict_cache, "MAX_BYTES", cache.path.stat().st_size)
    assert cache.load() == (VERDICTS, "")
    monkeypatch.setattr(verdict_cache, "MAX_BYTES", cache.path.stat().st_size - 1)
    assert cache.load() == ({}, "is not a cache of verdicts")


def test_the_file_stays_bounded_and_keeps_what_was_used(cache: VerdictCache) -> None:
    many: dict[str, Any] = {f"old-{number}": {} for number in range(KEPT_MAX)} | {"new": {}}
    cache.store(many, ["new"])
    kept, _ = cache.load()
    assert len(kept) == KEPT_MAX
    assert list(kept)[:2] == ["new", "old-0"]


def test_each_folder_has_a_file_of_its_own_in_the_users_cache(tmp_path: Path) -> None:
    one, other = (cache_path(tmp_path / name, {"XDG_CACHE_HOME": "/c"}) for name in ("one", "other"))
    assert one.parent == other.parent == Path("/c/stream-bridge/verdicts")
    assert one != other
    assert cache_path(tmp_path, {}).is_relative_to(Path.home() / ".cache")
    (tmp_path / "link").symlink_to(tmp_path / "one")
    assert cache_path(tmp_path / "link", {"XDG_CACHE_HOME": "/c"}) == one


def test_any_change_of_the_code_gives_another_digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "bridge"
    for part in ("schemas", "core"):
        shutil.copytree(Path(bridge.__file__).parent / part, package / part)
    monkeypatch.setattr(bridge, "__file__", str(package / "__init__.py"))
    before = code_digest()
    assert before == code_digest() != ""
    for file in ("schemas/compatibility/decide.py", "core/pointer.py"):
        path = package / file
        text = path.read_text()
        path.write_text(f"{text}# changed\n")
        assert code_digest() != before
        path.write_text(text)
    assert code_digest() == before


def test_code_that_cannot_be_read_has_no_digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bridge, "__file__", str(tmp_path / "package.zip" / "__init__.py"))
    assert code_digest() == ""
