"""The rules of every run store: who may hold a table's lease, and what a stored document must be. Pure."""

from __future__ import annotations

from typing import Any

import orjson

from bridge.errors import CheckpointBroken, LeaseHeld, LeaseLost
from bridge.ports.run_store import Document, Lease


def next_lease(
    held: Lease | None, table: str, owner: str, ttl_s: float, now_s: float, *, force: bool
) -> Lease:
    """Raises ``LeaseHeld`` while ``held`` lasts, unless ``force``."""
    if held is not None and held.until_s > now_s and not force:
        error = LeaseHeld(
            f"table {table} is being worked on by {held.owner}",
            hint=f"wait for it; a dead run's lease ends by itself in {held.until_s - now_s:.0f} s, "
            "or at once with --take-over",
        )
        error.owner = held.owner
        raise error
    return Lease(table, owner, 1 if held is None else held.token + 1, now_s + ttl_s)


def check_lease(held: Lease | None, lease: Lease) -> None:
    """Raises ``LeaseLost`` where ``held``, which the store knows, is another one than ``lease``."""
    if held is None or held.token != lease.token:
        raise lease_lost(lease, "nobody" if held is None else held.owner)


def lease_lost(lease: Lease, to: str) -> LeaseLost:
    return LeaseLost(
        f"the lease on table {lease.table} went to {to}; this run has stopped",
        hint="`reconcile status` tells how the other one is doing",
    )


def lease_document(lease: Lease) -> dict[str, Any]:
    return {
        "table": lease.table,
        "owner": lease.owner,
        "token": lease.token,
        "until_s": lease.until_s,
    }


def read_lease(document: Document, where: str) -> Lease:
    """Raises ``CheckpointBroken``."""
    try:
        return Lease(
            str(document["table"]),
            str(document["owner"]),
            int(document["token"]),
            float(document["until_s"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointBroken(
            f"the lease {where} cannot be read", hint="remove it once no run of the table is alive"
        ) from error


def read_document(data: bytes, name: str) -> Document:
    """Raises ``CheckpointBroken``."""
    try:
        document = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise broken_document(name, "is not JSON") from error
    if not isinstance(document, dict):
        raise broken_document(name, "does not hold an object")
    return document


def broken_document(name: str, what: str) -> CheckpointBroken:
    return CheckpointBroken(
        f"the checkpoint {name} {what}",
        hint="nothing is lost: start anew with `stream-bridge reconcile run`, which finds the same again",
    )
