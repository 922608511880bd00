"""What a rule sees of an event, how long its pattern may be, and the mistakes that are named."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.core.pattern.rules import compact, envelope, hints, is_envelope, too_long

EVENT = {
    "type": "com.example.changed.v2",
    "source": "com.example",
    "time": "2026-11-01T12:00:00Z",
    "data": {},
}


def test_an_event_in_its_envelope() -> None:
    found = envelope(EVENT)
    assert found == {
        "version": "0",
        "id": "00000000-0000-0000-0000-000000000000",
        "detail-type": "com.example.changed.v2",
        "source": "com.example",
        "account": "000000000000",
        "time": "2026-11-01T12:00:00Z",
        "region": "us-east-1",
        "resources": [],
        "detail": EVENT,
    }
    assert is_envelope(found)
    for name in ("detail", "detail-type"):
        assert not is_envelope({each: value for each, value in found.items() if each != name})


@pytest.mark.parametrize(
    ("pattern", "named"),
    [
        ({"detail-type": ["com.example.changed.v2"]}, []),
        ({"source": ["com.example"]}, []),
        ({"type": ["a"]}, ["type: the CloudEvent is under detail: {detail: {type: ...}}"]),
        (
            {"data": {}, "subject": []},
            ["subject, data: the CloudEvent is under detail: {detail: {subject: ...}}"],
        ),
        (
            {"detail-type": ["com.example.changed"]},
            ["detail-type includes the major: com.example.changed.v2, or {prefix: com.example.changed.v}"],
        ),
        ({"detail-type": ["com.example.other"]}, []),
        ({"detail-type": "com.example.changed"}, []),
    ],
)
def test_common_mistakes_are_named(pattern: Any, named: list[str]) -> None:
    assert hints(pattern, envelope(EVENT)) == named


@pytest.mark.parametrize("type_", ["com.example.changed", "com.example.changed.vx", "v2", None])
def test_a_type_without_a_major_has_no_hint_about_it(type_: Any) -> None:
    assert hints({"detail-type": ["com.example.changed"]}, envelope({"type": type_})) == []


def test_the_text_of_a_pattern_has_no_white_space_and_its_length_is_counted_exactly() -> None:
    assert compact({"a": ["é", 1]}) == '{"a":["é",1]}'
    for excess in (-1, 0, 1, 5):
        pattern = {"a": ["x" * (2048 + excess - len('{"a":[""]}'))]}
        assert len(compact(pattern)) == 2048 + excess
        assert too_long(pattern) == max(0, excess)
