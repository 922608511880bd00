"""One pattern as deterministic automata, made step by step as a search needs them.

Look-ahead at the beginning (``^(?=…)``, ``^(?!…)``) is read as a second automaton that must, or must not,
match the same text.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

from bridge.schemas.compatibility.proving.expressions import Anchor, Choice, Node, Ranges, Unread, parse
from bridge.schemas.compatibility.proving.inclusion import NEWLINE, NEWLINES, Automaton, build
from bridge.schemas.compatibility.proving.parts import matches

MAX_OPTIONS: Final = 60
MAX_STATES: Final = 6_000
MAX_REPEATS: Final = 2_500
DEAD: Final = 0
"""The state from which nothing matches any more."""


class Engine(NamedTuple):
    """What engines differ about: what a dot does not match, and what ``\\s`` matches."""

    line_ends: Ranges
    spaces: Ranges


_WIDE: Final[Ranges] = (
    (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029), (0x202F, 0x202F), (0x205F, 0x205F),
    (0x3000, 0x3000),
)  # fmt: skip
VALIDATOR: Final = Engine(NEWLINE, ((9, 13), (32, 32), (160, 160), *_WIDE, (0xFEFF, 0xFEFF)))
"""The engine of the validator: ECMA-262, except for what a dot does not match."""
OTHERS: Final = (
    Engine(NEWLINES, VALIDATOR.spaces),
    Engine(NEWLINE, ((9, 13), (28, 32), (133, 133), (160, 160), *_WIDE)),
    Engine(NEWLINE, ((9, 10), (12, 13), (32, 32))),
)


class Machine:
    """States are numbers; :data:`DEAD` is one of them."""

    def __init__(self, automaton: Automaton) -> None:
        self._automaton = automaton
        self._numbers: dict[frozenset[int], int] = {frozenset(): DEAD}
        self._states: list[frozenset[int]] = [frozenset()]
        self._steps: dict[tuple[int, int], int] = {}
        self.begin = self._number(automaton.closure(frozenset({automaton.start})))

    def _number(self, states: frozenset[int]) -> int:
        number = self._numbers.get(states)
        if number is None:
            number = self._numbers[states] = len(self._states)
            self._states.append(states)
        return number

    def step(self, state: int, character: int) -> int:
        key = (state, character)
        to = self._steps.get(key)
        if to is None:
            to = self._steps[key] = self._number(self._automaton.after(self._states[state], character))
        return to

    def ends_in(self, state: int) -> bool:
        return self._automaton.end in self._states[state]

    @property
    def cuts(self) -> set[int]:
        """Where the automaton begins to treat characters in another way."""
        return {
            cut
            for steps in self._automaton.steps
            for ranges, _ in steps
            for low, high in ranges
            for cut in (low, high + 1)
        }


class Expression:
    """A pattern: its automaton, and one for each look-ahead, with whether that must match."""

    def __init__(self, pattern: str, engine: Engine) -> None:
        self._pattern = pattern
        self._checked = engine == VALIDATOR
        looks, rest = _looks_ahead(pattern)
        self.machines = [_machine(parse(rest, engine.spaces), engine)]
        self._wanted = [True]
        for text, wanted in looks:
            self.machines.append(_machine(_from_the_begin(parse(text, engine.spaces)), engine))
            self._wanted.append(wanted)

    @property
    def begin(self) -> tuple[int, ...]:
        return tuple(machine.begin for machine in self.machines)

    def step(self, states: tuple[int, ...], character: int) -> tuple[int, ...]:
        return tuple(
            machine.step(state, character) for machine, state in zip(self.machines, states, strict=True)
        )

    def is_lost(self, states: tuple[int, ...]) -> bool:
        """Whether no longer text matches."""
        return any(state == DEAD and wanted for state, wanted in zip(states, self._wanted, strict=True))

    def accepts(self, states: tuple[int, ...], text: str) -> bool:
        """Raises :class:`Unread` where the validator differs, because the validator is what refuses events.

        For example, jsonschema-rs 0.60 matches "a" with ``a+a*a+``.
        """
        accepted = all(
            machine.ends_in(state) == wanted
            for machine, state, wanted in zip(self.machines, states, self._wanted, strict=True)
        )
        if self._checked and accepted != matches(self._pattern, text):
            raise Unread
        return accepted


@lru_cache(maxsize=512)
def expression(pattern: str, engine: Engine) -> Expression | None:
    """``None`` for what cannot be read."""
    try:
        return Expression(pattern, engine)
    except Unread:
        return None


def _machine(tree: Choice, engine: Engine) -> Machine:
    return Machine(build(_spread(tree), engine.line_ends, states_max=MAX_STATES, repeats_max=MAX_REPEATS))


def _looks_ahead(pattern: str) -> tuple[list[tuple[str, bool]], str]:
    """What is in ``(?=…)`` and ``(?!…)`` after ``^``, and the pattern without it."""
    rest = pattern[1:]
    looks: list[tuple[str, bool]] = []
    while pattern.startswith("^") and rest.startswith(("(?=", "(?!")):
        end = _closing(rest)
        looks.append((rest[3:end], rest[2] == "="))
        rest = rest[end + 1 :]
    if looks and len(parse(f"^{rest}").options) > 1:
        raise Unread  # the look-ahead belongs to the first alternative only
    return looks, f"^{rest}" if looks else pattern


def _closing(text: str) -> int:
    """Where the group that ``text`` begins with ends."""
    depth = at = 0
    bracket = False
    while at < len(text):
        mark = text[at]
        if mark == "\\":
            at += 1
        elif bracket:
            bracket = mark != "]"
        elif mark == "[":
            bracket = True
        elif mark in "()":
            depth += 1 if mark == "(" else -1
            if not depth:
                return at
        at += 1
    raise Unread


def _spread(tree: Choice) -> Choice:
    """Anchors in a group at either end of an alternative become anchors of alternatives: ``a(b|$)`` is
    ``ab|a$``."""
    out: list[tuple[Node, ...]] = []
    waiting = list(reversed(tree.options))
    while waiting:
        option = waiting.pop()
        if len(out) + len(waiting) > MAX_OPTIONS:
            raise Unread
        first, last = option[:1], option[-1:]
        if first and isinstance(first[0], Choice) and _is_anchored(first[0]):
            waiting += reversed([(*inner, *option[1:]) for inner in first[0].options])
        elif last and isinstance(last[0], Choice) and _is_anchored(last[0]):
            waiting += reversed([(*option[:-1], *inner) for inner in last[0].options])
        else:
            out.append(option)
    return Choice(tuple(out))


def _is_anchored(node: Node) -> bool:
    if isinstance(node, Choice):
        return any(_is_anchored(part) for option in node.options for part in option)
    return isinstance(node, Anchor)


def _from_the_begin(tree: Choice) -> Choice:
    return Choice(
        tuple(option if option[:1] == (Anchor.BEGIN,) else (Anchor.BEGIN, *option) for option in tree.options)
    )
