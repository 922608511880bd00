"""Patterns that AWS refuses as too complex are refused, those that it accepted are accepted."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bridge.core.pattern import complexity
from bridge.core.pattern.complexity import is_too_complex, wildcards_of
from bridge.core.pattern.matching import check_pattern

# Verdicts of AWS on public record: localstack's recorded patterns, and deployments of public repositories.
ACCEPTED = [
    ["*.bif", "*.tiff", "*.tif", "*.svs"],
    ["*/datasync/*.bif", "*/datasync/*.tif"],
    ["*:stack/SharedStack/*", "*:stack/WorkerStack/*", "*:stack/BackendStack/*"],
    ["*.png"],
    ["*Title*"],
    ["*/bin/*.jar"],
    ["arn:aws:states:us-east-1:111122223333:execution:xxx:yyy*"],
]
REFUSED = [
    ["*:*:*:*:*:event-bus/*"],
    ["*/datasync/*.bif", "*/datasync/*.tiff", "*/datasync/*.tif", "*/datasync/*.svs"],
    [
        "*:stack/SharedStack/*",
        "*:stack/WorkerStack/*",
        "*:stack/BackendStack/*",
        "*:stack/MonitoringStack/*",
    ],
    ["*aaaaaaaaaaaaaaab"],
]


@pytest.mark.parametrize("texts", ACCEPTED)
def test_wildcards_that_aws_accepted_are_accepted(texts: list[str]) -> None:
    assert check_pattern({"detail": {"a": [{"wildcard": text} for text in texts]}}) == []


@pytest.mark.parametrize("texts", REFUSED)
def test_wildcards_that_aws_refused_are_refused_with_what_to_do(texts: list[str]) -> None:
    (problem,) = check_pattern({"detail": {"a": [{"wildcard": text} for text in texts]}})
    assert problem.path == ("detail", "a")
    assert "too complex: use fewer *, or prefix and suffix in their place" in problem.message


def test_wildcards_inside_anything_but_count_too() -> None:
    assert is_too_complex([{"anything-but": {"wildcard": REFUSED[0][0]}}])
    assert is_too_complex([{"anything-but": {"wildcard": REFUSED[1]}}])


def test_escaped_stars_are_characters() -> None:
    assert not is_too_complex([{"wildcard": r"\*:\*:\*:\*:\*:\*:\*:\*:\*:\*:\*:\*"}])


def test_many_long_wildcards_are_judged_in_bounded_work() -> None:
    assert is_too_complex([{"wildcard": f"*{n}abcdefgh*{n}xyz*"} for n in range(60)])


def test_patterns_without_wildcards_are_never_too_complex() -> None:
    assert not is_too_complex(["a" * 2000, {"prefix": "a"}, {"suffix": "b"}, None, 5])


@pytest.mark.parametrize(
    ("make", "most"),
    [
        (lambda count: ["*" + "a" * count], 9),
        (lambda count: ["*" + "a" * count + "*"], 8),
        (lambda count: ["*a*" + "a" * count], 7),
        (lambda count: ["*ab" * count], 5),
        (lambda count: [f"*{chr(97 + each)}" for each in range(count)], 5),
        (lambda count: [f"{chr(97 + each)}*" for each in range(count)], 10),
    ],
    ids=["repeated", "open end", "two stars", "many stars", "suffixes", "prefixes"],
)
def test_the_limit_is_at_exactly_ten_prefixes(make: Callable[[int], list[str]], most: int) -> None:
    verdicts = [is_too_complex([{"wildcard": text} for text in make(count)]) for count in range(1, most + 4)]
    assert verdicts == [False] * most + [True] * 3


def test_all_wildcards_of_a_field_are_counted_whatever_is_beside_them() -> None:
    matchers = ["x", 1, {"wildcard": "a*"}, None, {"anything-but": {"wildcard": ["b*", 7, "c*"]}}]
    assert wildcards_of([*matchers, {"anything-but": ["d*"]}, {"prefix": "e"}]) == ["a*", "b*", "c*"]
    assert is_too_complex(["x", *({"wildcard": text} for text in REFUSED[1])])


def test_an_escaped_star_in_the_middle_does_not_end_the_reading() -> None:
    for stars, refused in ((4, False), (30, True)):
        assert is_too_complex([{"wildcard": "\\*" + "*a" * stars + "a"}]) is refused


def test_above_so_many_sets_a_pattern_counts_as_too_complex(monkeypatch: pytest.MonkeyPatch) -> None:
    """To bound the work."""
    matchers = [{"wildcard": text} for text in ACCEPTED[1]]
    sizes = []
    for limit in range(1, 200):
        monkeypatch.setattr(complexity, "_SETS_MAX", limit)
        sizes.append(is_too_complex(matchers))
    first = sizes.index(False)
    assert sizes == [True] * first + [False] * (len(sizes) - first)
    assert first > 10
