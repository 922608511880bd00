"""What is known of each mutant, kept while a run goes on, and the table at its end."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.mutation.sampled.accepted import Accepted, entry_for
from tests.mutation.sampled.mutants import Mutant
from tests.mutation.sampled.project import Project
from tests.mutation.sampled.trial import Outcome

WANTED = 0.95


class Results:
    """A file to which each outcome is appended: an interrupted run goes on where it was.

    A killed mutant stays killed while its file is the same. One that survived is tried again by the next run.
    """

    def __init__(self, project: Project, path: Path) -> None:
        self._project, self._path = project, path
        self._digests: dict[str, str] = {}
        self._known: dict[str, str] = {}
        if path.exists():
            for line in path.read_text("utf-8").splitlines():
                entry = json.loads(line)
                self._known[entry["key"]] = entry["by"]

    def known(self, mutant: Mutant) -> Outcome | None:
        by = self._known.get(self._key(mutant), "")
        return Outcome(killed=True, by=by) if by else None

    def add(self, mutant: Mutant, outcome: Outcome) -> None:
        if outcome.killed:
            self._known[self._key(mutant)] = outcome.by
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"key": self._key(mutant), "by": outcome.by}) + "\n")

    def _key(self, mutant: Mutant) -> str:
        digest = self._digests.get(mutant.file)
        if digest is None:
            text = self._project.text(mutant.file).encode()
            digest = self._digests[mutant.file] = hashlib.blake2b(text, digest_size=8).hexdigest()
        return f"{mutant.file} {digest} {mutant.start} {mutant.end} {mutant.new}"


@dataclass(frozen=True, slots=True)
class Report:
    project: Project
    seed: int
    outcomes: Sequence[tuple[Mutant, Outcome]]
    accepted: Sequence[Accepted]
    stale: Sequence[Accepted]

    @property
    def good(self) -> bool:
        """Enough were killed, and no reason is out of date."""
        judged = list(self._judged())
        killed = sum(outcome.killed for _, outcome in judged)
        return killed >= WANTED * len(judged) and not self.stale

    def _judged(self, folder: str = "") -> Iterator[tuple[Mutant, Outcome]]:
        """Without the accepted ones that survived."""
        for mutant, outcome in self.outcomes:
            unjudged = not outcome.killed and entry_for(self.accepted, mutant) is not None
            if mutant.file.startswith(folder) and not unjudged:
                yield mutant, outcome

    def lines(self) -> Iterator[str]:
        yield f"seed {self.seed}: {len(self.outcomes)} mutants"
        yield f"{'folder':30}{'mutants':>9}{'killed':>9}{'survived':>10}{'accepted':>10}{'%':>8}"
        for folder in (*self.project.folders, ""):
            drawn = sum(mutant.file.startswith(folder) for mutant, _ in self.outcomes)
            if not drawn:
                continue
            judged = list(self._judged(folder and f"{folder}/"))
            killed = sum(outcome.killed for _, outcome in judged)
            percent = 100 * killed / len(judged) if judged else 100.0
            yield (
                f"{folder or 'all':30}{drawn:>9}{killed:>9}{len(judged) - killed:>10}"
                f"{drawn - len(judged):>10}{percent:>8.1f}"
            )
        for mutant, outcome in self.outcomes:
            if not outcome.killed:
                yield from self._survivor(mutant)
        for entry in self.stale:
            yield f"stale   {entry.name}: no such mutant any more, remove the entry"
        for mutant, outcome in self.outcomes:
            known = entry_for(self.accepted, mutant)
            if outcome.killed and known is not None and known.becomes:
                yield f"killed  {mutant.place} is accepted, but {outcome.by} fails: remove the entry"

    def _survivor(self, mutant: Mutant) -> Iterator[str]:
        entry = entry_for(self.accepted, mutant)
        yield f"{'accepted' if entry else 'SURVIVED'}  {mutant.place}  {mutant.kind}"
        yield f"    - {mutant.was}"
        yield f"    + {mutant.becomes}"
        if entry:
            yield f"    = {entry.reason}"
