"""A reconciler from the options of a command line, and the stored state and report of runs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import typer

from bridge.cli.console.options import STATE_FOLDER, moment, seconds
from bridge.cli.reconcile.options import Given

if TYPE_CHECKING:
    from bridge.cli.console.output import Console, visible
    from bridge.core.change import TypedItem
    from bridge.core.events.translate import Table
    from bridge.ports.lag import LagSource
    from bridge.ports.run_store import RunStore
    from bridge.ports.table import TableFacts
    from bridge.reconcile import Mode, Options, Reconciler, RunState
    from bridge.settings import Settings


def build(console: Console, given: Given, mode: Mode, *, resumed: bool) -> tuple[Reconciler, Options]:
    """Raises ``ConfigurationError``, and what ``build_reconciler`` raises."""
    from bridge.core.healing import time_text
    from bridge.edges.local.clock import SystemClock
    from bridge.wiring.reconcile import (
        build_checkpoint_lag,
        build_function_lag,
        build_lag,
        build_reconciler,
        build_stated_lag,
        options_of,
        side_by_side,
    )

    lag_s = None if given.lag is None else seconds("--lag", given.lag)
    since = "" if given.since is None else time_text(moment("--since", given.since, SystemClock().now))
    configuration = given.load(console, warn=True)
    name = choose(configuration.settings, given.table)
    clients = given.clients
    lag: LagSource = build_lag(None, None, clients())
    if lag_s is not None:
        folder = given.checkpoints or given.config.parent / STATE_FOLDER
        lag = build_stated_lag(configuration, name, lag_s, given.function, folder, clients())
    elif given.function:
        lag = build_function_lag(configuration, name, given.function, clients(), report=console.say)
    elif given.checkpoints is not None and not given.stream_stopped:
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
    table = configuration.tables[reconciler.comparer.facts.name]
    _check_types(given.only_type or (), table)
    entities = _checked_entities(given.entity or (), table)
    own = options_of(configuration.settings, name, entities)
    return reconciler, replace(
        own,
        segments=given.segments or own.segments,
        max_rcu=given.max_rcu or own.max_rcu,
        max_emit=own.max_emit if given.max_emit is None else given.max_emit,
        max_removes=own.max_removes if given.max_removes is None else given.max_removes,
        only_types=tuple(given.only_type or ()),
        keys=tuple(typed_key(text, reconciler.comparer.facts) for text in given.key or ()),
        entities=entities,
        since=since,
        stream_stopped=given.stream_stopped,
        trust_ledger=given.trust_ledger,
        refresh=given.refresh,
        max_snapshots=given.max_emit,
    )


def _checked_entities(wanted: Sequence[str], table: Table) -> tuple[str, ...]:
    """An entity that the table does not have would select nothing, which is no all-clear."""
    known = () if table.entities is None else tuple(table.entities.by_name)
    for each in wanted:
        if each not in known:
            has = f"it has {', '.join(known)}" if known else "it has no entities"
            raise typer.BadParameter(
                f"table {table.name} has no entity {visible(each)}; {has}", param_hint="--entity"
            )
    return tuple(dict.fromkeys(wanted))


def _check_types(wanted: Sequence[str], table: Table) -> None:
    """A type that the table does not have would select nothing, which is no all-clear."""
    types = sorted({version.envelope.type for rule in table.every_rule for version in rule.versions})
    known = {*types, *(each.rpartition(".v")[0] for each in types)}
    for each in wanted:
        if each not in known:
            raise typer.BadParameter(
                f"table {table.name} has no event type {visible(each)}; it has {', '.join(types)}",
                param_hint="--only-type",
            )


def stored_report(given: Given) -> tuple[str, dict[str, Any] | None]:
    """The table's name and its latest stored report."""
    table = _table_name(given)
    document = _store(given).get(f"{table}/report")
    return table, None if document is None else dict(document)


def stored_state(given: Given) -> tuple[str, RunState | None, dict[str, Any]]:
    """The table's name, its latest run, and the age of the last complete run. Raises ``CheckpointBroken``."""
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
    from bridge.wiring.reconcile import build_run_store

    return build_run_store(given.where, given.clients())


def _table_name(given: Given) -> str:
    settings = given.settings()
    return settings.tables[choose(settings, given.table)].name


def choose(settings: Settings, table: str | None) -> str:
    """The name in bridge.yaml of the chosen table; ``table`` may also be its name in DynamoDB."""
    by_name = {each.name: name for name, each in settings.tables.items()}
    by_name |= {name: name for name in settings.tables}
    if table is None:
        if len(settings.tables) == 1:
            return next(iter(settings.tables))
        tables = ", ".join(settings.tables)
        raise typer.BadParameter(f"choose one of the tables {tables}", param_hint="--table")
    if table not in by_name:
        raise typer.BadParameter(
            f"{settings.file} has no table {table}; its tables are {', '.join(settings.tables)}",
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
