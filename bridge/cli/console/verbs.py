"""Verbs as functions: one signature for Python and for the command line, where dataclasses hold options."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, fields, is_dataclass
from typing import Annotated, Any, Final, get_args, get_origin, get_type_hints

import typer
from rich.markup import escape
from typer.models import OptionInfo

_LAST: Final = ("endpoint_url", "region", "output")
"""Options that every verb has alike come last in ``--help``."""


@dataclass(frozen=True, slots=True)
class Only:
    """The fields of a dataclass that a verb has options for: ``Annotated[Given, Only("table", "state")]``."""

    names: tuple[str, ...]


class Group(typer.Typer):
    """A group of verbs.

    A verb takes the console, then options. A parameter whose type is a dataclass stands for one option per
    field, so that options that several verbs share are declared once. The docstring is the help text, as
    plain text: Rich would read ``[cli]`` as markup and drop it. A terminal of any width breaks its lines
    where it needs to.
    """

    def add(self, verb: Callable[..., int], name: str | None = None) -> None:
        help_text = escape(_paragraphs(inspect.getdoc(verb) or ""))
        self.command(name or verb.__name__.replace("_", "-"), help=help_text)(expand(verb))


def _paragraphs(text: str) -> str:
    """Each paragraph on one line; indented lines stay as they are."""
    parts = text.split("\n\n")
    return "\n\n".join(part if "\n " in part else " ".join(part.split("\n")) for part in parts)


def expand(verb: Callable[..., int]) -> Callable[..., int]:
    """``verb`` with the signature that Typer reads: the context, and one parameter per option."""
    hints = get_type_hints(verb, include_extras=True)
    options = [_parameter("context", typer.Context, inspect.Parameter.empty)]
    groups: dict[str, tuple[Any, list[str]]] = {}
    for name, parameter in list(inspect.signature(verb).parameters.items())[1:]:
        kind, remarks = _parts(hints[name])
        if not is_dataclass(kind):
            options.append(_parameter(name, hints[name], parameter.default))
            continue
        own = get_type_hints(kind, include_extras=True)
        chosen = next((each.names for each in remarks if isinstance(each, Only)), None)
        members = [field for field in fields(kind) if chosen is None or field.name in chosen]
        options += [_parameter(field.name, own[field.name], field.default) for field in members]
        groups[name] = (kind, [field.name for field in members])
    options.sort(key=lambda option: option.name in _LAST)

    def command(context: typer.Context, **given: Any) -> int:
        for name, (kind, members) in groups.items():
            given[name] = kind(**{member: given.pop(member) for member in members})
        return verb(context.obj, **given)

    command.__signature__ = inspect.Signature(options)  # type: ignore[attr-defined]
    return command


def _parameter(name: str, hint: Any, default: Any) -> inspect.Parameter:
    """An option without a name is called like its parameter. Typer would add ``--no-...`` to a flag."""
    kind, remarks = _parts(hint)
    options = [copy(each) for each in remarks if isinstance(each, OptionInfo)]
    for option in options:
        if option.default is ... and not option.param_decls:
            option.param_decls = ("--" + name.replace("_", "-"),)
        hint = Annotated[kind, option]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=hint)


def _parts(hint: Any) -> tuple[Any, list[Any]]:
    """A type and what ``Annotated`` says about it."""
    if get_origin(hint) is not Annotated:
        return hint, []
    kind, *remarks = get_args(hint)
    return kind, remarks
