"""A copy of the project in which one worker mutates files: the project itself is never changed."""

from __future__ import annotations

import compileall
import os
import shutil
from pathlib import Path
from typing import Final

from tests.mutation.sampled.mutants import Mutant
from tests.mutation.sampled.project import Project

_LATER_S: Final = 1_000_000
"""A mutated file is newer by so much: no compiled file of another text is taken for it."""
_NOT_LINKED: Final = {".git", ".venv", "build", ".hypothesis", ".pytest_cache", "dist"}


class Workspace:
    def __init__(self, project: Project, number: int) -> None:
        self._project = project
        self.root = project.build / f"copy-{number}"
        shutil.rmtree(self.root, ignore_errors=True)
        self.root.mkdir(parents=True)
        for folder in project.copied:
            shutil.copytree(
                project.root / folder, self.root / folder, ignore=shutil.ignore_patterns("__pycache__")
            )
        for path in project.root.iterdir():
            if path.name not in _NOT_LINKED and not (self.root / path.name).exists():
                (self.root / path.name).symlink_to(path)
        for folder in project.copied:
            compileall.compile_dir(self.root / folder, quiet=2)

    def put(self, mutant: Mutant) -> None:
        path = self._path(mutant)
        modified = path.stat().st_mtime
        path.write_text(mutant.apply(self._project.text(mutant.file)), "utf-8")
        os.utime(path, (modified + _LATER_S, modified + _LATER_S))

    def restore(self, mutant: Mutant) -> None:
        """The compiled file of the original text is valid again."""
        shutil.copy2(self._project.root / mutant.file, self._path(mutant))

    def _path(self, mutant: Mutant) -> Path:
        return self.root / mutant.file
