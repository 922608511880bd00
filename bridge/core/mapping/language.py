"""The language that maps data: the wanted JSON, with JSONPaths in the places of values.

::

    {userId: $.key.userId, plan: {from: $.before.plan, to: $.after.plan}, channel: stream}

A string that begins with ``$.`` is a path. If the path finds nothing, the member is left out; a path with
wildcards or filters gives a list. At the start of a text or a member's name, ``$$`` means a dollar sign. An
object may describe a value in more detail::

    {$path: $.after.plan, $lookup: {free: basic, pro: basic}, $default: unknown}
    {$const: {any: JSON, as: it is}}

``$lookup`` replaces the value that was found. ``$default`` is used if the path finds nothing or the table
lacks the value; it is itself written like any other value. Without it, a value that the table lacks fails the
mapping. The caller that compiles a mapping decides what paths search: a change, or data of another version.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final

from bridge.core.jsonpath import JsonPath, JsonPathError, Step, parse_path, walk_plain
from bridge.core.pointer import escape
from bridge.errors import MappingFailed

Getter = Callable[[Any], Any]
Place = tuple[str | int, ...]
PathCompiler = Callable[[str, Place], Getter]
"""From a JSONPath's text and its place in the mapping to a function that finds its value or :data:`MISSING`.
Raises :class:`MappingError`."""

MISSING: Any = object()

_SAYS_MORE: Final = ("$path", "$lookup", "$default", "$const")


class MappingError(ValueError):
    """A mapping that cannot be compiled; ``path`` is the place inside it."""

    def __init__(self, path: Place, message: str, suggestion: str = "") -> None:
        super().__init__(message)
        self.path = path
        self.message = message
        self.suggestion = suggestion


def parsed(text: str, place: Place) -> JsonPath:
    """The JSONPath at a place of a mapping. Raises :class:`MappingError`."""
    try:
        return parse_path(text)
    except JsonPathError as error:
        raise MappingError(place, str(error), error.suggestion) from error


def find_by_library(path: JsonPath, document_of: Callable[[Any], Any], what: str) -> Getter:
    """All values that ``path`` finds in a source's document. ``what`` names the source in errors."""

    def get(source: Any) -> Any:
        try:
            return path.find(document_of(source))
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise MappingFailed(
                f"JSONPath {path.text} cannot be applied to {what} ({type(error).__name__})",
                hint="a filter in the path meets a value of another type",
            ) from error

    return get


def find_by_steps(root_of: Getter, steps: tuple[Step, ...], *, many: bool) -> Getter:
    """The value at ``steps`` below ``root_of(source)``, or the list of them where ``many`` may match."""

    def get(source: Any) -> Any:
        root = root_of(source)
        found = [] if root is MISSING else list(walk_plain(root, steps))
        return found if many else found[0] if found else MISSING

    return get


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


def is_path(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("$") and not value.startswith("$$")


def paths_of(value: Any, place: Place = ()) -> Iterator[tuple[Place, JsonPath]]:
    """The paths of a mapping that can be parsed, with their places."""
    if isinstance(value, Mapping):
        for name, each in value.items():
            if name != "$const":
                yield from paths_of(each, (*place, name))
    elif isinstance(value, list | tuple):
        for index, each in enumerate(value):
            yield from paths_of(each, (*place, index))
    elif is_path(value):
        try:
            yield place, parse_path(value)
        except JsonPathError:
            return


class _Compiler:
    """Compiles part by part; a wrong part adds a problem and gives a missing value."""

    def __init__(self, compile_path: PathCompiler) -> None:
        self.compile_path = compile_path
        self.problems: list[MappingError] = []

    def value(self, value: Any, place: Place) -> Getter:
        if isinstance(value, Mapping):
            says_more = any(name in value for name in _SAYS_MORE)
            return self.said_more(value, place) if says_more else self.members(value, place)
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
        if "$path" not in said:
            return self.wrong(place, "$path is missing: $lookup and $default need one")
        get = self.path(said["$path"], (*place, "$path"))
        default = self.value(said["$default"], (*place, "$default")) if "$default" in said else None
        if "$lookup" in said:
            return self.lookup(said, get, default, place)
        if default is None:
            return get

        def get_or_default(source: Any) -> Any:
            value = get(source)
            return default(source) if value is MISSING else value

        return get_or_default

    def lookup(self, said: Mapping[str, Any], get: Getter, default: Getter | None, place: Place) -> Getter:
        table = said["$lookup"]
        if not isinstance(table, Mapping) or not table:
            return self.wrong((*place, "$lookup"), "must be a mapping from values to values")
        instead = {key: self.value(value, (*place, "$lookup", key)) for key, value in table.items()}
        where = "".join(f"/{escape(str(step))}" for step in place)

        def look_up(value: Any, source: Any) -> Any:
            found = instead.get(_word(value), default)
            if found is None:
                raise MappingFailed(
                    f"mapping of {where}: the value at {said['$path']} is not in its $lookup",
                    hint="add the value to the table, or give a $default",
                )
            return found(source)

        if _gives_list(said["$path"]):

            def get_each(source: Any) -> Any:
                each = (look_up(value, source) for value in get(source))
                return [value for value in each if value is not MISSING]

            return get_each

        def get_one(source: Any) -> Any:
            value = get(source)
            if value is MISSING:
                return MISSING if default is None else default(source)
            return look_up(value, source)

        return get_one

    # --- problems ------------------------------------------------------------------------------

    def wrong(self, place: Place, message: str, suggestion: str = "") -> Getter:
        self.problems.append(MappingError(place, message, suggestion))
        return lambda _: MISSING

    def unknown_name(self, name: str, place: Place) -> None:
        close = get_close_matches(name, _SAYS_MORE, n=1)
        plain = f"write ${name} for a member of that name" if name.startswith("$") else ""
        advice = f"did you mean '{close[0]}'?" if close else plain
        self.wrong(place, f"'{name}' is none of {', '.join(_SAYS_MORE)}", advice)


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
