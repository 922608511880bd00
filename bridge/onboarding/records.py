"""Example records of a table, as Lambda receives them, and the data of their events."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from bridge.core.change import Change, Operation, TypedItem, TypedValue, captures
from bridge.core.diff.fields import compile_diff
from bridge.core.diff.view import ChangeView, default_data
from bridge.core.jsonpath import ANY, Step, parse_path
from bridge.core.pointer import parse_pointer
from bridge.core.records.decode import decode
from bridge.core.records.lambda_record import to_lambda_record
from bridge.core.redact import MASK, RedactRule, compile_redaction
from bridge.onboarding.documents import TablePlan
from bridge.onboarding.entities.proposal import Entity
from bridge.onboarding.examples import example_of, typed
from bridge.onboarding.sample import TableSample

Record = dict[str, Any]

_TIME_S: Final = 1_767_225_600  # 2026-01-01T00:00:00Z: every run writes the same files
_LABEL: Final = "2026-01-01T00:00:00.000"
_NAMES: Final[dict[Operation, str]] = {"insert": "INSERT", "modify": "MODIFY", "remove": "REMOVE"}


def example_records(plan: TablePlan) -> list[Record]:
    """Records for each event: generated ones, or a few real ones, where values are kept. Possible secrets are
    masked: that they are there shows `stream-bridge check` that the rules of redaction match something."""
    mask = compile_redaction(tuple(RedactRule(parse_path(text), "mask") for text in plan.drop))
    records = []
    for number, (operation, before, after) in enumerate(_images(plan), start=1):
        before, after = (None if each is None else _with_secrets(plan, each) for each in (before, after))
        records.append(_record(plan.sample, number, operation, before, after))
    for operation, kept in plan.sample.kept.items():
        for each in kept:
            if "dynamodb" not in each:
                records.append(_record(plan.sample, len(records) + 1, operation, None, each))
            else:
                arn = each.get("eventSourceARN")
                records.append(to_lambda_record(each, arn if isinstance(arn, str) else _arn(plan.sample)))
    if mask is None:
        return records
    return [_redacted(record, mask(decode(record))) for record in records]


def data_of(plan: TablePlan, record: Record) -> dict[str, Any] | None:
    """The data of the event that ``record`` becomes; None for a record without a difference."""
    drop = compile_redaction(tuple(RedactRule(parse_path(text), "drop") for text in plan.drop))
    change = decode(record)
    ignore = () if plan.entity is None else tuple(parse_pointer(each.pointer) for each in plan.entity.ignore)
    template = None if plan.entity is None else plan.entity.template
    view = ChangeView(
        change if drop is None else drop(change), compile_diff(ignore=ignore), template=template
    )
    if view.changes is not None and not view.changes:
        return None
    data: dict[str, Any] = json.loads(json.dumps(default_data(view)))  # as the file will contain it
    return data


def _images(plan: TablePlan) -> Iterator[tuple[Operation, TypedItem | None, TypedItem | None]]:
    """Images of generated records, for the operations without a real record."""
    kept = plan.sample.kept
    full, other = _item(plan, plan.item, variant=0), _item(plan, plan.item, variant=1)
    if "insert" not in kept:
        yield "insert", None, _item(plan, plan.created, variant=0)
        yield "insert", None, _item(plan, plan.created, variant=1, full=False)
    if "modify" not in kept:
        ignored = () if plan.entity is None else plan.entity.ignore
        fixed = {*plan.sample.key, *(each.name for each in ignored)}
        different = next((name for name in full if name not in fixed and full[name] != other[name]), "")
        change = {different: other[different]} if different else {"example": {"S": "added"}}
        yield "modify", full, {**full, **change}
    if "remove" not in kept:
        yield "remove", full, None


def _with_secrets(plan: TablePlan, item: TypedItem) -> TypedItem:
    """The generated item with a masked value at each place that is redacted."""
    for text in plan.drop:
        path = parse_path(text)
        item = _put({"M": item}, (path.root, *(path.steps or ())))["M"]
    return item


def _put(value: TypedValue | None, steps: tuple[Step, ...]) -> TypedValue:
    if not steps:
        return MASK
    step, rest = steps[0], steps[1:]
    ((tag, content),) = ({"M": {}} if value is None and step is not ANY else value or {"L": [None]}).items()
    if step is ANY and tag == "L":
        return {"L": [_put(each, rest) for each in content]}
    if step is ANY and tag == "M":
        return {"M": {name: _put(each, rest) for name, each in (content or {"name-1": None}).items()}}
    if tag != "M" or not isinstance(step, str):
        return {tag: content}
    return {"M": {**content, step: _put(content.get(step), rest)}}


def _item(plan: TablePlan, schema: Mapping[str, Any], *, variant: int, full: bool = True) -> dict[str, Any]:
    item = typed(example_of(schema, full=full, variant=variant))["M"]
    if plan.entity is not None and plan.entity.kind in item:
        item[plan.entity.kind] = {"S": plan.entity.value}
    return {**item, **_key(plan, schema, variant)}


def _key(plan: TablePlan, schema: Mapping[str, Any], variant: int) -> dict[str, Any]:
    if plan.entity is not None:
        return _entity_key(plan.entity, plan.sample.key, variant)
    key = {}
    for name, tag in plan.sample.key.items():
        of_name = schema.get("properties", {}).get(name, {"type": "string"})
        value = example_of(of_name, name, variant=variant) if tag == "S" else None
        key[name] = {tag: {"N": str(1 + variant), "B": ("AQ==", "Ag==")[variant]}.get(tag, value)}
    return key


def _entity_key(entity: Entity, types: Mapping[str, str], variant: int) -> dict[str, Any]:
    """A key that the template of the entity takes."""
    whole = {"N": str(1 + variant), "B": ("AQ==", "Ag==")[variant]}
    parts = {name: f"{name}-{1 + variant}" for name in entity.parts}
    for attribute, tag in types.items():
        if tag in whole:
            parts[entity.template.named_by(attribute)[0]] = whole[tag]
    return {attribute: {types[attribute]: text} for attribute, text in entity.template.build(parts).items()}


def inserted(sample: TableSample, item: TypedItem, number: int) -> Record:
    """The record of the insert of an item."""
    return _record(sample, number, "insert", None, item)


def _record(
    sample: TableSample,
    number: int,
    operation: Operation,
    before: TypedItem | None,
    after: TypedItem | None,
) -> Record:
    item = after or before or {}
    part: dict[str, Any] = {
        "ApproximateCreationDateTime": _TIME_S + number,
        "Keys": {name: item[name] for name in sample.key},
        "SequenceNumber": f"{number:021}",
        "SizeBytes": 1,
        "StreamViewType": sample.view,
    }
    if captures(sample.view, "before") and before is not None:
        part["OldImage"] = before
    if captures(sample.view, "after") and after is not None:
        part["NewImage"] = after
    record = {"eventID": f"example-{number}", "eventName": _NAMES[operation], "dynamodb": part}
    return to_lambda_record(record, _arn(sample))


def _arn(sample: TableSample) -> str:
    return f"arn:aws:dynamodb:us-east-1:000000000000:table/{sample.table}/stream/{_LABEL}"


def _redacted(record: Record, change: Change) -> Record:
    images = {"Keys": change.key, "OldImage": change.before, "NewImage": change.after}
    part = {**record["dynamodb"], **{name: image for name, image in images.items() if image is not None}}
    return {**record, "dynamodb": part}
