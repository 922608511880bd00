"""The simulation notices when a promise is broken: a fast part of ``make mutate``."""

from __future__ import annotations

import pytest

from tests.mutation.pipeline.mutant import Mutant, Stale
from tests.mutation.pipeline.mutants import mutants
from tests.mutation.pipeline.run import play_apart

_ALL = list(mutants())


@pytest.mark.parametrize("mutant", [each for each in _ALL if each.fast], ids=lambda each: each.breaks)
def test_a_mutant_is_caught(mutant: Mutant) -> None:
    played = play_apart(mutant)
    assert played.seed is not None, played.error or f"not noticed in {mutant.within} seeds"


@pytest.mark.parametrize("mutant", _ALL, ids=lambda each: each.breaks)
def test_every_mutant_fits_the_source_of_today(mutant: Mutant) -> None:
    compile(mutant.source(), mutant.file, "exec")


def test_a_mutant_whose_text_is_not_there_once_is_stale() -> None:
    for old in ("no such text", "def "):
        with pytest.raises(Stale):
            Mutant("nothing", "relay/relay.py", [(old, "pass")]).source()
