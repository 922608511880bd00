"""Compiled modules, the same bytes on every machine that has the right Python.

Lambda's code folder is read-only: without these files, every cold start compiles the modules that it imports.
Python does not check them against the source (``unchecked-hash``), because a package is always complete. The
source stays for tracebacks, which show file names as they are in Lambda.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from infra.packaging.libraries import Files, PackagingError

CODE_FOLDER = "/var/task"
"""Where Lambda unpacks a function (docs: "Lambda runtime environment")."""

_WHICH = "import sys; print(sys.implementation.name, '%d.%d' % sys.version_info[:2], sys.executable)"


def interpreter(python: str) -> str | None:
    """A CPython of exactly this version, such as ``3.13``, because bytecode fits only one version; or
    None."""
    for name in (sys.executable, shutil.which(f"python{python}")):
        if name is None:
            continue
        done = subprocess.run([name, "-I", "-c", _WHICH], capture_output=True, text=True, check=False)
        kind, version, executable = (*done.stdout.strip().split(" ", 2), "", "", "")[:3]
        if done.returncode == 0 and (kind, version) == ("cpython", python):
            return executable  # not the name, which a version manager may resolve differently next time
    return None


def compiled(files: Files, executable: str) -> Files:
    """The ``__pycache__`` files of every module in ``files``."""
    with tempfile.TemporaryDirectory(prefix="bytecode-") as name:
        root = Path(name)
        for path, content in sorted(files.items()):
            if path.endswith(".py"):
                place = root / path
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(content)
        words = [executable, "-P", "-s", "-m", "compileall", "-q", "-f", "-s", name, "-p", CODE_FOLDER]
        words += ["--invalidation-mode", "unchecked-hash", name]
        # the order of set constants depends on their hashes
        environment = {"PATH": os.environ.get("PATH", ""), "PYTHONHASHSEED": "0"}
        done = subprocess.run(words, capture_output=True, text=True, check=False, env=environment)
        if done.returncode:
            raise PackagingError(f"compileall failed:\n{done.stdout}{done.stderr}")
        return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.rglob("*.pyc"))}
