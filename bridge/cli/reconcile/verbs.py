"""``stream-bridge reconcile``: a table held against its ledger."""

from __future__ import annotations

import typer

from bridge.cli.console.options import (
    DEFAULT_CONFIG,
    ConfigOption,
    EndpointOption,
    EnvFileOption,
    OutputOption,
    RegionOption,
)
from bridge.cli.console.output import Console, ExitCode, Output
from bridge.cli.reconcile.build import Given
from bridge.cli.reconcile.options import (
    CheckpointsOption,
    EmitOption,
    FunctionOption,
    HtmlOption,
    KeyOption,
    LagOption,
    RcuOption,
    RemovesOption,
    SegmentsOption,
    SinceOption,
    StateOption,
    StoppedOption,
    TableOption,
    TakeOverOption,
    TrustOption,
    TypeOption,
)
from bridge.cli.reconcile.work import show, work

app = typer.Typer(help="Hold a table against its ledger: find, confirm and tell what the stream lost.")


@app.command()
def plan(
    context: typer.Context,
    config: ConfigOption = DEFAULT_CONFIG,
    env_file: EnvFileOption = None,
    table: TableOption = None,
    key: KeyOption = None,
    only_type: TypeOption = None,
    since: SinceOption = None,
    lag: LagOption = None,
    function: FunctionOption = None,
    checkpoints: CheckpointsOption = None,
    stream_stopped: StoppedOption = False,
    trust_ledger: TrustOption = False,
    segments: SegmentsOption = None,
    max_rcu: RcuOption = None,
    state: StateOption = None,
    endpoint_url: EndpointOption = None,
    region: RegionOption = None,
    take_over: TakeOverOption = False,
    html: HtmlOption = None,
    output: OutputOption = Output.TEXT,
) -> int:
    """Find and confirm what was missed, and send nothing. Exits 2 when something was, or could not be
    seen."""
    given = Given(
        config,
        env_file,
        table,
        state,
        endpoint_url,
        region,
        key=key or (),
        only_type=only_type or (),
        since=since,
        lag=lag,
        function=function,
        checkpoints=checkpoints,
        stream_stopped=stream_stopped,
        trust_ledger=trust_ledger,
        segments=segments,
        max_rcu=max_rcu,
    )
    return work(context.obj, given, "plan", output, html, take_over=take_over)


@app.command()
def run(
    context: typer.Context,
    config: ConfigOption = DEFAULT_CONFIG,
    env_file: EnvFileOption = None,
    table: TableOption = None,
    key: KeyOption = None,
    only_type: TypeOption = None,
    since: SinceOption = None,
    lag: LagOption = None,
    function: FunctionOption = None,
    checkpoints: CheckpointsOption = None,
    stream_stopped: StoppedOption = False,
    trust_ledger: TrustOption = False,
    segments: SegmentsOption = None,
    max_rcu: RcuOption = None,
    max_emit: EmitOption = None,
    max_removes: RemovesOption = None,
    state: StateOption = None,
    endpoint_url: EndpointOption = None,
    region: RegionOption = None,
    take_over: TakeOverOption = False,
    html: HtmlOption = None,
    output: OutputOption = Output.TEXT,
) -> int:
    """Find, confirm and tell what was missed. Exits 4 where not all of it could be told."""
    given = Given(
        config,
        env_file,
        table,
        state,
        endpoint_url,
        region,
        key=key or (),
        only_type=only_type or (),
        since=since,
        lag=lag,
        function=function,
        checkpoints=checkpoints,
        stream_stopped=stream_stopped,
        trust_ledger=trust_ledger,
        segments=segments,
        max_rcu=max_rcu,
        max_emit=max_emit,
        max_removes=max_removes,
    )
    return work(context.obj, given, "run", output, html, take_over=take_over)


@app.command()
def resume(
    context: typer.Context,
    config: ConfigOption = DEFAULT_CONFIG,
    env_file: EnvFileOption = None,
    table: TableOption = None,
    only_type: TypeOption = None,
    lag: LagOption = None,
    function: FunctionOption = None,
    checkpoints: CheckpointsOption = None,
    stream_stopped: StoppedOption = False,
    trust_ledger: TrustOption = False,
    max_rcu: RcuOption = None,
    max_emit: EmitOption = None,
    max_removes: RemovesOption = None,
    state: StateOption = None,
    endpoint_url: EndpointOption = None,
    region: RegionOption = None,
    take_over: TakeOverOption = False,
    html: HtmlOption = None,
    output: OutputOption = Output.TEXT,
) -> int:
    """Go on with the run that was interrupted, whatever it was, after the last page that is done."""
    given = Given(
        config,
        env_file,
        table,
        state,
        endpoint_url,
        region,
        only_type=only_type or (),
        lag=lag,
        function=function,
        checkpoints=checkpoints,
        stream_stopped=stream_stopped,
        trust_ledger=trust_ledger,
        max_rcu=max_rcu,
        max_emit=max_emit,
        max_removes=max_removes,
    )
    return work(context.obj, given, "run", output, html, take_over=take_over, resumed=True)


@app.command()
def status(
    context: typer.Context,
    config: ConfigOption = DEFAULT_CONFIG,
    env_file: EnvFileOption = None,
    table: TableOption = None,
    state: StateOption = None,
    endpoint_url: EndpointOption = None,
    region: RegionOption = None,
    output: OutputOption = Output.TEXT,
) -> int:
    """Where the latest run of a table is. Asks nobody but the place where runs are kept."""
    from bridge.cli.reconcile.build import stored_state

    console: Console = context.obj
    name, found, history = stored_state(Given(config, env_file, table, state, endpoint_url, region))
    if output is Output.JSON:
        console.write_json({"table": name, "run": found.as_document() if found else None, **history})
        return ExitCode.OK
    if found is None:
        console.show(f"{name}: no run yet")
        return ExitCode.OK
    where = "ended" if found.phase == "done" else f"in phase {found.phase}; `reconcile resume` goes on"
    console.show(f"{name}: {found.mode} {found.run} {where}")
    last = history["last_complete"]
    age = "none" if last is None else f"{last['age_s'] / 3600:.1f} h ago"
    console.show(f"last complete reconciliation: {age}")
    return ExitCode.OK


@app.command()
def report(
    context: typer.Context,
    config: ConfigOption = DEFAULT_CONFIG,
    env_file: EnvFileOption = None,
    table: TableOption = None,
    state: StateOption = None,
    endpoint_url: EndpointOption = None,
    region: RegionOption = None,
    html: HtmlOption = None,
    output: OutputOption = Output.TEXT,
) -> int:
    """The report of the latest run that ended or was stopped."""
    from bridge.cli.reconcile.build import stored_report

    console: Console = context.obj
    name, found = stored_report(Given(config, env_file, table, state, endpoint_url, region))
    if found is None:
        console.fail(f"{name} has no report yet", "`stream-bridge reconcile plan` makes one")
        return ExitCode.ERROR
    show(console, found, output, html)
    return ExitCode.OK
