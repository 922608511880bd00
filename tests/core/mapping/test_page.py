"""docs/mappings.md: each example gives what the page says."""

from __future__ import annotations

import json
import re
from functools import partial
from typing import Any

import pytest
import yaml

from bridge.core.diff.fields import compile_diff
from bridge.core.diff.view import ROOTS, ChangeView
from bridge.core.entities.template import compile_key
from bridge.core.mapping.derive import data_getter
from bridge.core.mapping.functions import ARGUMENTS, FUNCTIONS
from bridge.core.mapping.language import compile_mapping
from bridge.core.mapping.project import getter_of
from bridge.core.records.decode import decode
from tests.builders.places import ROOT
from tests.builders.records import lambda_record

PAGE = (ROOT / "docs" / "mappings.md").read_text("utf-8")
CHANGE, DATA = (json.loads(block) for block in re.findall(r"^```json\n(.*?)^```$", PAGE, re.M | re.S))
TEMPLATE = compile_key(dict(re.findall(r"`(\w+): (\w+#\{\w+\})`", PAGE)))
ROW = re.compile(r"^\| `([^`]+)` \| (?:`([^`]+)`|left out) \| [^|]+ \|$", re.MULTILINE)


def rows(header: str) -> list[tuple[str, str]]:
    """What is written and what it gives, of all tables with this first column."""
    tables = re.findall(rf"^\| {header} \| gives \| \|\n\|---\|---\|---\|\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
    lines = "".join(tables)
    found = ROW.findall(lines)
    assert len(found) == lines.count("\n"), "a row of the page is no example"
    return found


OF_CHANGE, OF_DATA = rows("written"), rows("written over it")


@pytest.mark.parametrize(("written", "gives"), OF_CHANGE)
def test_an_example_over_a_change_gives_what_the_page_says(written: str, gives: str) -> None:
    change = decode(lambda_record(op="modify", **CHANGE))
    view = ChangeView(change, compile_diff(), template=TEMPLATE)
    made = compile_mapping(yaml.safe_load(written), partial(getter_of, template=TEMPLATE))(view)
    assert json.dumps(made) == json.dumps(yaml.safe_load(gives or "{}"))


@pytest.mark.parametrize(("written", "gives"), OF_DATA)
def test_an_example_over_newer_data_gives_what_the_page_says(written: str, gives: str) -> None:
    made: Any = compile_mapping(yaml.safe_load(written), data_getter)(DATA)
    assert json.dumps(made) == json.dumps(yaml.safe_load(gives or "{}"))


def test_the_page_has_an_example_of_every_word_and_of_every_place_where_a_path_begins() -> None:
    written = " ".join(each for each, _ in OF_CHANGE)
    words = ("$path", "$lookup", "$default", "$const", *FUNCTIONS, *ARGUMENTS)
    assert [word for word in words if f"{word}: " not in written] == []
    assert set(re.findall(r"\$\.(\w+)", written)) >= {*ROOTS, "id"}
    assert len(OF_DATA) >= 4
