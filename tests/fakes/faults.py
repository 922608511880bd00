"""The fault hooks of the fakes. Each plan of a test notes whether it ever happened: a test whose fault never
came about passes for nothing, so :mod:`tests.plugins.planned` fails it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar, cast, overload

F = TypeVar("F", bound=Callable[..., Any])


class Plan:
    """What a test planned for one hook of one fake."""

    def __init__(self, name: str, planned: Callable[..., Any], fires: Callable[..., bool]) -> None:
        self.name = name
        self.fired = False
        self.required = not isinstance(planned, _Sometimes)
        self.origin: Hashable = getattr(planned, "__code__", name)
        """The same for plans that one line of a test made, in several examples."""
        self._acts = isinstance(planned, _Acts)
        self._planned, self._fires = planned, _acted if self._acts else fires

    def __call__(self, *arguments: Any) -> Any:
        fired = True  # also when the plan itself raises
        try:
            answer = self._planned(*arguments)
            fired = self._fires(answer, *arguments)
        finally:
            self.fired = self.fired or fired
        return None if self._acts else answer


class Planned:
    """The plans of the test that runs. Outside tests nothing is kept."""

    def __init__(self) -> None:
        self._plans: list[Plan] | None = None

    def begin(self) -> None:
        self._plans = []

    def end(self) -> list[Plan]:
        plans, self._plans = self._plans or [], None
        return plans

    def add(self, plan: Plan) -> None:
        if self._plans is not None and plan.required:
            self._plans.append(plan)


PLANNED = Planned()


class Fault(Generic[F]):
    """A hook of a fake. ``never`` is what it does until a test sets it, and again after ``del``.
    ``fires(answer, *arguments)`` says whether an answer is a fault."""

    def __init__(self, never: F, fires: Callable[..., bool] = lambda answer, *_: bool(answer)) -> None:
        self._never, self._fires = never, fires
        self._name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, fake: None, owner: type) -> Fault[F]: ...
    @overload
    def __get__(self, fake: object, owner: type) -> F: ...
    def __get__(self, fake: object | None, owner: type) -> Fault[F] | F:
        if fake is None:
            return self
        return cast(F, fake.__dict__.get(self._name, self._never))

    def __set__(self, fake: object, planned: F) -> None:
        plan = Plan(f"{type(fake).__name__}.{self._name}", planned, self._fires)
        fake.__dict__[self._name] = plan
        PLANNED.add(plan)

    def __delete__(self, fake: object) -> None:
        fake.__dict__.pop(self._name, None)


FOR_EVER = sys.maxsize
"""So many faults that one of them is enough."""


class Countdown:
    """A hook that is a number of faults to come; the fake takes one off for each."""

    def __init__(self) -> None:
        self._name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, fake: object, owner: type) -> int:
        left: int = fake.__dict__.get(self._name, (0, None))[0]
        return left

    def __set__(self, fake: object, left: int) -> None:
        before, plan = fake.__dict__.get(self._name, (0, None))
        if left > before:
            plan = Plan(f"{type(fake).__name__}.{self._name}", int, bool)
            PLANNED.add(plan)
        elif plan is not None:
            plan.fired = left == 0 or left > FOR_EVER // 2
        fake.__dict__[self._name] = (left, plan)


class Switch:
    """A hook that is on or off; the fault happens when the fake looks at it while it is not ``usual``."""

    def __init__(self, usual: bool) -> None:
        self._usual = usual
        self._name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, fake: object, owner: type) -> bool:
        value, plan = fake.__dict__.get(self._name, (self._usual, None))
        if plan is not None:
            plan.fired = True
        return bool(value)

    def __set__(self, fake: object, value: bool) -> None:
        plan = None
        if value is not self._usual:
            plan = Plan(f"{type(fake).__name__}.{self._name} = {value}", bool, bool)
            PLANNED.add(plan)
        fake.__dict__[self._name] = (value, plan)


def once(name: str) -> Plan:
    """A plan that a fake keeps in a queue, and calls when it comes about."""
    plan = Plan(name, bool, called)
    PLANNED.add(plan)
    return plan


class _Marked:
    def __init__(self, planned: Callable[..., Any]) -> None:
        self._planned = planned
        self.__code__ = getattr(planned, "__code__", planned)

    def __call__(self, *arguments: Any) -> Any:
        return self._planned(*arguments)


class _Sometimes(_Marked):
    pass


class _Acts(_Marked):
    pass


def sometimes(planned: F) -> F:
    """A fault that need not happen: drawn at random, or no part of every case of a parametrised test. In a
    property test that is only needed where the fault may not happen in any example."""
    return cast(F, _Sometimes(planned))


def acts(planned: Callable[..., object]) -> Any:
    """No fault, but something that is done in its place: time passes, somebody else writes. It answers False
    where its moment has not come; another answer says that it was done."""
    return _Acts(planned)


def _acted(answer: object, *arguments: Any) -> bool:
    return answer is not False


def called(answer: object, *arguments: Any) -> bool:
    """``fires`` of a hook that does something and answers nothing."""
    return True
