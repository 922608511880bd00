"""The language that maps data: the wanted JSON, with JSONPaths in the places of values.

::

    {userId: $.key.userId, plan: {from: $.before.plan, to: $.after.plan}, channel: stream}

A string that begins with ``$.`` is a path. If the path finds nothing, the member is left out; a path with
wildcards or filters gives a list. At the start of a text or a member's name, ``$$`` means a dollar sign. An
object may describe a value in more detail::

    {$path: $.after.plan, $lookup: {free: basic, pro: basic}, $default: unknown}
    {$upper: $.after.plan, $default: unknown}
    {$const: {any: JSON, as: it is}}

``$lookup`` replaces the value that was found. ``$default`` is used if the path finds nothing or the table
lacks the value; it is itself written like any other value. Without it, a value that the table lacks fails the
mapping. In the place of ``$path`` there may be a function (:mod:`bridge.core.mapping.functions`), whose value
is written like any other, so that functions may be nested. The caller that compiles a mapping decides what
paths search: a change, or data of another version.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final

from bridge.core.jsonpath import JsonPathError, parse_path
from bridge.core.mapping.functions import ARGUMENTS, FUNCTIONS, MISSING, ArgumentError, function_of
from bridge.core.mapping.paths import Getter, MappingError, PathCompiler, Place, is_path
from bridge.core.pointer import escape
from bridge.errors import MappingFailed

_COMMON: Final = ("$path", "$lookup", "$default", "$const")
_SAYS_MORE: Final = frozenset((*_COMMON, *FUNCTIONS, *ARGUMENTS))


def compile_mapping(mapping: Mapping[str, Any], compile_path: PathCompiler) -> Getter:
    """A function from a source to the mapped object. Raises :class:`MappingError` for the first problem."""
    compiler = _Compiler(compile_path)
    get = compiler.members(mapping, ())
    if compiler.problems:
        raise compiler.problems[0]
    return get


def mapping_problems(mapping: Mapping[str, Any], compile_path: PathCompiler) -> list[MappingError]:
    """All problems of a mapping, in its order."""
    compiler = _Compiler(compile_path)
    compiler.members(mapping, ())
    return compiler.problems


def says_more(value: Any) -> bool:
    """Whether a value is an object that describes a value, not one that is made member by member."""
    return isinstance(value, Mapping) and any(name in _SAYS_MORE for name in value)


class _Compiler:
    """Compiles part by part; a wrong part adds a problem and gives a missing value."""

    def __init__(self, compile_path: PathCompiler) -> None:
        self.compile_path = compile_path
        self.problems: list[MappingError] = []

    def value(self, value: Any, place: Place) -> Getter:
        if isinstance(value, Mapping):
            return self.said_more(value, place) if says_more(value) else self.members(value, place)
        if isinstance(value, list | tuple):
            return self.elements(value, place)
        if is_path(value):
            return self.path(value, place)
        constant = value[1:] if isinstance(value, str) and value.startswith("$$") else value
        return lambda _: constant

    def path(self, text: Any, place: Place) -> Getter:
        if not isinstance(text, str):
            return self.wrong(place, "a JSONPath is text, such as $.after.plan")
        try:
            return self.compile_path(text, place)
        except MappingError as error:
            return self.wrong(error.path, error.message, error.suggestion)

    def members(self, mapping: Mapping[str, Any], place: Place) -> Getter:
        named: list[tuple[str, Getter]] = []
        for name, value in mapping.items():
            if is_path(name):
                self.unknown_name(name, (*place, name))
            else:
                plain = name[1:] if name.startswith("$$") else name
                named.append((plain, self.value(value, (*place, name))))

        def get(source: Any) -> dict[str, Any]:
            result = {}
            for name, of in named:
                value = of(source)
                if value is not MISSING:
                    result[name] = value
            return result

        return get

    def elements(self, values: Sequence[Any], place: Place) -> Getter:
        each = [self.value(value, (*place, index)) for index, value in enumerate(values)]

        def get(source: Any) -> list[Any]:
            return [value for of in each if (value := of(source)) is not MISSING]

        return get

    # --- an object that describes a value in more detail -----------------------------------------

    def said_more(self, said: Mapping[str, Any], place: Place) -> Getter:
        for name in said:
            if name not in _SAYS_MORE:
                self.unknown_name(name, (*place, name))
        if "$const" in said:
            if len(said) > 1:
                self.wrong(place, "$const must be the only member", "use $path with $default, or $const")
            constant = said["$const"]
            return lambda _: constant
        function = function_of(said)
        if function is not None:
            get = self.function(function, said, place)
        elif "$path" in said:
            self.arguments(said, (), place)
            get = self.path(said["$path"], (*place, "$path"))
        else:
            return self.wrong(place, f"$path is missing: {', '.join(said)} need one, or a function")
        default = self.value(said["$default"], (*place, "$default")) if "$default" in said else None
        if "$lookup" in said:
            return self.lookup(said, get, default, place)
        if default is None:
            return get

        def get_or_default(source: Any) -> Any:
            value = get(source)
            return default(source) if value is MISSING else value

        return get_or_default

    def function(self, name: str, said: Mapping[str, Any], place: Place) -> Getter:
        for other in said:
            if other != name and (other in FUNCTIONS or other == "$path"):
                advice = f"write one as the value of the other, such as {{{name}: {{{other}: …}}}}"
                return self.wrong((*place, other), f"{name} and {other} cannot both be the value", advice)
        function, value = FUNCTIONS[name], said[name]
        self.arguments(said, function.arguments, place)
        at = (*place, name)
        if (
            function.whole
            and not isinstance(value, list | tuple)
            and not is_path(value)
            and not says_more(value)
        ):
            return self.wrong(at, "takes a list of values, or a path to a list")
        if value is None or isinstance(value, bool) or (isinstance(value, Mapping) and not says_more(value)):
            return self.wrong(at, "takes a path, a text, a number, a list of them or another function")
        try:
            apply = function.make(said)
        except ArgumentError as error:
            return self.wrong((*place, error.argument), error.message, error.suggestion)
        if function.whole and isinstance(value, list | tuple):
            parts = [self.value(each, (*at, index)) for index, each in enumerate(value)]
            return lambda source: apply([part(source) for part in parts])
        of = self.value(value, at)
        return lambda source: apply(of(source))

    def arguments(self, said: Mapping[str, Any], taken: Sequence[str], place: Place) -> None:
        for name in said:
            if name in ARGUMENTS and name not in taken:
                takers = [each for each, function in FUNCTIONS.items() if name in function.arguments]
                self.wrong((*place, name), f"{name} belongs to {' and '.join(takers)}")

    def lookup(self, said: Mapping[str, Any], get: Getter, default: Getter | None, place: Place) -> Getter:
        table = said["$lookup"]
        if not isinstance(table, Mapping) or not table:
            return self.wrong((*place, "$lookup"), "must be a mapping from values to values")
        instead = {key: self.value(value, (*place, "$lookup", key)) for key, value in table.items()}
        where = "".join(f"/{escape(str(step))}" for step in place)
        what = f"the value at {said['$path']}" if "$path" in said else f"the value of {function_of(said)}"

        def look_up(value: Any, source: Any) -> Any:
            found = instead.get(_word(value), default)
            if found is None:
                raise MappingFailed(
                    f"mapping of {where}: {what} is not in its $lookup",
                    hint="add the value to the table, or give a $default",
                )
            return found(source)

        # A path says by its form whether it gives a list; what a function gives is known when it is called.
        many = list if "$path" not in said or _gives_list(said["$path"]) else ()

        def get_looked_up(source: Any) -> Any:
            value = get(source)
            if value is MISSING:
                return MISSING if default is None else default(source)
            if not isinstance(value, many):
                return look_up(value, source)
            each = (look_up(element, source) for element in value)
            return [found for found in each if found is not MISSING]

        return get_looked_up

    # --- problems ------------------------------------------------------------------------------

    def wrong(self, place: Place, message: str, suggestion: str = "") -> Getter:
        self.problems.append(MappingError(place, message, suggestion))
        return lambda _: MISSING

    def unknown_name(self, name: str, place: Place) -> None:
        close = get_close_matches(name, sorted(_SAYS_MORE), n=1)
        plain = f"write ${name} for a member of that name" if name.startswith("$") else ""
        advice = f"did you mean '{close[0]}'?" if close else plain
        self.wrong(place, f"'{name}' is none of {', '.join((*_COMMON, *FUNCTIONS))}", advice)


def _gives_list(text: Any) -> bool:
    try:
        return isinstance(text, str) and parse_path(text).many
    except JsonPathError:
        return False  # reported already


def _word(value: Any) -> str | None:
    """A value as a key of ``$lookup``, which is text. None: no table can hold the value."""
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(value) if isinstance(value, int) else None
