"""The files of a new type, and of a type's next version. Planned here; the caller writes all or none."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from bridge.errors import BridgeError, ConfigurationError
from bridge.schemas.compatibility.verdict import Bump
from bridge.schemas.documents.build import find_base
from bridge.schemas.documents.json_document import parse_json, read_bytes
from bridge.schemas.documents.layout import Layout, entries, inside
from bridge.schemas.documents.lock import Name
from bridge.schemas.documents.meaning import content_hash
from bridge.schemas.documents.meta import META_FILE
from bridge.schemas.documents.names import is_name, is_shared, place_of
from bridge.schemas.documents.registry import REGISTRY_FILE
from bridge.schemas.documents.validation import DIALECT
from bridge.schemas.documents.yaml_members import meant
from bridge.schemas.finding import refused, rule_of
from bridge.schemas.semver import Version

Files = Mapping[str, bytes]
"""Content by path inside the folder of the schemas."""

FIRST: Final = Version(1, 0, 0)


class NotAuthored(BridgeError):
    """A type or version cannot be created; nothing was written."""


# --- a new type ------------------------------------------------------------------------------------


def plan_type(
    layout: Layout, type_name: str, *, base: str = "", summary: str = "", team: str = "", contact: str = ""
) -> Files:
    """A draft of a type: schema, meta.yaml, examples; and registry.yaml for a folder without one. A shared
    definition has no examples.

    Raises :class:`NotAuthored` where the type exists already or an option is missing.
    """
    _check_type(layout, type_name)
    files: dict[str, bytes] = {}
    known = layout.registry.base or find_base(layout.files)
    if known is None and not base:
        raise NotAuthored("the base of the schemas' $id is not known", hint="give --base https://schemas.…")
    if known is not None and base and base.rstrip("/") != known:
        raise NotAuthored(f"the base of this folder is {known}", hint="leave --base out")
    if layout.registry.base is None:
        files[REGISTRY_FILE] = f"base: {known or base.rstrip('/')}\n".encode()
    team, contact = _owner(layout, team, contact)
    summary = summary or "TODO: say what happened, in one sentence."
    meta = {"summary": summary, "owner": {"team": team, **({"contact": contact} if contact else {})}}
    words = type_name.rpartition("/")[2].rpartition(".")[2].replace("_", " ").replace("-", " ")
    document = {
        "$schema": DIALECT,
        "$id": (known or base.rstrip("/")) + place_of(type_name, FIRST),
        "title": words[:1].upper() + words[1:],
        "description": summary,
        "type": "object",
        "required": ["id"],
        "properties": {"id": {"description": "The item that changed.", "type": "string", "minLength": 1}},
    }
    files[f"{type_name}/{META_FILE}"] = yaml.safe_dump({**meta, "status": "draft"}, sort_keys=False).encode()
    if is_shared(type_name):
        part = {"description": summary, "type": "string", "minLength": 1}
        head = {name: document[name] for name in ("$schema", "$id", "title", "description")}
        return {
            **files,
            f"{type_name}/{FIRST}.json": _json({**head, "$defs": {words.replace(" ", "_"): part}}),
        }
    examples = f"{type_name}/examples/{FIRST}"
    return {
        **files,
        f"{type_name}/{FIRST}.json": _json(document),
        f"{examples}/valid/one.json": _json({"id": "1"}),
        f"{examples}/invalid/no-id.required.json": _json({}),
    }


def _check_type(layout: Layout, type_name: str) -> None:
    if not is_name(type_name):
        such = "com.example.user.created, or shared/money for a definition that events refer to"
        raise NotAuthored(f"'{type_name}' is not the name of a type", hint=f"such as {such}")
    if not is_shared(type_name) and re.fullmatch(r"v[0-9]+", type_name.rpartition(".")[2]):
        advice = f"call it {type_name.rpartition('.')[0]}"
        raise NotAuthored("a type has no major in its name", hint=advice)
    types = {name for name, _ in layout.found} | set(layout.metas)
    taken = next((name for name in types if name.casefold() == type_name.casefold()), None)
    if taken is not None:
        raise NotAuthored(f"{taken} exists already", hint=f"for its next version: schema bump {taken}")


def _owner(layout: Layout, team: str, contact: str) -> tuple[str, str]:
    owners = layout.registry.owners
    if owners and not team and len(owners) == 1:
        team = next(iter(owners))
    if owners and team not in owners:
        message = f"'{team}' is not an owner in {REGISTRY_FILE}" if team else "name its owner with --owner"
        raise NotAuthored(message, hint=meant(team, list(owners)) or f"one of {', '.join(owners)}")
    return team or "TODO", contact


# --- the next version ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Step:
    """The version that a bump starts from. ``edited``: somebody changed the published file in place; its text
    becomes the next version."""

    type: str
    newest: Version
    text: bytes
    document: Mapping[str, Any]
    edited: bool

    @property
    def file(self) -> str:
        return f"{self.type}/{self.newest}.json"


def find_step(folder: Path, layout: Layout, type_name: str, major: int | None = None) -> Step:
    """The newest version of a type, or of one of its majors. Raises :class:`NotAuthored` or
    :class:`ConfigurationError`."""
    versions = sorted(version for name, version in layout.found if name == type_name)
    if not versions:
        types = sorted({name for name, _ in layout.found})
        raise NotAuthored(f"there is no type {type_name}", hint=meant(type_name, types) or "see schema list")
    of_major = [version for version in versions if major in (None, version.major)]
    if not of_major:
        advice = f"available: {', '.join(map(str, versions))}"
        raise NotAuthored(f"{type_name} has no major {major}", hint=advice)
    newest = of_major[-1]
    path = folder / type_name / f"{newest}.json"
    if unmerged := [each for each in layout.problems if rule_of(each) == "merge" and each.file == str(path)]:
        raise ConfigurationError(unmerged)
    if layout.lock is None and (unread := [each for each in layout.problems if rule_of(each) == "lock"]):
        raise ConfigurationError(unread)  # it says whether the newest may be edited
    text = read_bytes(path)
    document = parse_json(text, str(path))
    if not isinstance(document, dict):
        raise refused(path, "is not a JSON object", rule="metaschema")
    locked = layout.lock.versions.get((type_name, newest)) if layout.lock is not None else None
    edited = locked is not None and locked.document != content_hash(document)
    return Step(type_name, newest, text, document, edited)


def next_version(newest: Version, bump: Bump) -> Version:
    if bump is Bump.MAJOR:
        return Version(newest.major + 1, 0, 0)
    if bump is Bump.MINOR:
        return Version(newest.major, newest.minor + 1, 0)
    return Version(newest.major, newest.minor, newest.patch + 1)


def plan_bump(folder: Path, layout: Layout, step: Step, bump: Bump, original: bytes | None = None) -> Files:
    """The files of the next version: the schema with its new ``$id``, and the examples of the one before.

    ``original`` is the published text of a file that was edited, which is restored. Raises
    :class:`NotAuthored` where the version exists already, or ``original`` is not what was published.
    """
    version = next_version(step.newest, bump)
    if (step.type, version) in layout.found:
        advice = f"bump its newest: schema bump {step.type}"
        raise NotAuthored(f"{step.type} {version} exists already", hint=advice)
    files = {
        f"{step.type}/{version}.json": with_id(step.text, step.document, (step.type, step.newest), version)
    }
    if step.edited:
        files[step.file] = find_original(layout, step, () if original is None else (original,))
    examples = folder / step.type / "examples" / str(step.newest)
    for kind in ("valid", "invalid") if examples.is_dir() else ():
        for path in entries(examples / kind) if (examples / kind).is_dir() else ():
            if path.suffix == ".json" and inside(folder, path):
                files[f"{step.type}/examples/{version}/{kind}/{path.name}"] = read_bytes(path)
    return files


def find_original(layout: Layout, step: Step, texts: Iterable[bytes]) -> bytes:
    """The published text of an edited file, proven by the lock, among all that git has of it."""
    locked = layout.lock.versions.get((step.type, step.newest)) if layout.lock is not None else None
    published = locked.document if locked is not None else ""
    for text in texts:
        try:
            if content_hash(parse_json(text, step.file)) == published:
                return text
        except ConfigurationError:
            continue  # no JSON, so it is not what was published
    raise NotAuthored(
        f"{step.file} is published and was changed since, and git does not have its published text",
        hint="save your change elsewhere, restore the file, bump, and put the change into the new version",
    )


def with_id(text: bytes, document: Mapping[str, Any], name: Name, version: Version) -> bytes:
    """The text of a version with the ``$id`` of another one, and everything else unchanged."""
    file = place_of(*name)
    schema_id = document.get("$id")
    if not isinstance(schema_id, str) or not schema_id.endswith(file):
        raise NotAuthored(
            f"the $id of {file.removeprefix('/')} disagrees with its path", hint="run schema lint"
        )
    wanted = {**document, "$id": schema_id.removesuffix(file) + place_of(name[0], version)}
    pattern = rb'("\$id"\s*:\s*)' + re.escape(json.dumps(schema_id).encode())
    new_id = json.dumps(wanted["$id"]).encode()
    found, count = re.subn(pattern, lambda match: match[1] + new_id, text, count=1)
    return found if count and parse_json(found, file) == wanted else _json(wanted)


def _json(value: Any) -> bytes:
    return json.dumps(value, indent=2, ensure_ascii=False).encode() + b"\n"
