"""What ``init`` found, as a tree for people and as JSON for programs. Names and counts, never a value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from bridge.cli.console.output import Console, columns, plural, visible

if TYPE_CHECKING:
    from rich.text import Text

    from bridge.cli.setup.samples import TableRead
    from bridge.onboarding.documents import TablePlan


def show(console: Console, reads: Sequence[TableRead], plans: Sequence[TablePlan]) -> None:
    for read in reads:
        of = f" of about {read.sample.about_items:,}" if read.sample.about_items else ""
        head = f"\n{read.sample.table}: {read.sample.items.seen:,}{of} items read"
        its = _of(read, plans)
        if read.proposal is None:
            console.say(f"{head}; check these:", style="bold")
        else:
            console.say(f"{head}; {_found_by(read)}:", style="bold")
            for row in _tree(read, its):
                console.say(row)
            console.say("\ncheck these:", style="bold")
        for line in _remarks(read, its) or ["no remarks"]:
            console.say(f"  - {visible(line)}")


def _of(read: TableRead, plans: Sequence[TablePlan]) -> list[TablePlan]:
    return [plan for plan in plans if plan.sample.table == read.sample.table]


def _found_by(read: TableRead) -> str:
    proposal = read.proposal
    assert proposal is not None  # noqa: S101 - only shown for tables with entities
    kinds = plural(len(proposal.entities), "kind of items", "kinds of items")
    if proposal.kind is None:
        return f"{kinds}, by the labels in the keys"
    return f"{kinds}, by the attribute {visible(proposal.kind.name)}"


def _tree(read: TableRead, plans: Sequence[TablePlan]) -> list[Text]:
    proposal = read.proposal
    assert proposal is not None  # noqa: S101 - as above
    rows = []
    for plan in plans:
        entity = plan.entity
        assert entity is not None  # noqa: S101 - the table has entities
        key = "  ".join(f"{name}={text}" for name, text in entity.key.items())
        selected = ", ".join(entity.where or ())
        where = f"where {selected}" if selected else ""
        rows.append([f"├─ {entity.name}", f"{entity.items:,}", key, where, plan.subject])
    rows.append(["└─ (none of these)", f"{proposal.fit_none:,}", "", "", ""])
    return columns([list(map(visible, row)) for row in rows], ("", "items", "key", "", "subject"))


def _remarks(read: TableRead, plans: Sequence[TablePlan]) -> list[str]:
    from bridge.onboarding.remarks import proposal_remarks, remarks

    if read.proposal is None:
        return list(remarks(plans[0]))
    found = list(proposal_remarks(read.sample, read.proposal, expiry_unknown=read.unknown_expiry))
    for plan in plans:
        assert plan.entity is not None  # noqa: S101 - the table has entities
        found += [f"{plan.entity.name}: {line}" for line in remarks(plan)]
    return found


def as_json(reads: Sequence[TableRead], plans: Sequence[TablePlan]) -> dict[str, Any]:
    return {read.sample.table: dict(_table(read, _of(read, plans))) for read in reads}


def _table(read: TableRead, plans: Sequence[TablePlan]) -> Iterator[tuple[str, Any]]:
    yield "samples", read.sample.items.seen
    yield "events", [event.type for plan in plans for event in plan.events]
    yield "redacted", list(dict.fromkeys(path for plan in plans for path in plan.drop))
    yield "remarks", list(map(visible, _remarks(read, plans)))
    proposal = read.proposal
    if proposal is None:
        return
    kind = proposal.kind
    yield "entity_attribute", None if kind is None else {"name": kind.name, "found_by": kind.found_by}
    yield "without_entity_attribute", dict(proposal.without_kind)
    yield "fit_none", proposal.fit_none
    yield "ttl", proposal.expiry
    yield "entities", [_entity(plan) for plan in plans]


def _entity(plan: TablePlan) -> dict[str, Any]:
    entity = plan.entity
    assert entity is not None  # noqa: S101 - the table has entities
    return {
        "name": entity.name,
        "items": entity.items,
        "key": dict(entity.key),
        "where": entity.where,
        "subject": plan.subject,
        "events": [event.type for event in plan.events],
        "ignored": [each.pointer for each in entity.ignore],
        "redacted": list(plan.drop),
    }
