"""An event leaves its data behind, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.event import Event
from bridge.core.events.claim_check import Claim, fit, split
from bridge.core.text import json_bytes
from bridge.errors import EventTooLarge
from tests.fakes.event_builder import event
from tests.fakes.sink import ScriptedSink

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda children: (
        st.lists(children, max_size=4)
        | st.dictionaries(st.text("abc\"'é\\,:", max_size=4), children, max_size=4)
    ),
    max_leaves=12,
)


def locate(claim: Claim) -> str:
    return f"s3://store/{claim.name}"


def with_data(data: Any, subject: str = "user/a") -> Event:
    body = {"specversion": "1.0", "id": "r1:t.v1", "subject": subject, "data": data}
    return event(1, subject=subject)._replace(body=json_bytes(body))


@given(data=json_values, subject=st.sampled_from(["user/a", '","data":{}', "data", "\\"]))
def test_data_and_reference_together_are_the_event_byte_for_byte(data: Any, subject: str) -> None:
    whole = with_data(data, subject)
    claim, reduced = split(whole, locate)
    attributes = json.loads(reduced.body)
    assert attributes.pop("dataref") == locate(claim)
    assert "data" not in attributes
    assert json_bytes(attributes)[:-1] + b',"data":' + claim.data + b"}" == whole.body


def test_all_that_a_sink_routes_by_stays_and_the_bytes_are_the_same_each_time() -> None:
    whole = event(1, padding=1_000, trace_header="Root=1-0")
    claim, reduced = split(whole, locate)
    assert reduced._replace(body=whole.body) == whole
    assert split(whole, locate) == (claim, reduced)


def test_the_name_is_made_of_type_and_content_alone() -> None:
    one, same = (split(event(n, padding=10), locate)[0] for n in (1, 2))
    other = split(event(1, padding=11), locate)[0]
    assert one.name == same.name != other.name
    assert one.name.startswith("com.example.user.created.v1/")
    assert len(one.name.removesuffix(".json").rpartition("/")[2]) == 64


def sinks() -> dict[str, ScriptedSink]:
    return {"wide": ScriptedSink("wide"), "narrow": ScriptedSink("narrow", max_bytes=600)}


def test_an_event_that_fits_stays_as_it_is() -> None:
    small = event(1)._replace(sinks=("wide", "narrow"))
    assert fit((small,), sinks(), locate) == ((small,), ())


def test_only_the_sink_that_cannot_take_it_gets_the_event_without_data() -> None:
    large = event(1, padding=600)._replace(sinks=("wide", "narrow"))
    (whole, reduced), (claim,) = fit((large,), sinks(), locate)
    assert whole == large._replace(sinks=("wide",))
    assert reduced.sinks == ("narrow",)
    assert whole.id == reduced.id
    assert json.loads(reduced.body)["dataref"] == locate(claim)


def test_an_event_for_narrow_sinks_only_goes_out_in_one_form() -> None:
    large = event(1, padding=600)._replace(sinks=("narrow",))
    forms, claims = fit((large,), sinks(), locate)
    assert [form.sinks for form in forms] == [("narrow",)]
    assert len(claims) == 1


def test_of_several_events_of_a_record_the_small_ones_stay_whole_and_in_their_order() -> None:
    events = tuple(
        event(1, type=f"t{n}.v1", padding=600 * (n == 1))._replace(sinks=("narrow",)) for n in range(3)
    )
    forms, claims = fit(events, sinks(), locate)
    assert [form.id for form in forms] == [whole.id for whole in events]
    assert ["data" in json.loads(form.body) for form in forms] == [True, False, True]
    assert len(claims) == 1


def test_without_a_claim_check_the_error_names_sink_type_and_sizes() -> None:
    large = event(1, padding=600)._replace(sinks=("wide", "narrow"))
    with pytest.raises(
        EventTooLarge, match=r"counts \d+ bytes, sink narrow takes 600.*claim_check"
    ) as caught:
        fit((large,), sinks(), None)
    assert caught.value.event_type == large.type


def test_an_event_whose_attributes_alone_are_too_large_is_too_large() -> None:
    huge = event(1, subject="x" * 700)._replace(sinks=("narrow",))
    with pytest.raises(EventTooLarge, match="without its data"):
        fit((huge,), sinks(), locate)
