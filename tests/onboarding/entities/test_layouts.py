"""The entities of six usual layouts are found from half of their items, and all their items are taken."""

from __future__ import annotations

import pytest

from bridge.core.entities.overlap import overlap
from tests.onboarding.entities.defeats import DEFEATS, WITHOUT_KIND
from tests.onboarding.entities.layouts import LAYOUTS, Layout
from tests.onboarding.entities.score import score, table
from tests.onboarding.entities.tables import observed, proposed

each_layout = pytest.mark.parametrize("layout", [*LAYOUTS, *WITHOUT_KIND], ids=lambda layout: layout.name)


@pytest.mark.parametrize(("size", "seed"), [(2000, 1), (300, 2)])
@each_layout
def test_every_entity_of_a_usual_layout_is_found_and_no_other(layout: Layout, size: int, seed: int) -> None:
    found = score(layout, size, seed)
    assert (found.precision, found.recall) == (1.0, 1.0), found


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_entities_have_the_names_that_the_layouts_gave_them(layout: Layout) -> None:
    found = score(layout)
    assert found.named_alike == found.entities


@each_layout
def test_templates_that_overlap_have_a_where_and_every_item_is_of_one_entity(layout: Layout) -> None:
    made = [item for _, item in layout.made(1000)]
    proposal = proposed(made, layout.key)
    for index, one in enumerate(proposal.entities):
        for other in proposal.entities[index + 1 :]:
            assert overlap(one.template, other.template) is None or one.where or other.where
    sample = observed(made, layout.key)
    for glance, item in zip(sample.items, made, strict=True):
        key = sample.typed_key(glance)
        assert sum(entity.takes(key, item) for entity in proposal.entities) == 1


@each_layout
def test_the_parts_build_every_key_again(layout: Layout) -> None:
    made = [item for _, item in layout.made(1000)]
    proposal = proposed(made, layout.key)
    for item in made:
        key = {name: {"S": item[name]} for name in layout.key}
        entity = next(each for each in proposal.entities if each.takes(key, item))
        parts = entity.template.parse(key)
        assert parts is not None
        assert entity.template.build(parts) == {name: item[name] for name in layout.key}


@pytest.mark.parametrize("layout", DEFEATS, ids=lambda layout: layout.name)
def test_the_layouts_that_are_named_as_limits_are_limits(layout: Layout) -> None:
    assert score(layout).recall < 1.0, "docs/first-project.md names it as a limit"


def test_the_table_shows_every_layout() -> None:
    text = table()
    assert all(layout.name in text for layout in (*LAYOUTS, *DEFEATS))
