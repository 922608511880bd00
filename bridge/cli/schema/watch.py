"""``schema check --watch``: check a folder again whenever one of its files changes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Protocol

from bridge.cli.console.output import INTERRUPTED, Console, plural
from bridge.errors import BridgeError

NAMES_MAX = 5
"""Changed files that are named."""


class Check(Protocol):
    """One check. Types that are fine are reported if they are to be ``shown``. Returns the exit code."""

    def __call__(self, shown: Callable[[str], bool]) -> int: ...


def watch(console: Console, check: Check, changes: Iterator[Collection[str]], *, quiet: bool) -> int:
    """Check once, and again after each of ``changes`` until Ctrl-C. Returns the code of the last check.

    Afterwards only the types are shown that changed or that are not fine. ``quiet`` names no files: the
    output is for programs.
    """
    code: int = INTERRUPTED
    try:
        code = check(lambda type_name: True)
        _rest(console)
        for changed in changes:
            if not quiet:
                console.show("", f"changed: {_named(changed)}")
            types = {path.partition("/")[0] for path in changed}
            code = _again(console, check, types)
            _rest(console)
    except KeyboardInterrupt:
        console.say("ended")
    return code


def _rest(console: Console) -> None:
    console.flush()
    console.say("watching; Ctrl-C ends", style="dim")


def _again(console: Console, check: Check, types: Collection[str]) -> int:
    """A check that fails, such as for a branch that does not exist any more, does not end the watch."""
    try:
        return check(lambda type_name: type_name in types)
    except BridgeError as error:
        console.fail(error.message, error.hint)
        return 1


def _named(paths: Collection[str]) -> str:
    names = sorted(paths)
    more = len(names) - NAMES_MAX
    return ", ".join(names[:NAMES_MAX]) + (f" and {plural(more, 'other')}" if more > 0 else "")
