"""The mappings from an older major to the next: as a declaration for subscribers, and checked by examples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from bridge.consumer.upcast import Upcaster
from bridge.core.mapping.derive import data_getter
from bridge.core.mapping.language import mapping_problems
from bridge.errors import MappingFailed
from bridge.schemas.documents.examples import valid_examples
from bridge.schemas.documents.meta import Meta, Upcast
from bridge.schemas.documents.schema_set import SchemaSet
from bridge.schemas.documents.validation import SchemaVersion, violations
from bridge.schemas.finding import Finding, finding
from bridge.schemas.semver import Version

_RULE: Final = "upcast"
_SHOWN: Final = 3


def declared_upcasts(schemas: SchemaSet) -> dict[str, dict[str, Any]]:
    """What ``bridge.consumer.upcast.Upcaster`` takes, of all types. Upcasts with a problem are left out."""
    declared: dict[str, dict[str, Any]] = {}
    for type_name, meta in sorted(schemas.metas.items()):
        for upcast in meta.upcasts:
            target = _target(schemas, type_name, upcast)
            if target is not None and not mapping_problems(upcast.data, data_getter):
                step = {"to": str(target.version), "dataschema": target.id, "data": upcast.data}
                declared.setdefault(type_name, {})[str(upcast.major)] = step
    return declared


def find_upcast_problems(schemas: SchemaSet) -> Iterator[Finding]:
    """Mappings that cannot be compiled or lead nowhere, and valid examples of an older major that do not
    become valid data of the newer ones."""
    declared = declared_upcasts(schemas)
    upcaster = Upcaster(declared)
    for type_name, meta in schemas.metas.items():
        for upcast in meta.upcasts:
            found = list(_declaration(schemas, type_name, meta, upcast))
            yield from found
            if not found and upcast.major in {v.major for v in schemas.versions(type_name)}:
                yield from _examples(schemas, type_name, upcast, upcaster, declared[type_name])
        yield from _gaps(schemas, type_name, meta)


def _declaration(schemas: SchemaSet, type_name: str, meta: Meta, upcast: Upcast) -> Iterator[Finding]:
    majors = {version.major for version in schemas.versions(type_name)}
    if upcast.major not in majors:
        advice = f"available: {', '.join(map(str, sorted(majors))) or 'none'}"
        yield _in_meta(meta, upcast, "", f"there is no major {upcast.major}", advice)
    elif _target(schemas, type_name, upcast) is None:
        newer = [str(v) for v in schemas.versions(type_name) if v.major > upcast.major]
        message = (
            f"there is no version {upcast.to} of a newer major" if upcast.to else "there is no newer major"
        )
        yield _in_meta(meta, upcast, "", message, f"available: {', '.join(newer)}" if newer else "remove it")
    for error in mapping_problems(upcast.data, data_getter):
        place = "".join(f".{step}" for step in ("data", *error.path))
        yield _in_meta(meta, upcast, place, error.message, error.suggestion)


def _in_meta(meta: Meta, upcast: Upcast, place: str, message: str, advice: str) -> Finding:
    path = f"upcast.{upcast.major}{place}"
    return finding(_RULE, meta.file, message, advice, path=path, line=upcast.line, column=1)


def _gaps(schemas: SchemaSet, type_name: str, meta: Meta) -> Iterator[Finding]:
    majors = sorted({version.major for version in schemas.versions(type_name)})
    known = {upcast.major for upcast in meta.upcasts}
    for major in majors[:-1] if known else ():
        if major not in known:
            message = f"major {major} has no mapping to a newer one, so its events stay as they are"
            yield finding(_RULE, meta.file, message, f"add upcast.{major}", "warning", path="upcast")


def _target(schemas: SchemaSet, type_name: str, upcast: Upcast) -> SchemaVersion | None:
    """The version that the data becomes: by default the newest of the next major."""
    newer = [version for version in schemas.versions(type_name) if version.major > upcast.major]
    if upcast.to is not None:
        newer = [version for version in newer if version == upcast.to]
    inside = [version for version in newer if version.major == newer[0].major]
    return schemas.get(type_name, inside[-1]) if inside else None


def _examples(
    schemas: SchemaSet, type_name: str, upcast: Upcast, upcaster: Upcaster, steps: Mapping[str, Any]
) -> Iterator[Finding]:
    by_id = {schema.id: schema for schema in schemas}
    targets = _chain(upcast.major, steps)
    for version in schemas.versions(type_name):
        schema = schemas.get(type_name, version)
        if version.major != upcast.major:
            continue
        for path, data in valid_examples(schemas, type_name, version).items():
            if not isinstance(data, dict) or not schema.validator.is_valid(data):
                continue  # reported by the check of the examples
            try:
                made = upcaster.upcast({"type": f"{type_name}.v{version.major}", "data": data})
            except MappingFailed as error:
                message = f"cannot become {type_name} {targets[-1]}: {error.message}"
                yield finding(_RULE, path, message, error.hint)
                continue
            wrong = violations(by_id[made["dataschema"]].validator, made["data"])
            if wrong:
                what = "; ".join(dict.fromkeys(map(str, wrong[:_SHOWN])))
                message = f"{type_name} {targets[-1]} made of it is not valid: {what}"
                yield finding(_RULE, path, message, "change the mapping of `upcast` in meta.yaml")


def _chain(major: int, steps: Mapping[str, Any]) -> list[str]:
    found: list[str] = []
    while str(major) in steps:
        found.append(steps[str(major)]["to"])
        major = Version.parse(found[-1]).major
    return found
