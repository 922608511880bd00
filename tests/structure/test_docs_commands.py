"""Every command on a page exists: verbs, options, make targets, AWS operations, parameters, files.

The tests read the code of pages, in a line or in a block. A command in a sentence may be a part of one; a
line that begins with ``$`` must be complete.
"""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
import pytest
import typer
from botocore import xform_name

from bridge.cli.app import app
from infra.local.templates import read
from tests.builders.places import ROOT

PAGES = sorted(
    path
    for pattern in ("*.md", "docs/*.md", "infra/**/*.md", "event_schemas/**/*.md")
    for path in ROOT.glob(pattern)
    if path.name != "CHANGELOG.md"  # it names commands of earlier versions
)
FENCE = re.compile(r"^```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`\n]+)`")
COMMAND = re.compile(r"(?:^|(?<=[\s(|]))(stream-bridge|make|aws) +(?=[a-z])")
ENDS = {"|", ">", ">>", "&&", ";", "#", "—"}

USAGE = typer.BadParameter.__mro__[1]  # what typer raises for any wrong use
AWS_GLOBAL = {"--output", "--query", "--region", "--profile", "--max-items", "--page-size", "--endpoint-url"}
AWS_CUSTOM = {
    "cloudformation deploy": {
        *("--stack-name", "--template-file", "--s3-bucket", "--capabilities", "--parameter-overrides"),
    },
    "cloudformation package": {"--template-file", "--s3-bucket", "--output-template-file"},
    "logs tail": {"--since", "--filter-pattern", "--follow"},
    "s3 cp": {"--recursive"},
    "s3 ls": {"--recursive"},
    "s3 rb": {"--force"},
}
"""Commands of the AWS CLI that are not operations of a service. Source: its reference, by command."""
STACKS = {
    "stream-bridge": "bridge",
    "stream-bridge-reconciliation": "reconciliation",
    "stream-bridge-alarms": "observability",
}
"""Names of stacks on the pages, and their templates."""


@dataclass(frozen=True)
class Command:
    page: str
    tool: str
    words: tuple[str, ...]
    whole: bool

    def __str__(self) -> str:
        return f"{self.page}: {self.tool} {' '.join(self.words)}"

    def options(self) -> list[str]:
        return [word.partition("=")[0] for word in self.words if re.match(r"--?[a-z]", word)]

    def value(self, option: str) -> str:
        return self.words[self.words.index(option) + 1] if option in self.words else ""


def commands_of(page: str, text: str) -> Iterator[Command]:
    for block in FENCE.findall(text):
        for line in block.replace("\\\n", " ").splitlines():
            yield from _split(page, line, whole=line.startswith("$ "))
    for span in SPAN.findall(FENCE.sub("", text)):
        yield from _split(page, span, whole=False)


def _split(page: str, text: str, *, whole: bool) -> Iterator[Command]:
    starts = list(COMMAND.finditer(text))
    for number, start in enumerate(starts):
        end = starts[number + 1].start() if number + 1 < len(starts) else len(text)
        yield Command(page, start[1], tuple(_words(text[start.end() : end])), whole)


def _words(text: str) -> Iterator[str]:
    text = text.replace("[--", "--").replace("]", "") if " [--" in text else text
    try:
        words = shlex.split(text)
    except ValueError:  # a quotation that continues after an inner command
        words = text.split()
    for word in words:
        if word in ENDS:
            return
        yield word.rstrip(";,:)")
        if word.endswith((";", ",", ")")):  # the sentence continues
            return


COMMANDS = [
    each for path in PAGES for each in commands_of(str(path.relative_to(ROOT)), path.read_text("utf-8"))
]


def of(tool: str) -> list[Command]:
    return [each for each in COMMANDS if each.tool == tool]


