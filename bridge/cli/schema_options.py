"""Options that the schema verbs share: which folder of schemas, and for whom the output is."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bridge.cli.options import DEFAULT_CONFIG
from bridge.errors import ConfigurationError, Problem

SchemasOption = Annotated[
    Path | None,
    typer.Option(
        "--schemas",
        "-s",
        help="The folder of the schemas; else what bridge.yaml says, else ./event_schemas.",
        metavar="DIR",
    ),
]
DEFAULT_FOLDER = Path("event_schemas")


class Format(StrEnum):
    """``--output`` of verbs that build pipelines run."""

    TEXT = "text"
    JSON = "json"
    JUNIT = "junit"
    GITHUB = "github"


FormatOption = Annotated[
    Format,
    typer.Option("--output", help="For people, for programs, for test reports, for annotations on GitHub."),
]


def schemas_folder(given: Path | None, config: Path = DEFAULT_CONFIG) -> Path:
    """The folder that is meant. Raises ``ConfigurationError`` where there is none."""
    from bridge.settings import find_schemas

    if given is None and config.exists():
        given = find_schemas(config, os.environ)
    folder = given if given is not None else DEFAULT_FOLDER
    if not folder.is_dir():
        what = "is not a folder" if folder.exists() else "there is no such folder"
        advice = "name the folder of the event schemas with --schemas"
        raise ConfigurationError([Problem(str(folder), 0, 0, "", what, advice)])
    return folder
