"""The report for people: one page, nothing loaded, nothing executed, no value of an item."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest

from bridge.cli.reconcile.view import progress_line, report_lines, style_of
from bridge.reconcile import Price, Progress
from bridge.reconcile.page import headline, render_page
from tests.reconcile.rig import Rig


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def two_runs() -> dict[str, Any]:
    rig = Rig()
    rig.settled(*"abcdef")
    rig.live("a", {"name": "<script>"}, lost=True)
    rig.live("b", None, lost=True)
    rig.execute()
    rig.clock.advance(7200)
    rig.live("c", {"name": "lost"}, lost=True)
    return rig.execute("plan")


def test_the_page_is_whole_loads_nothing_and_runs_nothing() -> None:
    page = render_page(two_runs())
    tags = Tags()
    tags.feed(page)
    assert not {"script", "link", "img", "iframe"} & {tag for tag, _ in tags.tags}
    assert not [attrs for _, attrs in tags.tags if {"src", "href"} & attrs.keys()]
    assert "http" not in page
    assert sum(tag == "svg" for tag, _ in tags.tags) == 3
    assert sum(tag == "rect" for tag, _ in tags.tags) >= 4
    assert "1 change was missed, nothing sent" in page


def test_the_report_shows_the_age_of_the_last_complete_run() -> None:
    report = two_runs()
    assert report["last_complete"]["run"] == "run-1"
    assert 7200 <= report["last_complete"]["age_s"] <= 7300
    assert "last complete run before: 2.0 h ago (run)" in "\n".join(report_lines(report))


def test_a_partial_run_is_not_a_complete_one() -> None:
    rig = Rig()
    rig.settled("a", "b", "c")
    rig.execute(keys=({"id": {"S": "a"}},))
    assert rig.execute()["last_complete"] is None


def test_the_cost_is_units_at_a_price() -> None:
    assert Price().cost(1_000_000, 0) == pytest.approx(0.125)
    report = two_runs()
    cost = report["cost"]
    expected = Price().cost(
        cost["table_read_units"] + cost["ledger_read_units_estimated"], cost["ledger_write_units_estimated"]
    )
    assert cost["money"] == pytest.approx(expected, abs=1e-6)


def test_progress_shows_share_rate_and_time_left() -> None:
    line = progress_line(Progress("table", 5_000, 20_000, 2_500.0, {"differing": 3}), 5_000, 10.0)
    assert (
        line == "reading the table: 5,000 of about 20,000, 25%, 500/s, 0:30 min left, 3 differing, "
        "2,500 read units"
    )


@pytest.mark.parametrize(
    ("count", "phrase"),
    [
        ("not_comparable", "1 item could not be compared with the ledger"),
        ("undecodable", "1 item could not be read"),
        ("in_flight", "1 change is in flight: a later run decides"),
        ("unsent", "1 change is not accepted by a sink: a later run sends them"),
        ("not_selected", "1 change is of types that were not selected"),
        ("skipped", "1 difference is older than --since"),
    ],
)
def test_what_could_not_be_decided_is_never_an_all_clear(count: str, phrase: str) -> None:
    rig = Rig()
    rig.settled(*"abc")
    clear = rig.execute("plan")
    assert headline(clear) == "Nothing was missed: 3 items match the ledger."
    assert style_of(clear) == "green"
    report = {**clear, count: 1}
    assert headline(report) == f"No missed change was found, but {phrase}."
    assert style_of(report) == "yellow"
    assert headline(report) in render_page(report)


def test_a_run_over_a_part_of_the_table_says_so() -> None:
    rig = Rig()
    rig.settled(*"abc")
    report = rig.execute("plan", only_types=("com.example.user.changed",))
    assert headline(report).startswith("Nothing was missed in the part of the table that was compared")
