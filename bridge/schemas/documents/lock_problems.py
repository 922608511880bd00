"""Where a folder differs from its lock, and a lock from an earlier one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from bridge.errors import Problem
from bridge.schemas.documents.entry_files import LOCK_FOLDER, file_of, sunset_file
from bridge.schemas.documents.format_1 import LOCK_FILE
from bridge.schemas.documents.lock import RULE, Days, Lock, Name, earlier_days
from bridge.schemas.documents.meaning import Meanings
from bridge.schemas.documents.meta import Meta, Status
from bridge.schemas.finding import Finding, finding

UPDATE = "stream-bridge schema lock --update"


def find_lock_problems(
    lock: Lock,
    folder: Path,
    uris: Mapping[Name, str],
    meanings: Meanings,
    found: Iterable[Name],
    metas: Mapping[str, Meta],
) -> list[Problem]:
    """Where the folder differs from what was published. ``uris`` are the readable files by their ``$id``,
    ``found`` all that exist: a file that cannot be read is reported elsewhere."""
    problems: list[Problem] = []
    existing = set(found)
    for name, recorded in sorted(lock.versions.items()):
        type_name, version = name
        if name not in existing:
            message = "is published and was removed"
            advice = "restore it: subscribers need it for old events. To end a type, set `status: retired`"
        elif name not in uris:
            continue
        elif meanings.document(uris[name]) != recorded.document:
            message = "is published and was changed since"
            advice = f"restore it, and put the change into a version of its own: schema bump {type_name}"
        elif recorded.references not in (None, meanings.references(uris[name])):
            message = "is published, and a definition that it refers to was changed since"
            advice = "restore that definition, and put the change into a version of its own"
        else:
            continue
        problems.append(finding(RULE, folder / type_name / f"{version}.json", message, advice))
    problems += _turned_to_drafts(lock, metas)
    if lock.old:
        message = f"is a lock of format 1, without the definitions that versions refer to; {LOCK_FOLDER}/ is"
        message += " its form now"
        problems.append(finding(RULE, folder / LOCK_FILE, message, UPDATE, "warning"))
    return [*problems, *find_earlier_sunsets(metas, lock.sunsets)]


def _turned_to_drafts(lock: Lock, metas: Mapping[str, Meta]) -> Iterator[Finding]:
    """A draft is neither compared nor published, so a published type cannot become one."""
    published = {type_name for type_name, _ in lock.versions}
    for type_name in sorted(published & metas.keys()):
        meta = metas[type_name]
        if meta.status is Status.DRAFT:
            message = "is draft, and versions of the type are published"
            advice = "set `status: active`; to end the type, set `status: retired`"
            yield finding(RULE, meta.file, message, advice, path="status")


def find_unlocked(
    lock: Lock, lockable: Iterable[Name], files: Mapping[Name, str], folder: Path
) -> Iterator[Finding]:
    """Versions that may be published and have no entry: nothing holds them yet."""
    if not lock.versions:
        message = "does not exist, so changes of published versions are not noticed"
        advice = f"publish the versions; if they are not published anywhere: {UPDATE}"
        yield finding(RULE, folder / LOCK_FOLDER, message, advice, "warning")
        return
    for name in lockable:
        if name not in lock.versions:
            message = "has no entry in the lock, so its changes are not noticed"
            advice = f"publish it; if it is not published anywhere: {UPDATE}"
            yield finding(RULE, files[name], message, advice, "warning")


def find_removed(
    ours: Lock, theirs: Lock, folder: Path, source: str, restoring: Callable[[str], str]
) -> Iterator[Finding]:
    """Entries of an earlier lock that this one lacks or has otherwise: entries are only ever added.
    ``restoring`` gives the command that brings back a file of the lock."""

    def gone(file: str, what: str) -> Finding:
        return finding(RULE, folder / file, f"{what} {source}", restoring(file))

    for name, entry in sorted(theirs.versions.items()):
        mine = ours.versions.get(name)
        if mine is None:
            yield gone(file_of(name), f"{name[0]} {name[1]} lost its entry in the lock since")
        elif mine.completed(entry) != entry.completed(mine):
            yield gone(file_of(name), f"the entry of {name[0]} {name[1]} in the lock was changed since")
    for type_name, days in sorted(theirs.sunsets.items()):
        mine_days = ours.sunsets.get(type_name, {})
        for key, day in days.items():
            if key not in mine_days or mine_days[key] < day:
                yield gone(sunset_file(type_name, key), f"the sunset of {type_name} {key} was removed since")
    for address, names in sorted(theirs.published.items()):
        for name in sorted(names - ours.published.get(address, frozenset())):
            what = f"the lock no longer says that {name[0]} {name[1]} is in {address}, as it does in"
            yield gone(file_of(name, address), what)


def find_earlier_sunsets(
    metas: Mapping[str, Meta], reported: Mapping[str, Days], source: str = ""
) -> Iterator[Finding]:
    """The sunsets in ``metas`` before the day that subscribers know. ``source`` says where they know it
    from."""
    for type_name in sorted(metas.keys() & reported.keys()):
        meta = metas[type_name]
        for key, day, message in earlier_days(meta.days, reported[type_name]):
            advice, line = f"write {day} or a later day", meta.sunsets[key].line
            message += f" ({source})" if source else ""
            yield finding("sunset", meta.file, message, advice, path=f"sunset.{key}", line=line, column=1)
