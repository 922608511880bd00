"""What a row of a ledger table costs, and that shortening loses nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.change import Position
from bridge.edges.dynamodb.ledger_row import as_json, decode_row, encode_row
from bridge.ports.ledger import Row

LABELS = ("2026-11-01T10:00:00.000", "2026-11-02T10:00:00.000", "2026-11-01T10:00:00.123456")
positions = st.builds(Position, st.sampled_from(LABELS), st.integers(0, 10**56 - 1))
odd = st.sampled_from(
    [f"{LABELS[0]}/12", f"{LABELS[0]}/{'0' * 41}7", f"{LABELS[0]}/{'٣' * 40}", f"{LABELS[0]}/{'0' * 40}~x"]
)


def row(position: Position, recent: tuple[str, ...] = (), **values: object) -> Row:
    values = {"fingerprint": "f" * 22, "as_of": "2026-11-20T12:00:00Z", **values}
    return Row("Users\x1fid", position, True, "Users", {"id": {"S": "u-00000001"}}, recent=recent, **values)  # type: ignore[arg-type]


@given(positions, st.lists(st.one_of(positions.map(lambda position: position.sequence), odd), max_size=8))
def test_every_recent_sequence_is_read_back_as_it_was(position: Position, recent: list[str]) -> None:
    assert decode_row(encode_row(row(position, tuple(recent)), 0), "ledger").recent == tuple(recent)


def test_a_row_with_twenty_attributes_of_a_busy_item_stays_below_the_unit_of_a_write() -> None:
    """1 KiB: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/provisioned-capacity-mode.html"""
    recent = tuple(Position(LABELS[0], 4421584500000000383732416859 + n).sequence for n in range(8))
    fields = {f"attribute{n:02d}": "h" * 8 for n in range(20)}
    item = encode_row(row(Position(LABELS[0], 4421584500000000383732416867), recent, fields=fields), 0)
    assert sum(len(name) + len(str(next(iter(value.values())))) for name, value in item.items()) < 1024


def test_a_malformed_key_is_kept_as_ascii_text_whatever_it_holds() -> None:
    assert as_json({"b": b"\x01\x02", "s": {"b", "a"}, "é": bytearray(b"\x01")}) == (
        '{"b":"AQI=","s":["a","b"],"\\u00e9":"AQ=="}'
    )
    with pytest.raises(TypeError, match="object"):
        as_json({"o": object()})


def test_the_entities_in_which_an_item_is_to_be_ended_are_read_back_and_the_row_stays() -> None:
    made = row(Position(LABELS[0], 1), entity="order", ends=("cart", "draft"))
    assert decode_row(encode_row(made, 0), "ledger").ends == ("cart", "draft")
