"""What a person reads about an event: all of it, in order, and nothing that controls the terminal."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.cli.console import diff_view


def event(data: object, **attributes: Any) -> dict[str, Any]:
    return {
        "type": "com.example.user.plan_changed.v1",
        "subject": "user/u-1",
        "data": data,
        **attributes,
    }


def lines(data: object, **settings: int) -> list[str]:
    return [line.plain for line in diff_view.changes(event(data), **settings)]


@pytest.mark.parametrize(
    ("operation", "sign"), [("insert", "+"), ("modify", "~"), ("remove", "-"), ("?", "*")]
)
def test_the_summary_shows_operation_subject_and_type(operation: str, sign: str) -> None:
    line = diff_view.summary(event({"operation": operation, "changes": [{}, {}]}))
    assert line.plain == f"{sign} user/u-1  com.example.user.plan_changed.v1  2 fields"


def test_the_summary_marks_what_is_unusual() -> None:
    line = diff_view.summary(event({}, reconciled=True, gap=True, authtype="system"))
    assert line.plain.endswith("  by ttl  reconciled  gap")


def test_each_change_is_one_line_with_both_values() -> None:
    assert lines(
        {
            "changes": [
                {"path": "/plan", "op": "replace", "before": "free", "after": "pro"},
                {"path": "/seats", "op": "add", "after": 3},
                {"path": "/trial", "op": "remove", "before": True},
                {
                    "path": "/tags",
                    "op": "replace",
                    "before": ["a"],
                    "after": ["b"],
                    "removed": ["a"],
                    "added": ["b"],
                },
                {"path": "/x", "op": "replace", "before": ["a"], "after": ["a"], "types": ["SS", "L"]},
            ]
        }
    ) == [
        '  ~ /plan "free" → "pro"',
        "  + /seats 3",
        "  - /trial true",
        '  ~ /tags -"a" +"b"',
        '  ~ /x ["a"] → ["a"]  type SS → L',
    ]


def test_a_move_says_where_from_and_entries_inside_elements_say_which() -> None:
    assert lines(
        {
            "operation": "modify",
            "changes": [
                {"path": "/lines/2", "op": "move", "from": "/lines/0", "id": "TEA"},
                {"path": "/l/0/p/1/n", "op": "replace", "before": 1, "after": 2, "id": 7, "within": ["BOX"]},
            ],
        }
    ) == ['  > /lines/2 from /lines/0  "TEA"', '  ~ /l/0/p/1/n 1 → 2  "BOX" / 7']


def test_additions_are_green_and_removals_red() -> None:
    (line,) = diff_view.changes(
        event({"changes": [{"path": "/p", "op": "replace", "before": 1, "after": 2}]})
    )
    styles = {line.plain[span.start : span.end]: span.style for span in line.spans}
    assert styles["1"] == "red"
    assert styles["2"] == "green"


def test_images_are_shown_if_there_is_no_diff() -> None:
    assert lines({"operation": "insert", "after": {"a": 1}}) == ["  + /a 1"]
    assert lines({"operation": "remove", "before": {"a": 1}}) == ["  - /a 1"]


def test_unknown_changes_are_shown_as_unknown() -> None:
    assert lines({"operation": "modify", "changes": None}) == [
        "  changes unknown: the stream view does not have both images"
    ]


def test_mapped_data_is_shown_as_it_is() -> None:
    assert lines({"userId": "u-1", "plan": {"to": "pro"}}) == ['    /userId "u-1"', '    /plan {"to":"pro"}']


def test_data_that_is_no_object_shows_nothing_and_breaks_nothing() -> None:
    assert lines(None) == []
    assert diff_view.summary({}).plain.startswith("*")


def test_long_values_are_cut() -> None:
    assert lines({"changes": [{"path": "/a", "op": "add", "after": "x" * 50}]}, value_chars=10) == [
        '  + /a "xxxxxxxx…'
    ]


@pytest.mark.parametrize("evil", ["\x1b[2J", "\x9b2J", "\u202e", "\x07", "\r", "\u2028"])
def test_an_item_cannot_write_to_the_terminal(evil: str) -> None:
    shown = event({"changes": [{"path": f"/{evil}", "op": "add", "after": evil}]}, subject=f"user/{evil}")
    text = diff_view.summary(shown).plain + "".join(line.plain for line in diff_view.changes(shown))
    assert text.isprintable()
