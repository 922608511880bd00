"""A small run of the differential fuzz test; ``make fuzz-schemas PAIRS=30000`` is a large run."""

from __future__ import annotations

import pytest

from bridge.schemas.compatibility.proving import keywords
from bridge.schemas.compatibility.proving.parts import TYPES
from tests.schemas.compatibility.fuzz import Fuzzer


def test_no_random_incompatible_pair_is_called_compatible() -> None:
    report = Fuzzer(seed=20260601, events=20).run(300)
    assert report.unsound == []
    kinds = {name.rpartition(" ")[2] for name in report.verdicts}
    assert {"compatible", "incompatible"} <= kinds


def test_the_fuzz_test_finds_an_error_in_the_prover(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keywords, "_accepted", lambda value: TYPES)
    report = Fuzzer(seed=1, events=20).run(120)
    assert any(each.startswith("unsound yes") for each in report.unsound)
