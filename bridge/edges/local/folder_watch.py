"""Changes of files in a folder, noticed by looking at it again and again."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from bridge.ports.clock import Clock

EVERY_S: Final = 0.5
DEPTH: Final = 3
"""Levels of folders: an event schema is on the second one, the folders of its examples on the third."""

Looked = Mapping[str, tuple[int, ...]]
"""Each path below the folder, with what changes when its content does."""


def look(folder: Path, depth: int = DEPTH) -> Looked:
    """Without hidden files. What cannot be read, or was removed meanwhile, is left out."""
    found: dict[str, tuple[int, ...]] = {}
    waiting = [("", depth)]
    while waiting:
        below, levels = waiting.pop()
        for entry in _entries(folder / below):
            facts = _facts(entry)
            if facts is not None and not entry.name.startswith("."):
                found[below + entry.name] = facts
                if levels > 1 and entry.is_dir(follow_symlinks=False):
                    waiting.append((f"{below}{entry.name}/", levels - 1))
    return found


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []


def _facts(entry: os.DirEntry[str]) -> tuple[int, ...] | None:
    try:
        facts = entry.stat()
    except OSError:  # it was removed, or is a symlink to nothing
        return None
    return facts.st_mtime_ns, facts.st_ctime_ns, facts.st_size, facts.st_ino


def changes(see: Callable[[], Looked], clock: Clock, every_s: float = EVERY_S) -> Iterator[frozenset[str]]:
    """The paths that changed, each time that something did and nothing more does: an editor and a checkout
    write several files. Never ends. What changes while the caller works is in the next answer, and what
    changes after this call in the first."""
    return _changes(see(), see, clock, every_s)


def _changes(
    before: Looked, see: Callable[[], Looked], clock: Clock, every_s: float
) -> Iterator[frozenset[str]]:
    while True:
        clock.sleep(every_s)
        now = see()
        if now == before:
            continue
        while True:
            clock.sleep(every_s)
            later = see()
            if later == now:
                break
            now = later
        changed = frozenset(path for path in {*before, *now} if before.get(path) != now.get(path))
        before = now
        if changed:  # not where a file was changed and restored
            yield changed
