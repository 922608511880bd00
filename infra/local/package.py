"""The code of the functions: the whole package, or only the modules of the project."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from bridge.settings.durable_file import write_durably
from infra.packaging.archive import pack
from infra.packaging.bytecode import compiled
from infra.packaging.configuration import configured
from infra.packaging.libraries import from_installed
from infra.packaging.package import build, sources

ROOT: Final = Path(__file__).resolve().parents[2]
HERE: Final = f"{sys.version_info.major}.{sys.version_info.minor}"


def write_package(config: Path, out: Path, *, whole: bool) -> Path:
    """Write the zip to ``out``, for the Python that runs this: MiniStack runs functions with it.

    ``whole``: as ``make package`` builds it, with libraries, which a worker unpacks at each cold start.
    Without them a worker uses the libraries of this Python. Raises ``PackagingError``."""
    if whole:
        lock = ROOT / "requirements" / "runtime.txt"
        return build(from_installed(lock), root=ROOT, config=config, schemas=None, python=HERE, out=out).path
    modules, _ = sources(ROOT)
    files = {**modules, **compiled(modules, sys.executable), **configured(config, None)}
    write_durably(out, pack(files))
    return out
