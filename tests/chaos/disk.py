"""A small disk that can be filled: a tmpfs of its own, or a limit on file sizes where mounting is refused."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Final, Self

_SIZE: Final = "48m"
_CHUNKS: Final = (1 << 20, 4096, 1)
OWN_MOUNTS: Final = "CHAOS_OWN_MOUNTS"


def enter_own_mounts() -> None:
    """Start this program again in a mount namespace of its own, where the system allows one: a mount then
    ends with it, however it ends. Returns where it does not, or where this has been done."""
    unshare = shutil.which("unshare")
    if unshare is None or os.environ.get(OWN_MOUNTS):
        return
    options = ["--mount", "--propagation", "private"]
    if os.geteuid() != 0:
        options.append("--map-root-user")
    if subprocess.run([unshare, *options, "true"], capture_output=True, check=False).returncode == 0:
        os.environ[OWN_MOUNTS] = "1"
        os.execv(unshare, [unshare, *options, sys.executable, *sys.orig_argv[1:]])


class Disk:
    """``kind`` says how space runs out. With the limit, only the processes named to :meth:`limit` see it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.full = False
        self.kind = "limit on file sizes"

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True)
        if os.environ.get(OWN_MOUNTS):
            command = ["mount", "-t", "tmpfs", "-o", f"size={_SIZE},mode=700", "chaos", str(self.folder)]
            if subprocess.run(command, capture_output=True, check=False).returncode == 0:
                self.kind = "tmpfs"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.kind == "tmpfs":
            subprocess.run(["umount", "--lazy", str(self.folder)], capture_output=True, check=False)

    def fill(self) -> None:
        """No more space."""
        self.full = True
        if self.kind != "tmpfs":
            return
        with self._filler.open("ab", buffering=0) as file:
            for size in _CHUNKS:
                try:
                    while file.write(b"\0" * size):
                        pass
                except OSError:
                    continue  # this chunk is too large

    def limit(self, pid: int) -> None:
        """Apply what :meth:`fill` and :meth:`free` decided to a process, where there is no disk to fill."""
        if self.kind == "tmpfs":
            return
        most = 0 if self.full else resource.RLIM_INFINITY
        try:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
        except ProcessLookupError:
            return  # it has ended

    def free(self) -> None:
        self.full = False
        self._filler.unlink(missing_ok=True)

    @property
    def _filler(self) -> Path:
        return self.folder / "filler"
