"""What the recovery of one run is like: through which stores, past which lies, with how many at once."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Literal

LagLie = Literal["none", "small", "large", "missing", "unreadable", "stale"]


@dataclass(frozen=True, slots=True)
class RecoveryOptions:
    """``table`` and ``runs``: a port in memory, or the product's own edge over a peer. ``boxes``: where
    given up batches wait, ``shelf``: where quarantined records wait.
    ``distributed``: a state machine calls the steps, ``twice_share`` of the calls twice or at the same time.
    ``lag``: how the reported lag of the first reconciliation lies.
    ``lease_s``: how long a reconciler may be silent; ``rival_share``: how often another one
    comes in the middle; ``pause_share``: of those, before how many it is silent for longer than its lease.
    ``waits``: who finds the table taken by a dead process waits for the lease to end, or takes over.
    ``nonsense_share``: of the calls of real edges, how many answers are not AWS's.
    """

    table: Literal["memory", "dynamodb"] = "memory"
    runs: Literal["memory", "s3"] = "memory"
    boxes: Literal["memory", "s3", "sqs"] = "memory"
    shelf: Literal["memory", "s3", "sqs"] = "memory"
    distributed: bool = False
    twice_share: float = 0.0
    lag: LagLie = "none"
    lease_s: float = 600.0
    rival_share: float = 0.0
    pause_share: float = 0.5
    waits: bool = False
    nonsense_share: float = 0.0


def draw_recovery(rng: Random) -> RecoveryOptions:
    return RecoveryOptions(
        table=rng.choice(("memory", "dynamodb")),
        runs=rng.choice(("memory", "memory", "s3")),
        boxes=rng.choice(("memory", "s3", "sqs")),
        shelf=rng.choice(("memory", "s3", "sqs")),
        distributed=rng.random() < 0.25,
        twice_share=rng.choice((0.0, 0.1, 0.3)),
        lag=rng.choice(("none", "none", "none", "none", "small", "large", "missing", "unreadable", "stale")),
        lease_s=rng.choice((45.0, 600.0)),
        rival_share=rng.choice((0.0, 0.02, 0.1)),
        pause_share=rng.choice((0.3, 0.7)),
        waits=rng.random() < 0.5,
        nonsense_share=rng.choice((0.0, 0.0, 0.02, 0.1)),
    )
