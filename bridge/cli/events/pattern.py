"""``stream-bridge pattern``: rule patterns for subscribers, and why one does not match."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from bridge.cli.console.diff_view import visible
from bridge.cli.console.options import DEFAULT_CONFIG, ConfigOption, EnvFileOption, OutputOption, environment
from bridge.cli.console.output import Console, ExitCode, Output
from bridge.errors import BridgeError
from bridge.limits import EVENTBRIDGE_PATTERN_CHARS

if TYPE_CHECKING:
    from bridge.settings import Settings


class _TypeOrVerb(TyperGroup):
    """``pattern TYPE`` beside ``pattern test``: what is no verb is a type. Types have a dot, verbs do not."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in (*self.commands, *ctx.help_option_names):
            args = ["of", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_TypeOrVerb,
    help="Rule patterns: `pattern TYPE` writes one, `pattern test PATTERN EVENT` tries one.",
    no_args_is_help=True,
)


class Format(StrEnum):
    """Where the pattern goes."""

    JSON = "json"
    SAM = "sam"
    TERRAFORM = "terraform"


@app.command("of", help="The rule pattern of a type; `pattern TYPE` is short for it.")
def of(
    context: typer.Context,
    type_name: Annotated[str, typer.Argument(metavar="TYPE", help="With or without a major, as .v1.")],
    config: ConfigOption = DEFAULT_CONFIG,
    env_file: EnvFileOption = None,
    form: Annotated[
        Format, typer.Option("--format", help="A pattern, a SAM event, or a Terraform rule.")
    ] = Format.JSON,
) -> int:
    """Print the rule pattern that matches a type: every major that is published, or the one given.

    Exit code 1 when bridge.yaml does not publish the type.
    """
    from bridge.core.pattern.rules import pattern_for, too_long
    from bridge.settings import load_settings

    console: Console = context.obj
    settings = load_settings(config, environment(env_file))
    published = _published(settings, type_name)
    pattern = pattern_for(settings.source, published.types)
    if too_long(pattern):
        raise BridgeError(
            f"the pattern is over EventBridge's {EVENTBRIDGE_PATTERN_CHARS} characters",
            hint="ask for one major, as TYPE.v1",
        )
    if not published.buses:
        instead = "on a topic, filter by its message attributes; on a new bus, in the subscriber"
        console.say(f"note: {type_name} goes to no event bus with rules; {instead}")
    elif len(published.buses) > 1:
        console.say(f"note: {type_name} goes to several buses: {', '.join(published.buses)}")
    console.write(_FORMS[form](pattern, published).encode())
    return ExitCode.OK


@dataclass(frozen=True, slots=True)
class _Published:
    """A type as bridge.yaml publishes it: with its majors, on which buses."""

    name: str
    types: tuple[str, ...]
    buses: tuple[str, ...]


def _published(settings: Settings, type_name: str) -> _Published:
    match = re.fullmatch(r"(.+)\.v([0-9]+)", type_name)
    name, wanted = (match[1], int(match[2])) if match else (type_name, None)
    events = [event for table in settings.tables.values() for event in table.events]
    majors = sorted({version.major for event in events if event.type == name for version in event.versions})
    if not majors:
        known = sorted({event.type for event in events})
        close = get_close_matches(name, known, n=1)
        hint = f"did you mean {close[0]}?" if close else f"it publishes {', '.join(known)}"
        raise BridgeError(f"bridge.yaml publishes no {visible(name)}", hint=hint)
    if wanted is not None and wanted not in majors:
        there = ", ".join(f"v{major}" for major in majors)
        raise BridgeError(f"bridge.yaml publishes no major {wanted} of {name}", hint=f"it publishes {there}")
    sinks = dict.fromkeys(sink for event in events if event.type == name for sink in event.sink)
    buses = [settings.sinks[sink] for sink in sinks if settings.sinks[sink].kind == "eventbridge"]
    return _Published(
        name,
        tuple(f"{name}.v{major}" for major in majors if wanted in (None, major)),
        tuple(dict.fromkeys(str(getattr(bus, "bus", "")) for bus in buses)),
    )


def _json(pattern: Mapping[str, Any], published: _Published) -> str:
    return json.dumps(pattern, indent=2)


def _sam(pattern: Mapping[str, Any], published: _Published) -> str:
    words = [word.capitalize() for word in re.findall(r"[A-Za-z0-9]+", published.name)[-2:]]
    lines = ["# under Properties of an AWS::Serverless::Function", "Events:", f"  {''.join(words)}:"]
    lines += ["    Type: EventBridgeRule", "    Properties:"]
    lines += [f"      EventBusName: {json.dumps(bus)}" for bus in published.buses[:1]]
    lines.append("      Pattern:")
    for name, values in pattern.items():
        lines.append(f"        {name}:")
        lines += [f"          - {json.dumps(value)}" for value in values]
    return "\n".join(lines)


