"""JSON Pointers that lead nowhere: ``when.changed``, ``diff.ignore``, ``numbers.string``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from bridge.core.jsonpath import ANY, JsonPathError, Step, parse_path
from bridge.core.pointer import Segments, escape, parse_pointer
from bridge.core.redact import FOREIGN_ROOTS
from bridge.settings.compiling.redaction import TYPE_TAGS
from bridge.settings.lint.known import Known, similar, without_wrapping
from bridge.settings.lint.shape import Shape
from bridge.settings.tables import ListsSettings, NumbersSettings, TableSettings

Place = tuple[str | int, ...]
Found = tuple[Place, str, str]


def pointer_findings(place: Place, table: TableSettings, known: Known) -> Iterator[Found]:
    for index, text in enumerate(table.diff.ignore):
        yield from _leads_nowhere((*place, "diff", "ignore", index), text, known)
    if isinstance(table.numbers, NumbersSettings):
        for index, text in enumerate(table.numbers.string):
            yield from _leads_nowhere((*place, "numbers", "string", index), text, known)
    if isinstance(table.diff.lists, ListsSettings):
        yield from _identifies_nothing((*place, "diff", "lists", "by"), table.diff.lists.by, known)
    for number, event in enumerate(table.events):
        for index, text in enumerate(event.when.changed or () if event.when is not None else ()):
            at = (*place, "events", number, "when", "changed", index)
            lost = list(_leads_nowhere(at, text, known))
            yield from lost or _never_changes(at, text, table, event.op, known)


def _leads_nowhere(at: Place, text: str, known: Known) -> Iterator[Found]:
    segments = parse_pointer(text)
    steps = _steps(segments)
    starred = next((each for each in segments if "*" in each and each != "*"), None)
    if starred is not None and not (known.whole and known.items.find(steps) == "yes"):
        message = f"leads nowhere: * stands for a whole segment, and {starred} is read as a name with a *"
        yield at, message, _instead_of_star(segments, starred, known)
        return
    answer = known.has(steps)
    if answer == "yes":
        return
    root = segments[0]
    suspicious = root in FOREIGN_ROOTS and root not in known.items.members
    typed = len(segments) > 1 and segments[-1] in TYPE_TAGS
    guess = _guess(known, steps)
    if answer == "unknown" and not ((suspicious or typed) and guess):
        near = None if known.whole else known.like(steps)
        if near is None or root in known.mentioned.members or not known.mentioned.members:
            return
        guess = near
    message = "leads nowhere: no schema, example or sample has it"
    if suspicious:
        message = f"leads nowhere: the pointer begins inside the item, without {root}"
    advice = f"did you mean '{pointer_of(guess)}'?" if guess else "name a field of the item, or remove it"
    yield at, message, advice


def _identifies_nothing(at: Place, text: str, known: Known) -> Iterator[Found]:
    """A member by which no list of the item could be compared."""
    elements = [each for each in _elements(known.items) if "object" in each.kinds and each.members]
    steps = _steps(parse_pointer(text))
    if not elements or any(each.find(steps) != "no" for each in elements):
        return
    guess = next((found for each in elements if (found := each.closest(steps))), None)
    advice = f"did you mean '{pointer_of(guess)}'?" if guess else "name a member of the elements"
    yield at, "no element of any list has it, so no list is compared by it", advice


def _elements(shape: Shape) -> Iterator[Shape]:
    if shape.elements is not None:
        yield shape.elements
        yield from _elements(shape.elements)
    for member in shape.members.values():
        yield from _elements(member)


def _guess(known: Known, steps: tuple[Step, ...]) -> tuple[Step, ...] | None:
    found = similar(known, steps)
    if found is not None:
        return found
    _, untyped = without_wrapping(steps)
    return (untyped or None) if untyped != steps else None


def _instead_of_star(segments: Segments, starred: str, known: Known) -> str:
    at = segments.index(starred)
    before = segments[:at]
    names = [name for name in _names_at(known, before) if fnmatchcase(name, starred)]
    if names and starred.strip("*") not in names:
        each = ", ".join(
            f"'{pointer_of(_steps((*before, name, *segments[at + 1 :])))}'" for name in names[:5]
        )
        return f"write {each}"
    plain = starred.replace("*", "")
    words = (*before, *([plain] if plain else []), "*", *segments[at + 1 :])
    return f"did you mean '{pointer_of(_steps(words))}'?"


def _names_at(known: Known, segments: Segments) -> list[str]:
    shape = known.items
    for segment in segments:
        below = shape.elements if "array" in shape.kinds else shape.members.get(segment)
        if below is None:
            return []
        shape = below
    return sorted(shape.members)


def _never_changes(
    at: Place, text: str, table: TableSettings, operations: Sequence[str], known: Known
) -> Iterator[Found]:
    """A condition on a change that the diff never shows."""
    if "modify" not in operations:
        return
    wanted = parse_pointer(text)
    for ignored in map(parse_pointer, table.diff.ignore):
        if len(ignored) <= len(wanted) and all(a in (b, "*") for a, b in zip(ignored, wanted, strict=False)):
            advice = f"remove {pointer_of(_steps(ignored))} from diff.ignore, or this condition"
            yield at, "never changes: diff.ignore leaves it out", advice
            return
    for rule in table.redact:
        try:
            path = parse_path(rule.path)
        except JsonPathError:
            continue
        steps = (path.root, *(path.steps or ()))
        if rule.with_ != "hmac" and path.steps is not None and _covers(steps, wanted):
            yield at, f"never changes: {rule.path} is redacted with {rule.with_}", "redact it with hmac"
            return
    if known.exact and len(wanted) == 1 and wanted[0] in known.keys and tuple(operations) == ("modify",):
        yield at, "never changes: it is a part of the key", "name a field that is no key, or remove it"


def _covers(steps: tuple[Step, ...], segments: Segments) -> bool:
    return len(steps) <= len(segments) and all(
        step is ANY or str(step) == segment for step, segment in zip(steps, segments, strict=False)
    )


def _steps(segments: Sequence[str]) -> tuple[Step, ...]:
    return tuple(ANY if segment == "*" else segment for segment in segments)


def pointer_of(steps: Sequence[Step]) -> str:
    return "".join("/*" if step is ANY else f"/{escape(str(step))}" for step in steps)
