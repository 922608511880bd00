"""``stream-bridge infra``: render what the templates in infra/ need from bridge.yaml, and find drift."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bridge.cli.console.options import OutputOption, Project
from bridge.cli.console.output import Console, ExitCode, Output

if TYPE_CHECKING:
    from bridge.infra.rendered import Rendered


@dataclass(frozen=True)
class Files:
    """Which files are rendered, and where."""

    table: Annotated[
        list[str] | None,
        typer.Option(help="Table to render for, by either name; all by default.", metavar="T"),
    ] = None
    out: Annotated[
        Path, typer.Option(help="Folder to write into, with a folder for each table.", metavar="DIR")
    ] = Path("rendered")
    kms: Annotated[
        bool, typer.Option(help="Add policies for stores that are encrypted with your own KMS key.")
    ] = False


def render(console: Console, project: Project, files: Files) -> int:
    """Write template parameters, filter criteria, IAM policies and rules for subscribers.

    Keeps parameters that you have added to a file. Variables that the templates set may be unset here.

    Exits 3 when the templates cannot do what the configuration says.
    """
    from bridge.infra.rendered import write

    for rendered in _render(console, project, files):
        for path in write(rendered, files.out):
            console.show(str(path))
    return ExitCode.OK


def diff(console: Console, project: Project, files: Files, output: OutputOption = Output.TEXT) -> int:
    """Show where rendered files differ from the configuration, one line each. Changes nothing.

    Exits 0 when they agree, 2 when they differ.
    """
    import shlex
    from dataclasses import asdict

    from bridge.infra.rendered import compare

    out = files.out
    drifts = [drift for each in _render(console, project, files) for drift in compare(each, out)]
    words = ["stream-bridge", "infra", "render", "--config", str(project.config), "--out", str(out)]
    words += [word for name in files.table or () for word in ("--table", name)] + ["--kms"] * files.kms
    fix = shlex.join(words)
    if output is Output.JSON:
        found = [{**asdict(drift), "fix": fix} for drift in drifts]
        console.write_json({"agrees": not drifts, "drifts": found})
    else:
        for drift in drifts:
            console.show(f"{out / drift.file}: {drift.what} - {fix}")
        if not drifts:
            console.say(f"{out}: agrees with {project.config}")
    return ExitCode.DIFFERENCES if drifts else ExitCode.OK


def _render(console: Console, project: Project, files: Files) -> list[Rendered]:
    from bridge.infra.environment import sample_environment, unknown_variables
    from bridge.infra.rendered import render as render_table
    from bridge.settings import load_settings
    from bridge.settings.derived_filter import mapping_filter
    from bridge.wiring.run import choose_tables

    settings = load_settings(project.config, {**sample_environment(), **project.environ})
    for warning in settings.warnings:
        console.problem(warning)
    for name in unknown_variables(project.config.read_text(encoding="utf-8-sig")):
        console.say(
            f"warning: {project.config} names ${{{name}}}, which the templates do not set: use one of theirs,"
            " or add it to Environment in infra/bridge.yaml",
            style="yellow",
        )
    tables = choose_tables(settings, files.table or ())
    for name in tables:
        if note := mapping_filter(settings, name).note:
            console.say(f"note: table {name}: {note}")
    return [render_table(settings, name, key=files.kms) for name in tables]
