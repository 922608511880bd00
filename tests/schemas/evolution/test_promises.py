"""The versions of a type against each other: which pairs a mode asks for, numbers, waivers and their days."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bridge.schemas.compatibility.compare import Comparer
from bridge.schemas.compatibility.verdict import Mode
from bridge.schemas.documents.schema_set import SchemaSet
from bridge.schemas.evolution.pairs import comparison_json
from bridge.schemas.evolution.promises import TypeReport, check_types, pairs_of
from bridge.schemas.semver import Version
from tests.schemas.folders import BASE, TYPE, put, schema

TODAY = date(2026, 6, 1)
TEXT = {"type": "string"}
NUMBER = {"type": "integer"}


def judge(
    folder: Path, versions: Mapping[str, dict[str, Any]], *, mode: str = "FULL_TRANSITIVE", waivers: str = ""
) -> TypeReport:
    """``versions`` are the documents by their numbers; ``waivers`` the lines below that word in meta.yaml."""
    put(folder, "registry.yaml", f"base: {BASE}\n")
    meta = f"summary: A thing.\nowner: makers\ncontact: makers@example.com\ncompatibility: {mode}\n"
    put(folder, f"{TYPE}/meta.yaml", meta + (f"waivers:\n{waivers}" if waivers else ""))
    for number, document in versions.items():
        put(folder, f"{TYPE}/{number}.json", schema(number, **document))
    schemas = SchemaSet.load(folder)
    comparer = Comparer({each.id: each.document for each in schemas})
    (report,) = check_types(schemas, comparer.compare, today=TODAY)
    return report


def rules(report: TypeReport) -> list[str]:
    return [finding.rule for pair in report.pairs for finding in pair.findings]


def having(**properties: Any) -> dict[str, Any]:
    return {"properties": properties}


@pytest.mark.parametrize(
    ("new", "number", "refused_by"),
    [
        ({**having(a=TEXT), "title": "T"}, "1.0.1", []),
        ({**having(a=TEXT), "title": "T"}, "1.1.0", []),
        (having(a=TEXT, b=TEXT), "1.0.1", ["version"]),
        (having(a=TEXT, b=TEXT), "1.1.0", []),
        (having(a=NUMBER), "2.0.0", []),
    ],
)
def test_a_number_below_the_needed_bump_is_refused(
    tmp_path: Path, new: dict[str, Any], number: str, refused_by: list[str]
) -> None:
    assert rules(judge(tmp_path, {"1.0.0": having(a=TEXT), number: new})) == refused_by


def test_what_takes_a_major_is_refused_as_a_minor_unless_the_mode_lets_it_pass(tmp_path: Path) -> None:
    """A longer enumeration breaks who reads new events with the old schema, and nobody the other way."""
    longer = {"1.0.0": having(a={"enum": ["x"]}), "1.1.0": having(a={"enum": ["x", "y"]})}
    assert rules(judge(tmp_path / "full", longer, mode="FULL")) != []
    assert rules(judge(tmp_path / "backward", longer, mode="BACKWARD")) == []


ADVICE = [
    # old, new, the wrong number, other versions, what to call it
    (having(a=TEXT), having(a=TEXT, b=TEXT), "1.0.1", {}, "1.1.0"),
    (having(a=TEXT), having(a=NUMBER), "1.0.1", {}, "2.0.0"),
    (having(a=TEXT), having(a=NUMBER), "1.0.1", {"2.0.0": having(a=TEXT)}, "3.0.0"),
    (having(a=TEXT), having(a=TEXT, b=TEXT), "1.0.1", {"1.1.0": having(a=TEXT, b=TEXT)}, "1.2.0"),
]


@pytest.mark.parametrize(("old", "new", "wrong", "others", "right"), ADVICE)
def test_a_version_called_as_advised_passes(
    tmp_path: Path, old: dict[str, Any], new: dict[str, Any], wrong: str, others: dict[str, Any], right: str
) -> None:
    report = judge(tmp_path / "wrong", {"1.0.0": old, wrong: new, **others})
    (advice,) = [f.suggestion for pair in report.pairs for f in pair.findings if f.rule == "version"]
    assert advice == f"call it {right}"
    assert rules(judge(tmp_path / "right", {"1.0.0": old, **others, right: new})) == []


def test_a_pair_needs_in_its_mode_what_the_folder_accepts(tmp_path: Path) -> None:
    """Text that became shorter breaks old events, which FORWARD does not ask for."""
    shorter = {"1.0.0": having(a=TEXT), "1.1.0": having(a={**TEXT, "maxLength": 5})}
    (pair,) = judge(tmp_path, shorter, mode="FORWARD").pairs
    assert (pair.findings, pair.comparison.bump, pair.comparison.needed) == ((), "major", "minor")
    assert comparison_json(pair.comparison)["needed"] == "minor"
    (pair,) = judge(tmp_path / "full", shorter, mode="FULL").pairs
    assert (pair.comparison.bump, pair.comparison.needed) == ("major", "major")
    assert "needed" not in comparison_json(pair.comparison)


def test_a_new_major_is_compared_with_nothing_and_promises_nothing(tmp_path: Path) -> None:
    assert judge(tmp_path, {"1.0.0": having(a=TEXT), "2.0.0": having(a=NUMBER)}).pairs == ()


def test_transitive_modes_ask_every_earlier_version_others_the_last(tmp_path: Path) -> None:
    """What was removed and comes back as something else breaks the version before the last."""
    three = {"1.0.0": having(a=TEXT, b=TEXT), "1.1.0": having(a=TEXT), "1.2.0": having(a=TEXT, b=NUMBER)}
    assert rules(judge(tmp_path / "full", three, mode="FULL")) == []
    every = judge(tmp_path / "transitive", three)
    broken = [(str(pair.old.version), str(pair.new.version)) for pair in every.pairs if pair.findings]
    assert broken == [("1.0.0", "1.2.0")]


def test_no_mode_asks_for_a_pair_across_majors() -> None:
    versions = [Version.parse(text) for text in ("2.0.0", "1.0.0", "1.2.0", "1.1.0")]
    first, second, third, _ = sorted(versions)
    assert list(pairs_of(versions, Mode.FULL)) == [(first, second), (second, third)]
    assert set(pairs_of(versions, Mode.FULL_TRANSITIVE)) == {(first, second), (first, third), (second, third)}


UNDECIDED = {
    "1.0.0": having(a={"type": "string", "pattern": r"^(a|b)\1+$"}),
    "1.1.0": having(a={"type": "string", "pattern": r"^(a|b)\1{1,}$"}),
}


def waiver(direction: str, until: str = "2026-12-31", old: str = "1.0.0") -> str:
    who = "who: Ada, why: the two patterns match the same"
    return f'  - {{versions: ["{old}", 1.1.0], direction: {direction}, {who}, until: {until}}}\n'


@pytest.mark.parametrize(
    ("waivers", "open_ones"),
    [
        ("", 2),
        (waiver("backward"), 1),
        (waiver("backward") + waiver("forward"), 0),
        (waiver("backward") + waiver("forward", "2026-05-31"), 1),
        (waiver("backward") + waiver("forward", "2026-06-01"), 0),
        (waiver("backward", old="1.0.1") + waiver("forward", old="1.0.1"), 2),
    ],
)
def test_what_is_unproven_is_accepted_with_a_waiver_until_its_last_day(
    tmp_path: Path, waivers: str, open_ones: int
) -> None:
    report = judge(tmp_path, UNDECIDED, waivers=waivers)
    (pair,) = report.pairs
    assert rules(report) == ["unproven"] * open_ones
    assert pair.verdict == ("unproven" if open_ones else "compatible")


def test_what_is_waived_is_no_patch(tmp_path: Path) -> None:
    old, new = UNDECIDED.values()
    waivers = (waiver("backward") + waiver("forward")).replace("1.1.0", "1.0.1")
    assert rules(judge(tmp_path, {"1.0.0": old, "1.0.1": new}, waivers=waivers)) == ["version"]


def test_a_break_is_never_waived(tmp_path: Path) -> None:
    broken = {"1.0.0": having(a=TEXT), "1.1.0": having(a=NUMBER)}
    (pair,) = judge(tmp_path, broken, waivers=waiver("backward") + waiver("forward")).pairs
    assert (pair.verdict, pair.waived) == ("incompatible", ())
    assert pair.findings
