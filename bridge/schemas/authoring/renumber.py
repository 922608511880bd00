"""Another number for a version that two branches made. The other one keeps its number; nobody has ours yet.

Planned here from the files of both branches; the caller reads and writes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bridge.errors import ConfigurationError
from bridge.schemas.authoring.files import NotAuthored, with_id
from bridge.schemas.authoring.mentions import in_configuration, in_meta, refers, replaced, with_references
from bridge.schemas.documents.entry_files import LOCK_FOLDER, lock_of
from bridge.schemas.documents.json_document import parse_json
from bridge.schemas.documents.lock import Lock, Name
from bridge.schemas.documents.meaning import content_hash
from bridge.schemas.documents.meta import META_FILE
from bridge.schemas.documents.names import place_of, version_at
from bridge.schemas.semver import Version

Texts = Mapping[str, bytes]
"""Files of the folder of the schemas, by their path in it."""


@dataclass(frozen=True, slots=True)
class Branches:
    """``here``: the files as they are, conflicts included. ``mine``: those of the branch whose version moves.
    ``theirs``: those of the branch whose version keeps its number, named ``name``; none where nobody else
    made this version. ``configuration`` and ``their_configuration``: the texts of bridge.yaml, if any."""

    here: Texts
    mine: Texts
    theirs: Texts = field(default_factory=dict)
    name: str = ""
    configuration: bytes | None = None
    their_configuration: bytes | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """``writes`` and ``removes`` are paths in the folder of the schemas. ``remarks``: what a person must look
    at."""

    version: Version
    writes: Texts
    removes: tuple[str, ...]
    configuration: bytes | None
    remarks: tuple[str, ...] = ()


def plan_renumbering(branches: Branches, name: Name, to: Version | None = None) -> Move:
    """Raises :class:`NotAuthored` where the version cannot move: it is published, it is not there, or both
    branches have the same one."""
    return _Renumbering(branches, name).plan(to)


def has_locked(texts: Texts, name: Name) -> bool:
    """Whether a branch has published the version. A lock that cannot be read has not."""
    return name in _lock(texts).versions


class _Renumbering:
    def __init__(self, branches: Branches, name: Name) -> None:
        self._branches = branches
        self._name = name
        self._file = place_of(*name).removeprefix("/")
        self._raced = self._file in branches.theirs
        self._writes: dict[str, bytes] = {}
        self._removes: set[str] = set()
        self._remarks: list[str] = []

    def plan(self, to: Version | None) -> Move:
        type_name, branches = self._name[0], self._branches
        text = self._mine()
        document = parse_json(text, self._file)
        if not isinstance(document, dict):
            raise NotAuthored(f"{self._file} is not a JSON object")
        self._refuse_published(document)
        new = to or self._free()
        target = place_of(type_name, new).removeprefix("/")
        if any(target in texts for texts in (branches.here, branches.mine, branches.theirs)):
            raise NotAuthored(
                f"{type_name} {new} exists already", hint="leave --to out for the next free one"
            )
        moved = with_id(text, document, self._name, new)
        new_id = parse_json(moved, target)["$id"]
        self._writes[target] = with_references(moved, new_id, document["$id"], new_id)
        self._move_examples(new)
        self._keep_theirs()
        self._move_references(document["$id"], new_id)
        self._move_meta(new)
        configuration = self._configuration(new)
        here = {path for path in self._removes if path in self._branches.here} - self._writes.keys()
        return Move(new, self._writes, tuple(sorted(here)), configuration, tuple(self._remarks))

    def _mine(self) -> bytes:
        """The text that moves. A conflict that a person has settled in part counts as it is."""
        branches = self._branches
        here, theirs = branches.here.get(self._file), branches.theirs.get(self._file)
        if here is not None and here != theirs and _is_json(here):
            return here
        text = branches.mine.get(self._file)
        if text is None:
            where = "here" if not self._raced else f"here; {branches.name} has it alone"
            raise NotAuthored(f"there is no {self._name[0]} {self._name[1]} {where}", hint="see schema list")
        return text

    def _refuse_published(self, document: Mapping[str, Any]) -> None:
        branches, (type_name, version) = self._branches, self._name
        mine, theirs = _lock(branches.mine), _lock(branches.theirs)
        if self._raced and _same(document, branches.theirs[self._file]):
            raise NotAuthored(f"{branches.name} has the same {type_name} {version}", hint="keep that file")
        for address, names in mine.published.items():
            if self._name in names:
                message = f"{type_name} {version} is published to {address}, so its number stays"
                raise NotAuthored(message, hint="the other branch must give its version another number")
        if self._name in mine.versions and self._name not in theirs.versions:
            message = f"{type_name} {version} is locked, so its number stays"
            if self._raced:
                raise NotAuthored(message, hint="the other branch must give its version another number")
            advice = "where another branch has it too: --against git:BRANCH"
            raise NotAuthored(message, hint=advice)

    def _free(self) -> Version:
        """The next number of the kind that the version had, after all of both branches."""
        type_name, version = self._name
        branches = self._branches
        names = {version_at(path) for path in (*branches.here, *branches.mine, *branches.theirs)}
        taken = [each[1] for each in names if each is not None and each[0] == type_name]
        if version.patch:
            same = [
                each.patch for each in taken if (each.major, each.minor) == (version.major, version.minor)
            ]
            return Version(version.major, version.minor, max(same, default=0) + 1)
        if version.minor:
            minors = [each.minor for each in taken if each.major == version.major]
            return Version(version.major, max(minors, default=0) + 1, 0)
        return Version(max((each.major for each in taken), default=0) + 1, 0, 0)

    def _move_examples(self, new: Version) -> None:
        type_name, version = self._name
        old, fresh = f"{type_name}/examples/{version}/", f"{type_name}/examples/{new}/"
        for path, text in self._branches.mine.items():
            if path.startswith(old):
                self._writes[fresh + path.removeprefix(old)] = text
        self._removes |= {path for path in self._branches.here if path.startswith(old)}

    def _keep_theirs(self) -> None:
        """Everything of the version as the other branch has it, its lock included."""
        type_name, version = self._name
        places = (self._file, f"{type_name}/examples/{version}/")
        entry = f"{LOCK_FOLDER}/{type_name}/{version}"
        own = (*places, f"{entry}.yaml", f"{entry}-in-")
        self._removes |= {path for path in self._branches.here if path.startswith(own)}
        self._writes |= {path: text for path, text in self._branches.theirs.items() if path.startswith(own)}

    def _move_references(self, old_id: str, new_id: str) -> None:
        """In files that only this branch has, or in which only this branch refers to the version."""
        for path, text in self._branches.here.items():
            name = version_at(path)
            if name is None or path == self._file or path in self._writes:
                continue
            document = _parsed(text)
            schema_id = document.get("$id") if isinstance(document, dict) else None
            if not isinstance(schema_id, str) or not refers(text, schema_id, old_id):
                continue
            theirs = self._branches.theirs.get(path)
            if theirs is not None and refers(theirs, schema_id, old_id):
                continue  # it means the other branch's
            if name in _lock(self._branches.mine).versions:
                self._remarks.append(f"{path} is locked and refers to {self._name[0]} {self._name[1]}")
            else:
                self._writes[path] = with_references(text, schema_id, old_id, new_id)

    def _move_meta(self, new: Version) -> None:
        path = f"{self._name[0]}/{META_FILE}"
        text = self._branches.here.get(path)
        if text is None:
            return
        theirs = in_meta(_text(self._branches.theirs.get(path)), self._name[1])
        others = {what for _, _, what in theirs}
        spans = [span for span in in_meta(_text(text), self._name[1]) if span[2] not in others]
        if spans:
            self._writes[path] = replaced(_text(text), spans, str(new)).encode()

    def _configuration(self, new: Version) -> bytes | None:
        branches = self._branches
        spans = in_configuration(_text(branches.configuration), *self._name)
        if branches.configuration is not None and b"<<<<<<< " in branches.configuration:
            self._remarks.append("bridge.yaml has an unresolved merge: name the version there that you mean")
            return None
        if not spans:
            return None
        if in_configuration(_text(branches.their_configuration), *self._name):
            what = f"bridge.yaml publishes {self._name[0]} {self._name[1]} in both branches, and so"
            self._remarks.append(f"{what} the one of {branches.name} now; yours is {new}")
            return None
        return replaced(_text(branches.configuration), spans, str(new)).encode()


def _lock(texts: Texts) -> Lock:
    try:
        return lock_of(texts, "") or Lock()
    except ConfigurationError:
        return Lock()


def _same(document: Mapping[str, Any], text: bytes) -> bool:
    other = _parsed(text)
    return other is not None and content_hash(other) == content_hash(document)


def _is_json(text: bytes) -> bool:
    return _parsed(text) is not None


def _parsed(text: bytes) -> Any:
    try:
        return parse_json(text, "")
    except ConfigurationError:
        return None


def _text(content: bytes | None) -> str:
    return (content or b"").decode("utf-8", "replace")
