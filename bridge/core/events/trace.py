"""The trace that an invocation runs in, read from X-Ray's header.

The header (docs: "Tracing header") is ``Root=1-<8 hex>-<24 hex>;Parent=<16 hex>;Sampled=<0 or 1>``, in any
order, and other members may be between them. W3C's ``traceparent`` (version 00) holds the same ids.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from bridge.core.event import Trace

HEADER_MAX: Final = 500
"""Characters of ``TraceHeader`` in a PutEvents entry."""

_ROOT: Final = re.compile(r"1-([0-9a-fA-F]{8})-([0-9a-fA-F]{24})")
_PARENT: Final = re.compile(r"[0-9a-fA-F]{16}")
_PLAIN: Final = re.compile(r"[\x20-\x7e]+")


@dataclass(frozen=True, slots=True)
class TraceIds:
    """``root`` as X-Ray writes it; ``parent`` is the id of the segment that this work belongs to."""

    root: str
    parent: str
    sampled: bool

    def header(self) -> str:
        return f"Root={self.root};Parent={self.parent};Sampled={int(self.sampled)}"

    def traceparent(self) -> str:
        trace_id = self.root[2:].replace("-", "").lower()
        return f"00-{trace_id}-{self.parent.lower()}-{int(self.sampled):02x}"

    def trace(self) -> Trace:
        return Trace(self.header(), self.traceparent())


def read_ids(header: str) -> TraceIds | None:
    """The ids in a header; None where it names no trace or no parent, or is not X-Ray's. A sampling decision
    that is missing or open (``?``) counts as no."""
    members: dict[str, str] = {}
    for member in header.split(";"):
        name, _, value = member.partition("=")
        members.setdefault(name.strip(), value.strip())
    root, parent = members.get("Root", ""), members.get("Parent", "")
    found = _ROOT.fullmatch(root)
    if found is None or not _PARENT.fullmatch(parent):
        return None
    if not int(found[1] + found[2], 16) or not int(parent, 16):
        return None  # W3C forbids ids of zeros only
    return TraceIds(root, parent, members.get("Sampled") == "1")


def read_trace(header: str) -> Trace | None:
    """The trace to continue; its header is passed on unchanged where it fits into an entry."""
    ids = read_ids(header)
    if ids is None:
        return None
    fits = len(header) <= HEADER_MAX and _PLAIN.fullmatch(header) is not None
    return Trace(header if fits else ids.header(), ids.traceparent())
