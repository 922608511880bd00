"""The recorded comparisons still have the same answers, see :mod:`tests.schemas.compatibility.corpus`."""

from __future__ import annotations

import json

import pytest

from tests.schemas.compatibility.corpus import answer, read

PAIRS = read()
GROUPS = 20


@pytest.mark.parametrize("group", range(GROUPS))
def test_every_recorded_comparison_has_the_same_answer(group: int) -> None:
    for pair in PAIRS[group::GROUPS]:
        found = json.loads(json.dumps(answer(pair["old"], pair["new"], pair["policy"])))
        assert found == pair["answer"], pair


def test_the_corpus_has_every_verdict_under_every_policy() -> None:
    found = {(pair["policy"], pair["answer"]["verdict"]) for pair in PAIRS}
    verdicts = ("compatible", "incompatible", "unproven")
    assert found >= {(policy, verdict) for policy in ("views", "strict", "lenient") for verdict in verdicts}
