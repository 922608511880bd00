"""The judge lists everything that is broken, and knows which excuse was needed."""

from __future__ import annotations

from tests.simulation.judge import Judge, Violation


def test_checks_go_on_after_the_first_violation() -> None:
    judge = Judge()

    def broken_twice() -> None:
        judge.violated("one")
        judge.violated("two")

    def cannot_go_on() -> None:
        raise Violation("three")

    for check in (broken_twice, cannot_go_on):
        judge.hold(check)
    assert judge.violations == ["one", "two", "three"]


def test_an_excuse_is_decisive_where_there_are_more_violations_without_it() -> None:
    judge = Judge(weighs=True)

    def check() -> None:
        for forgiven in (judge.excused("needed", True), judge.excused("never used", False)):
            if not forgiven:
                judge.violated("something")
        if not (judge.excused("one of two", True) or judge.excused("other of two", True)):
            judge.violated("something else")

    judge.hold(check)
    assert judge.violations == ["something"]
    assert judge.decisive == {"needed"}
