"""Each kind of mutant is made, and texts for people are left alone."""

from __future__ import annotations

import pytest

from tests.mutation.sampled.mutants import mutants_of


def becomes(line: str) -> set[str]:
    return {each.becomes for each in mutants_of("tiny.py", line)}


@pytest.mark.parametrize(
    ("line", "mutants"),
    [
        ("a < b", {"a <= b"}),
        ("a not in b", {"a in b"}),
        ("a is None", {"a is not None"}),
        ("a and (b) and c", {"a or (b) and c", "a and (b) or c"}),
        ("not a", {"a"}),
        ("a - -b", {"a + -b", "a - +b"}),
        ("a = 5", {"a = 6", "a = 4"}),
        ("a = True", {"a = False"}),
        ("a += b", {"a -= b", "pass"}),
        ("def f(): return a", {"def f(): return None"}),
        ("def f(): return False", {"def f(): return True"}),
        ("def f(a=1): ...", {"def f(a=2): ..."}),
        ("f(a)", {"pass"}),
        ("x = f(a, b)", {"x = f(b, a)"}),
        ("x = read(a, ConsistentRead=b)", {"x = read(a)"}),
        ("x = read(flag=True, key=a)", {"x = read(flag=False, key=a)", "x = read(key=a)"}),
        ('x = {"ConsistentRead": a, "b": c}', {'x = {"b": c}'}),
        ("for a in b: continue", {"for a in b: break"}),
        ("x = a[b:c]", {"x = a[:c]", "x = a[b:]", "x = a[(b) + 1:c]", "x = a[b:(c) + 1]"}),
        ("x = min(a, b)", {"x = max(a, b)"}),
        ("if a: b", {"if not (a): b"}),
        ("a.b = c", {"pass"}),
        ("raise A(1)", {"pass"}),
    ],
)
def test_each_kind_of_change_is_made_once(line: str, mutants: set[str]) -> None:
    assert becomes(line) == mutants


@pytest.mark.parametrize(
    "line",
    [
        '"""A text with 1 number."""',
        "x: Literal[1] | None",
        "Alias = Callable[[int], int] | None",
        "__slots__ = (a, b, 1)",
        "@dataclass(frozen=True)\nclass A: ...",
        "class P(Protocol):\n    def f(self) -> int: return 1",
        "if TYPE_CHECKING:\n    x = 1",
        "x = f'{a + 1}'",
        "log.info(a, b)",
        "x = A(message=a + b)",
        "x = A(hint='a text')",
        "x = zip(a, b, strict=True)",
        "def f(): raise NotImplementedError",
    ],
)
def test_what_no_promise_depends_on_is_left_alone(line: str) -> None:
    assert becomes(line) == set()


def test_a_name_stays_when_lines_are_added_above() -> None:
    before, after = mutants_of("tiny.py", "x = a < b\n"), mutants_of("tiny.py", "y = a\n\n\nx = a < b\n")
    assert [each.name for each in before] == [each.name for each in after]
    assert before[0].line != after[0].line


def test_a_mutant_changes_exactly_its_place_in_a_text_that_is_not_ascii() -> None:
    text = "é = 'ü' < b\n"
    assert [each.apply(text) for each in mutants_of("tiny.py", text)] == ["é = 'ü' <= b\n"]
