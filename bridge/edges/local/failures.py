"""Failed batches on this machine: a folder laid out like the on-failure bucket."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

from bridge.errors import DestinationUnavailable
from bridge.ports.failures import StoredBatch, object_key, with_payload
from bridge.settings.durable_file import write_durably


class DirectoryFailureDestination:
    """One file for each batch. Files are private to the user, because they hold whole items."""

    def __init__(self, folder: Path, mapping_id: str) -> None:
        self._folder = folder
        self._mapping_id = mapping_id

    def send(self, info: Mapping[str, Any], payload: Mapping[str, Any]) -> None:
        path = self._folder / f"{object_key(info, self._mapping_id)}.json"
        try:
            write_durably(path, with_payload(info, payload))
        except OSError as error:
            raise DestinationUnavailable(
                f"A failed batch cannot be written below {self._folder}: {error.strerror}",
                hint="check free space and permissions of the folder",
            ) from error


class DirectoryFailureSource:
    """Reads what :class:`DirectoryFailureDestination` has written."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def batches(self) -> Generator[StoredBatch]:
        for path in sorted(self._folder.rglob("*.json")):
            try:
                content = path.read_bytes()
            except FileNotFoundError:
                continue
            except OSError as error:
                raise self._unavailable(error) from error
            yield StoredBatch(str(path.relative_to(self._folder)), content)

    def hold(self, stored: StoredBatch) -> None:
        """Everybody can read a file."""

    def remove(self, stored: StoredBatch) -> None:
        try:
            (self._folder / stored.name).unlink(missing_ok=True)
        except OSError as error:
            raise self._unavailable(error) from error

    def _unavailable(self, error: OSError) -> DestinationUnavailable:
        text = f"folder {self._folder}: {error.strerror or type(error).__name__}"
        return DestinationUnavailable(text, hint="check the permissions of the folder")
