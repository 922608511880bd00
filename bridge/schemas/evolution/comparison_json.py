"""A comparison as JSON: the form that ``schema check`` answers with, one pair or many."""

from __future__ import annotations

from typing import Any

from bridge.schemas.compatibility.verdict import Break, Comparison, Unproven


def comparison_json(comparison: Comparison) -> dict[str, Any]:
    """``verdict``, ``breaks`` and ``bump``; ``unproven`` and ``problem`` only where there are some."""
    answer: dict[str, Any] = {
        "verdict": str(comparison.verdict),
        "bump": str(comparison.bump),
        "breaks": [break_json(each) for each in comparison.breaks],
    }
    if comparison.unproven:
        answer["unproven"] = [unproven_json(each) for each in comparison.unproven]
    if comparison.problem:
        answer["problem"] = comparison.problem
    return answer


def break_json(found: Break) -> dict[str, Any]:
    """``example`` is data that ``producedBy`` writes and ``refusedBy`` does not take."""
    return {
        "rule": found.rule,
        "direction": found.direction,
        "oldPointer": found.old_pointer,
        "newPointer": found.new_pointer,
        "message": found.message,
        "example": found.example,
        "producedBy": found.produced_by,
        "refusedBy": "new" if found.produced_by == "old" else "old",
        "bump": str(found.bump),
        "hint": found.hint,
    }


def unproven_json(found: Unproven) -> dict[str, Any]:
    return {
        "direction": found.direction,
        "reason": found.reason,
        "message": found.message,
        "oldPointer": found.old_pointer,
        "newPointer": found.new_pointer,
    }
