"""``stream-bridge schema publish``: publish the folder to the registries that registry.yaml names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from bridge.cli.console.options import EndpointOption, OutputOption
from bridge.cli.console.output import Console, ExitCode, Output, plural
from bridge.cli.schema.lock import hold_promises
from bridge.cli.schema.options import SchemasOption, schemas_folder
from bridge.errors import BridgeError, ConfigurationError

if TYPE_CHECKING:
    from bridge.ports.registry import RegistryAddress
    from bridge.schemas.documents.schema_set import SchemaSet
    from bridge.schemas.registries.plan import TargetPlan
    from bridge.schemas.registries.publish import Target

_STYLES = {"new": "green", "unfinished": "yellow", "failed": "red", "drifted": "red"}


class PublishRefused(BridgeError):
    """The request cannot be published."""


def publish(
    console: Console,
    schemas: SchemasOption = None,
    plan: Annotated[bool, typer.Option(help="Show what --apply would do, and do nothing.")] = False,
    apply: Annotated[bool, typer.Option(help="Publish what is new.")] = False,
    target: Annotated[
        list[str] | None,
        typer.Option(help="Only this registry, by name or address. Repeatable.", metavar="NAME"),
    ] = None,
    restore: Annotated[
        bool, typer.Option(help="Publish again versions that were removed from a registry by hand.")
    ] = False,
    endpoint_url: EndpointOption = None,
    output: OutputOption = Output.TEXT,
) -> int:
    """Publish schemas to the EventBridge and Glue registries of registry.yaml.

    Only adds versions: changes made by hand in a registry are reported and never overwritten. The next run
    completes one that was interrupted. The lock is written once every target has everything.

    Exits 0 when everything is published (or, with --plan, can be), 2 when a registry was changed by hand, 3
    when something in the folder cannot be published.
    """
    from bridge.schemas.documents.schema_set import SchemaSet
    from bridge.schemas.registries.publish import Drifted
    from bridge.schemas.registries.publish import plan as plan_targets
    from bridge.schemas.registries.publish import publish as publish_targets

    if plan is apply:
        raise PublishRefused("choose --plan or --apply", hint="--plan shows what --apply would do")
    folder = schemas_folder(schemas)
    found = SchemaSet.load(folder)
    chosen = _choose(found.registry.publish, target or ())
    hold_promises(found)  # the registries check nothing (Glue has compatibility NONE)
    targets, patience = _open(found, chosen, endpoint_url, restore=restore)
    try:
        if plan:
            plans = plan_targets(targets)
        else:
            plans = publish_targets(targets, patience, lambda line: console.say(line, style="dim"))
    except Drifted as error:
        _show(console, error.plans, output, locked=False)
        console.fail("a registry was changed by hand; nothing in it was overwritten", error.hint)
        return ExitCode.DIFFERENCES
    whole = len(chosen) == len(found.registry.publish)
    locked = apply and whole and _lock(folder, found, targets)
    _show(console, plans, output, locked=locked)
    if apply and not whole:
        console.say("the lock is written only by a run over all targets")
    return ExitCode.DIFFERENCES if any(each.drifted or each.failed for each in plans) else ExitCode.OK


def _choose(targets: Sequence[RegistryAddress], names: Sequence[str]) -> list[RegistryAddress]:
    if not targets:
        advice = "publish: [{kind: eventbridge, registry: domain-events}]"
        raise PublishRefused("registry.yaml names no registry to publish to", hint=f"add {advice}")
    if not names:
        return list(targets)
    spelled = {each: (each.registry, f"{each.kind}://{each.registry}", str(each)) for each in targets}
    for name in names:
        if not any(name in spellings for spellings in spelled.values()):
            known = ", ".join(map(str, targets))
            raise PublishRefused(f"registry.yaml has no target '{name}'", hint=f"it has {known}")
    return [each for each, spellings in spelled.items() if set(names) & set(spellings)]


def _open(
    schemas: SchemaSet, chosen: Sequence[RegistryAddress], endpoint_url: str | None, *, restore: bool
) -> tuple[list[Target], Any]:
    """The targets and their candidates. Raises ``ConfigurationError`` with everything that prevents a version
    from being published to one of them."""
    from bridge.edges.local.clock import SystemClock
    from bridge.schemas.registries.candidates import prepare
    from bridge.schemas.registries.publish import Target
    from bridge.wiring import clients as wiring_clients
    from bridge.wiring.registries import open_registry
    from bridge.wiring.registries import patience as patience_with

    patience = patience_with(SystemClock())
    targets, problems = [], []
    for address in chosen:
        prepared, refused = prepare(schemas, address)
        problems += refused
        client = wiring_clients.client_factory(endpoint_url=endpoint_url, region=address.region)
        published = frozenset() if restore else schemas.lock.published.get(str(address), frozenset())
        targets.append(Target(open_registry(address, client, patience), prepared, published))
    if problems:
        raise ConfigurationError(list(dict.fromkeys(problems)))
    return targets, patience


def _lock(folder: Path, schemas: SchemaSet, targets: Sequence[Target]) -> bool:
    """Record, as the last step, what is published now. Returns whether anything was new."""
    from bridge.schemas.documents.entry_files import write_lock
    from bridge.schemas.registries.publish import lock_published

    grown = lock_published(schemas.lock.adding(schemas.entries(), schemas.metas), targets)
    if grown == schemas.lock and not schemas.lock.old:
        return False
    write_lock(folder, grown)
    return True


def _show(console: Console, plans: Sequence[TargetPlan], output: Output, *, locked: bool) -> None:
    if output is Output.JSON:
        reported = [
            {
                "target": str(each.address),
                "counts": dict(each.count()),
                "strangers": each.strangers,
                "versions": [asdict(line) for line in each.lines],
            }
            for each in plans
        ]
        console.write_json({"targets": reported, "locked": locked})
        return
    for each in plans:
        console.show(Text(str(each.address), style="bold"))
        for line in each.lines:
            if line.state != "same":
                text = Text(f"  {line.state:<10} ", style=_STYLES[line.state])
                text.append(f"{line.schema} {line.version}".rstrip(), style="not bold default")
                console.show(text.append(f": {line.what}" if line.what else "", style="default"))
        counts = ", ".join(f"{count} {state}" for state, count in sorted(each.count().items()))
        others = f"; {plural(each.strangers, 'schema')} of other owners" if each.strangers else ""
        console.show(f"  {counts or 'nothing to publish'}{others}")
    if locked:
        console.say("the lock is written")
