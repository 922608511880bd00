"""Documents are prepared once and kept within limits; what the library says of them is told in one line."""

from __future__ import annotations

import gc

import pytest

from bridge.schemas.compatibility.compare import KEPT, Comparer
from bridge.schemas.compatibility.decide import Question
from bridge.schemas.compatibility.prepare import Prepared, _short, check_document, text_of
from bridge.schemas.compatibility.reading.drafts import Draft
from bridge.schemas.compatibility.reading.references import Unusable
from bridge.schemas.compatibility.verdict import Mode, Policy


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("", "cannot be used as..."),
        ("one\ntwo", "one"),
        ("x" * 20, "x" * 20),
        ("x" * 21, "x" * 17 + "..."),
        ("x" * 500, "x" * 17 + "..."),
    ],
)
def test_a_message_is_cut_at_exactly_its_length(message: str, told: str) -> None:
    assert _short(message, 20) == told


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object(), {1, 2}])
def test_another_document_that_is_not_json_is_named(value: object) -> None:
    with pytest.raises(Unusable, match=r"^other\.json#: is not JSON"):
        check_document("other.json", {"const": value}, Draft.D2020)


def prepared(document: object) -> Prepared:
    return Prepared(document, {}, "p-", text_of("", document))


@pytest.mark.parametrize("direction", ["backward", "forward"])
def test_the_canonical_form_is_asked_only_where_both_documents_are_light(direction: str) -> None:
    light = prepared({"type": "string"})
    heavy = prepared({"properties": {f"m{number}": {"enum": [number, -1]} for number in range(2_500)}})
    asked = Question(light, heavy, direction, Policy.VIEWS)  # type: ignore[arg-type]
    sides = [(light, light), (light, heavy), (heavy, light), (heavy, heavy)]
    assert [asked.allows(*each) for each in sides] == [True, False, False, False]
    patient = Question(light, heavy, direction, Policy.VIEWS, patient=True)  # type: ignore[arg-type]
    assert [patient.allows(*each) for each in sides] == [True] * 4


def test_a_comparer_keeps_a_limited_number_of_documents() -> None:
    def alive() -> int:
        gc.collect()
        return sum(type(each) is Prepared for each in gc.get_objects())

    before, comparer = alive(), Comparer()
    for number in range(KEPT + 20):
        comparer.compare(*[{"minimum": number}] * 2, mode=Mode.FULL, policy=Policy.VIEWS)
    assert alive() - before == KEPT == 256
