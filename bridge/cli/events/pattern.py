"""``stream-bridge pattern``: write rule patterns for subscribers, and explain why one does not match."""

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

from bridge.cli.console.options import OutputOption, Project
from bridge.cli.console.output import Console, ExitCode, Output, visible
from bridge.cli.console.verbs import Group
from bridge.errors import BridgeError
from bridge.limits import EVENTBRIDGE_PATTERN_CHARS

if TYPE_CHECKING:
    from bridge.settings import Settings


class _TypeOrVerb(TyperGroup):
    """``pattern TYPE`` beside ``pattern test``: a word that is no verb is a type. Types have a dot."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in (*self.commands, *ctx.help_option_names):
            args = ["of", *args]
        return super().parse_args(ctx, args)


class Format(StrEnum):
    """The tool that the pattern is for."""

    JSON = "json"
    SAM = "sam"
    TERRAFORM = "terraform"


def of(
    console: Console,
    type_name: Annotated[str, typer.Argument(metavar="TYPE", help="With or without a major, such as .v1.")],
    project: Project,
    form: Annotated[
        Format, typer.Option("--format", help="Print a pattern, a SAM event, or a Terraform rule.")
    ] = Format.JSON,
) -> int:
    """Print the rule pattern of a type. `pattern TYPE` is short for it.

    The pattern matches every major that is published, or the given one.

    Exits 1 when bridge.yaml does not publish the type.
    """
    from bridge.core.pattern.rules import pattern_for, too_long

    settings = project.settings()
    published = _published(settings, type_name)
    pattern = pattern_for(settings.source, published.types)
    if too_long(pattern):
        raise BridgeError(
            f"the pattern is over EventBridge's {EVENTBRIDGE_PATTERN_CHARS} characters",
            hint="ask for one major, as TYPE.v1",
        )
    if not published.buses:
        instead = "on a topic, filter by message attributes; on a new bus, filter in the subscriber"
        console.say(f"note: {type_name} is not published to an event bus with rules; {instead}")
    elif len(published.buses) > 1:
        console.say(f"note: {type_name} is published to several buses: {', '.join(published.buses)}")
    console.write(_FORMS[form](pattern, published).encode())
    return ExitCode.OK


@dataclass(frozen=True, slots=True)
class _Published:
    """A type as bridge.yaml publishes it, with its majors and buses."""

    name: str
    types: tuple[str, ...]
    buses: tuple[str, ...]


def _published(settings: Settings, type_name: str) -> _Published:
    match = re.fullmatch(r"(.+)\.v([0-9]+)", type_name)
    name, wanted = (match[1], int(match[2])) if match else (type_name, None)
    events = [event for kind in settings.kinds() for event in kind.settings.events]
    majors = sorted({version.major for event in events if event.type == name for version in event.versions})
    if not majors:
        known = sorted({event.type for event in events})
        close = get_close_matches(name, known, n=1)
        hint = f"did you mean {close[0]}?" if close else f"it publishes {', '.join(known)}"
        raise BridgeError(f"{settings.file} does not publish {visible(name)}", hint=hint)
    if wanted is not None and wanted not in majors:
        there = ", ".join(f"v{major}" for major in majors)
        raise BridgeError(
            f"{settings.file} does not publish major {wanted} of {name}", hint=f"it publishes {there}"
        )
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


def try_pattern(
    console: Console,
    pattern: Annotated[str, typer.Argument(metavar="PATTERN", help="A file, JSON text, or -.")],
    event: Annotated[str, typer.Argument(metavar="EVENT", help="A file, JSON text, or -.")],
    output: OutputOption = Output.TEXT,
) -> int:
    """Check whether a rule's pattern matches an event, and show the parts that do not match.

    EVENT is what EventBridge delivers, or a CloudEvent alone, which is then put into the envelope that a rule
    sees. Works offline, with EventBridge's semantics.

    Exits 0 when the pattern matches, 2 when it does not, 1 when the pattern is invalid or an argument is not
    JSON.
    """
    from bridge.core.event import cloud_event
    from bridge.core.pattern.matching import compile_pattern
    from bridge.core.pattern.rules import envelope, hints, is_envelope

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
            console.say(
                "note: the event is neither EventBridge's envelope nor a CloudEvent: matched as it is"
            )
    mismatches = compile_pattern(wanted).explain(actual)
    if output is Output.JSON:
        reported = {"matches": not mismatches, "mismatches": [asdict(each) for each in mismatches]}
        console.write_json({**reported, "hints": hints(wanted, actual) if mismatches else []})
    elif not mismatches:
        console.show("matches")
    else:
        console.show("does not match")
        for each in mismatches:
            what = "is missing" if each.problem == "absent" else "has another value"
            console.show(visible(f"  {each.path} {what}; the pattern wants {each.expected}"))
        for hint in hints(wanted, actual):
            console.show(visible(f"  hint: {hint}"))
    return ExitCode.DIFFERENCES if mismatches else ExitCode.OK


def valid_pattern(value: Any) -> dict[str, Any]:
    """``value`` if it is a pattern that EventBridge accepts. Raises ``BridgeError`` with all problems."""
    from bridge.core.pattern.matching import check_pattern
    from bridge.core.pattern.rules import too_long

    problems = [
        f"{'.'.join(map(str, each.path)) or 'pattern'}: {each.message}" for each in check_pattern(value)
    ]
    if not problems and (over := too_long(value)):
        problems.append(f"is {over} characters over EventBridge's limit of {EVENTBRIDGE_PATTERN_CHARS}")
    if problems:
        raise BridgeError("the pattern is invalid: " + "; ".join(map(visible, problems)))
    assert isinstance(value, dict)  # noqa: S101 - check_pattern accepts nothing else
    return value


def read_json(argument: str, what: str) -> Any:
    """The JSON of a file, of standard input, or of the argument itself. ``what`` names it in errors."""
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


app = Group(
    cls=_TypeOrVerb,
    help="Write rule patterns (`pattern TYPE`) and test them (`pattern test PATTERN EVENT`).",
    no_args_is_help=True,
)
app.add(of)
app.add(try_pattern, "test")
