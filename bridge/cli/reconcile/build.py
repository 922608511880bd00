"""From the words of a command line to a reconciler and its options."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from bridge.cli.console.options import environment, read_configuration
from bridge.cli.stream.run import STATE_FOLDER

if TYPE_CHECKING:
    from bridge.cli.console.output import Console
    from bridge.core.change import TypedItem
    from bridge.ports.lag import LagSource
    from bridge.ports.run_store import RunStore
    from bridge.ports.table import TableFacts
    from bridge.reconcile import Mode, Options, Reconciler, RunState
    from bridge.settings import Settings

_UNITS_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "": 1.0}


@dataclass(frozen=True, slots=True)
class Given:
    """What the command line says; what is None comes from bridge.yaml."""

    config: Path
    env_file: Path | None
    table: str | None
    state: str | None
    endpoint_url: str | None = None
    region: str | None = None
    key: Sequence[str] = ()
    only_type: Sequence[str] = ()
    since: str | None = None
    lag: str | None = None
    function: str | None = None
    stream_stopped: bool = False
    trust_ledger: bool = False
    segments: int | None = None
    max_rcu: float | None = None
    max_emit: int | None = None
    max_removes: int | None = None
    checkpoints: Path | None = None
    refresh: bool = False

    @property
    def where(self) -> Path | str:
        """Where runs are kept: a folder, or ``s3://bucket/prefix``."""
        return self.state or self.config.parent / STATE_FOLDER


def build(console: Console, given: Given, mode: Mode, *, resumed: bool) -> tuple[Reconciler, Options]:
    """Raises ``ConfigurationError``, and what ``build_reconciler`` raises."""
    from functools import partial

    from bridge.reconcile import Options
    from bridge.wiring.clients import client_factory
    from bridge.wiring.reconcile import (
        build_checkpoint_lag,
        build_function_lag,
        build_lag,
        build_reconciler,
        side_by_side,
    )

    lag_s = None if given.lag is None else seconds(given.lag, "--lag")
    since = "" if given.since is None else moment(given.since)
    configuration = read_configuration(console, given.config, given.env_file)
    for warning in configuration.settings.warnings:
        console.problem(warning)
    name = choose(configuration.settings, given.table)
    clients = partial(client_factory, endpoint_url=given.endpoint_url, region=given.region)
    lag: LagSource = build_lag(lag_s, None, clients())
    if lag_s is None and given.function:
        lag = build_function_lag(configuration, name, given.function, clients(), report=console.say)
    elif lag_s is None and given.checkpoints is not None and not given.stream_stopped:
        lag = build_checkpoint_lag(configuration, name, given.checkpoints, clients())
    reconciler = build_reconciler(
        configuration,
        name,
        clients,
        state=given.where,
        lag=lag,
        dry=mode in ("plan", "seed") and not resumed,
        stream_stopped=given.stream_stopped,
        spread=side_by_side,
    )
    own = configuration.settings.tables[name].reconcile
    return reconciler, Options(
        segments=given.segments or own.segments,
        max_rcu=given.max_rcu or own.max_rcu,
        grace_s=own.grace_s,
        max_emit=own.max_emit if given.max_emit is None else given.max_emit,
        max_removes=own.max_removes if given.max_removes is None else given.max_removes,
        only_types=tuple(given.only_type),
        keys=tuple(typed_key(text, reconciler.comparer.facts) for text in given.key),
        since=since,
        stream_stopped=given.stream_stopped,
        trust_ledger=given.trust_ledger,
        refresh=given.refresh,
        max_snapshots=given.max_emit,
    )


def stored_report(given: Given) -> tuple[str, dict[str, Any] | None]:
    """The table's name and its latest report, from where runs are kept alone."""
    table = _table_name(given)
    document = _store(given).get(f"{table}/report")
    return table, None if document is None else dict(document)


def stored_state(given: Given) -> tuple[str, RunState | None, dict[str, Any]]:
    """The table's name, its latest run, and the age of the last complete one. Raises ``CheckpointBroken``."""
    from bridge.edges.local.clock import SystemClock
    from bridge.reconcile import RunState
    from bridge.reconcile.report import last_complete

    table = _table_name(given)
    store = _store(given)
    document = store.get(f"{table}/run")
    state = None if document is None else RunState.read_from(document, f"{table}/run", table)
    runs = list((store.get(f"{table}/history") or {}).get("runs", []))
    return table, state, {"last_complete": last_complete(runs, SystemClock().now())}


def _store(given: Given) -> RunStore:
    from bridge.wiring.clients import client_factory
    from bridge.wiring.reconcile import build_run_store

    return build_run_store(given.where, client_factory(endpoint_url=given.endpoint_url, region=given.region))


def _table_name(given: Given) -> str:
    from bridge.settings import load_settings

    settings = load_settings(given.config, environment(given.env_file))
    return settings.tables[choose(settings, given.table)].name


def choose(settings: Settings, table: str | None) -> str:
    """The name in bridge.yaml of the table that is meant."""
    by_name = {each.name: name for name, each in settings.tables.items()}
    by_name |= {name: name for name in settings.tables}
    if table is None:
        if len(settings.tables) == 1:
            return next(iter(settings.tables))
        raise typer.BadParameter(f"one of {', '.join(settings.tables)} must be named", param_hint="--table")
    if table not in by_name:
        raise typer.BadParameter(
            f"bridge.yaml has no table {table}; its tables are {', '.join(settings.tables)}",
            param_hint="--table",
        )
    return by_name[table]


def typed_key(text: str, facts: TableFacts) -> TypedItem:
    """``id=u-1``, ``id=u-1,sort=2`` or ``{"id": {"S": "u-1"}}`` as a typed key of the table."""
    if text.lstrip().startswith("{"):
        try:
            key: Any = json.loads(text)
        except json.JSONDecodeError as error:
            raise typer.BadParameter("is not JSON", param_hint="--key") from error
    else:
        pairs = [part.partition("=") for part in text.split(",")]
        key = {name: {facts.key.get(name, "S"): value} for name, _, value in pairs}
    types = {name: list(value) for name, value in key.items() if isinstance(value, dict)}
    if types != {name: [kind] for name, kind in facts.key.items()}:
        wanted = ", ".join(f"{name} ({kind})" for name, kind in facts.key.items())
        raise typer.BadParameter(f"the key of table {facts.name} is {wanted}", param_hint="--key")
    return dict(key)


def seconds(text: str, option: str) -> float:
    """``30s``, ``5m``, ``250ms`` or a plain number of seconds."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s|m|h|d|)", text)
    if found is None:
        raise typer.BadParameter("write a duration such as 0s, 90s or 5m", param_hint=option)
    return float(found[1]) * _UNITS_S[found[2]]


def moment(text: str) -> str:
    """ISO 8601, UTC where it names no zone; as ledger rows write it."""
    from bridge.core.healing import time_text

    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter("write a time such as 2026-11-20T12:00:00Z", param_hint="--since") from error
    return time_text(at if at.tzinfo is not None else at.replace(tzinfo=UTC))
