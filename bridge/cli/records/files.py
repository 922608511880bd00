"""Stream records from files, in every common shape.

One JSON document: a Lambda event or GetRecords output (``{"Records": [...]}``), a list of records, or one
record. Or NDJSON: any of these on each line, read line by line, so that a file may be larger than memory.

Parsed with the standard library, as the Lambda runtime for Python parses its events: a lone surrogate
reaches the pipeline, which quarantines the record. What Python accepts although it is not JSON (``NaN``), or
accepts in part (a name that occurs twice in one object), is refused.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final, Never

from bridge.errors import BridgeError, Problem

_SHAPES: Final = "expected one JSON document, or one record per line (NDJSON)"
_STRING_OR_CONSTANT: Final = re.compile(r'"(?:[^"\\]|\\.)*"|-?Infinity|NaN', re.DOTALL)


class Unreadable:
    """A document or a line that is not JSON, with its position. Its content is not read."""

    __slots__ = ("problem",)

    def __init__(self, problem: Problem) -> None:
        self.problem = problem


@contextmanager
def opened(name: str) -> Iterator[BinaryIO]:
    """The file ``name``, or standard input for ``-``."""
    if name == "-":
        yield sys.stdin.buffer
    else:
        with Path(name).open("rb") as stream:
            yield stream


def shown_name(name: str) -> str:
    """``name`` in messages."""
    return "standard input" if name == "-" else name


def read_all(stream: BinaryIO, name: str, hint: str = "") -> Iterator[Any]:
    """The records of ``stream``. Raises ``BridgeError`` at the first that cannot be read."""
    for record in read_records(stream, shown_name(name)):
        if isinstance(record, Unreadable):
            raise BridgeError(str(record.problem), hint=hint)
        yield record


def read_records(stream: BinaryIO, name: str) -> Iterator[Any]:
    """The records of ``stream`` in order, and an :class:`Unreadable` for what could not be read.

    Any JSON value in the position of a record counts as one: the pipeline decides whether it is valid.
    ``name`` names the stream in messages.
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
        # A document of several lines, whose first alone is not JSON; or NDJSON whose first line is broken.
        rest = stream.read()
        whole = parse(first + rest, name, number)
        lines = [(n, line) for n, line in enumerate(rest.splitlines(), number + 1) if line.strip()]
        if not isinstance(whole, Unreadable) or not _are_records([line for _, line in lines]):
            yield from records_of(whole)
            return
        yield parse(first.rstrip(b"\r\n"), name, number)
        for line_number, line in lines:
            yield from records_of(parse(line, name, line_number))
        return
    yield from records_of(value)
    for line_number, line in enumerate(stream, start=number + 1):
        if line.strip():
            yield from records_of(parse(line.rstrip(b"\r\n"), name, line_number))


def _are_records(lines: list[bytes]) -> bool:
    """Whether lines are most likely NDJSON, and not the rest of one document that is broken."""
    if not lines or not lines[-1].strip(b"]} \t\r,"):
        return False
    return 2 * sum(isinstance(parse(line, "", 1), dict) for line in lines) > len(lines)


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
    """The JSON value of ``content``, which starts at ``line`` of its file; or an :class:`Unreadable`."""

    def unreadable(message: str, suggestion: str = "", *, before: str = "") -> Unreadable:
        """``before`` is the text in front of the position."""
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
    except ValueError:  # Python parses no integer of more than 4,300 digits
        return unreadable("holds a number with too many digits to be read")


class _NotJson(ValueError):
    def __init__(self, message: str, constant: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.constant = constant


def _refuse_constant(constant: str) -> Never:
    raise _NotJson(f"not valid JSON: {constant} is not a JSON value", constant)


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise _NotJson(f"{twice!r} occurs twice in one object, so one of its values would be lost")
    return members
