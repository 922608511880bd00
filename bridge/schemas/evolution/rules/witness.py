"""An event of one version that a rule matches: one of its examples, or one made from an example."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from bridge.core.pattern.matching import compile_pattern
from bridge.schemas.evolution.rules.finding import Witness
from bridge.schemas.evolution.rules.matchable import ABSENT
from bridge.schemas.evolution.rules.view import RuleView

Values = Mapping[tuple[str, ...], Any]
"""Values of fields by their steps; ``ABSENT`` for one that is missing."""


def find_witness(
    view: RuleView, pattern: Any, wanted: Sequence[Values], *, made: bool = False
) -> Witness | None:
    """``wanted``: values that the pattern accepts, for each of its alternatives. ``made``: a value is always
    put into the example, because the value is what is shown."""
    compiled = compile_pattern(pattern)
    examples = list(view.events())
    for name, event in () if made else examples:
        if compiled.matches(event):
            return Witness(name, event["detail"]["data"])
    data = view.documents.root(view.side.data)
    for values in wanted:
        for _, event in examples:
            changed = copy.deepcopy(event)
            for steps, value in values.items():
                _put(changed, steps, value)
            new_data = changed["detail"].get("data")
            if compiled.matches(changed) and view.documents.takes(data, new_data):
                return Witness("made", new_data)
    return None


def _put(event: dict[str, Any], steps: Sequence[str], value: Any) -> None:
    """Put ``value`` where a pattern reads it; into the first element of a list."""
    here: Any = event
    *outer, last = steps
    for step in (*outer, None):
        while isinstance(here, list) and here:
            here = here[0]
        if not isinstance(here, dict):
            return
        if step is not None:
            here = here.setdefault(step, {})
    if value is ABSENT:
        here.pop(last, None)
    else:
        here[last] = [value] if isinstance(here.get(last), list) else value
