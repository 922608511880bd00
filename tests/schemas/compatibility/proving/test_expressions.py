"""Regular expressions are read as the validator reads them, or not at all."""

from __future__ import annotations

import pytest

from bridge.schemas.compatibility.proving.expressions import (
    LAST,
    Anchor,
    Characters,
    Choice,
    Node,
    Ranges,
    Repeat,
    Unread,
    merged,
    negated,
    parse,
)
from bridge.schemas.compatibility.proving.parts import matches
from bridge.schemas.compatibility.proving.sampling import sample_name, sample_texts

LOOKED_AT = [*range(0x180), 0x20AC, 0xFFFD, 0x1F600, LAST]


def only(pattern: str) -> Node:
    """The one part of a pattern that is a sequence of one part."""
    (option,) = parse(pattern).options
    (part,) = option
    return part


@pytest.mark.parametrize(
    "pattern",
    [
        "a", "-", r"\d", r"\D", r"\w", r"\W", r"\n", r"\t", r"\r", r"\f", r"\v", r"\x41", r"\u00e9", r"\.",
        r"\\", r"\]", "[abc]", "[a-c]", "[^a-c]", "[a-]", "[-a]", "[a-cx-z]", "[a-cb-d]", "[a-bc-d]",
        r"[\d_]",
        "\\\x7f", r"[^\w]", r"[\x41-\x43]", r"[a\]]", "[a^]", "[+*?]", "[.]", "[0-9a-f]", "[^0]",
    ],
)  # fmt: skip
def test_a_class_has_exactly_the_characters_that_the_validator_matches(pattern: str) -> None:
    found = only(pattern)
    assert isinstance(found, Characters)
    assert found.ranges is not None
    for point in LOOKED_AT:
        inside = any(low <= point <= high for low, high in found.ranges)
        assert inside == matches(f"^{pattern}$", chr(point)), chr(point)
    touching = [
        (before, after)
        for before, after in zip(found.ranges, found.ranges[1:], strict=False)
        if after[0] <= before[1] + 1
    ]
    assert touching == []
    assert found.samples
    assert [each for each in found.samples if not matches(f"^{pattern}$", each)] == []


@pytest.mark.parametrize(
    "pattern", [".", r"\s", r"\S", "[[a]", "[a&&b]", r"[\s]", r"[^\s]", "{", "}", "]", r"[\d-z]"]
)
def test_what_engines_read_differently_has_samples_and_no_ranges(pattern: str) -> None:
    found = only(pattern)
    assert isinstance(found, Characters)
    assert found.ranges is None
    assert found.single is None
    assert found.samples


@pytest.mark.parametrize(
    ("pattern", "least", "most"),
    [
        ("a*", 0, None), ("a+", 1, None), ("a?", 0, 1), ("a{3}", 3, 3), ("a{2,}", 2, None), ("a{2,5}", 2, 5),
        ("a{0}", 0, 0), ("a+?", 1, None), ("a{2,5}?", 2, 5), ("(?:ab)*", 0, None), ("[a-c]?", 0, 1),
    ],
)  # fmt: skip
def test_a_repetition_has_its_bounds(pattern: str, least: int, most: int | None) -> None:
    found = only(pattern)
    assert isinstance(found, Repeat)
    assert (found.least, found.most) == (least, most)


@pytest.mark.parametrize(
    "pattern",
    [
        "*a", "+", "?", "a**", "a+*", "a{2}{3}", "a*?+", "(?=a)", "(?!a)", "(?<=a)", "(?<!a)", "(?i)a",
        "(a", "a)",
        "[a", "[", "a{,3}", "a{x}", "a{1,x}", "a{", r"\b", r"\B", r"\1", r"\p{L}", r"\x4", r"\u12", r"\xzz",
        "[c-a]", r"\k<n>", r"\01", r"[a-\d]", "(?<n", "é\\é",
    ],
)  # fmt: skip
def test_what_is_not_understood_is_not_read(pattern: str) -> None:
    with pytest.raises(Unread):
        parse(pattern)


def test_sequences_choices_groups_and_anchors_are_a_tree() -> None:
    assert parse("").options == ((),)
    assert parse("a|") == Choice((parse("a").options[0], ()))
    assert parse("^ab$").options[0] == (Anchor.BEGIN, only("a"), only("b"), Anchor.END)
    for group in ("(a|b)c", "(?:a|b)c", "(?<name>a|b)c"):
        ((inner, last),) = parse(group).options
        assert (inner, last) == (parse("a|b"), only("c"))


def test_only_one_character_is_single() -> None:
    assert Characters(((97, 97),), ("a",)).single == 97
    for ranges in (((97, 98),), ((97, 97), (99, 99)), (), None):
        assert Characters(ranges, ("a",)).single is None


@pytest.mark.parametrize(
    ("ranges", "rest"),
    [
        ((), ((0, LAST),)),
        (((0, LAST),), ()),
        (((0, 0),), ((1, LAST),)),
        (((1, LAST),), ((0, 0),)),
        (((5, 6), (8, 9)), ((0, 4), (7, 7), (10, LAST))),
        (((0, LAST - 1),), ((LAST, LAST),)),
    ],
)
def test_the_negation_is_what_is_left_and_twice_is_the_same_again(ranges: Ranges, rest: Ranges) -> None:
    assert negated(ranges) == rest
    assert negated(rest) == ranges


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ([], ()),
        ([(3, 4), (1, 2)], ((1, 4),)),
        ([(1, 2), (4, 5)], ((1, 2), (4, 5))),
        ([(1, 9), (2, 3)], ((1, 9),)),
        ([(1, 3), (3, 5)], ((1, 5),)),
        ([(1, 1), (1, 1)], ((1, 1),)),
    ],
)
def test_ranges_that_touch_or_overlap_become_one(given: list[tuple[int, int]], found: Ranges) -> None:
    assert merged(given) == found


@pytest.mark.parametrize(
    ("pattern", "first"),
    [
        ("^a{3}$", ("aaa",)),
        ("^[ab]{2,3}$", ("ab", "ba", "aba", "bab")),
        ("^(x|yz)$", ("x", "yz")),
        ("^a?b$", ("b", "ab")),
        ("^(?:ab)+$", ("ab", "abab")),
        ("^[0-4]{400}$", None),
        ("^x*$", ("", "x")),
        ("^a{2000}$", ()),
        ("^(?=a)a$", ("a",)),
        ("^(?=q)q$", ()),
    ],
)
def test_samples_match_and_the_shortest_is_first(pattern: str, first: tuple[str, ...] | None) -> None:
    found = sample_texts(pattern)
    if first is not None:
        assert found == first
    assert bool(found) == (first != ())
    assert list(found) == sorted(found, key=lambda text: (len(text), text))
    assert len(found) <= 24
    assert [each for each in found if not matches(pattern, each)] == []


def test_a_name_is_not_one_that_is_taken() -> None:
    assert sample_name(None, set()) == "undeclared"
    assert sample_name(None, {"undeclared", "undeclared2"}) == "undeclared3"
    assert sample_name("^(x|y)$", {"x"}) == "y"
    assert sample_name("^(x|y)$", {"x", "y"}) == "undeclared"
