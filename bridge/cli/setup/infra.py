"""``stream-bridge infra``: what the templates in infra/ need from bridge.yaml, and whether they have it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bridge.cli.console.options import DEFAULT_CONFIG, ConfigOption, EnvFileOption, OutputOption, environment
from bridge.cli.console.output import Console, ExitCode, Output

if TYPE_CHECKING:
    from bridge.infra.rendered import Rendered
    from bridge.settings import Settings

app = typer.Typer(help="What the templates in infra/ need from the configuration.", no_args_is_help=True)

DEFAULT_FOLDER = Path("rendered")

TableOption = Annotated[
    list[str] | None,
    typer.Option("--table", help="Table to render for, by either name; all by default.", metavar="T"),
]
FolderOption = Annotated[
    Path, typer.Option("--out", help="Folder of the files; each table has one inside.", metavar="DIR")
]
KeyOption = Annotated[
    bool, typer.Option("--kms", help="Policies for stores that are encrypted with a KMS key of your own.")
]


@app.command()
def render(
    context: typer.Context,
    config: ConfigOption = DEFAULT_CONFIG,
    table: TableOption = None,
    out: FolderOption = DEFAULT_FOLDER,
    kms: KeyOption = False,
    env_file: EnvFileOption = None,
) -> int:
    """Write the parameters of the templates, filter criteria, IAM policies and rules for subscribers.

    Parameters that you have added to a file stay in it. Variables that the templates set may be unset here.

    Exit code 3 when the templates cannot do what the configuration says.
    """
    from bridge.infra.rendered import write

    console: Console = context.obj
    for rendered in _render(console, config, table, env_file, kms=kms):
        for path in write(rendered, out):
            console.show(str(path))
    return ExitCode.OK


@app.command()
def diff(
    context: typer.Context,
    config: ConfigOption = DEFAULT_CONFIG,
    table: TableOption = None,
    out: FolderOption = DEFAULT_FOLDER,
    kms: KeyOption = False,
    env_file: EnvFileOption = None,
    output: OutputOption = Output.TEXT,
) -> int:
    """Say where rendered files no longer say what the configuration says, a line each. Changes nothing.

    Exit code 0: they agree. 2: they do not.
    """
    import shlex
    from dataclasses import asdict

    from bridge.infra.rendered import compare

    console: Console = context.obj
    drifts = [
        drift
        for rendered in _render(console, config, table, env_file, kms=kms)
        for drift in compare(rendered, out)
    ]
    words = ["stream-bridge", "infra", "render", "--config", str(config), "--out", str(out)]
    words += [word for name in table or () for word in ("--table", name)] + ["--kms"] * kms
    fix = shlex.join(words)
    if output is Output.JSON:
        found = [{**asdict(drift), "mend": fix} for drift in drifts]
        console.write_json({"agrees": not drifts, "drifts": found})
    else:
        for drift in drifts:
            console.show(f"{out / drift.file}: {drift.what} - {fix}")
        if not drifts:
            console.say(f"{out}: says what {config} says")
    return ExitCode.DIFFERENCES if drifts else ExitCode.OK


def _render(
    console: Console, config: Path, tables: list[str] | None, env_file: Path | None, *, kms: bool
) -> list[Rendered]:
    from bridge.infra.environment import sample_environment, unknown_variables
    from bridge.infra.rendered import render as render_table
    from bridge.settings import load_settings

    settings = load_settings(config, {**sample_environment(), **environment(env_file)})
    for warning in settings.warnings:
        console.problem(warning)
    for name in unknown_variables(config.read_text(encoding="utf-8-sig")):
        console.say(
            f"warning: {config} names ${{{name}}}, which the templates do not set: use one of theirs, or add"
            " it to Environment in infra/bridge.yaml",
            style="yellow",
        )
    return [render_table(settings, name, key=kms) for name in _chosen(settings, tables)]


def _chosen(settings: Settings, tables: list[str] | None) -> list[str]:
    from bridge.wiring.run import choose_tables

    return choose_tables(settings, tables or ())
