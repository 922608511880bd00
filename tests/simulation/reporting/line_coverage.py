"""Which lines of ``bridge/`` the simulation reaches, and which folders stay outside, with the reason."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

BRIDGE = Path(__file__).parents[3] / "bridge"
OUTSIDE: Mapping[str, str] = {
    "catalogue": "a static site",
    "cli": "verbs that only write files or follow a queue; tested with their output",
    "consumer": "for subscribers; its order rule is in every run, the rest has no stream",
    "demo": "shows the product, on an embedded AWS",
    "infra": "writes templates; the policies of functions are held against every call",
    "onboarding": "runs once, by hand",
    "projections": "for subscribers; each has a convergence suite against its store",
    "schemas": "pure: proofs and conversions of schemas that no run has; tested with properties and fuzzing",
    "settings": "pure: findings about files that are wrong",
}


def covered(play: Callable[[], object]) -> str:
    """Runs ``play`` and returns a table by folder and the files without a reached line."""
    ran: dict[str, set[int]] = defaultdict(set)
    unseen: dict[CodeType, set[int]] = {}
    inside = str(BRIDGE)

    def lines(frame: FrameType, event: str, argument: Any) -> Any:
        if event == "line":
            ran[frame.f_code.co_filename].add(frame.f_lineno)
            unseen[frame.f_code].discard(frame.f_lineno)
        return lines

    def calls(frame: FrameType, event: str, argument: Any) -> Any:
        """A function of which every line was reached is not looked at again."""
        code = frame.f_code
        if not code.co_filename.startswith(inside):
            return None
        if code not in unseen:
            unseen[code] = {line for _, _, line in code.co_lines() if line and line != code.co_firstlineno}
        return lines if unseen[code] else None

    sys.settrace(calls)
    try:
        play()
    finally:
        sys.settrace(None)
    return _table(ran)


def _table(ran: Mapping[str, set[int]]) -> str:
    total: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    untouched: dict[str, list[str]] = defaultdict(list)
    for path in sorted(BRIDGE.rglob("*.py")):
        inside = _lines_in_functions(path)
        reached = inside & ran.get(str(path), set())
        name = path.relative_to(BRIDGE)
        folder = name.parts[0] if len(name.parts) > 1 else "."
        for key in (folder, "all of bridge/", *(["without those outside"] if folder not in OUTSIDE else [])):
            total[key][0] += len(inside)
            total[key][1] += len(reached)
        if inside and not reached:
            untouched[folder].append(str(name))
    rows = [f"{'folder':22} {'lines':>7} {'reached':>8}  share  why it is outside"]
    for folder, (lines, reached_lines) in sorted(total.items()):
        share = 100 * reached_lines / (lines or 1)
        rows.append(f"{folder:22} {lines:>7,} {reached_lines:>8,} {share:>4.0f} %  {OUTSIDE.get(folder, '')}")
    rows += ["", "files without a reached line, of folders that are inside:"]
    rows += [
        f"  {name}" for folder in sorted(untouched) if folder not in OUTSIDE for name in untouched[folder]
    ]
    return "\n".join(rows)


def _lines_in_functions(path: Path) -> set[int]:
    """Lines that run when something is called, not when it is imported."""
    module = compile(path.read_text(), str(path), "exec")
    return {
        line
        for code in _functions(module)
        for _, _, line in code.co_lines()
        if line is not None and line != code.co_firstlineno
    }


def _functions(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            is_class = not constant.co_flags & 0x2  # CO_NEWLOCALS: a function has its own
            if not is_class:
                yield constant
            yield from _functions(constant)
