"""Redaction rules that match nothing: what they should hide may be published."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.doctor.finding import Context, Finding

_FIX = (
    "compare the rule's path with an item of the table, then: stream-bridge check --strict --config {config}"
)


def judge_unmatched(context: Context, unmatched: int, rules: int) -> Finding:
    """``unmatched`` of the table's ``rules``, as the bridge measures it while it runs."""
    if not unmatched:
        text = f"each of {rules} rules matched within the last 1,000 changes, or there were fewer changes"
        return Finding("redaction", context.shown, "ok", text)
    text = (
        f"{unmatched} of {rules} rules matched nothing in 1,000 changes; the log names each"
        " (a redaction rule matched nothing)"
    )
    return Finding("redaction", context.shown, "warning", text, _FIX.format(config=context.config))


def judge_sampled(context: Context, unmatched: Sequence[str], rules: int, items: int) -> Finding:
    """``unmatched`` are the paths of the rules that no item of a sample has anything for."""
    if not items and context.entity:
        text, fix = "the sample has no item of this entity", "try again, or name the function with --function"
        return Finding("redaction", context.shown, "unknown", text, fix)
    if not items:
        return Finding("redaction", context.shown, "ok", "the table has no items")
    if not unmatched:
        return Finding(
            "redaction", context.shown, "ok", f"each of {rules} rules matches one of {items} items"
        )
    text = f"nothing in {items} items for {', '.join(unmatched)}"
    return Finding("redaction", context.shown, "warning", text, _FIX.format(config=context.config))
