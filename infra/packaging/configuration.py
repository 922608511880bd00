"""bridge.yaml and its schemas inside the package, always at the same paths."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import yaml

from bridge.errors import BridgeError
from bridge.infra.environment import sample_environment
from bridge.ports.registry import RegistryAddress
from bridge.settings import load_settings
from bridge.wiring.bridge import load_configuration
from infra.packaging.libraries import Files, PackagingError

CONFIG = "bridge.yaml"
"""The default of the templates' ``ConfigPath``, and of ``BRIDGE_CONFIG``."""
SCHEMAS = "event_schemas"


def configured(config: Path, schemas: Path | None) -> Files:
    """``config`` and ``schemas``, by default the folder that it names; ``schemas:`` in the copy points to it.
    Both are loaded as in the function, so that a mistake fails the build and not a cold start.

    Raises :class:`PackagingError`."""
    try:
        named = load_settings(config, _environment()).schemas
        content = config.read_bytes()
        if schemas is None:
            if isinstance(named, RegistryAddress):
                return {CONFIG: content}  # read at start-up
            schemas = named
        files = {CONFIG: _naming(content), **_schemas(schemas)}
        _check(files)
    except (BridgeError, OSError) as error:
        raise PackagingError(f"{config}: {error}") from error
    return files


def _schemas(folder: Path) -> Files:
    """The schemas without examples and notes, which only authors of schemas need."""
    if not folder.is_dir():
        raise PackagingError(f"{folder} is not a folder of schemas")
    return {
        f"{SCHEMAS}/{path.relative_to(folder).as_posix()}": path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.suffix in (".json", ".yaml")
        and not any(
            part == "examples" or part.startswith(".") for part in path.relative_to(folder).parts[:-1]
        )
    }


def _naming(content: bytes) -> bytes:
    """``content`` with another value of ``schemas`` and no other change."""
    text = content.decode("utf-8-sig")
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    for key, value in root.value if isinstance(root, yaml.MappingNode) else ():
        if key.value == "schemas":
            start, end = value.start_mark.index, value.end_mark.index
            return (text[:start] + f"./{SCHEMAS}" + text[end:]).encode()
    return (text.rstrip("\n") + f"\nschemas: ./{SCHEMAS}\n").encode()


def _check(files: Files) -> None:
    with tempfile.TemporaryDirectory(prefix="package-") as name:
        for path, content in files.items():
            place = Path(name) / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        load_configuration(Path(name) / CONFIG, _environment())


def _environment() -> dict[str, str]:
    """The variables of the templates, and those of the process: variables that were added to the templates
    must be set for the build too."""
    return {**sample_environment(), **os.environ}