def all_cases(tool: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("command", of(tool), ids=lambda each: str(each)[:70])


# --- stream-bridge -------------------------------------------------------------------------------


@cache
def program() -> Any:
    return typer.main.get_command(app)


@all_cases("stream-bridge")
def test_a_verb_exists_with_its_options_and_arguments(command: Command) -> None:
    check_verb(command)


def check_verb(command: Command) -> None:
    here, words = program(), list(command.words)
    if words[0] == "pattern" and words[1:2] not in ([], ["test"]):
        words.insert(1, "of")  # as the command does itself: `pattern TYPE` beside `pattern test`
    context = typer.Context(here, info_name="stream-bridge")
    while hasattr(here, "commands") and words and not words[0].startswith("-"):
        name, here, words = here.resolve_command(context, words)  # fails for a verb that does not exist
        context = typer.Context(here, info_name=name, parent=context)
    known = {option for each in here.params for option in (*each.opts, *each.secondary_opts)} | {"--help"}
    assert set(command.options()) <= known, f"{command}: no {set(command.options()) - known}"
    if command.whole and not hasattr(here, "commands"):
        try:
            here.make_context(here.name, words, parent=context.parent)
        except typer.BadParameter as error:
            if not names_a_file(error):  # the file need not exist
                raise


def names_a_file(error: typer.BadParameter) -> bool:
    kind = getattr(getattr(error, "param", None), "type", None)
    return "Path" in type(kind).__name__


# --- make ----------------------------------------------------------------------------------------


@all_cases("make")
def test_a_target_exists_and_uses_the_variables_that_it_is_given(command: Command) -> None:
    makefile = (ROOT / "Makefile").read_text()
    target, *given = command.words
    rule = re.search(rf"^{target}:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    assert rule is not None, f"{command}: no target {target}"
    for name in (word.partition("=")[0] for word in given if "=" in word):
        assert re.search(rf"\$\({name}\)|,{name}[,)]|if \$\({name}\)|or \$\({name}\)", rule[1]), str(command)


# --- AWS -----------------------------------------------------------------------------------------


@cache
def service(name: str) -> Any:
    return botocore.session.get_session().get_service_model(name)


@all_cases("aws")
def test_an_aws_operation_exists_with_its_options(command: Command) -> None:
    check_aws(command)


def check_aws(command: Command) -> None:
    name, verb = command.words[:2]
    used = set(command.options()) - AWS_GLOBAL
    if f"{name} {verb}" in AWS_CUSTOM:
        assert used <= AWS_CUSTOM[f"{name} {verb}"], f"{command}: {used}"
        return
    model = service(name)
    if verb == "wait":
        waiters = botocore.session.get_session().get_waiter_model(name).waiter_names
        assert command.words[2] in {xform_name(each, "-") for each in waiters}, str(command)
        return
    operations = {xform_name(each, "-"): each for each in model.operation_names}
    assert verb in operations, f"{command}: {name} has no {verb}"
    shape = model.operation_model(operations[verb]).input_shape
    members = {f"--{xform_name(each, '-')}": each for each in (shape.members if shape else ())}
    no = {f"--no-{key[2:]}" for key, each in members.items() if shape.members[each].type_name == "boolean"}
    assert used <= members.keys() | no, f"{command}: no {used - members.keys() - no}"
    if command.whole:
        required = {key for key, each in members.items() if each in shape.required_members}
        assert required <= used, f"{command}: {required - used} is missing"


@pytest.mark.parametrize("command", [each for each in of("aws") if each.words[1:2] == ("deploy",)], ids=str)
def test_a_stack_is_deployed_from_its_own_template_with_parameters_that_it_has(command: Command) -> None:
    """A packaged template does not keep its name, so the page must package it just before."""
    check_deploy(command)


def check_deploy(command: Command) -> None:
    template = STACKS[command.value("--stack-name")]
    file = command.value("--template-file")
    if file == "packaged.yaml":
        before = COMMANDS[COMMANDS.index(command) - 1]
        assert before.words[:2] == ("cloudformation", "package"), (
            f"{command}: no command before it packages {file}"
        )
        file = before.value("--template-file")
    assert file == f"infra/{template}.yaml", str(command)
    at = command.words.index("--parameter-overrides")
    for word in command.words[at + 1 :]:
        if word.startswith("--"):
            break
        if not word.startswith("file://"):
            assert word.partition("=")[0] in read(template)["Parameters"], f"{command}: {word}"
    if "Transform" in read(template):
        assert {"CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"} <= set(command.words), str(command)


# --- files ---------------------------------------------------------------------------------------


def test_files_of_this_repository_that_a_command_names_exist() -> None:
    seen = 0
    for command in COMMANDS:
        for word in command.words:
            if re.fullmatch(r"(docs|infra|examples|tests)/[\w./-]+", word):
                assert (ROOT / word).exists(), f"{command}: {word}"
                seen += 1
            elif word.startswith("dist/"):
                assert re.fullmatch(r"dist/stream-bridge-(arm64|x86_64)\.zip", word), str(command)
                seen += 1
    assert seen > 5


def anchors(path: Path) -> set[str]:
    """The anchors that GitHub makes from headings."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", path.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_of_a_page_have_a_target(page: Path) -> None:
    text = FENCE.sub("", page.read_text("utf-8"))
    links = [link for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]
    assert [link for link in links if not leads_somewhere(page, link)] == []


def leads_somewhere(page: Path, link: str) -> bool:
    file, _, anchor = link.partition("#")
    target = (page.parent / file).resolve() if file else page
    return target.exists() and (not anchor or anchor in anchors(target))


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_of_this_repository_that_a_page_names_exist(page: Path) -> None:
    spans = SPAN.findall(FENCE.sub("", page.read_text("utf-8")))
    named = [span for span in spans if re.fullmatch(r"(bridge|tests|infra|benchmarks)/[\w./-]+", span)]
    missing = {name for name in named if not (ROOT / name).exists()}
    assert missing <= {"tests/test_events.py"}, "the exception is what `init` writes"


def test_the_index_links_every_page_of_docs() -> None:
    index = (ROOT / "docs" / "index.md").read_text("utf-8")
    linked = set(re.findall(r"\]\(([\w-]+\.md)\)", index))
    assert linked == {path.name for path in ROOT.glob("docs/*.md")} - {"index.md"}


# --- commands in hints ---------------------------------------------------------------------------


def texts_of(code: str) -> Iterator[str]:
    """Every text of a module; an f-string without its values."""
    tree = ast.parse(code)
    filled = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    parts = {id(part) for node in filled for part in ast.walk(node) if part is not node}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr) and id(node) not in parts:
            yield "".join(str(each.value) if isinstance(each, ast.Constant) else "" for each in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts:
            yield node.value


def test_commands_in_hints_exist() -> None:
    seen = 0
    for path in sorted((ROOT / "bridge").rglob("*.py")):
        for text in texts_of(path.read_text("utf-8")):
            for piece in SPAN.findall(text) or [text]:
                for command in _split(str(path.relative_to(ROOT)), piece, whole=False):
                    quoted = piece != text or text.startswith(command.tool)
                    if command.tool == "aws":
                        check_aws(command)
                    elif command.tool == "stream-bridge" and (quoted or _is_verb(command.words[0])):
                        check_verb(command)
                    else:
                        continue  # "stream-bridge writes …", "make it …"
                    seen += 1
    assert seen > 80


def _is_verb(word: str) -> bool:
    return word in program().commands


# --- the parser of commands ----------------------------------------------------------------------


def test_commands_are_found_in_sentences_and_in_blocks() -> None:
    text = (
        "Type `stream-bridge run`, or `make test ARGS=-x`:\n"
        "```console\n$ stream-bridge quarantine export | stream-bridge render - > /dev/null\n"
        '$ aws sqs purge-queue \\\n    --queue-url "$(aws sqs get-queue-url --queue-name q)"\n```\n'
        "stream-bridge turns changes into events.\n"
    )
    assert [(each.tool, each.words[0], each.whole) for each in commands_of("page", text)] == [
        ("stream-bridge", "quarantine", True),
        ("stream-bridge", "render", True),
        ("aws", "sqs", True),
        ("aws", "sqs", True),
        ("stream-bridge", "run", False),
        ("make", "test", False),
    ]
    assert {each.tool for each in COMMANDS} == {"stream-bridge", "make", "aws"}
    assert len(of("stream-bridge")) > 60
    assert len(of("aws")) > 30


@pytest.mark.parametrize(
    "text",
    [
        "stream-bridge reconsile run",
        "stream-bridge quarantine lists",
        "stream-bridge redrive --rates 100",
        "stream-bridge reconcile run --table",
        "stream-bridge pattern --format xml com.example.a",
        "aws sqs purge-queues --queue-url u",
        "aws sqs purge-queue --url u",
        "aws sqs purge-queue",
        "aws logs tail g --since 5m --filter x",
    ],
)
def test_a_wrong_command_is_found(text: str) -> None:
    (command,) = _split("page", text, whole=True)
    with pytest.raises((AssertionError, USAGE)):
        (check_aws if command.tool == "aws" else check_verb)(command)
