"""A zip file whose bytes depend only on its contents (and on zlib)."""

from __future__ import annotations

import hashlib
import io
import zipfile

from infra.packaging.libraries import Files

_DATE = (1980, 1, 1, 0, 0, 0)
"""The earliest date that a zip file can have."""
_MODE = 0o100644
_UNIX = 3


def pack(files: Files) -> bytes:
    """Entries in the order of their names, all with the same date, and readable by everyone, as Lambda
    requires."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path in sorted(files):
            entry = zipfile.ZipInfo(path, _DATE)
            entry.create_system = _UNIX
            entry.external_attr = _MODE << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[path], compresslevel=6)
    return buffer.getvalue()


def fingerprint(files: Files) -> str:
    """SHA-256 of paths and contents. It stays the same if only the compression differs."""
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(f"{len(path.encode())}:{path}:{len(files[path])}:".encode())
        digest.update(files[path])
    return digest.hexdigest()
