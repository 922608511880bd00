"""A function that a configuration names is proven before the first record: it is there, and can be called."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bridge.settings.compiling.named_functions import EntryPointUnusable, load_entry_point

MODULE = """
class Plans:
    def older(data):
        return {"plan": data["plan"]}
    count = 3

def older(data):
    return data

async def slow(data):
    return data

def two(data, more):
    return data
"""


@pytest.fixture(autouse=True)
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Modules that Python finds, removed again after the test."""
    (tmp_path / "shop_of_tests").mkdir()
    (tmp_path / "shop_of_tests" / "__init__.py").write_text("")
    (tmp_path / "shop_of_tests" / "plans.py").write_text(MODULE)
    (tmp_path / "shop_of_tests" / "broken.py").write_text("1 / 0")
    (tmp_path / "shop_of_tests" / "needy.py").write_text("import not_there_at_all")
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in [name for name in sys.modules if name.startswith("shop_of_tests")]:
        monkeypatch.delitem(sys.modules, name)


@pytest.mark.parametrize("name", ["shop_of_tests.plans:older", "shop_of_tests.plans:Plans.older"])
def test_a_function_is_found_by_its_name(name: str) -> None:
    assert load_entry_point(name)({"plan": "pro"}) == {"plan": "pro"}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("no_such_package.plans:older", "the module no_such_package does not exist — "),
        ("shop_of_tests.none:older", "the module shop_of_tests.none does not exist — "),
        (
            "shop_of_tests.needy:older",
            "shop_of_tests.needy needs the module not_there_at_all, which does not",
        ),
        ("shop_of_tests.broken:older", "importing shop_of_tests.broken raised ZeroDivisionError"),
        ("shop_of_tests.plans:oldr", "has no oldr — did you mean 'older'?"),
        ("shop_of_tests.plans:zzz", "has no zzz — it has Plans, older, slow, two"),
        ("shop_of_tests.plans:Plans.count", "shop_of_tests.plans:Plans.count is of type int, not a function"),
        ("shop_of_tests.plans:slow", "is asynchronous"),
        ("shop_of_tests.plans:two", "cannot be called with one value"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_reason(name: str, message: str) -> None:
    with pytest.raises(EntryPointUnusable) as caught:
        load_entry_point(name)
    assert message in f"{caught.value.message} — {caught.value.hint}"
