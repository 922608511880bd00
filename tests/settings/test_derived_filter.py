"""The filter of a mapping is the table's own, or what its entities take; `run` and Lambda have the same."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as tried
from hypothesis import strategies as st

from bridge.core.pattern.matching import compile_filters
from bridge.core.records.decode import decode
from bridge.infra.parameters import filter_patterns
from bridge.settings import Settings
from bridge.settings.derived_filter import mapping_filter
from bridge.wiring.run import mapping_settings
from tests.builders.single_table import CONFIG, change, key, settings, tables

NO_LEDGER = CONFIG.replace("ledger: {kind: memory}", "ledger: {kind: none}")


ANY_KEY = '{PK: "{userId}", SK: "{b}"}\n        where: {kind: [user]}'


def takes(config: str, record: Any) -> bool:
    patterns = mapping_filter(settings(config), "app").patterns
    return not patterns or compile_filters(patterns)(record)


def test_without_a_filter_of_its_own_a_table_takes_what_its_entities_take_by_their_keys() -> None:
    found = mapping_filter(settings(), "app")
    assert (found.derived, found.note) == (True, "")
    keys = {"PK": {"S": [{"prefix": "USER#"}]}, "SK": {"S": [{"prefix": "ORDER#"}, "PROFILE"]}}
    assert found.patterns == ({"dynamodb": {"Keys": keys}},)


@pytest.mark.parametrize(
    ("config", "patterns", "note"),
    [
        (CONFIG + "    other: quarantine\n", 0, "go into quarantine"),
        (CONFIG + "    filter: {eventName: [INSERT]}\n", 1, ""),
        (CONFIG + "    kinesis: arn:aws:kinesis:eu-central-1:123456789012:stream/changes\n", 0, ""),
        (CONFIG.replace('{PK: "USER#{userId}", SK: PROFILE}', ANY_KEY, 1), 0, "any key"),
    ],
)
def test_where_no_filter_can_be_derived_every_record_passes_and_the_reason_is_given(
    config: str, patterns: int, note: str
) -> None:
    found = mapping_filter(settings(config), "app")
    assert (len(found.patterns), found.derived) == (patterns, False)
    assert note in found.note


def test_with_a_ledger_each_change_of_an_entity_passes_so_that_a_lost_one_is_still_seen() -> None:
    config = CONFIG.replace("op: [insert, modify]", "op: insert")
    patterns = mapping_filter(settings(config), "app").patterns
    assert {"eventName" in each for each in patterns} == {False}
    (compiled,) = tables(config).values()
    assert compiled.sees_gaps


def test_without_a_ledger_only_operations_pass_that_an_entity_has_events_for() -> None:
    config = NO_LEDGER.replace(
        "- {type: com.example.user.changed, op: modify", "- {type: com.example.user.made, op: insert"
    ).replace("op: remove", "op: insert", 1)
    user = key("USER#1", "PROFILE")
    assert takes(config, change(1, user, None, {}))
    assert not takes(config, change(1, user, {}, {"a": 1}))
    assert not takes(config, change(1, user, {}, None))


def test_without_a_ledger_a_modify_may_be_the_start_or_the_end_of_an_item() -> None:
    # Orders have events of inserts alone: a cart that is placed is one.
    head, _, order = NO_LEDGER.partition("      order:\n")
    order = order.replace("op: modify", "op: insert").replace("op: remove", "op: insert")
    config = f"{head}      order:\n{order}".replace("op: [insert, modify]", "op: insert")
    record = change(1, key("USER#1", "ORDER#1"), {"status": "open"}, {"status": "placed"})
    assert takes(config, record)


def test_what_publishes_snapshots_alone_takes_no_change_without_a_ledger() -> None:
    config = NO_LEDGER
    for op in ("insert", "modify", "remove", "[insert, modify]"):
        config = config.replace(f"op: {op}", "op: snapshot")
    assert mapping_filter(settings(config), "app").note == "no filter is derived: no entity publishes changes"


def test_run_drops_exactly_what_lambda_drops() -> None:
    of: Settings = settings()
    (compiled,) = tables().values()
    (accepts,) = mapping_settings(of, "app", compiled).filters
    lambdas = compile_filters([json.loads(each) for each in filter_patterns(of, "app")])
    for pk, sk in (("USER#1", "PROFILE"), ("USER#1", "ORDER#1"), ("USER#1", "X"), ("TEAM#1", "PROFILE")):
        record = change(1, key(pk, sk), None, {})
        assert accepts(record) == lambdas(record) == (pk == "USER#1" and sk != "X")


# --- for all configurations ----------------------------------------------------------------------

OPERATIONS = ("insert", "modify", "remove")
statuses = st.sampled_from(["open", "placed", "gone", None])


@st.composite
def configurations(draw: st.DrawFn, ledger: str) -> str:
    """One to four entities over a few overlapping key templates, the first in order with a ``where``."""
    lines = [NO_LEDGER.replace("{kind: none}", f"{{kind: {ledger}}}").partition("      user:\n")[0]]
    forms = draw(st.lists(st.sampled_from(["A#{a}", "A#X{a}", "B{a}", "C"]), min_size=1, max_size=4))
    for index, form in enumerate(forms):
        status = draw(st.sampled_from(["open", "placed"]))
        wheres = any(each[0] == form[0] for each in forms[index + 1 :]) or draw(st.booleans())
        where = f"        where: {{status: [{status}]}}\n" if wheres else ""
        operations = draw(st.lists(st.sampled_from(OPERATIONS), min_size=1, unique=True))
        part = "{a}" if "{a}" in form else "x"
        lines.append(
            f"      e{index}:\n"
            f'        key: {{PK: "{form}", SK: M}}\n{where}'
            f"        subject: e{index}/{part}\n"
            f"        events: [{{type: com.example.e{index}, op: [{', '.join(operations)}],"
            ' versions: ["1.0.0"]}]\n'
        )
    return "".join(lines)


changes = st.tuples(
    st.sampled_from(["A#1", "A#X1", "B1", "C", "D", "A#"]),
    st.sampled_from(["M", "N"]),
    st.sampled_from(OPERATIONS),
    statuses,
    statuses,
)


def record_of(pk: str, sk: str, operation: str, was: str | None, now: str | None) -> Any:
    before = None if operation == "insert" else {"n": 1, **({"status": was} if was else {})}
    after = None if operation == "remove" else {"n": 2, **({"status": now} if now else {})}
    return change(1, key(pk, sk), before, after)


@pytest.mark.parametrize("ledger", ["none", "memory"])
@given(data=st.data())
@tried(max_examples=40, deadline=None)
def test_no_record_that_has_an_event_is_dropped(ledger: str, data: st.DataObject) -> None:
    config = data.draw(configurations(ledger))
    (table,) = tables(config).values()
    for _ in range(6):
        record = record_of(*data.draw(changes))
        placed = table.placed(decode(record))
        translation = table.translate(record, placed, "key")
        # A ledger knows every change of an entity's item.
        needed = translation.events if ledger == "none" else translation.without != "no_entity"
        assert takes(config, record) or not needed
