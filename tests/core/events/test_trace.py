"""X-Ray's header becomes W3C's traceparent, or nothing."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.events.trace import HEADER_MAX, TraceIds, read_ids, read_trace

HEADER = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
TRACEPARENT = "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01"


def test_both_have_the_same_ids() -> None:
    trace = read_trace(HEADER)
    assert trace is not None
    assert (trace.header, trace.traceparent) == (HEADER, TRACEPARENT)


@pytest.mark.parametrize(
    ("header", "traceparent"),
    [
        (HEADER.replace("Sampled=1", "Sampled=0"), TRACEPARENT[:-2] + "00"),
        (HEADER.replace("Sampled=1", "Sampled=?"), TRACEPARENT[:-2] + "00"),
        (HEADER.replace(";Sampled=1", ""), TRACEPARENT[:-2] + "00"),
        (HEADER + ";Lineage=1:a87bd80c:0", TRACEPARENT),
        ("Sampled=1; Self=1-5759e988-000000000000000000000001 ;" + HEADER, TRACEPARENT),
        (HEADER.replace("bd86", "BD86"), TRACEPARENT),
    ],
)
def test_other_members_of_the_header_do_not_matter(header: str, traceparent: str) -> None:
    trace = read_trace(header)
    assert trace is not None
    assert (trace.header, trace.traceparent) == (header, traceparent)


@pytest.mark.parametrize(
    "header",
    [
        "",
        ";;=;",
        "Root=1-5759e988-bd862e3fe1be46a994272793",
        "Parent=53995c3f42cd8ad8;Sampled=1",
        HEADER.replace("Root=1", "Root=2"),
        HEADER.replace("5759e988", "5759e98"),
        HEADER.replace("5759e988", "5759e98g"),
        HEADER.replace("53995c3f42cd8ad8", "53995c3f42cd8ad"),
        HEADER.replace("53995c3f42cd8ad8", "0" * 16),
        HEADER.replace("5759e988-bd862e3fe1be46a994272793", f"{'0' * 8}-{'0' * 24}"),
        HEADER.replace("5759e988", "５759e988"),  # a digit, and not one of ASCII
        "Root=\ud800;Parent=\ud800",
    ],
)
def test_a_header_that_names_no_trace_is_none(header: str) -> None:
    assert read_trace(header) is None


@pytest.mark.parametrize("more", [";Lineage=" + "x" * HEADER_MAX, ";Self=ü", ";Self=a\nb"])
def test_a_header_that_no_entry_can_carry_is_cut_to_what_counts(more: str) -> None:
    trace = read_trace(HEADER + more)
    assert trace is not None
    assert trace.header == HEADER


@given(
    st.text() | st.lists(st.sampled_from(["Root=", "1-5759e988-", "bd86", ";", "Parent=", "0"])).map("".join)
)
def test_no_header_raises_and_every_traceparent_is_w3cs(header: str) -> None:
    trace = read_trace(header)
    assert trace is None or re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]", trace.traceparent)


@given(
    st.from_regex(r"1-[0-9a-f]{8}-[0-9a-f]{23}1", fullmatch=True),
    st.from_regex(r"[0-9a-f]{15}1", fullmatch=True),
    st.booleans(),
)
def test_what_is_written_reads_the_same(root: str, parent: str, sampled: bool) -> None:
    ids = TraceIds(root, parent, sampled)
    assert read_ids(ids.header()) == ids
