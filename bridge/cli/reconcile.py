"""``stream-bridge reconcile``, ``seed`` and ``backfill``: a table held against its ledger."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bridge.cli.collector import calm_collector
from bridge.cli.console import Console, ExitCode, Output
from bridge.cli.options import (
    DEFAULT_CONFIG,
    ConfigOption,
    EndpointOption,
    EnvFileOption,
    OutputOption,
    RegionOption,
)
from bridge.cli.reconcile_options import Given, build

if TYPE_CHECKING:
    from bridge.reconcile import Mode

app = typer.Typer(help="Hold a table against its ledger: find, confirm and tell what the stream lost.")

TableOption = Annotated[
    str | None, typer.Option("--table", help="The table, where there are several.", metavar="NAME")
]
StateOption = Annotated[
    str | None,
    typer.Option(
        "--state",
        help="Where runs are kept: a folder, .stream-bridge by default; or s3://bucket/prefix.",
        metavar="WHERE",
    ),
]
KeyOption = Annotated[
    list[str] | None,
    typer.Option(
        "--key",
        help="Only this item: id=u-1, or id=u-1,sort=2, or typed JSON; again for more.",
        metavar="KEY",
    ),
]
TypeOption = Annotated[
    list[str] | None,
    typer.Option("--only-type", help="Only this event type; again for more.", metavar="TYPE"),
]
SinceOption = Annotated[
    str | None,
    typer.Option(
        "--since",
        help="Only what was certainly lost after this: its last settled change is newer.",
        metavar="T",
    ),
]
LagOption = Annotated[
    str | None, typer.Option("--lag", help="How far the bridge is behind, by your word: 0s, 5m.", metavar="D")
]
FunctionOption = Annotated[
    str | None,
    typer.Option(
        "--function",
        help="Lambda function whose IteratorAge, or else its mapping, tells the lag.",
        metavar="NAME",
    ),
]
CheckpointsOption = Annotated[
    Path | None,
    typer.Option(
        "--checkpoints",
        help="Where `stream-bridge run` keeps its state: its checkpoints tell the lag.",
        metavar="DIR",
    ),
]
StoppedOption = Annotated[
    bool, typer.Option("--stream-stopped", help="No mapping reads the stream: nothing is in flight.")
]
TrustOption = Annotated[
    bool, typer.Option("--trust-ledger", help="What has no ledger row was missed, however much it is.")
]
SegmentsOption = Annotated[int | None, typer.Option("--segments", min=1, help="Read side by side.")]
RcuOption = Annotated[float | None, typer.Option("--max-rcu", min=0.5, help="Read units a second, at most.")]
EmitOption = Annotated[int | None, typer.Option("--max-emit", min=0, help="Stop where more would be sent.")]
BackfillOption = Annotated[
    int | None,
    typer.Option(
        "--max-emit", min=0, help="Stop before more events than these are sent; no limit by default."
    ),
]
RemovesOption = Annotated[int | None, typer.Option("--max-removes", min=0, help="The same for removes.")]
TakeOverOption = Annotated[
    bool, typer.Option("--take-over", help="Take the table from a run that is known to be dead.")
]
RefreshOption = Annotated[
    bool,
    typer.Option(
        "--refresh",
        help="Also write anew what was settled under another diff.ignore, redact or hash_key: taken as told "
        "as it is now.",
    ),
]
HtmlOption = Annotated[
    Path | None, typer.Option("--html", help="Write the report as a page, too.", metavar="FILE")
]


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
    return _work(context.obj, given, "plan", output, html, take_over=take_over)


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
    return _work(context.obj, given, "run", output, html, take_over=take_over)


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
    return _work(context.obj, given, "run", output, html, take_over=take_over, resumed=True)


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
    from bridge.cli.reconcile_options import stored_state

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
    from bridge.cli.reconcile_options import stored_report

    console: Console = context.obj
    name, found = stored_report(Given(config, env_file, table, state, endpoint_url, region))
    if found is None:
        console.fail(f"{name} has no report yet", "`stream-bridge reconcile plan` makes one")
        return ExitCode.ERROR
    _show(console, found, output, html)
    return ExitCode.OK


def seed(
    context: typer.Context,
    config: ConfigOption = DEFAULT_CONFIG,
    env_file: EnvFileOption = None,
    table: TableOption = None,
    segments: SegmentsOption = None,
    max_rcu: RcuOption = None,
    state: StateOption = None,
    endpoint_url: EndpointOption = None,
    region: RegionOption = None,
    refresh: RefreshOption = False,
    take_over: TakeOverOption = False,
    output: OutputOption = Output.TEXT,
) -> int:
    """Record a table that was there before the bridge: ledger rows for its items, no event."""
    given = Given(
        config,
        env_file,
        table,
        state,
        endpoint_url,
        region,
        segments=segments,
        max_rcu=max_rcu,
        refresh=refresh,
    )
    return _work(context.obj, given, "seed", output, None, take_over=take_over)


def backfill(
    context: typer.Context,
    config: ConfigOption = DEFAULT_CONFIG,
    env_file: EnvFileOption = None,
    table: TableOption = None,
    only_type: TypeOption = None,
    segments: SegmentsOption = None,
    max_rcu: RcuOption = None,
    max_emit: BackfillOption = None,
    state: StateOption = None,
    endpoint_url: EndpointOption = None,
    region: RegionOption = None,
    take_over: TakeOverOption = False,
    output: OutputOption = Output.TEXT,
) -> int:
    """Send every item of a table as a snapshot event, on purpose."""
    given = Given(
        config,
        env_file,
        table,
        state,
        endpoint_url,
        region,
        only_type=only_type or (),
        segments=segments,
        max_rcu=max_rcu,
        max_emit=max_emit,
    )
    return _work(context.obj, given, "backfill", output, None, take_over=take_over)


def _work(
    console: Console,
    given: Given,
    mode: Mode,
    output: Output,
    html: Path | None,
    *,
    take_over: bool,
    resumed: bool = False,
) -> int:
    from threading import Event

    from bridge.cli.live import stopped_by_signals
    from bridge.cli.reconcile_view import ProgressLine

    reconciler, options = build(console, given, mode, resumed=resumed)
    stop = Event()
    note = "what is done is kept; `stream-bridge reconcile resume` goes on"
    steps = reconciler.steps(mode, options, resume=resumed, take_over=take_over)
    with (
        calm_collector(),
        stopped_by_signals(stop.set, console, finished=note),
        ProgressLine(console) as line,
    ):
        for progress in steps:
            if progress.notice:
                console.say(progress.notice, style="yellow")
                continue
            line.tell(progress)
            if stop.is_set():
                steps.close()  # type: ignore[attr-defined]
                return ExitCode.PARTLY
    found = reconciler.report() or {}
    _show(console, found, output, html)
    if found["unsent"]:
        return ExitCode.PARTLY
    # What could not be compared is no difference, but nobody may take it for "in step".
    open_ends = found["blocked"]["count"] or found["other_recipe"]
    if found["mode"] == "plan" and (sum(found["missed"].values()) or open_ends):
        return ExitCode.DIFFERENCES
    return ExitCode.PARTLY if open_ends else ExitCode.OK


def _show(console: Console, found: dict[str, Any], output: Output, html: Path | None) -> None:
    from bridge.cli.reconcile_view import report_lines
    from bridge.reconcile.page import render_page

    if html is not None:
        html.write_text(render_page(found), encoding="utf-8")
    if output is Output.JSON:
        console.write_json(found)
    else:
        console.show(*report_lines(found))
