"""A generated class accepts exactly what the schema accepts, and gives back the very same JSON."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge.schemas.documents.nodes import Documents
from bridge.schemas.documents.proposed import Proposed
from tests.schemas.authoring.codegen import rig
from tests.schemas.authoring.codegen.conforming import nonconforming
from tests.schemas.authoring.codegen.values import ANYTHING, Values

Source = Callable[[Path], list[Proposed]]
EVENTS_EACH = 30

SOURCES: dict[str, tuple[Source, int]] = {
    "samples": (lambda folder: rig.samples(), 25),
    "public": (lambda folder: rig.all_proposed(folder, rig.public_documents().items()), 100),
    "random": (lambda folder: rig.all_proposed(folder, rig.corpus_documents().items()), 200),
}
"""Where schemas come from, and how many must be there."""


def values_for(schema: Proposed) -> Iterator[Any]:
    chance = random.Random(schema.id)
    documents = Documents(schema.documents)
    values = Values(chance, documents)
    yield from ANYTHING
    for _ in range(EVENTS_EACH):
        value = values.of(documents.root(schema.id))
        yield value
        yield values.varied(value)


def written(value: Any) -> str:
    """Text that differs for true and 1, and for 1 and 1.0."""
    return json.dumps(value, sort_keys=True)


@pytest.mark.parametrize("source", SOURCES)
def test_events_are_accepted_exactly_as_by_the_schema_and_come_back_the_same(
    source: str, tmp_path: Path
) -> None:
    make, least = SOURCES[source]
    schemas = {each.event_type: each for each in make(tmp_path / "schemas")}
    assert len(schemas) >= least
    package = rig.imported(list(schemas.values()), tmp_path)
    answers = {
        schema.id: [accepted(package, schema, data) for data in values_for(schema)]
        for schema in schemas.values()
    }
    rig.forget(package)
    assert sum(any(each) for each in answers.values()) >= 0.8 * len(schemas)
    found = Counter(answer for each in answers.values() for answer in each)
    assert min(found[True], found[False]) >= 0.1 * found.total()


def accepted(package: Any, schema: Proposed, data: Any) -> bool:
    model = package.EVENTS[schema.event_type]
    event = rig.event_of(schema.event_type, data)
    expected = schema.validator.is_valid(data)
    if not expected:
        with pytest.raises(package.InvalidJson):
            model.from_json(event)
        return False
    made = model.from_json(event)
    assert written(made.to_json()) == written(event)
    assert list(nonconforming(made)) == []
    return True
