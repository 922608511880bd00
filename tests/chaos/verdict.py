"""The verdict: what subscribers got, against the log of what the writers did. Pure."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from bridge.consumer import supersedes
from tests.chaos.configuration import SOURCE, TYPES
from tests.chaos.writers import Change, Item

Event = Mapping[str, Any]
_NOT_THE_SAME: Final = frozenset({"redriven", "gap", "dataschema"})
"""What may differ between two events of one id (docs/ledger.md): how it was processed, what was known then,
and by which deployment."""
_PLACES: Final = 3
"""Examples of each violation."""


@dataclass
class Verdict:
    """``counts`` by sink. ``broken``: a line for each broken promise; empty: all were kept."""

    counts: dict[str, Counter[str]] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)

    def report(self, promise: str, found: Sequence[str]) -> None:
        if found:
            self.broken.append(f"{promise}: {len(found)}, such as {'; '.join(found[:_PLACES])}")


def judge(
    changes: Sequence[Change],
    events: Mapping[str, Sequence[Event]],
    quarantined: Collection[int],
    lost_on_purpose: Mapping[str, Collection[int]],
) -> Verdict:
    """``events`` by sink in the order of acceptance. ``quarantined``: the ``rev`` of every change that is in
    quarantine at the end. ``lost_on_purpose``: by sink, those that the bridge was kept from reading."""
    verdict = Verdict()
    poison = {change.rev for change in changes if change.poison}
    verdict.report(
        "only poison stays in quarantine", [f"rev {rev}" for rev in sorted({*quarantined} - poison)]
    )
    for sink, received in events.items():
        sound = [change for change in changes if not change.poison]
        _judge_sink(verdict, sink, sound, changes, received, lost_on_purpose.get(sink, ()))
    return verdict


def _judge_sink(
    verdict: Verdict,
    sink: str,
    sound: Sequence[Change],
    changes: Sequence[Change],
    received: Sequence[Event],
    lost_on_purpose: Collection[int],
) -> None:
    known = Known(changes)
    published: set[int] = set()
    states: set[tuple[str, int]] = set()
    gone: set[str] = set()
    newest: dict[str, str] = {}
    first: dict[str, Event] = {}
    copies: dict[str, Event] = {}
    counts: Counter[str] = Counter()
    invented, disordered, changed = [], [], []
    for event in received:
        subject, marked = event["subject"], bool(event.get("reconciled") or event.get("redriven"))
        counts["events"] += 1
        counts["reconciled"] += bool(event.get("reconciled"))
        counts["redriven"] += bool(event.get("redriven"))
        if event["id"] in first:
            counts["duplicates"] += 1
            if differ := _differing(event, first[event["id"]]):
                changed.append(f"{event['id']} of {subject} ({', '.join(differ)})")
            continue
        first[event["id"]] = event
        if reason := known.invented(event):
            invented.append(f"{event['id']} of {subject}: {reason}")
            continue
        if not marked and event["sequence"] < newest.get(subject, ""):
            disordered.append(f"{event['id']} of {subject}")
        newest[subject] = max(newest.get(subject, ""), event["sequence"])
        if supersedes(event, copies.get(subject)):
            copies[subject] = event
        if not event.get("reconciled"):
            published.add(known.change_of(event))
        elif event["data"].get("after") is None:
            gone.add(subject)
        else:
            states.add((subject, event["data"]["after"]["rev"]))
    lost = [
        f"rev {change.rev}, {change.operation} of {change.subject}"
        for change in sound
        if change.rev not in published
        and change.rev not in lost_on_purpose
        and not (change.subject in gone if change.after is None else (change.subject, change.rev) in states)
    ]
    wrong = [
        f"{subject} is {_shown(copies.get(subject))}, not {'gone' if item is None else item['rev']['N']}"
        for subject, item in _last(changes).items()
        if not _equal(copies.get(subject), item)
    ]
    counts["lost"] = len(lost) + len(wrong)
    counts["disordered"], counts["invented"] = len(disordered), len(invented)
    verdict.counts[sink] = counts
    verdict.report(f"{sink}: nothing is lost", lost)
    verdict.report(f"{sink}: the copy equals the table", wrong)
    verdict.report(f"{sink}: one id, one content", changed)
    verdict.report(f"{sink}: order per item", disordered)
    verdict.report(f"{sink}: nothing is invented", invented)


def events_of(accepted: Mapping[str, Sequence[str]], sinks: Mapping[str, str]) -> dict[str, list[Event]]:
    """By sink, what its service has accepted."""
    return {sink: [json.loads(text) for text in accepted[service]] for sink, service in sinks.items()}


class Known:
    """What the writers did, by what an event shows of it."""

    def __init__(self, changes: Iterable[Change]) -> None:
        self._images: dict[tuple[str, int], Change] = {}
        self._removed: dict[tuple[str, int], Change] = {}
        self._subjects_gone: set[str] = set()
        for change in changes:
            if change.after is not None:
                self._images[change.subject, change.rev] = change
            else:
                assert change.before is not None
                self._removed[change.subject, int(change.before["rev"]["N"])] = change
                self._subjects_gone.add(change.subject)

    def change_of(self, event: Event) -> int:
        """The ``rev`` of the change behind a live event that is not invented."""
        data, subject = event["data"], event["subject"]
        if data["operation"] == "remove":
            return self._removed[subject, data["before"]["rev"]].rev
        return self._images[subject, data["after"]["rev"]].rev

    def rev_of(self, name: str, record: Mapping[str, Any]) -> int:
        """The ``rev`` of the change of a stream record: its event name and its ``dynamodb`` block."""
        if name != "REMOVE":
            return int(record["NewImage"]["rev"]["N"])
        rev = int(record["OldImage"]["rev"]["N"])
        return next(change.rev for (_, of), change in self._removed.items() if of == rev)

    def invented(self, event: Event) -> str:
        """Why no change explains the event; "" if one does."""
        data, subject = event["data"], event["subject"]
        operation = data["operation"]
        noun = subject.partition("/")[0]
        if event["type"] != f"{SOURCE}.{noun}.{TYPES.get(operation)}.v1":
            return f"a {operation} as {event['type']}"
        for name in ("before", "after"):
            if (shown := data.get(name)) is not None:
                image = self._images.get((subject, shown.get("rev", 0)))
                if image is None or shown != plain(image.after):
                    return f"its {name} never was"
        if event.get("reconciled"):
            return "" if operation != "remove" or subject in self._subjects_gone else "it was never removed"
        if operation == "remove":
            known = data.get("before") and self._removed.get((subject, data["before"]["rev"]))
            return "" if known else "no such removal"
        change = self._images[subject, data["after"]["rev"]]
        if (change.operation, plain(change.before)) != (operation, data.get("before")):
            return "not the change that was made"
        return ""


def plain(item: Item | None) -> dict[str, Any] | None:
    """The item as events show it: the few types that the writers use."""
    if item is None:
        return None
    return {
        name: int(typed["N"]) if "N" in typed else next(iter(typed.values())) for name, typed in item.items()
    }


def _last(changes: Sequence[Change]) -> dict[str, Item | None]:
    """The state of every item, but of those that are poison: no event can show them."""
    last = {change.subject: change for change in changes}
    return {subject: change.after for subject, change in last.items() if not change.poison}


def _equal(held: Event | None, item: Item | None) -> bool:
    state = None if held is None else held["data"].get("after")
    return bool(state == plain(item))


def _shown(held: Event | None) -> str:
    state = None if held is None else held["data"].get("after")
    return "gone" if state is None else f"rev {state['rev']}"


def _differing(one: Event, other: Event) -> list[str]:
    """The members in which two events of one id differ and may not."""
    names = sorted({*one, *other} - _NOT_THE_SAME)
    return [name for name in names if one.get(name) != other.get(name)]
