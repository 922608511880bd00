"""``stream-bridge schema lint``: what is wrong with a folder of schemas, or will hurt somebody."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from bridge.cli.console.output import Console, ExitCode
from bridge.cli.schema.options import Format, FormatOption, SchemasOption, plural, schemas_folder


def lint(
    context: typer.Context,
    schemas: SchemasOption = None,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings count as errors.")] = False,
    output: FormatOption = Format.TEXT,
) -> int:
    """Look at every schema, meta.yaml and example: form, names, docs, sunsets, what registries can take.

    Exits 0 when all is fine, 3 when something is wrong; warnings only count with --strict.
    """
    from bridge.cli.schema.report import Report, cases_by_file, write_report
    from bridge.schemas.evolution.lint import lint as find

    console: Console = context.obj
    folder = schemas_folder(schemas)
    found, findings = find(folder, datetime.now(UTC).date())
    wrong = [finding for finding in findings if strict or finding.severity == "error"]
    files: list[str] = []
    if found is not None:
        files = [schema.file for schema in found] + [meta.file for meta in found.metas.values()]
    warnings = len(findings) - len(wrong)
    document = {"fine": not wrong, "counts": {"error": len(wrong), "warning": warnings}}
    report = Report("lint", cases_by_file(str(folder), sorted(files), findings), document, strict)
    write_report(console, report, output)
    reported = [f"{len(wrong)} wrong"] if wrong else []
    reported += [plural(warnings, "warning")] if warnings else []
    seen = plural(len(found), "version") if found is not None else "the folder cannot be used"
    console.say(f"{folder}: {seen}: {', '.join(reported) or 'fine'}")
    return ExitCode.CONFIGURATION if wrong else ExitCode.OK
