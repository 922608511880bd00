"""A subject that does not name exactly one item, as far as the table's key is known."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.core.jsonpath import written
from bridge.core.mapping.paths import MappingError
from bridge.core.mapping.subject import compile_subject
from bridge.errors import did_you_mean
from bridge.settings.lint.known import Known
from bridge.settings.tables import TableSettings

Place = tuple[str | int, ...]
Found = tuple[Place, str, str]


def subject_findings(place: Place, table: TableSettings, known: Known) -> Iterator[Found]:
    at = (*place, "subject")
    try:
        used = compile_subject(table.subject).names
    except MappingError:
        return
    if not known.exact or not used:
        return
    wrong = [name for name in used if name not in known.keys]
    for name in wrong:
        left = [each for each in known.keys if each not in used] or list(known.keys)
        close = did_you_mean(name, left)
        if not close and len(left) == 1:
            close = f"did you mean '{left[0]}'?"
        yield at, f"the key has no {name}, so every record fails", close or f"it has {', '.join(known.keys)}"
    missing = [name for name in known.keys if name not in used]
    if missing and not wrong:
        whole = table.subject + "".join(f"/{{{written(('key', name))}}}" for name in missing)
        message = f"does not use {', '.join(missing)} of the key, so several items have the same subject"
        yield at, message, f"write {whole}"
