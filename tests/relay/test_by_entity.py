"""A table that holds several kinds of items is counted, logged, judged and quarantined by entity."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bridge.edges.local.memory import MemoryQuarantine
from bridge.errors import BreakerTripped, EventRefused, SinkUnavailable
from bridge.relay.relay import Relay
from tests.builders.bridges import handle, relay
from tests.builders.single_table import CONFIG, change, key, tables
from tests.fakes.sink import ScriptedSink
from tests.fakes.telemetry import KeptTelemetry

USER, ORDER, OTHER = key("USER#1", "PROFILE"), key("USER#1", "ORDER#7"), key("CONFIG", "CONFIG")
QUARANTINE = CONFIG + "    other: quarantine\n"


class ByEntity(KeptTelemetry):
    """Adds up by dimension too."""

    def __init__(self) -> None:
        super().__init__()
        self.by: dict[tuple[str, str], float] = {}

    def count(self, name: str, value: float = 1, **dimensions: str) -> None:
        super().count(name, value, **dimensions)
        if "table" in dimensions:
            of = (name, dimensions.get("entity", ""))
            self.by[of] = self.by.get(of, 0) + value


def bridge(config: str = CONFIG, sink: ScriptedSink | None = None) -> tuple[Relay, ByEntity]:
    telemetry = ByEntity()
    made = relay(sink or ScriptedSink(), tables=list(tables(config).values()))
    return replace(made, telemetry=telemetry), telemetry


def user(number: int, **after: Any) -> Any:
    return change(number, key(f"USER#{number}", "PROFILE"), None, after)


def order(number: int, **after: Any) -> Any:
    return change(number, key("USER#1", f"ORDER#{number}"), None, {"status": "placed", **after})


def unknown(number: int) -> Any:
    return change(number, key(f"WRONG#{number}", "X"), None, {"x": 1})


@pytest.mark.parametrize("config", [CONFIG, QUARANTINE])
def test_records_and_events_are_counted_by_entity_and_those_of_none_whatever_other_says(config: str) -> None:
    made, telemetry = bridge(config)
    handle(made, user(1), user(2), order(7), change(9, OTHER, None, {"x": 1}))
    received = {entity: value for (name, entity), value in telemetry.by.items() if name == "RecordsReceived"}
    assert received == {"user": 2, "order": 1, "other": 1}
    assert (telemetry.by["EventsPublished", "user"], telemetry.by["Inserts", "order"]) == (2, 1)
    assert telemetry.by["RecordsWithoutEntity", ""] == 1
    end = "RecordsQuarantined" if config == QUARANTINE else "RecordsWithoutEvent"
    assert telemetry.by[end, "other"] == 1
    # The age of the newest change is the stream's, which no entity has for itself.
    assert telemetry.dimensions["StreamLag"] == {(("table", "app-main"),)}


def test_a_change_of_entity_counts_for_the_new_one_and_a_leaving_item_for_the_old_one() -> None:
    made, telemetry = bridge()
    handle(
        made,
        change(1, ORDER, {"status": "open"}, {"status": "placed"}),
        change(2, ORDER, {"status": "placed"}, {"status": "gone"}),
    )
    assert (telemetry.by["RecordsReceived", "order"], telemetry.by["EventsPublished", "order"]) == (2, 3)
    assert telemetry.by["RecordsWithoutEntity", ""] == 0


def test_a_table_without_entities_has_no_such_dimension_and_no_such_count() -> None:
    telemetry = ByEntity()
    handle(replace(relay(), telemetry=telemetry), change(1, USER, None, {}))
    assert {entity for _, entity in telemetry.by} <= {""}
    assert "RecordsWithoutEntity" not in telemetry.counts


def test_log_lines_name_the_entity_of_the_record_and_of_each_event() -> None:
    made, telemetry = bridge(QUARANTINE)
    telemetry.debug = True
    handle(made, change(1, ORDER, {"status": "open"}, {"status": "placed"}), unknown(2))
    lines = {message: fields for _, message, fields in telemetry.lines}
    published = [fields["entity"] for _, message, fields in telemetry.lines if message == "event published"]
    assert published == ["cart", "order"]
    assert lines["record quarantined"]["entity"] == "other"
    assert lines["batch handled"]["entities"] == {"order": 1, "other": 1}


def test_an_entry_in_quarantine_names_the_entity_whose_event_failed() -> None:
    def refused(event: Any) -> Any:
        return EventRefused("no") if event.type == "com.example.cart.closed.v1" else None

    made, _ = bridge(QUARANTINE, ScriptedSink(fails=refused))
    handle(made, change(1, ORDER, {"status": "open"}, {"status": "placed"}), unknown(2))
    assert isinstance(made.quarantine, MemoryQuarantine)
    assert sorted(entry.entity for entry in made.quarantine.entries()) == ["cart", "other"]


# --- the breaker ---------------------------------------------------------------------------------


def test_a_deployment_with_wrong_templates_does_not_empty_the_stream_into_quarantine() -> None:
    made, _ = bridge(QUARANTINE)
    with pytest.raises(BreakerTripped, match=r"11 of 21.*no entity selects"):
        handle(made, *(unknown(n) for n in range(1, 12)), *(user(n) for n in range(20, 30)))
    assert isinstance(made.quarantine, MemoryQuarantine)
    assert made.quarantine.entries() == []


def test_records_for_which_no_entity_was_sought_do_not_excuse_wrong_templates() -> None:
    made, _ = bridge(QUARANTINE)
    users = [user(n) for n in range(20, 40)]
    assert handle(made, *users).published == 20
    with pytest.raises(BreakerTripped, match=r"11 of 11.*no entity selects"):
        handle(made, *users, *(unknown(n) for n in range(41, 52)))  # the users are duplicates


def test_unknown_items_among_as_many_known_ones_are_quarantined() -> None:
    made, _ = bridge(QUARANTINE)
    outcome = handle(made, *(unknown(n) for n in range(1, 11)), *(user(n) for n in range(20, 30)))
    assert outcome.quarantined == 10


def test_items_of_one_entity_do_not_excuse_a_deployment_that_breaks_another() -> None:
    # Both publish the same type.
    config = CONFIG.replace("com.example.cart.changed", "com.example.order.placed")

    def refused(event: Any) -> Any:
        return EventRefused("no") if event.subject.startswith("cart/") else None

    made, _ = bridge(config, ScriptedSink(fails=refused))
    # Of users each, because a refused change holds all later ones of its partition back.
    carts = [change(n, key(f"USER#{n}", "ORDER#1"), None, {"status": "open"}) for n in range(1, 11)]
    with pytest.raises(BreakerTripped, match=r"app-main, entity cart, com\.example\.order\.placed\.v1"):
        handle(made, *carts, *(order(n) for n in range(20, 60)))


def test_what_is_returned_for_retry_is_logged_with_its_entity() -> None:
    made, telemetry = bridge(sink=ScriptedSink(fails=lambda event: SinkUnavailable("down")))
    handle(made, user(1))
    (line,) = [fields for _, message, fields in telemetry.lines if message == "record returned for retry"]
    assert (line["table"], line["entity"]) == ("app-main", "user")
