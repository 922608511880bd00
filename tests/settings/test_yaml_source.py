"""YAML is read with positions, and what readers of YAML disagree about is refused."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import ConfigurationError
from bridge.settings.yaml_source import MAX_BYTES, YamlSource, format_path, parse_yaml


def parse(text: str) -> YamlSource:
    return parse_yaml(text.encode(), "f.yaml")


def lines(text: str) -> list[str]:
    try:
        return [str(problem) for problem in parse(text).problems]
    except ConfigurationError as error:
        return [str(problem) for problem in error.problems]


def test_keys_and_values_know_their_line_and_column() -> None:
    source = parse("a: 1\nb:\n  - x\n  - {c: yo}\n")
    assert source.data == {"a": 1, "b": ["x", {"c": "yo"}]}
    assert source.locate(("a",)) == (1, 4)
    assert source.locate(("a",), key=True) == (1, 1)
    assert source.locate(("b",)) == (2, 1), "a block below its key is shown at its key"
    assert source.locate(("b", 1, "c")) == (4, 9)
    assert source.locate(("b", 1, "c"), key=True) == (4, 6)
    assert source.locate(("b", 1, "missing", "deeper")) == (4, 5), "the nearest block around it"
    assert source.locate(()) == (0, 0)


def test_dates_and_times_stay_text() -> None:
    assert parse("a: 2027-06-30\n2027-06-30: b\n").data == {"a": "2027-06-30", "2027-06-30": "b"}


def test_plain_scalars_are_what_json_has() -> None:
    source = parse("[null, ~, true, False, 12, -3, 1.5, -0.25, 1.0e+3, 12x, '7', 12345678901234567890]")
    assert source.problems == ()
    assert source.data == [
        *(None, None, True, False, 12, -3, 1.5, -0.25, 1000.0, "12x", "7"),
        12345678901234567890,
    ]


def test_anchors_aliases_and_merge_keys_work() -> None:
    source = parse("base: &b {x: 1, y: 2}\nuse: {<<: *b, y: 3}\nlist: {<<: [*b, {z: 4}]}\nagain: *b\n")
    assert source.problems == ()
    assert source.data["use"] == {"x": 1, "y": 3}
    assert source.data["list"] == {"x": 1, "y": 2, "z": 4}
    assert source.data["again"] == {"x": 1, "y": 2}
    assert source.locate(("use", "x")) == (1, 14), "a merged key is found where it is written"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "events:\n  - on: insert\n",
            (
                "f.yaml:2:5 events[0]: YAML 1.1 reads the unquoted key on as true, not as text"
                ' — write "on" if you mean that name'
            ),
        ),
        (
            "no: 1\n",
            (
                "f.yaml:1:1 YAML 1.1 reads the unquoted key no as false, not as text"
                ' — write "no" if you mean that name'
            ),
        ),
        ("7: 1\n", "f.yaml:1:1 a key must be text — put it in quotes"),
        ("? [a]\n: 1\n", "f.yaml:1:3 a key must be text, not a list or mapping"),
        (
            "a: yes\n",
            'f.yaml:1:4 a: YAML 1.1 reads the unquoted yes as true, YAML 1.2 as text — write true or "yes"',
        ),
        *(
            (
                f"a: {text}\n",
                (
                    "f.yaml:1:4 a: is not a plain decimal number, and YAML versions read it differently"
                    " — put it in quotes if it is text"
                ),
            )
            for text in ("010", "1_000", "0x1F", "12:30", ".nan", ".inf", "1.0e+999")
        ),
        ("a: 1\nb: 2\na: 3\n", "f.yaml:3:1 a: the key is there twice; the first is on line 1"),
        (
            "a: !!python/name:os.system x\n",
            'f.yaml:1:4 a: the YAML tag "!!python/name:os.system" is not supported here',
        ),
        ("a: !Ref x\n", 'f.yaml:1:4 a: the YAML tag "!Ref" is not supported here'),
        ("a: !!set {x}\n", 'f.yaml:1:4 a: the YAML tag "!!set" is not supported here'),
        ("a: {<<: 3}\n", "f.yaml:1:9 a: << must name a mapping or a list of mappings, and not itself"),
        (
            "a: &a {<<: *a}\n",
            "f.yaml:1:4 a: << must name a mapping or a list of mappings, and not itself",
        ),
        ("a: b: c\n", "f.yaml:1:5 is not YAML: mapping values are not allowed here"),
        (
            "a:\n\tb: 1\n",
            (
                "f.yaml:2:1 is not YAML: while scanning for the next token, found character '\\t' that cannot"
                " start any token — indent with spaces, not tabs"
            ),
        ),
        ("a: *x\n", "f.yaml:1:4 is not YAML: found undefined alias 'x'"),
        (
            "a: 1\n---\nb: 2\n",
            "f.yaml:2:1 is not YAML: expected a single document in the stream, but found another document",
        ),
        ("a: \x07\n", "f.yaml:1:4 contains a character that YAML does not allow"),
        (
            "a: &a [*a]\n",
            "f.yaml:1:4 is nested deeper than 64 levels — does an alias contain itself?",
        ),
        ("[" * 5000, "f.yaml is nested deeper than 64 levels — does an alias contain itself?"),
    ],
)
def test_what_cannot_be_read_is_one_line_at_its_place(text: str, line: str) -> None:
    assert lines(text) == [line]


def test_one_bad_key_does_not_hide_the_next() -> None:
    assert len(lines("on: 1\na: yes\nb: 1\nb: 2\n7: x\n")) == 4


def test_aliases_that_multiply_are_stopped() -> None:
    text = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 9)
    )
    (line,) = lines(text)
    assert "has more than 100000 values after aliases are expanded" in line


def test_a_file_over_the_limit_is_not_parsed() -> None:
    assert lines("#" * (MAX_BYTES + 1)) == [f"f.yaml is larger than {MAX_BYTES} bytes"]


def test_bytes_that_are_not_utf8_are_located() -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_yaml(b"a: 1\nb: \xff\n", "f.yaml")
    assert str(caught.value) == "f.yaml:2:4 is not UTF-8 text"


def test_a_byte_order_mark_is_not_content() -> None:
    assert parse_yaml(b"\xef\xbb\xbfa: 1\n", "f.yaml").data == {"a": 1}


def test_paths_quote_what_is_not_a_plain_word() -> None:
    assert format_path(("tables", "my.table", "events", 1, "a-b")) == 'tables["my.table"].events[1].a-b'
    assert format_path(("a\nb\u2028",)) == '["a\\nb\\u2028"]', "a path never breaks the line"


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_data_written_as_yaml_is_read_as_it_was(data: Any) -> None:
    source = parse(yaml.safe_dump(data))
    assert source.problems == ()
    assert source.data == data


@given(st.text(alphabet="ab:-[]{}&*<>!?'\"\n #|01yon~", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    assert all("\n" not in line for line in lines(text))
