"""The transform of one large record: its cost per KiB is the same however large it is, and whatever its form.

Each form grows in one direction (attributes, depth, elements of a list, members of a set) and every value
changes, so that nothing is spared. Memory that no longer fits the processor's caches costs up to a third.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import orjson

from bridge.core.diff.fields import compile_diff
from bridge.core.diff.lists import ByMember
from bridge.core.diff.view import default_data
from bridge.core.events.envelope import Envelope
from bridge.core.events.route import Route
from bridge.core.events.rules import EventRule, Version
from bridge.core.events.translate import Table
from bridge.core.fingerprint import compile_fingerprint, field_hashes
from bridge.core.keys import key_token
from bridge.core.mapping.subject import compile_subject
from bridge.core.pointer import Wanted
from bridge.core.records.decode import decode

Item = dict[str, Any]
Form = Callable[[int, str], Item]
"""A typed item of about so many bytes; items of another ``mark`` differ in every value."""

FLAT_WITHIN = 1.3
SECONDS_MAX = 0.2
SIZES = (50_000, 100_000, 200_000, 390_000)
DEPTHS = (1, 8, 16, 31)
_KEY: Item = {"id": {"S": "large"}}
_ARN = "arn:aws:dynamodb:eu-west-1:123456789012:table/Large/stream/2026-11-01T10:00:00.000"


def attributes(size: int, mark: str) -> Item:
    return {f"a{n:05}": {"S": f"{mark}{n:05}"} for n in range(size // 13)}


def shared_attributes(size: int, mark: str) -> Item:
    """Only the last of them differs."""
    return attributes(size, "") | {"last": {"S": mark}}


def numbers(size: int, mark: str) -> Item:
    return {f"a{n:05}": {"N": f"{n}{len(mark) + ord(mark[0])}.5"} for n in range(size // 14)}


def nested(depth: int) -> Form:
    """Everything is at the bottom of ``depth`` maps."""

    def form(size: int, mark: str) -> Item:
        return {"m": _below({"M": attributes(size, mark)}, depth)}

    return form


def nested_last(depth: int) -> Form:
    """At the bottom only the last value differs, so that every comparison from above goes through all."""

    def form(size: int, mark: str) -> Item:
        return {"m": _below({"M": shared_attributes(size, mark)}, depth)}

    return form


def texts(size: int, mark: str) -> Item:
    return {"list": {"L": [{"S": f"{mark}{n:06}"} for n in range(size // 9)]}}


def shifted(size: int, mark: str) -> Item:
    """A list of maps with one more element at its head: every index holds another element."""
    lines = [{"M": {"id": {"S": f"l{n}"}, "n": {"N": str(n)}}} for n in range(size // 14)]
    return {"list": {"L": lines if mark == "a" else [{"M": {"id": {"S": mark}}}, *lines]}}


def reversed_lines(size: int, mark: str) -> Item:
    lines = [{"M": {"id": {"S": f"l{n}"}, "n": {"N": str(n)}}} for n in range(size // 14)]
    return {"list": {"L": lines if mark == "a" else lines[::-1]}}


def a_set(tag: str) -> Form:
    def form(size: int, mark: str) -> Item:
        many = {
            "SS": lambda: [f"{mark}{n:07}" for n in range(size // 8)],
            "NS": lambda: [f"{n}{ord(mark[0])}" for n in range(1, size // 5)],
            "BS": lambda: [f"{mark}AA{n % 10}{n:08d}"[:12] for n in range(size // 9)],
        }
        return {"set": {tag: many[tag]()}}

    return form


def _below(value: Item, depth: int) -> Item:
    for _ in range(depth - 1):
        value = {"M": {"m": value}}
    return value


GROWING: Mapping[str, Form] = {
    "attributes": attributes,
    "attributes, one differs": shared_attributes,
    "numbers": numbers,
    "list": texts,
    "list, shifted": shifted,
    "list, reversed": reversed_lines,
    "SS": a_set("SS"),
    "NS": a_set("NS"),
    "BS": a_set("BS"),
}
DEEPER: Mapping[str, Callable[[int], Form]] = {"depth": nested, "depth, one differs": nested_last}


def record_of(form: Form, size: int) -> dict[str, Any]:
    """A modify that changes every value of the form."""
    record = {
        "eventID": "large",
        "eventName": "MODIFY",
        "eventSourceARN": _ARN,
        "dynamodb": {
            "Keys": _KEY,
            "OldImage": _KEY | form(size, "a"),
            "NewImage": _KEY | form(size, "b"),
            "SequenceNumber": "100000000000000000001",
            "StreamViewType": "NEW_AND_OLD_IMAGES",
            "ApproximateCreationDateTime": 1_793_534_400,
        },
    }
    parsed: dict[str, Any] = orjson.loads(orjson.dumps(record))
    return parsed


def large_table(by: str = "") -> Table:
    """A table that uses all parts: the whole item, a mapping, conditions, fingerprints, ignored paths."""
    rules = (
        _rule("com.example.large", default_data, ()),
        _rule("com.example.large.other", default_data, ("/other", "/*/other")),
    )
    return Table(
        name="Large",
        subject=compile_subject("large/{$.key.id}"),
        diff=compile_diff(
            ignore=(("quiet",),),
            lists=ByMember((by,)) if by else "index",
        ),
        rules=rules,
        fingerprint=compile_fingerprint(b"key", (("quiet",),)),
        field_hashes=lambda item: field_hashes(b"key", item),
    )


def _rule(type: str, project: Any, changed: Iterable[str]) -> EventRule:
    envelope = Envelope(
        source="com.example",
        type=f"{type}.v1",
        dataschema=f"https://schemas.example.com/{type}/1.0.0.json",
        sinks=("domain",),
    )
    route = Route(frozenset({"modify"}), tuple(map(Wanted, changed)))
    return EventRule(type, route, (Version(envelope, project, lambda data: None),))


def transform(table: Table, record: dict[str, Any]) -> int:
    """Bytes of the events of a record. As in the pipeline, its fingerprints are taken too."""
    change = decode(record)
    assert table.fingerprint is not None
    for image in (change.before, change.after):
        if image is not None:
            table.fingerprint(image)
    events = table.translate(record, change, key_token(change.table, change.key)).events
    return sum(len(event.body) for event in events)


def cpu_s(work: Callable[[], object], rounds: int) -> float:
    """The shortest CPU time of ``work``."""
    times = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def main(rounds: int = 5) -> None:
    print(
        "\ntransform of one large record, every value changed: µs of CPU per KiB of the images and the event"
    )
    print(f"  {'':24}" + "".join(f"{size // 1000:>6} kB" for size in SIZES))
    for name, form in GROWING.items():
        table = large_table("id" if "shifted" in name or "reversed" in name else "")
        _line(name, table, [record_of(form, size) for size in SIZES], rounds)
    print(f"  {'':24}" + "".join(f"{depth:>6} lvl" for depth in DEPTHS))
    for name, deeper in DEEPER.items():
        _line(name, large_table(), [record_of(deeper(depth), SIZES[-1]) for depth in DEPTHS], rounds)
    print(f"  (target: × at most {FLAT_WITHIN}, no record above {SECONDS_MAX:g} s)")


def _line(name: str, table: Table, records: list[dict[str, Any]], rounds: int) -> None:
    per_kib, longest_s = [], 0.0
    for record in records:
        spent_s = cpu_s(lambda record=record: transform(table, record), rounds)  # type: ignore[misc]
        kib = (len(orjson.dumps(record["dynamodb"])) + transform(table, record)) / 1024
        per_kib.append(spent_s * 1e6 / kib)
        longest_s = max(longest_s, spent_s)
    shown = "".join(f"{each:9.1f}" for each in per_kib)
    print(f"  {name:24}{shown}   × {max(per_kib) / min(per_kib):4.2f}; longest {longest_s * 1e3:5.1f} ms")


if __name__ == "__main__":
    main()
