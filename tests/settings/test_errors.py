"""Every configuration error is one line at its place, and all are reported at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import ConfigurationError, Problem
from bridge.settings import read_settings

GOLDEN = yaml.safe_load((Path(__file__).parent / "errors.yaml").read_text(encoding="utf-8"))
BASE: str = GOLDEN["base"]
MISTAKES: dict[str, dict[str, str]] = GOLDEN["mistakes"]


def problems(text: str) -> tuple[Problem, ...]:
    try:
        return read_settings(text.encode(), "b.yaml", Path(), {"KEY": "k"}).warnings
    except ConfigurationError as error:
        return error.problems


@pytest.mark.parametrize("name", MISTAKES)
def test_an_error_is_one_line_at_its_place(name: str) -> None:
    case = MISTAKES[name]
    assert case["old"] in BASE
    text = BASE.replace(case["old"], case["new"], 1)
    found = problems(text)
    errors = [problem for problem in found if problem.severity == "error"]
    assert [str(problem) for problem in errors or found] == [case["line"]]


def test_a_file_without_tables_is_refused() -> None:
    text = BASE[: BASE.index("tables:")] + "tables: {}\n"
    assert [str(problem) for problem in problems(text)] == ["b.yaml:7:9 tables: must not be empty"]


def test_all_errors_are_reported_at_once_in_the_order_of_the_file() -> None:
    text = (
        BASE.replace("source: com.example", "source: a b")
        .replace("kind: eventbridge", "kind: eventbrige")
        .replace("path: q", "path: '${NOWHERE}'")
        .replace("[domain, billing]", "[domian]")
        .replace("with: mask", "with: hmac")
        .replace("op: insert", "on: insert")
        .replace("[/plan]", "[plan]")
        .replace('versions: ["1.0.0"]', "verions: [1.0.0]")
    )
    assert [str(p).split(" — ")[0] for p in problems(text) if p.severity == "error"] == [
        "b.yaml:2:9 source: must be a URI reference",
        "b.yaml:4:18 sinks.domain.kind: must be one of eventbridge, eventbridge_v2, sns, stdout, memory",
        "b.yaml:6:37 quarantine.path: the environment variable NOWHERE is not set",
        "b.yaml:10:12 tables.Users.sink[0]: is not a sink of this file",
        "b.yaml:11:14 tables.Users.redact[0].key: required key 'key' is missing",
        "b.yaml:13:9 tables.Users.events[0].op: required key 'op' is missing",
        "b.yaml:13:9 tables.Users.events[0].versions: required key 'versions' is missing",
        "b.yaml:14:9 tables.Users.events[0]: YAML 1.1 reads the unquoted key on as true, not as text",
        "b.yaml:15:9 tables.Users.events[0].verions: unknown key 'verions'",
        "b.yaml:16:9 tables.Users.events[1].versions: required key 'versions' is missing",
        "b.yaml:18:26 tables.Users.events[1].when.changed[0]: must be a JSON Pointer, which begins with /",
        "b.yaml:19:9 tables.Users.events[1].verions: unknown key 'verions'",
    ]


def test_a_table_needs_a_sink_if_there_are_several() -> None:
    text = BASE.replace("    sink: [domain, billing]\n", "")
    found = [str(p) for p in problems(text) if p.severity == "error"]
    assert found[0] == (
        "b.yaml:12:9 tables.Users.events[0].sink: required key 'sink' is missing,"
        " because there are several sinks — one of domain, billing"
    )
    assert len(found) == 2


def test_warnings_do_not_stop_a_file_and_accompany_errors() -> None:
    text = BASE.replace("[domain, billing]", "domain")
    assert [p.severity for p in problems(text)] == ["warning"]
    assert [p.severity for p in problems(text.replace("op: insert", "op: x"))] == ["warning", "error"]


KEYS = st.sampled_from(
    [
        "version",
        "source",
        "schemas",
        "sinks",
        "ledger",
        "quarantine",
        "breaker",
        "tables",
        "mapping",
        "kind",
        "name",
        "subject",
        "sink",
        "owner",
        "filter",
        "diff",
        "redact",
        "events",
        "type",
        "op",
        "when",
        "versions",
        "schema",
        "data",
        "path",
        "with",
        "key",
        "ignore",
        "lists",
        "changed",
        "on_failure",
        "window",
        "Users",
        "eventbridge",
        "sns",
        "memory",
        "directory",
        "$[x]",
        "",
    ]
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["sns", "memory", "hmac", "insert", "1.0.0", "${KEY}", "${X}", "${", "a.b", "glue://x"])
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=20,
)
PATHS = [
    ("sinks",), ("sinks", "domain"), ("tables",), ("tables", "Users"), ("tables", "Users", "events"),
    ("tables", "Users", "events", 0), ("tables", "Users", "events", 1, "when"), ("ledger",), ("quarantine",),
    ("tables", "Users", "redact"), ("tables", "Users", "sink"), ("tables", "Users", "diff"), ("mapping",),
    ("tables", "Users", "events", 0, "versions"), ("source",), ("version",), ("mapping", "on_failure"),
]  # fmt: skip


@given(VALUES)
def test_arbitrary_data_is_loaded_or_refused(data: Any) -> None:
    problems(yaml.safe_dump(data))


@given(st.sampled_from(PATHS), VALUES)
def test_an_arbitrary_value_anywhere_is_loaded_or_refused_in_lines(path: tuple[Any, ...], value: Any) -> None:
    document = yaml.safe_load(BASE)
    here = document
    for part in path[:-1]:
        here = here.setdefault(part, {}) if isinstance(here, dict) else here[part]
    here[path[-1]] = value
    for problem in problems(yaml.safe_dump(document)):
        assert len(str(problem).splitlines()) == 1
