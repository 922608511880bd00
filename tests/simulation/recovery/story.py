"""After the live path: what was given up is redriven, what was lost is reconciled, crashed and resumed."""

from __future__ import annotations

from collections.abc import Callable

from bridge.reconcile import Reconciler
from tests.simulation.account.deployed import FunctionRedrive
from tests.simulation.account.reconciling import VerbReconciliations
from tests.simulation.account.redriving import VerbRedrive
from tests.simulation.judge import Violation
from tests.simulation.ledgers import Durable, ledger_rows
from tests.simulation.recovery.checks import Recovered, check_recovery, check_redrive
from tests.simulation.recovery.reconciling import Reconciliations, short
from tests.simulation.recovery.redrive import Redrive
from tests.simulation.simulation import Simulation

_REFUSED_TRIES = 4


class ReconcileAndRedrive:
    """``reconciler`` makes the one under test; a broken variant makes another."""

    def __init__(self, reconciler: Callable[..., Reconciler] = Reconciler) -> None:
        self._make = reconciler

    def recover(self, simulation: Simulation) -> None:
        ledger = simulation.ledger
        account = simulation.options.account
        verbs = account.verbs
        made_redrive = VerbRedrive if verbs else FunctionRedrive if account.functions else Redrive
        redrive = made_redrive(simulation)
        redrive.run()
        if not isinstance(ledger, Durable):
            check_redrive(simulation, redrive.redriven)
            return  # without a ledger nobody knows what was published
        made = VerbReconciliations if verbs else Reconciliations
        work = made(simulation, ledger, self._make)
        if isinstance(work, VerbReconciliations):
            work.plan()
        work.run(troubled=True)
        simulation.calm()
        redrive.run()
        settled, noted = work.report, any(row.gap or row.ends for row in ledger_rows(ledger).values())
        work.run(troubled=False)
        if work.left_nothing(settled) and not noted and work.emitted:
            raise Violation(f"a second reconciliation found something: {short(work.report)}")
        for _ in range(_REFUSED_TRIES):
            if not work.emitted and not work.refused:
                break
            refused = work.refused  # under one id; it may be accepted under the next run's
            work.run(troubled=False)
            if not refused:
                break
        if work.emitted:
            raise Violation(f"a reconciliation in calm did not find all: {short(work.report)}")
        if isinstance(work, VerbReconciliations):
            work.plan()
        check_recovery(simulation, Recovered(frozenset(redrive.redriven)))
