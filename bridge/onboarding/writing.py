"""Writes files into a folder: all of them or none, and overwrites only what the caller allows."""

from __future__ import annotations

import errno
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path


class StagedFiles:
    """Complete files in ``folder``, a temporary folder inside ``target``, until they are moved."""

    def __init__(self, target: Path, folder: Path, names: tuple[str, ...]) -> None:
        self.folder = folder
        self._target = target
        self._names = names

    def existing(self) -> list[str]:
        """The files that a move would overwrite."""
        return [name for name in self._names if (self._target / name).exists()]

    def move(self) -> None:
        """Move every file to its place. Raises ``OSError`` once everything is restored."""
        before = self.folder / ".before"
        with ExitStack() as undo:
            for name in self._names:
                place, kept = self._target / name, before / name
                if place.is_dir():
                    raise IsADirectoryError(errno.EISDIR, "a folder is in the place of a file", str(place))
                for parent in reversed(Path(name).parents[:-1]):
                    if not (self._target / parent).is_dir():
                        (self._target / parent).mkdir()
                        undo.callback((self._target / parent).rmdir)
                if place.exists():
                    kept.parent.mkdir(parents=True, exist_ok=True)
                    place.replace(kept)
                    undo.callback(kept.replace, place)
                (self.folder / name).replace(place)
                undo.callback(place.unlink)
            undo.pop_all()


@contextmanager
def staged(target: Path, files: Mapping[str, bytes]) -> Iterator[StagedFiles]:
    """Write ``files`` (relative path to content) to a temporary folder, which is removed at the end."""
    made = not target.exists()
    target.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=".stream-bridge-init-", dir=target))
    try:
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        yield StagedFiles(target, folder, tuple(files))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if made and not any(target.iterdir()):
            target.rmdir()
