"""What every look has: the run, a shell, the files that are deployed, and a folder of its own."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from bridge.core.records.dialect import Record
from bridge.core.records.lambda_record import to_lambda_record
from tests.simulation.account.project import project
from tests.simulation.account.shell import Done, Shell
from tests.simulation.checking.facts import sequence_of
from tests.simulation.kinds import Part
from tests.simulation.simulation import Simulation
from tests.simulation.world import Place


@dataclass(slots=True)
class Look:
    """``folder`` may be written to. ``config`` is the good deployment's."""

    simulation: Simulation
    rng: Random
    folder: Path
    shell: Shell = field(init=False)
    config: str = field(init=False)

    def __post_init__(self) -> None:
        self.shell = Shell(self.simulation.judge, self.simulation.world.note)
        self.config = str(project(self.simulation.options))

    def run(self, *words: str, reveals: bool = False) -> Done:
        return self.shell.run(*words, reveals=reveals)

    def violated(self, text: str) -> None:
        self.simulation.judge.violated(text)

    def must(self, done: Done, *codes: int) -> Done:
        """The verb must have ended so."""
        if done.code not in codes:
            self.violated(f"{done}, not {' or '.join(map(str, codes))}: {done.err[-300:]}")
        return done

    def write(self, name: str, content: Any) -> str:
        """A file of JSON, or of JSON lines where ``content`` is a list."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = content if isinstance(content, list) else [content]
        path.write_text("\n".join(json.dumps(line, default=_plain) for line in lines), encoding="utf-8")
        return str(path)

    def records(self) -> list[tuple[Record, tuple[Part, ...]]]:
        """What the streams still have, as Lambda sends it, with what the changes are."""
        log = {w.place: w for w in self.simulation.world.log if w.place is not None}
        found: list[tuple[Record, tuple[Part, ...]]] = []
        for stream in self.simulation.world.streams:
            for record in stream.everything():
                place = Place(stream.label, record["dynamodb"]["SequenceNumber"])
                parts = self.simulation.kinds.parts_of(log[place])
                found.append((to_lambda_record(record, stream.arn), parts))
        return found

    def quarantined(self) -> set[str]:
        """Sequences of the entries."""
        return {entry.sequence for entry in self.simulation.quarantine.kept.entries()}


@contextmanager
def looking(simulation: Simulation) -> Iterator[Look]:
    with tempfile.TemporaryDirectory(prefix="simulation-look-") as folder:
        yield Look(simulation, simulation.options.account.rng, Path(folder))


def sequence_in(part: Part) -> str:
    return "" if part.place is None else sequence_of(part.place)


def _plain(value: Any) -> Any:
    return value.timestamp() if hasattr(value, "timestamp") else str(value)
