"""A test that plans a fault says something only if the fault happened.

Every plan for a hook of a fake (:mod:`tests.fakes.faults`) must have come about when the test ends. In a
property test this holds for the plans that one line makes in all examples together: one of them is enough.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest

from tests.fakes.faults import PLANNED, Plan


def never_happened(plans: Iterable[Plan], *, together: bool) -> list[str]:
    """One sentence for each. ``together``: plans of one origin count as one."""
    plans = list(plans)
    happened = {plan.origin for plan in plans if plan.fired} if together else set()
    names = [plan.name for plan in plans if not plan.fired and plan.origin not in happened]
    return [f"planned, but it never happened: {name}" for name in dict.fromkeys(names)]


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    PLANNED.begin()
    yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    yield  # a test that failed by itself raises here
    is_property = hasattr(getattr(item, "obj", None), "hypothesis")
    if missing := never_happened(PLANNED.end(), together=is_property):
        pytest.fail("\n".join(missing), pytrace=False)
