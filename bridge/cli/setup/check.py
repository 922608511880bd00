"""``stream-bridge check`` and ``config schema``: check a project offline; the JSON Schema of bridge.yaml."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bridge.cli.console.options import OutputOption, Project, StrictOption
from bridge.cli.console.output import Console, ExitCode, Output, plural
from bridge.errors import ConfigurationError, Problem
from bridge.ports.registry import RegistryAddress
from bridge.schemas.finding import counts

if TYPE_CHECKING:
    from bridge.core.events.rules import EventRule
    from bridge.schemas.documents.schema_set import SchemaSet


def check(
    console: Console, project: Project, strict: StrictOption = False, output: OutputOption = Output.TEXT
) -> int:
    """Check the configuration, schemas, examples, paths and patterns, offline.

    Prints all findings at once, one line each, with the position and a suggestion. Exits 3 when something is
    wrong; warnings count only with --strict.
    """
    findings = find_problems(project.config, project.environ, datetime.now(UTC).date())
    wrong = [p for p in findings.problems if counts(p, strict=strict)]
    if output is Output.JSON:
        problems = [_as_json(problem) for problem in findings.problems]
        console.write_json({"fine": not wrong, "problems": problems, "counts": findings.counts})
    else:
        for problem in findings.problems:
            console.problem(problem)
        console.say(f"{project.config}: {_summary(findings, len(wrong))}")
    return ExitCode.CONFIGURATION if wrong else ExitCode.OK


def _as_json(problem: Problem) -> dict[str, Any]:
    """Without what only findings about two versions have."""
    optional = ("since", "at", "shows", "example")
    return {name: value for name, value in asdict(problem).items() if value or name not in optional}


def print_schema(console: Console) -> int:
    """Print the JSON Schema of bridge.yaml, for editors."""
    from bridge.settings.schema import config_schema

    console.write_json(config_schema())
    return ExitCode.OK


def _summary(findings: Findings, wrong: int) -> str:
    warnings = len(findings.problems) - wrong
    if wrong:
        reported = f"{plural(wrong, 'error')}" + (f", {plural(warnings, 'warning')}" if warnings else "")
        return reported + "".join(f"; {skipped}" for skipped in findings.skipped)
    plurals = {"entity": "entities"}
    checked = ", ".join(
        plural(count, name, plurals.get(name, f"{name}s")) for name, count in findings.counts.items()
    )
    reported = f"{checked}: fine" + (f", with {plural(warnings, 'warning')}" if warnings else "")
    return reported + "".join(f"; {skipped}" for skipped in findings.skipped)


# --- the stages ----------------------------------------------------------------------------------


@dataclass(slots=True)
class Findings:
    """``counts`` holds what was checked, ``skipped`` what could not be checked."""

    problems: list[Problem] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)

    def add(self, problems: Iterable[Problem]) -> None:
        self.problems += [problem for problem in problems if problem not in self.problems]


def find_problems(config: Path, environ: Mapping[str, str], today: date | None = None) -> Findings:
    """Run every stage that the earlier stages allow: a stage that fails hides no independent finding.

    Without readable settings the schemas are still read from the folder that the file names, and without
    readable schemas the patterns and paths are still compiled. ``today`` (UTC) decides which sunsets are
    near or past; without it sunsets are not checked.
    """
    from bridge.schemas.documents.examples import check_derived_examples, check_examples
    from bridge.schemas.documents.schema_set import SchemaSet
    from bridge.settings import load_settings
    from bridge.settings.compiling.tables import compile_tables
    from bridge.settings.compiling.versions import find_sunsets
    from bridge.settings.lint import find_never
    from bridge.settings.schemas_place import find_schemas

    findings = Findings()
    settings = schemas = None
    rules: list[EventRule] = []
    try:
        settings = load_settings(config, environ)
        findings.add(settings.warnings)
        findings.counts["table"] = len(settings.tables)
        kinds = settings.kinds()
        if entities := sum(kind.entity != "" for kind in kinds):
            findings.counts["entity"] = entities
        findings.counts["event type"] = len({e.type for kind in kinds for e in kind.settings.events})
    except ConfigurationError as error:
        findings.add(error.problems)
        findings.skipped.append("patterns and paths are not checked until the configuration can be read")
    folder = settings.schemas if settings is not None else find_schemas(config, environ)
    if isinstance(folder, RegistryAddress):
        findings.skipped.append(
            f"schemas in {folder} are not checked offline; the bridge reads them at start"
        )
    elif folder is not None:
        try:
            schemas = SchemaSet.load(folder)
            findings.add(schemas.warnings)
            findings.counts["schema"] = len(schemas)
        except ConfigurationError as error:
            findings.add(error.problems)
            findings.skipped.append("examples are not checked until the schemas can be read")
    if settings is not None:
        known = schemas if schemas is not None else AnySchemas()
        findings.add(find_sunsets(settings, known, today) if today is not None else ())
        try:
            rules = [rule for table in compile_tables(settings, known).values() for rule in table.every_rule]
        except ConfigurationError as error:
            findings.add(error.problems)
        wrong = {problem.path for problem in findings.problems if problem.severity == "error"}
        never = find_never(settings, schemas, list(_samples(config.parent, findings)))
        findings.add(problem for problem in never if problem.path not in wrong)
    if schemas is not None:
        findings.add(check_examples(schemas))
        findings.add(check_derived_examples(rules, schemas))
        findings.counts["example"] = _count_examples(schemas)
    return findings


SAMPLES: Final = ("examples/records", "records")
"""Folders beside bridge.yaml with records of its tables."""


def _samples(folder: Path, findings: Findings) -> Iterator[Any]:
    """The sample records of a project, which show what its items look like. Broken ones are skipped: that is
    what some of them are for."""
    from bridge.cli.records.files import Unreadable, read_records

    for name in SAMPLES:
        for path in sorted((folder / name).glob("*.*json")):
            with path.open("rb") as stream:
                for record in read_records(stream, str(path)):
                    if not isinstance(record, Unreadable):
                        findings.counts["sample"] = findings.counts.get("sample", 0) + 1
                        yield record


def _count_examples(schemas: SchemaSet) -> int:
    if schemas.folder is None:
        return 0
    folders = [schemas.folder / each.type / "examples" / str(each.version) for each in schemas]
    return sum(1 for folder in folders for _ in folder.glob("*/*.json"))


class AnySchemas:
    """Replaces schemas that could not be read, so that other problems are found too."""

    id = "https://schemas.example.com/not-read"

    def get(self, type_name: str, version: str) -> AnySchemas:
        return self

    def validate(self, data: Any) -> None:
        """Accepts everything: nothing is published with these schemas."""
