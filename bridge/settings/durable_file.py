"""Write a small file so that a kill -9 or a power cut leaves the old file or the new one, never a part of it.

Any number of threads and processes may write the same file at once: each has a temporary file of its own, and
the last to finish wins.
"""

from __future__ import annotations

import fcntl
import glob
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Final

_TEMPORARY: Final = ".tmp"


def write_durably(path: Path, data: bytes, *, mode: int = 0o600) -> None:
    """Replace ``path`` in one step, and create its folder if it is missing. Durable when it returns.

    The file gets ``mode``, less the umask of the process. Raises ``OSError``.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}{_TEMPORARY}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            with suppress(OSError):  # not every file system has locks
                fcntl.flock(file, fcntl.LOCK_EX)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # the new name itself
    finally:
        os.close(folder)


def remove_interrupted(path: Path) -> None:
    """Remove the temporary files of writers of ``path`` that were killed. Those of living writers are locked,
    and stay. What cannot be removed stays too."""
    name = glob.escape(path.name)
    for temporary in [*path.parent.glob(f".{name}.*{_TEMPORARY}"), *path.parent.glob(f"{name}{_TEMPORARY}")]:
        with suppress(OSError), temporary.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            temporary.unlink()
