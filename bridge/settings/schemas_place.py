"""The folder of schemas that a bridge.yaml names, found without the models of all settings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bridge.errors import ConfigurationError, Problem
from bridge.settings.environment import substitute
from bridge.settings.yaml_source import MAX_BYTES, parse_yaml


def find_schemas(path: Path, environ: Mapping[str, str]) -> Path | None:
    """The schema folder of a file that has errors elsewhere; None if it cannot be determined."""
    try:
        data = substitute(parse_yaml(read_file(path), str(path)), environ).data
    except ConfigurationError:
        return None
    folder = data.get("schemas", "event_schemas") if isinstance(data, dict) else None
    if not isinstance(folder, str) or not folder or "${" in folder or "://" in folder:
        return None
    return path.parent / folder


def read_file(path: Path) -> bytes:
    """The content of bridge.yaml, and one byte too many of a file that is too large. Raises
    ``ConfigurationError``."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        problem = Problem(str(path), 0, 0, "", "the file does not exist", "name another with --config")
        raise ConfigurationError([problem]) from error
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ConfigurationError([Problem(str(path), 0, 0, "", f"cannot be read: {reason}")]) from error
