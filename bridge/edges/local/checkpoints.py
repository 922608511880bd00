"""The runner's progress: one file for each stream."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from bridge.errors import CheckpointBroken, CheckpointUnavailable
from bridge.settings.durable_file import remove_interrupted, write_durably

_FORMAT = 1


class FileCheckpoints:
    """Checkpoints in a folder; a file is replaced in one durable step, so a kill -9 leaves the old or the
    new one.

    The file is chosen by the whole stream ARN, so a stream that was disabled and enabled again, whose
    numbers mean something else, never begins at the old one's checkpoint. One runner to a stream.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path_of(self, stream_arn: str) -> Path:
        """``<table>-<stream label>-<hash of the ARN>.json``, of a Kinesis stream ``<name>-<hash>.json``:
        readable, and one ARN to a file."""
        name = stream_arn.partition(":table/")[2].replace("/stream/", "-") or stream_arn.rpartition("/")[2]
        readable = re.sub(r"[^A-Za-z0-9._-]", "-", name)
        digest = hashlib.blake2b(stream_arn.encode(), digest_size=6).hexdigest()
        return self._folder / f"{readable[-150:]}-{digest}.json"

    def load(self, stream_arn: str) -> Mapping[str, str]:
        """Empty where nothing was saved. Raises ``CheckpointBroken`` where the file is not ours, not whole or
        of another stream: to begin again in silence would publish a day's changes twice, to guess could
        skip some."""
        path = self.path_of(stream_arn)
        remove_interrupted(path)
        try:
            content = orjson.loads(path.read_bytes())
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise CheckpointBroken(
                f"The checkpoint file {path} cannot be read: {error.strerror}", hint="make it readable"
            ) from error
        except orjson.JSONDecodeError as error:
            raise _broken(path, "is not JSON") from error
        return _read(path, content, stream_arn)

    def save(self, stream_arn: str, progress: Mapping[str, str]) -> None:
        """Raises ``CheckpointUnavailable``."""
        path = self.path_of(stream_arn)
        content = {"format": _FORMAT, "stream": stream_arn, "shards": dict(progress)}
        try:
            write_durably(path, orjson.dumps(content, option=orjson.OPT_INDENT_2))
        except OSError as error:
            raise CheckpointUnavailable(
                f"The checkpoint file {path} cannot be written: {error.strerror}",
                hint="check free space and permissions of its folder",
            ) from error


def _read(path: Path, content: Any, stream_arn: str) -> dict[str, str]:
    if not isinstance(content, dict):
        raise _broken(path, "does not hold an object")
    if content.get("format") != _FORMAT:
        raise _broken(path, f"is not of format {_FORMAT}, which this version writes")
    if content.get("stream") != stream_arn:
        raise _broken(path, "belongs to another stream")
    shards = content.get("shards")
    if not isinstance(shards, dict) or not all(isinstance(text, str) for text in shards.values()):
        raise _broken(path, "has no positions by shard")
    return shards


def _broken(path: Path, what: str) -> CheckpointBroken:
    return CheckpointBroken(
        f"The checkpoint file {path} {what}",
        hint="restore it from a copy, or remove it to begin again at the starting position "
        "(records still in the stream come again)",
    )
