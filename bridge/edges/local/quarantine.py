"""Quarantine in a directory: one JSON file a record.

A quarantined record is kept raw, so the store is closed: files are 0600, a directory made here is 0700 (one
that was there keeps its mode). A file appears whole and stays: it is written beside its place, flushed to
disk, then renamed.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Generator, Iterator
from contextlib import suppress
from pathlib import Path

from bridge.errors import BridgeError, EntryMissing, QuarantineUnavailable
from bridge.ports.quarantine import EVERYTHING, Found, Quarantined, Selection
from bridge.ports.quarantine_entry import decode, encode, entries_of, name_of, scan_names

_TEMPORARY = ".tmp"


class DirectoryQuarantine:
    """Putting a record again replaces its file: the newest reason counts."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def check(self) -> None:
        """Make the directory where it is missing and write a probe, or raise ``QuarantineUnavailable``."""
        try:
            self._open_directory()
            with tempfile.NamedTemporaryFile(dir=self.path, prefix=".probe-", suffix=_TEMPORARY) as probe:
                probe.write(b"probe")
                probe.flush()
        except OSError as error:
            raise self._unavailable(error) from error

    def put(self, entry: Quarantined) -> None:
        """Durable when it returns. Raises ``QuarantineUnavailable``: disk full, no permission, and such."""
        try:
            self._open_directory()
            self._write(name_of(entry), encode(entry))
        except OSError as error:
            raise self._unavailable(error) from error

    def names(self) -> list[str]:
        """The names of all entries, in order of position within each stream."""
        try:
            found = [path.name for path in self.path.iterdir()]  # not glob, which passes over what is closed
        except FileNotFoundError:
            return []  # it is made by the first put
        except OSError as error:
            raise self._unavailable(error) from error
        return sorted(name for name in found if name.endswith(".json") and not name.startswith("."))

    def load(self, name: str) -> Quarantined:
        """One entry. Raises ``EntryMissing``, and ``BridgeError`` where the file is no quarantined record."""
        path = self._path_of(name)
        try:
            data = path.read_bytes()
        except FileNotFoundError as error:
            raise EntryMissing(f"quarantine directory {self.path} has no {name}") from error
        except IsADirectoryError as error:
            raise BridgeError(f"{path}: not a quarantined record: a folder", stage="quarantine") from error
        except OSError as error:
            raise self._unavailable(error) from error
        try:
            return decode(data)
        except BridgeError as error:
            raise BridgeError(f"{path}: {error.message}", stage="quarantine") from error

    def _path_of(self, name: str) -> Path:
        path = self.path / name
        if path.parent != self.path:
            raise EntryMissing(f"{name} is not a name of an entry")
        return path

    def entries(self, selection: Selection = EVERYTHING) -> Iterator[Quarantined]:
        """The entries selected, read one at a time."""
        return entries_of(self.scan(selection))

    def hold(self) -> None:
        """Everybody can read an entry."""

    def scan(self, selection: Selection = EVERYTHING) -> Generator[Found]:
        """See ``ports.QuarantineReader.scan``; a name is that of the file."""
        return scan_names(self.names(), self.load, selection)

    def remove(self, name: str) -> None:
        """See ``ports.QuarantineReader.remove``."""
        path = self._path_of(name)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise self._unavailable(error) from error

    def _open_directory(self) -> None:
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)

    def _write(self, name: str, data: bytes) -> None:
        handle, temporary = tempfile.mkstemp(dir=self.path, prefix=".", suffix=_TEMPORARY)  # mode 0600
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(self.path / name)
        except BaseException:
            with suppress(OSError):
                Path(temporary).unlink()
            raise
        directory = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)

    def _unavailable(self, error: OSError) -> QuarantineUnavailable:
        text = f"quarantine directory {self.path}: {error.strerror or type(error).__name__}"
        return QuarantineUnavailable(text, hint="check that it exists, can be written and has free space")
