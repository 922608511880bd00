"""Stream records from files: every shape in which people have them.

One JSON document: a Lambda event or GetRecords output (``{"Records": [...]}``), a list of records, or one
record. Or NDJSON: any of these on each line, read line by line, so that a file may be larger than memory.

Read with the standard library's parser, as the Lambda runtime for Python reads its events: a lone surrogate
reaches the walk, which quarantines the record. What Python would take although it is no JSON (``NaN``), or
take in part (a name that stands twice in one object), is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO, Final, Never

from bridge.errors import Problem

_SHAPES: Final = "expected one JSON document, or one record a line (NDJSON)"
_STRING_OR_CONSTANT: Final = re.compile(r'"(?:[^"\\]|\\.)*"|-?Infinity|NaN', re.DOTALL)


class Unreadable:
    """A document or a line that is no JSON, at its place; whatever stands in it is not read."""

    __slots__ = ("problem",)

    def __init__(self, problem: Problem) -> None:
        self.problem = problem


def read_records(stream: BinaryIO, name: str) -> Iterator[Any]:
    """The records of ``stream`` in order, and an :class:`Unreadable` for what could not be read.

    A record is whatever JSON value stands where a record belongs: judging it is the walk's business.
    ``name`` is what messages call the stream.
    """
    number, first = 0, b""
    for number, first in enumerate(stream, start=1):
        if number == 1:
            first = first.removeprefix(b"\xef\xbb\xbf")
        if first.strip():
            break
    if not first.strip():
        yield Unreadable(Problem(name, 0, 0, "", "is empty", _SHAPES))
        return
    value = parse(first, name, number)
    if isinstance(value, Unreadable):
        # A document over many lines: its first line alone is no JSON.
        yield from records_of(parse(first + stream.read(), name, number))
        return
    yield from records_of(value)
    for line_number, line in enumerate(stream, start=number + 1):
        if line.strip():
            yield from records_of(parse(line.rstrip(b"\r\n"), name, line_number))


def records_of(value: Any) -> Iterator[Any]:
    """The records in one JSON value."""
    if isinstance(value, dict) and isinstance(value.get("Records"), list):
        yield from value["Records"]
    elif isinstance(value, list):
        for each in value:
            yield from records_of(each)
    else:
        yield value


def parse(content: bytes, name: str, line: int) -> Any:
    """The JSON value of ``content``, which begins at ``line`` of its file; or an :class:`Unreadable`."""

    def unreadable(message: str, suggestion: str = "", *, before: str = "") -> Unreadable:
        """``before`` is what stands in front of the place."""
        at_line = line + before.count("\n")
        at_column = len(before) - (before.rfind("\n") + 1) + 1
        return Unreadable(Problem(name, at_line, at_column, "", message, suggestion))

    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8")
        return unreadable("is not UTF-8 text", "save or convert it as UTF-8", before=before)
    try:
        return json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_members)
    except json.JSONDecodeError as error:
        what = error.msg[:1].lower() + error.msg[1:].removesuffix(" at").removesuffix(" starting")
        return unreadable(f"not valid JSON: {what}", _SHAPES, before=text[: error.pos])
    except _NotJson as error:
        place = next((m for m in _STRING_OR_CONSTANT.finditer(text) if m[0] == error.constant), None)
        return unreadable(error.message, before=text[: place.start()] if place else "")
    except RecursionError:
        return unreadable("is nested too deeply to be read")
    except ValueError:  # Python reads no integer of more than 4,300 digits
        return unreadable("holds a number with too many digits to be read")


class _NotJson(ValueError):
    def __init__(self, message: str, constant: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.constant = constant


def _refuse_constant(constant: str) -> Never:
    raise _NotJson(f"not valid JSON: {constant} is no JSON value", constant)


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise _NotJson(f"{twice!r} stands twice in one object, so one of its values would be lost")
    return members
