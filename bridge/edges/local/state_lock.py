"""One ``run`` to a state folder: two would read the same stream twice and overwrite each other's checkpoints.

The lock is the operating system's: it ends with its process, however that ends, so no lock is ever stale.
The lock file says who holds it, for people. It is removed at the end, and so is a folder that is still empty.
"""

from __future__ import annotations

import fcntl
import os
import platform
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final

from bridge.errors import CheckpointUnavailable, StateInUse
from bridge.ports.clock import Clock, Deadline

LOCK_FILE: Final = "run.lock"
_POLL_S: Final = 0.2
_RACES: Final = 10


@contextmanager
def state_lock(
    folder: Path, clock: Clock, wait_s: float, on_wait: Callable[[str], None] = lambda holder: None
) -> Iterator[None]:
    """Holds the lock of ``folder``, which is created where it is missing, while this is open.

    Waits up to ``wait_s`` for another process that is ending; ``on_wait`` hears once of its name. Raises
    ``StateInUse``, and ``CheckpointUnavailable`` where the folder cannot be written or locked.
    """
    path, until, told = folder / LOCK_FILE, Deadline.after(clock, wait_s), False
    while True:
        file = _opened(path)
        if _is_locked(file, path):
            break
        holder = _holder(file)
        file.close()
        if until.remaining_s() <= 0:
            raise StateInUse(
                f"the state folder {folder} is in use by {holder}",
                hint="stop that process, or give this one a folder of its own: --state DIR",
            )
        if not told:
            on_wait(holder)
            told = True
        clock.sleep(min(_POLL_S, max(0.0, until.remaining_s())))
    with file:
        _sign(file)
        try:
            yield
        finally:
            with suppress(OSError):
                path.unlink()
                folder.rmdir()  # refused unless it is empty


def _opened(path: Path) -> IO[str]:
    for _ in range(_RACES):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+")
        except FileNotFoundError:
            continue  # another run has just removed its empty folder
        except OSError as error:
            raise _unusable(path, error) from error
    raise _unusable(path, FileNotFoundError(2, "it disappears"))


def _is_locked(file: IO[str], path: Path) -> bool:
    """Whether the file is locked now, and still the one that others see."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.fstat(file.fileno()).st_ino == path.stat().st_ino
    except (BlockingIOError, FileNotFoundError):
        return False
    except OSError as error:
        raise _unusable(path, error) from error


def _holder(file: IO[str]) -> str:
    file.seek(0)
    return file.read(200).strip() or "another process"


def _sign(file: IO[str]) -> None:
    file.seek(0)
    file.truncate()
    file.write(f"process {os.getpid()} on {platform.node()}\n")
    file.flush()


def _unusable(path: Path, error: OSError) -> CheckpointUnavailable:
    return CheckpointUnavailable(
        f"the state folder {path.parent} cannot be used: {error.strerror or type(error).__name__}",
        hint="check that it is writable and that its file system has locks, or choose another: --state DIR",
    )
