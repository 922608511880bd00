"""Snapshots have types of their own: a name for such a type, and the lines to add to bridge.yaml."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def snapshot_type(types: Sequence[str]) -> str:
    """A type for the snapshots of a table that publishes ``types``: the beginning that they share."""
    shared: list[str] = []
    for parts in zip(*(name.split(".")[:-1] for name in types), strict=False):
        if len(set(parts)) > 1:
            break
        shared.append(parts[0])
    return ".".join([*(shared or ["com.example.item"]), "snapshot"])


def lines_to_add(types: Iterable[str]) -> str:
    """What to write below ``events:`` of a table that publishes ``types`` and no snapshots."""
    return f'  - type: {snapshot_type(sorted(set(types)))}\n    op: snapshot\n    versions: ["1.0.0"]'
