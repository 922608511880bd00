"""All findings about what a bridge.yaml can never do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from bridge.core.jsonpath import JsonPathError, Step, parse_path, written
from bridge.core.pattern.record import TEXT_TAGS
from bridge.errors import Problem
from bridge.schemas.documents.meta import Status
from bridge.schemas.documents.schema_set import SchemaSet
from bridge.settings import Settings
from bridge.settings.kinds import Kind
from bridge.settings.lint.conditions import condition_findings
from bridge.settings.lint.known import Known, known_of, similar, without_wrapping
from bridge.settings.lint.mappings import mapping_findings
from bridge.settings.lint.pointers import pointer_findings
from bridge.settings.lint.samples import selectors_of
from bridge.settings.lint.subjects import subject_findings
from bridge.settings.tables import TableSettings

Place = tuple[str | int, ...]


def find_never(settings: Settings, schemas: SchemaSet | None, samples: Sequence[Any] = ()) -> list[Problem]:
    """A warning for each part of the configuration that can never do what it says. ``samples`` are stream
    records of the tables, as ``stream-bridge init`` writes them to ``examples/records``."""
    problems: list[Problem] = []
    kinds = settings.kinds()
    selectors = selectors_of(kinds)
    shared: dict[Place, list[tuple[str, str]]] = {}
    for kind in kinds:
        place, table = kind.place, kind.settings
        known = known_of(kind, schemas, samples, selectors.get(kind.table))
        found: list[tuple[Place, str, str]] = [
            *redaction_findings(kind, known),
            *pointer_findings(place, table, known),
            *condition_findings(place, table, known),
            *(subject_findings(place, table, known) if kind.selects is None else ()),
            *mapping_findings(place, table, known, schemas),
            *_status_findings(place, table, schemas),
        ]
        for at, message, advice in found:
            of_table = _inherited(kind, at)
            if of_table is None:
                problems.append(settings.problem(at, message, advice, "warning"))
            else:
                shared.setdefault(of_table, []).append((message, advice))
    for at, each in shared.items():
        # What a table says for all of its entities is of use if it is for one of them.
        heirs = sum(kind.table == at[1] and _has_from_table(kind, str(at[2])) for kind in kinds)
        if len(each) == heirs:
            problems.append(settings.problem(at, *each[0], "warning"))
    return list(dict.fromkeys(problems))


def _inherited(kind: Kind, at: Place) -> Place | None:
    """Where the table says what an entity has from it; None for what the entity says itself."""
    own = len(kind.place)
    if kind.selects is None:
        return None
    if at[:own] != kind.place:
        return at
    inherits = at[own] in ("diff", "numbers") and _has_from_table(kind, str(at[own]))
    return ("tables", kind.table, *at[own:]) if inherits else None


def _has_from_table(kind: Kind, name: str) -> bool:
    """Redaction adds up, so each entity has the table's."""
    return name == "redact" or getattr(kind.selects, name, None) is None


def redaction_findings(kind: Kind, known: Known) -> Iterator[tuple[Place, str, str]]:
    """Rules that no schema, example or sample has anything for."""
    for index, rule in enumerate(kind.settings.redact):
        try:
            path = parse_path(rule.path)
        except JsonPathError:
            continue
        if path.steps is None:
            continue
        steps: tuple[Step, ...] = (path.root, *path.steps)
        answer = known.has(steps)
        if answer == "yes" or (answer == "unknown" and _is_about(known, steps)):
            continue
        at = (*kind.redact_place(index), "path")
        message = "matches nothing in any schema, example or sample, so this may be published unredacted"
        guess = nearest(known, steps)
        advice = f"did you mean '{written(guess)}'?" if guess else NO_SAMPLE
        yield at, message, advice


NO_SAMPLE = "put a record of the table that has it into examples/records beside bridge.yaml, or remove it"


def _is_about(known: Known, steps: Sequence[Step]) -> bool:
    """Whether a mapping names the place, or nothing is known of what is inside it."""
    first = steps[0]
    return isinstance(first, str) and (first in known.mentioned.members or first in known.items.members)


def nearest(known: Known, steps: Sequence[Step]) -> tuple[Step, ...] | None:
    """What somebody meant who wrote ``steps``: a place that is known."""
    plain = tuple(steps)
    inside, untyped = without_wrapping(plain)
    found = similar(known, plain)
    if found is not None:
        return found
    if inside != plain and inside:
        return untyped
    last = plain[-1]
    if len(plain) > 1 and last in TEXT_TAGS and not known.whole:
        return plain[:-1]
    return None


def _status_findings(
    place: Place, table: TableSettings, schemas: SchemaSet | None
) -> Iterator[tuple[Place, str, str]]:
    for index, event in enumerate(table.events):
        meta = None if schemas is None else schemas.metas.get(event.type)
        if meta is None or meta.status not in (Status.DRAFT, Status.RETIRED):
            continue
        why = "so its schema may still change, and is neither locked nor published to a registry"
        if meta.status is Status.RETIRED:
            why = "so its schema is kept for old events only"
        message = f"has status {meta.status.value} in {meta.file or 'its meta.yaml'}, {why}"
        yield (*place, "events", index, "type"), message, "write status: active there before you publish it"
