"""What ``tail`` shows, and a rule that lets through all of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bridge.cli.console.options import seconds
from bridge.cli.events.watch import TailFilter, event_lines
from bridge.core.pattern.matching import check_pattern, compile_pattern
from bridge.core.pattern.rules import compact, envelope
from bridge.errors import BridgeError

EVENT: dict[str, Any] = {
    "specversion": "1.0",
    "id": "1",
    "source": "s",
    "type": "com.example.user.created.v1",
    "subject": "user/u-1",
    "data": {"plan": "free"},
}

TAKES = [
    TailFilter(),
    TailFilter(type="com.example.user.*"),
    TailFilter(type="com.example.user.created"),
    TailFilter(type="com.example.user.created.v1"),
    TailFilter(type="*.created"),
    TailFilter(type="com.example.user.c[r]eate?"),
    TailFilter(subject="user/*"),
    TailFilter(pattern={"data": {"plan": ["free"]}}),
    TailFilter(type="*created*", subject="user/u-?", pattern={"subject": [{"prefix": "user/"}]}),
]


@pytest.mark.parametrize("wanted", TAKES, ids=str)
def test_what_is_taken_passes_the_rule(wanted: TailFilter) -> None:
    rule = wanted.rule_pattern()
    assert wanted.takes(EVENT)
    assert check_pattern(rule) == []
    assert compile_pattern(rule).matches(envelope(EVENT))


@pytest.mark.parametrize(
    "wanted",
    [
        TailFilter(type="com.example.order.*"),
        TailFilter(type="com.example.user"),
        TailFilter(subject="order/*"),
        TailFilter(pattern={"data": {"plan": ["pro"]}}),
    ],
    ids=str,
)
def test_what_is_not_wanted_is_not_taken(wanted: TailFilter) -> None:
    assert not wanted.takes(EVENT)


def test_a_pattern_that_is_too_long_for_a_rule_is_applied_here_alone() -> None:
    wanted = TailFilter(pattern={"data": {"plan": ["free", *("x" * 100 + str(n) for n in range(30))]}})
    assert len(compact(wanted.rule_pattern())) < 2048
    assert wanted.takes(EVENT)


def test_times_have_units() -> None:
    assert [seconds("--for", text) for text in ("30s", "1.5m", "2h", "7")] == [30, 90, 7200, 7]
    with pytest.raises(BridgeError, match="write 30s"):
        seconds("--for", "soon")


def test_an_event_cannot_write_to_the_terminal() -> None:
    nasty = json.loads(json.dumps({**EVENT, "time": "\x1b[31m", "subject": "\x1b]0;x\x07"}))
    assert {text.plain.isprintable() for text in event_lines(nasty)} == {True}


def test_a_rule_lets_no_more_through_than_the_pattern_asks_for() -> None:
    rule = compile_pattern(TailFilter(pattern={"data": {"plan": ["pro"]}}).rule_pattern())
    assert not rule.matches(envelope(EVENT))
    assert not compile_pattern(TailFilter().rule_pattern()).matches({"detail-type": "x", "detail": {}})
