"""The parser in C and the one in Python give the same nodes, and the one in Python has the last word."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bridge.settings.yaml_nodes import compose
from tests.builders.places import ROOT

FILES = sorted(
    path
    for folder in ("event_schemas", "examples", "infra", "bridge")
    for path in (ROOT / folder).rglob("*.yaml")
)
PIECES = (
    "a", "b: ", "- ", "? ", ": ", "\n", "  ", "'", '"', "[", "]", "{", "}", ", ", "#", "&x ", "*x", "!!str ",
    "|\n", ">-\n", "é", "1.0", "null", "~", "2027-06-30", "\t", "---\n", "%", "\\u00e9", "<<: ",
)  # fmt: skip


def tree(node: Any, inside: tuple[int, ...] = ()) -> Any:
    """Tags, values and places of a node and all below it. A value that is not written has no place of its
    own: the two parsers choose different ones beside it."""
    if node is None or id(node) in inside:
        return None
    place = (node.tag, node.start_mark.line, node.start_mark.column)
    within = (*inside, id(node))
    if isinstance(node, yaml.ScalarNode):
        return (*place, node.value) if node.value else node.tag
    if isinstance(node, yaml.MappingNode):
        return (*place, [(tree(key, within), tree(value, within)) for key, value in node.value])
    return (*place, [tree(each, within) for each in node.value])


def slow(content: bytes | str) -> Any:
    return yaml.compose(content, Loader=yaml.SafeLoader)


def test_the_parser_in_c_is_used_where_pyyaml_has_it() -> None:
    assert yaml.__with_libyaml__, "the locked PyYAML has it: without it these tests compare nothing"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_gives_the_same_nodes_at_the_same_places(path: Any) -> None:
    content = path.read_bytes()
    assert tree(compose(content)) == tree(slow(content))


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_any_text_gives_the_same_nodes_or_the_same_error(text: str) -> None:
    def outcome(read: Any) -> Any:
        try:
            return tree(read(text))
        except yaml.YAMLError as error:
            return str(error)

    assert outcome(compose) == outcome(slow)


@pytest.mark.parametrize("text", ["[" * 100_000, "- " * 100_000 + "a", "{a: " * 100_000, "? " * 100_000])
def test_deep_nesting_is_an_error_and_no_crash(text: str) -> None:
    with pytest.raises(RecursionError):
        compose(text)
