"""What one run is like: drawn from its seed, or given by a test."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, Literal, Protocol

from bridge.consumer import supersedes
from bridge.core.records.dialect import STREAM, Dialect
from bridge.edges.eventbridge.classic import EventBridgeSink
from bridge.ports.ledger import Keep
from bridge.reconcile import Reconciler
from bridge.relay.breaker import Breaker
from bridge.relay.relay import Relay
from bridge.relay.settling import Heal
from bridge.stream.mapping.settings import MappingSettings
from bridge.stream.runner import Runner
from tests.simulation.account.options import AccountOptions
from tests.simulation.kinds import Entities
from tests.simulation.recovery.options import RecoveryOptions, draw_recovery

LedgerKind = Literal["none", "newer", "last", "dynamodb"]


@dataclass(frozen=True, slots=True)
class Options:
    """``ledger``: none, a durable one that keeps the newest row or the one written last, or a DynamoDB table.
    ``stuck_share``: of the entries, how many a bus refuses for a whole round.
    ``live_share``: how often the stream goes on between and inside the steps of a reconciliation; with
    ``live_at`` only inside these.
    ``payload_kept``: the on-failure destination keeps records, not only their positions.
    ``partial_deploys``: a bad deployment refuses some events and not all.
    ``refused_share``: of the changes, how many a sink refuses for good; each sink refuses others.
    ``lambda_share``: of the crashes inside the function, how many leave the mapping alive, as with Lambda.
    ``nonsense_share``: of the answers, how many are not AWS's. ``pause_share``: of the calls, in how many the
    process stops for minutes or hours. ``begins_with``: items from before the stream was switched on.
    ``stream``, ``quarantine``, ``destination``, ``checkpoints``: a peer made by hand, or the product's own
    edge over a peer of the service. ``checks_targets``: a new function asks first whether its targets exist.
    ``entities``: the table holds several kinds of items, and what becomes of those that are of none.
    ``account``: what goes through the product's entry points.
    """

    rounds: int
    writes: int
    steps: int
    keys: int
    poison_share: float
    fault_share: float
    stuck_share: float
    crash_share: float
    overlap_share: float
    skip_share: float
    page_size: int
    function_timeout_s: float
    ledger: LedgerKind
    keep: Keep
    heal: Heal
    lambda_share: float
    split_share: float
    gap_share: float  # rounds in which the stream is switched, or a day passes
    deploy_share: float
    breaker_at_least: int
    mapping: MappingSettings
    payload_kept: bool = True
    retries_quarantine: bool = True
    live_share: float = 0.2
    live_at: str = ""
    partial_deploys: bool = False
    refused_share: float = 0.0
    recovery: RecoveryOptions = field(default_factory=RecoveryOptions)
    nonsense_share: float = 0.0
    pause_share: float = 0.0
    begins_with: int = 0
    claim_check: bool = False
    stream: Literal["peer", "api"] = "peer"
    quarantine: Literal["peer", "s3", "sqs"] = "peer"
    destination: Literal["peer", "s3", "sqs"] = "peer"
    checkpoints: Literal["peer", "file"] = "peer"
    checks_targets: bool = False
    entities: Entities = "none"
    account: AccountOptions = field(default_factory=AccountOptions)

    @property
    def payloads_redriven(self) -> bool:
        """Whether a redrive gets the records of a batch that was given up, and not only their positions."""
        boxes = self.recovery.boxes
        return boxes == "s3" or (boxes == "memory" and self.payload_kept)


def for_account(options: Options, account: AccountOptions) -> Options:
    """With what the entry points need: stores that bridge.yaml can name, in AWS."""
    if not account.any:
        return replace(options, account=account)
    drawn, rng = options.recovery, account.rng
    recovery = replace(
        drawn,
        table="dynamodb",
        runs="s3",
        boxes=rng.choice(("s3", "sqs")) if drawn.boxes == "memory" else drawn.boxes,
        distributed=drawn.distributed and not account.verbs,
    )
    kept = account.verbs and account.lag_by == "checkpoints"
    return replace(
        options,
        account=account,
        recovery=recovery,
        ledger="none" if options.ledger == "none" else "dynamodb",
        quarantine=rng.choice(("s3", "sqs")) if options.quarantine == "peer" else options.quarantine,
        checkpoints="file" if kept else options.checkpoints,
        stream="api",
        checks_targets=True,
        function_timeout_s=max(options.function_timeout_s, 6.0),
    )


def draw(rng: Random, more: Random) -> Options:
    """``more`` is for what was added later: the runs of known seeds stay as they were."""
    poison_share = rng.choice((0, 0, 0.03, 0.06))
    options = Options(
        rounds=rng.randrange(2, 7),
        writes=rng.choice((3, 8, 14)),
        steps=rng.choice((3, 8, 20)),
        keys=rng.choice((3, 6, 20)),
        poison_share=poison_share,
        fault_share=rng.choice((0, 0.03, 0.1, 0.25)),
        stuck_share=rng.choice((0, 0, 0.1, 0.3)),
        crash_share=rng.choice((0, 0.01, 0.03, 0.06)),
        overlap_share=rng.choice((0, 0, 0.05, 0.2)),
        skip_share=rng.choice((0, 0, 0, 0.05)),
        page_size=rng.choice((1, 3, 1000, 1000)),
        function_timeout_s=rng.choice((2.0, 5.0, 60.0)),
        ledger=rng.choice(("none", "newer", "newer", "last", "last")),
        keep=rng.choice(("fingerprint", "fields", "image")),
        heal=rng.choice(("off", "report", "emit")),
        lambda_share=rng.choice((0.0, 0.5, 1.0)),
        split_share=rng.choice((0, 0.3)),
        gap_share=rng.choice((0, 0, 0.2)),
        deploy_share=rng.choice((0, 0, 0.2)),
        # A breaker so tight would take a few poison items for a bad deploy, and stop for ever.
        breaker_at_least=10 if poison_share else 3,
        mapping=MappingSettings(
            batch_size=rng.choice((1, 3, 10, 100)),
            window_s=rng.choice((0, 0, 2)),
            parallelization_factor=rng.choice((1, 1, 3)),
            bisect=rng.random() < 0.5,
            max_retries=rng.choice((None, None, 1, 4)),
            max_record_age_s=rng.choice((None, None, None, 600)),
        ),
        payload_kept=more.random() < 0.5,
        retries_quarantine=more.random() < 0.7,
    )
    ledger: LedgerKind = options.ledger
    if ledger == "last" and more.random() < 0.5:
        ledger = "dynamodb"
    partial_deploys, refused_share = more.random() < 0.5, more.choice((0, 0, 0.03))
    if ledger != "none" and more.random() < 0.4:
        ledger = "dynamodb"  # in half of the runs, all in all
    options = replace(
        options,
        ledger=ledger,
        partial_deploys=partial_deploys,
        refused_share=refused_share,
        nonsense_share=more.choice((0, 0, 0.02, 0.1)),
        pause_share=more.choice((0, 0, 0, 0.002, 0.01)),
        begins_with=more.choice((0, 0, 2, 5)),
        claim_check=more.random() < 0.5,
        stream=more.choice(("peer", "api")),
        quarantine=more.choice(("peer", "s3", "sqs")),
        destination=more.choice(("peer", "s3", "sqs")),
        checkpoints=more.choice(("peer", "peer", "file")),
        checks_targets=more.random() < 0.5,
    )
    options = replace(options, recovery=draw_recovery(Random(f"recovery {more.random()}")))
    entities: Entities = more.choice(("none", "none", "none", "none", "ignore", "quarantine"))
    return replace(options, entities=entities)


class RunnerMaker(Protocol):
    def __call__(self, *arguments: Any, **named: Any) -> Runner: ...


@dataclass(frozen=True, slots=True)
class Parts:
    """The production code under test; a broken variant replaces a part of it."""

    relay: Callable[..., Relay] = Relay
    sink: Callable[..., EventBridgeSink] = EventBridgeSink
    runner: RunnerMaker = Runner
    dialect: Dialect = STREAM
    reconciler: Callable[..., Reconciler] = Reconciler
    breaker: Callable[..., Breaker] = Breaker
    supersedes: Callable[[Mapping[str, Any], Mapping[str, Any] | None], bool] = supersedes


SOUND = Parts()
