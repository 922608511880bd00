"""From the lock, the sources and a configuration to the zip of a Lambda function."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bridge.settings.durable_file import write_durably
from infra.packaging.archive import fingerprint, pack
from infra.packaging.bytecode import compiled, interpreter
from infra.packaging.configuration import configured
from infra.packaging.libraries import Files, PackagingError, sizes, trimmed
from infra.packaging.modules import reachable, services

MAX_BYTES = 60_000_000
"""Unzipped size: far below Lambda's 250 MB, because a cold start waits for the unpacking."""


@dataclass(frozen=True, slots=True)
class Package:
    """``fingerprint`` is of the contents, ``sha256`` of the zip."""

    path: Path
    sha256: str
    fingerprint: str
    zipped_bytes: int
    unzipped_bytes: int
    largest: tuple[tuple[str, int], ...]
    has_bytecode: bool


def sources(root: Path) -> tuple[Files, set[str]]:
    """The modules of the project that a function can import, and the AWS services that they call."""
    paths = reachable(root)
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}, services(paths)


def build(
    libraries: Files,
    *,
    root: Path,
    config: Path,
    schemas: Path | None,
    python: str,
    out: Path,
    max_bytes: int = MAX_BYTES,
    find_interpreter: Callable[[str], str | None] = interpreter,
) -> Package:
    """Write the package to ``out`` in one step. An earlier package stays until then.

    Without an interpreter of version ``python`` the package has no bytecode, and cold starts take longer.
    Raises :class:`PackagingError`, also if the package would be larger than ``max_bytes``."""
    configuration = configured(config, schemas)
    modules, names = sources(root)
    files = {**trimmed(libraries, names), **modules}
    executable = find_interpreter(python)
    if executable is not None:
        files |= compiled(files, executable)
    files |= configuration
    size = sum(map(len, files.values()))
    largest = tuple(sizes(files))[:5]
    if size > max_bytes:
        parts = ", ".join(f"{name} {count / 1e6:.1f}" for name, count in largest)
        raise PackagingError(
            f"the package would have {size / 1e6:.1f} MB unzipped, more than {max_bytes / 1e6:.0f}"
            f" (MB: {parts}): "
            "see infra/packaging/libraries.py for what is kept"
        )
    content = pack(files)
    try:
        write_durably(out, content, mode=0o644)
    except OSError as error:
        raise PackagingError(f"{out}: {error}") from error
    return Package(
        path=out,
        sha256=hashlib.sha256(content).hexdigest(),
        fingerprint=fingerprint(files),
        zipped_bytes=len(content),
        unzipped_bytes=size,
        largest=largest,
        has_bytecode=executable is not None,
    )
