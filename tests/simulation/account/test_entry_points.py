"""The product's entry points are played, and what they say or may do wrongly is noticed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from bridge.cli.console.output import ExitCode
from bridge.cli.reconcile import verbs
from bridge.infra.permissions import policy_of
from tests.simulation.account import permissions
from tests.simulation.account.looks.play import EACH
from tests.simulation.account.options import AccountOptions, draw_account
from tests.simulation.run import simulate

_SEEDS = range(1, 400)


def _seeds(**wanted: bool) -> Iterator[int]:
    """Those that draw exactly these parts."""
    for seed in _SEEDS:
        drawn = draw_account(seed)
        if all(getattr(drawn, name) is value for name, value in wanted.items()):
            yield seed


def test_the_seeds_meet_every_verb_every_function_and_every_look() -> None:
    unmet = {f"look: {each.__name__}" for each in EACH}
    unmet |= {"$ redrive", "$ quarantine retry", "$ reconcile run", "$ reconcile resume", "$ reconcile plan"}
    unmet |= {"$ reconcile status", "`reconcile plan` exits 0", "`reconcile plan` exits 2"}
    for seed in _SEEDS:
        if draw_account(seed).any and unmet:
            happened = "\n".join(simulate(seed).trace)
            unmet = {each for each in unmet if each not in happened}
    assert unmet == set()


def test_a_given_shape_has_no_entry_points_unless_it_names_them() -> None:
    seed = next(_seeds(looks=True))
    assert "look: " in "\n".join(simulate(seed).trace)
    assert "look: " not in "\n".join(simulate(seed, shape={"entities": "none"}).trace)
    assert AccountOptions().any is False


def test_a_call_that_no_policy_allows_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def without_put_item(*arguments: Any) -> dict[str, Any]:
        policy = policy_of(*arguments)
        left = [each for each in policy["Statement"] if "dynamodb:BatchWriteItem" not in each["Action"]]
        return {**policy, "Statement": left}

    monkeypatch.setattr(permissions, "policy_of", without_put_item)
    found = (simulate(seed).violation for seed in _seeds(functions=True))
    assert any("its policy denies it" in violation for violation in found)


def test_a_verb_that_always_reports_success_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    work = verbs._work

    def all_clear(*arguments: Any, **named: Any) -> int:
        work(*arguments, **named)
        return ExitCode.OK

    monkeypatch.setattr(verbs, "_work", all_clear)
    found = (simulate(seed).violation for seed in _seeds(verbs=True))
    assert any("exits 0" in violation for violation in found)
