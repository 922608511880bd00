"""Work grows with the size of a record and no faster: counted in steps of the interpreter, never in time.

A name counts each comparison with another name, because the interpreter's own loops (``name in a_list``) are
no steps of it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from bridge.core.diff.fields import compile_diff
from bridge.core.diff.lists import ByMember
from bridge.core.diff.view import ChangeView, default_data
from bridge.core.fingerprint import compile_fingerprint
from bridge.core.pattern.matching import compile_pattern
from bridge.core.records.decode import decode
from bridge.errors import EventTooLarge, MalformedRecord
from bridge.limits import DIFF_PATHS_MAX_CHARS
from tests.builders.records import item, lambda_record

SMALL, LARGE = 200, 800
AT_MOST = 1.3
"""How much more a step may cost in the large record: a sort takes n log n."""

Work = Callable[[], object]


class Name(str):
    """An attribute's name that counts how often names are compared."""

    __slots__ = ()
    compared = 0
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        Name.compared += 1
        return str.__eq__(self, other)


def named(value: Any) -> Any:
    if isinstance(value, dict):
        return {Name(name): named(each) for name, each in value.items()}
    return [named(each) for each in value] if isinstance(value, list) else value


def steps_of(work: Work) -> int:
    """Bytecodes that ``work`` takes, and comparisons of names."""
    count = 0

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal count
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        count += event == "opcode"
        return trace

    work()  # what is kept from the first time on
    Name.compared = 0
    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count + Name.compared


def attributes(size: int, mark: str) -> dict[str, Any]:
    return {f"a{n}": f"{mark}{n}" for n in range(size)}


def mixed(size: int, mark: str) -> dict[str, Any]:
    """Half of the attributes are the same in both images; a quarter are in one of them."""
    return {f"a{n}": n for n in range(size // 2)} | {f"{mark}{n}": n for n in range(size // 4)}


def lines(size: int, mark: str) -> dict[str, Any]:
    every = [{"id": f"l{n}", "n": f"{mark}{n}"} for n in range(size)]
    return {"list": every if mark == "a" else every[::-1]}


FORMS: dict[str, Callable[[int, str], dict[str, Any]]] = {
    "attributes": attributes,
    "some attributes": mixed,
    "members of a map": lambda size, mark: {"m": attributes(size, mark)},
    "elements of a list": lambda size, mark: {"list": [f"{mark}{n}" for n in range(size)]},
    "elements with an identity": lines,
    "members of a set": lambda size, mark: {"set": {f"{mark}{n}" for n in range(size)}},
    "members of a number set": lambda size, mark: {"set": {n + 7 * len(mark) for n in range(size)}},
}


def view_of(form: Callable[[int, str], dict[str, Any]], size: int, **diff: Any) -> Work:
    key = {"id": "a"}
    record = lambda_record(op="modify", before=key | form(size, "a"), after=key | form(size, "bb"))
    body = record["dynamodb"]
    body["OldImage"], body["NewImage"] = named(body["OldImage"]), named(body["NewImage"])
    change, differ = decode(record), compile_diff(**diff)

    def work() -> object:
        view = ChangeView(change, differ)
        view.check()
        return default_data(view)

    return work


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_a_changed_record_of_four_times_the_size_takes_four_times_the_work(form: Any) -> None:
    by = {"lists": ByMember(("id",))} if form is lines else {}
    small, large = (steps_of(view_of(form, size, **by)) for size in (SMALL, LARGE))
    assert large / small < AT_MOST * LARGE / SMALL


def test_values_in_the_depth_are_not_compared_again_at_every_level() -> None:
    def at(depth: int) -> Callable[[int, str], dict[str, Any]]:
        def form(size: int, mark: str) -> dict[str, Any]:
            value: Any = {f"a{n}": n for n in range(size)} | {"last": mark}
            for _ in range(depth):
                value = {"m": value, "beside": 1}
            return {"m": value}

        return form

    shallow, deep = (steps_of(view_of(at(depth), LARGE)) for depth in (2, 30))
    assert deep / shallow < AT_MOST


@pytest.mark.parametrize(
    ("pattern", "event"),
    [
        ({"a": {"x": ["1"], "y": ["2"]}}, lambda n: {"a": [{"x": "1", "y": "3"}] * n}),
        ({"a": {"x": ["1"]}, "b": {"y": ["2"]}}, lambda n: {"a": [{"x": "1"}] * n, "b": [{"y": "3"}] * n}),
        (
            {"a": {"b": {"x": ["1"], "y": ["2"]}, "c": ["3"]}},
            lambda n: {"a": [{"b": [{"x": "1", "y": "2"}] * 10, "c": "4"}] * (n // 10)},
        ),
    ],
    ids=["one list", "two lists", "a list inside a list"],
)
def test_a_pattern_over_lists_takes_work_in_proportion_to_their_length(pattern: Any, event: Any) -> None:
    matches = compile_pattern(pattern).matches
    small, large = (steps_of(lambda size=size: matches(event(size))) for size in (SMALL, LARGE))  # type: ignore[misc]
    assert large / small < AT_MOST * LARGE / SMALL


@pytest.mark.parametrize("lists", ["index", ByMember(("id",))], ids=["by index", "by member"])
def test_a_change_whose_paths_would_fill_the_memory_is_refused_before_they_are_made(lists: Any) -> None:
    """DynamoDB allows names of 64 KB, and thousands of members below one."""
    long = "n" * 60_000

    def image(mark: str) -> dict[str, Any]:
        inside: Any = {f"a{n}": mark for n in range(3_000)}
        if lists == "index":
            return item({"id": "a", long: inside})
        return item({"id": "a", "list": [{"id": long, "m": inside}]})

    before, after = image("x"), image("y")
    names = [name for name in before if name != "id"]
    with pytest.raises(EventTooLarge, match=str(DIFF_PATHS_MAX_CHARS)):
        compile_diff(lists=lists)(before, after, names)


def test_a_number_that_would_fill_the_memory_is_refused_before_it_is_written_out() -> None:
    fingerprint = compile_fingerprint(b"key")
    with pytest.raises(MalformedRecord, match="not a DynamoDB number"):
        fingerprint({"n": {"N": "1E999999999"}})
    with pytest.raises(MalformedRecord, match="range"):
        fingerprint({"n": {"N": "1E999"}})
