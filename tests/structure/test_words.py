"""Texts use the words of docs/glossary.md: pages, help texts, and the strings and comments of ``bridge/``.

Each of these words and phrases has a usual technical term, and a reader meets it for the first time in every
file. The tests do not look at identifiers. No text needs an exception; a word that AWS or JSON Schema defines
may get one, with its reason.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer

from bridge.cli.app import app
from tests.builders.places import ROOT

BANNED: dict[str, str] = {
    r"(?:re|un)?told|tells?|telling": "published, reported, shown, logged, says",
    r"mend(?:s|ed|ing)?": "fix",
    r"in step": "matching",
    r"hand(?:s|ed|ing)? back": "return for retry",
    r"put(?:s|ting)? aside|parked": "quarantined, given up, waiting for redrive",
    r"st(?:ands?|ood) in|l(?:ies|ie|ay) in": "is in",
    r"rooms?|doors?|houses?": "module, entry point, project",
    r"(?:the|a|its|this|that|same|one|each|whole|every|of) walks?": "pipeline",
    r"recipes?": "fingerprint version",
    r"by your word": "as given",
    r"(?:nothing )?of ours": "the bridge's, this project's",
    r"there is none": "no ... exists",
}
"""What is not written, as a regular expression over lower-case words; and what is written instead."""

WORDS = re.compile("|".join(rf"(?P<w{number}>\b(?:{each})\b)" for number, each in enumerate(BANNED)))
INSTEAD = list(BANNED.values())

PAGES = sorted(
    path
    for pattern in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/*.md", "event_schemas/README.md")
    for path in [*ROOT.glob(pattern)]
) + sorted(ROOT.glob("infra/**/README.md"))
CODE = sorted((ROOT / "bridge").rglob("*.py"))
DATA = sorted(path for path in (ROOT / "bridge").rglob("*") if path.suffix in (".yaml", ".md", ".json"))


@dataclass(frozen=True)
class Text:
    place: str
    text: str


def hits(texts: Iterator[Text]) -> list[str]:
    return [hit for each in texts for hit in _hits(each)]


def _hits(each: Text) -> Iterator[str]:
    text = re.sub(r"[\s*`]+", " ", each.text)
    for found in WORDS.finditer(text.lower()):
        context = text[max(found.start() - 50, 0) : found.end() + 50]
        instead = INSTEAD[int(str(found.lastgroup)[1:])]
        yield f"{each.place}: '{found[0]}' in '…{context}…' (write: {instead})"


def paragraphs(path: Path) -> Iterator[Text]:
    """The lines of a page; phrases are found within a line."""
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        yield Text(f"{path.relative_to(ROOT)}:{number}", line)


def texts_of(path: Path) -> Iterator[Text]:
    """String literals with docstrings, and comments. Comments on consecutive lines are one text."""
    code, name = path.read_text("utf-8"), path.relative_to(ROOT)
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield Text(f"{name}:{node.lineno}", node.value)
    begin = last = 0
    comment = ""
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        if token.type == tokenize.COMMENT:
            line, text = token.start[0], token.string.lstrip("# ")
            if line != last + 1 and comment:
                yield Text(f"{name}:{begin}", comment)
            comment, begin = (f"{comment} {text}", begin) if line == last + 1 else (text, line)
            last = line
    yield Text(f"{name}:{begin}", comment)


def help_texts(command: Any, name: str = "stream-bridge") -> Iterator[Text]:
    yield Text(f"{name} --help", f"{command.help or ''} {command.epilog or ''} {command.short_help or ''}")
    for parameter in command.params:
        yield Text(f"{name} --help, {parameter.name}", getattr(parameter, "help", None) or "")
    for verb, each in getattr(command, "commands", {}).items():
        yield from help_texts(each, f"{name} {verb}")


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_page_uses_the_usual_words(page: Path) -> None:
    assert hits(paragraphs(page)) == []


@pytest.mark.parametrize("file", [*CODE, *DATA], ids=lambda path: str(path.relative_to(ROOT)))
def test_strings_docstrings_and_comments_use_the_usual_words(file: Path) -> None:
    assert hits(texts_of(file) if file.suffix == ".py" else paragraphs(file)) == []


def test_help_texts_use_the_usual_words() -> None:
    texts = list(help_texts(typer.main.get_command(app)))
    assert len(texts) > 100
    assert hits(iter(texts)) == []


def test_a_banned_word_is_found_across_lines_and_marks() -> None:
    found = hits(
        iter([Text("a", "what is *put\n    aside*, a Door; told"), Text("b", "atelier outdoors, indoor")])
    )
    assert [hit.split(":")[0] for hit in found] == ["a", "a", "a"]
