"""Which paths are inside one folder once symlinks are followed, asked for thousands of paths."""

from __future__ import annotations

from pathlib import Path


class Enclosure:
    """Remembers the answers for folders, so that a plain file costs no look at each folder above it. For one
    run only: a folder may be replaced by a symlink later."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self._folders: dict[Path, bool] = {}

    def holds(self, path: Path) -> bool:
        """Whether ``path`` is a file or folder inside. A pipe is neither: reading it would block for ever."""
        try:
            if path.is_symlink():
                target = path.resolve(strict=True)
                return target.is_relative_to(self._root) and (target.is_file() or target.is_dir())
            return self._holds_folder(path.parent) and (path.is_file() or path.is_dir())
        except (OSError, RuntimeError):  # a loop of symlinks, or a target that does not exist
            return False

    def _holds_folder(self, folder: Path) -> bool:
        known = self._folders.get(folder)
        if known is None:
            known = self._folders[folder] = folder.resolve(strict=True).is_relative_to(self._root)
        return known
