"""All mutants of the pipeline, read from the YAML files beside this one.

``old`` and ``new`` (or a list of both, ``changes``) are the change. A shape is ``like`` a named one, with
what differs from it; its ``mapping`` has the members of ``MappingSettings``, its ``recovery`` those of
``RecoveryOptions``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.mutation.pipeline.mutant import Mutant

PARTS = ("relay", "delivery", "stream", "recovery")


def mutants() -> Iterator[Mutant]:
    for part in PARTS:
        for each in yaml.safe_load((Path(__file__).parent / f"{part}.yaml").read_text()):
            changes = each.pop("changes", None) or [{"old": each.pop("old"), "new": each.pop("new")}]
            yield Mutant(changes=[(change["old"], change["new"]) for change in changes], **each)


def shape_of(mutant: Mutant) -> Mapping[str, Any]:
    """The options that a mutant is played with. Imports the product: not before the mutant is installed."""
    from bridge.stream.mapping.settings import MappingSettings
    from tests.mutation.pipeline.shapes import LOSSY, PLAIN
    from tests.simulation.recovery.options import RecoveryOptions

    like: Mapping[str, Mapping[str, Any]] = {"plain": PLAIN, "lossy": LOSSY, "": {}}
    shape = {"entities": "none", **like[mutant.shape.get("like", "")], **mutant.shape}
    shape.pop("like", None)
    if "mapping" in mutant.shape:
        shape["mapping"] = MappingSettings(**mutant.shape["mapping"])
    if "recovery" in mutant.shape:
        shape["recovery"] = RecoveryOptions(**mutant.shape["recovery"])
    return shape