def _terraform(pattern: Mapping[str, Any], published: _Published) -> str:
    words = re.findall(r"[A-Za-z0-9]+", published.name)
    text = json.dumps(pattern, indent=2).replace("${", "$${").replace("%{", "%%{")
    body = re.sub(r'^(\s*)"([a-z-]+)":', r'\1"\2" =', text, flags=re.MULTILINE).replace("\n", "\n  ")
    lines = [f'resource "aws_cloudwatch_event_rule" "{"_".join(words[-2:]).lower()}" {{']
    lines.append(f'  name           = "{"-".join(words[-2:]).lower()[:64]}"')
    lines += [f"  event_bus_name = {json.dumps(bus)}" for bus in published.buses[:1]]
    lines += [f"  event_pattern  = jsonencode({body})", "}"]
    return "\n".join(lines)


_FORMS: dict[Format, Callable[[Mapping[str, Any], _Published], str]] = {
    Format.JSON: _json,
    Format.SAM: _sam,
    Format.TERRAFORM: _terraform,
}


@app.command("test")
def try_pattern(
    context: typer.Context,
    pattern: Annotated[str, typer.Argument(metavar="PATTERN", help="A file, JSON itself, or -.")],
    event: Annotated[str, typer.Argument(metavar="EVENT", help="A file, JSON itself, or -.")],
    output: OutputOption = Output.TEXT,
) -> int:
    """Say whether a rule's pattern matches an event, and which parts of it do not.

    EVENT is what EventBridge delivers, or a CloudEvent alone, which is then put into the envelope that a rule
    sees. Works offline, with the semantics that EventBridge has.

    Exit code 0: it matches. 2: it does not. 1: the pattern is invalid, or something is no JSON.
    """
    from bridge.core.event import cloud_event
    from bridge.core.pattern.matching import compile_pattern
    from bridge.core.pattern.rules import envelope, hints, is_envelope

    console: Console = context.obj
    if pattern == event == "-":
        raise BridgeError("PATTERN and EVENT cannot both be standard input")
    wanted = valid_pattern(read_json(pattern, "the pattern"))
    actual = read_json(event, "the event")
    if not isinstance(actual, dict):
        raise BridgeError("the event is not a JSON object")
    if not is_envelope(actual):
        inner = cloud_event(json.dumps(actual))
        if inner is not None:
            actual = envelope(inner)
        else:
            console.say("note: neither EventBridge's envelope nor a CloudEvent: matched as it is")
    mismatches = compile_pattern(wanted).explain(actual)
    if output is Output.JSON:
        reported = {"matches": not mismatches, "mismatches": [asdict(each) for each in mismatches]}
        console.write_json({**reported, "hints": hints(wanted, actual) if mismatches else []})
    elif not mismatches:
        console.show("matches")
    else:
        console.show("does not match")
        for each in mismatches:
            what = "is not there" if each.problem == "absent" else "has another value"
            console.show(visible(f"  {each.path} {what}; the pattern wants {each.expected}"))
        for hint in hints(wanted, actual):
            console.show(visible(f"  hint: {hint}"))
    return ExitCode.DIFFERENCES if mismatches else ExitCode.OK


def valid_pattern(value: Any) -> dict[str, Any]:
    """``value``, which is a pattern that EventBridge takes. Raises ``BridgeError`` with all that is wrong."""
    from bridge.core.pattern.matching import check_pattern
    from bridge.core.pattern.rules import too_long

    problems = [
        f"{'.'.join(map(str, each.path)) or 'pattern'}: {each.message}" for each in check_pattern(value)
    ]
    if not problems and (over := too_long(value)):
        problems.append(f"is {over} characters over EventBridge's limit of {EVENTBRIDGE_PATTERN_CHARS}")
    if problems:
        raise BridgeError("the pattern is invalid: " + "; ".join(map(visible, problems)))
    assert isinstance(value, dict)  # noqa: S101 - check_pattern takes nothing else
    return value


def read_json(argument: str, what: str) -> Any:
    """The JSON of an argument: a file's, standard input's, or its own. ``what`` names it in errors."""
    from bridge.cli.records.files import Unreadable, parse

    if argument == "-":
        content, name = sys.stdin.buffer.read(), "standard input"
    elif argument.lstrip().startswith(("{", "[")):
        content, name = argument.encode(errors="surrogateescape"), what
    else:
        content, name = Path(argument).read_bytes(), argument
    value = parse(content, name, 1)
    if isinstance(value, Unreadable):
        raise BridgeError(f"{what} cannot be read: {value.problem}")
    return value
