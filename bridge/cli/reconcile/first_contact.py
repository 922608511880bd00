"""``stream-bridge seed`` and ``backfill``: a table that was there before the bridge."""

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
from bridge.cli.console.output import Output
from bridge.cli.reconcile.build import Given
from bridge.cli.reconcile.options import (
    BackfillOption,
    RcuOption,
    RefreshOption,
    SegmentsOption,
    StateOption,
    TableOption,
    TakeOverOption,
    TypeOption,
)
from bridge.cli.reconcile.work import work


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
    return work(context.obj, given, "seed", output, None, take_over=take_over)


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
    return work(context.obj, given, "backfill", output, None, take_over=take_over)
