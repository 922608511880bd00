"""A verb's signature becomes its options; its docstring becomes its help text, whole."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Any

import pytest
import typer

from bridge.cli.app import GROUPS, VERBS, Verb
from bridge.cli.console.output import Console
from bridge.cli.console.verbs import Only, expand
from bridge.cli.events import pattern
from tests.cli.shell import Shell

ALL: dict[str, Verb] = VERBS | {
    f"{group} {name}": verb for group, (_, verbs) in GROUPS.items() for name, verb in verbs.items()
}
ALL |= {"pattern of": pattern.of, "pattern test": pattern.try_pattern}


@dataclass(frozen=True)
class Place:
    table: Annotated[str, typer.Option(help="The table.")] = "Users"
    region: Annotated[str | None, typer.Option(help="The region.")] = None
    dry_run: Annotated[bool, typer.Option(help="Write nothing.")] = False


def verb(console: Console, place: Annotated[Place, Only(("table", "dry_run"))], limit: int = 3) -> int:
    """Return the limit if the place has what was given."""
    return limit if (place.table, place.region, place.dry_run) == ("Orders", None, True) else 0


def test_a_dataclass_stands_for_the_options_that_the_verb_names() -> None:
    names = list(inspect.signature(expand(verb)).parameters)
    assert names == ["context", "table", "dry_run", "limit"]


def test_a_verb_gets_its_dataclasses_filled() -> None:
    context: Any = type("Context", (), {"obj": None})
    assert expand(verb)(context, table="Orders", dry_run=True, limit=7) == 7


def test_a_flag_has_one_name_and_no_opposite() -> None:
    (option,) = inspect.signature(expand(verb)).parameters["dry_run"].annotation.__metadata__
    assert option.param_decls == ("--dry-run",)


@pytest.mark.parametrize("name", sorted(ALL))
def test_help_shows_every_word_of_the_docstring(name: str, shell: Shell) -> None:
    """Rich must not take ``[cli]`` for markup."""
    shell.monkeypatch.setenv("COLUMNS", "120")
    done = shell.run(*name.split(), "--help")
    assert done.code == 0
    assert set((inspect.getdoc(ALL[name]) or "").split()) - set(done.out.decode().split()) == set()


@pytest.mark.parametrize("name", sorted(ALL))
def test_every_option_has_one_sentence_of_help_without_markup(name: str) -> None:
    parameters = list(inspect.signature(expand(ALL[name])).parameters.values())[1:]
    texts = [option.help for parameter in parameters for option in parameter.annotation.__metadata__]
    assert len(texts) == len(parameters)
    assert [text for text in texts if not re.fullmatch(r"[A-Z-].*\.", text)] == []
    assert [text for text in texts if re.search(r"\[/?[a-z]", text)] == []


def test_help_has_every_word_and_breaks_only_where_a_line_is_full(shell: Shell) -> None:
    for name, verb in ALL.items():
        for width in (80, 300):
            shell.monkeypatch.setenv("COLUMNS", str(width))
            shown = shell.run(*name.split(), "--help").out.decode()
            body = shown.partition("╭")[0]
            for paragraph in (inspect.getdoc(verb) or "").split("\n\n"):
                assert " ".join(paragraph.split()) in " ".join(body.split()), (name, width)
            lines = [line.strip() for line in body.splitlines()[2:]]
            for line, after in pairwise(lines):
                if line and after:
                    assert len(line) + 1 + len(after.split()[0]) > width - 3, (name, width, line)
