"""Points to check before publishing with an inferred configuration. Names only, never a value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

from bridge.core.pointer import escape
from bridge.onboarding.documents import TablePlan
from bridge.onboarding.entities.proposal import Proposal
from bridge.onboarding.names import personal_name
from bridge.onboarding.sample import TableSample
from bridge.schemas.authoring.infer import ANY, MIN_SEEN, Path, Place

_SHOWN: Final = 8
_RARE_SHARE: Final = 0.05
_NEARLY: Final = 0.9
_NEARLY_FROM: Final = 10


def remarks(plan: TablePlan) -> Iterator[str]:
    """One line each, the most urgent first."""
    sample = plan.sample
    if plan.entity is None:
        yield from _stream(sample)
    yield from _amount(sample)
    if plan.drop:
        yield f"probably secret, so dropped by redact: {_listed(plan.drop)}"
    if plan.unnamed_secrets:
        names = _listed(map(pointer, plan.unnamed_secrets))
        yield f"PROBABLY SECRET AND NOT REDACTED, because no JSONPath can name it: {names}"
    secret_key = [name for name in sample.key if any(path == (name,) for path in sample.secrets)]
    if secret_key:
        yield f"the key {_listed(secret_key)} may be secret: every event contains it in subject and key"
    places = [place for place in sample.items.places() if place.path not in sample.secrets]
    yield from _fields(sample, places)
    if sample.large:
        size = f"{sample.largest_bytes // 1024:,} KiB"
        yield (
            f"large items (one has about {size}): an event with both images and the changes may exceed the "
            "bus's limit of 1 MiB. Map only what subscribers need with data, or set claim_check"
        )


def proposal_remarks(
    sample: TableSample, proposal: Proposal, *, expiry_unknown: bool = False
) -> Iterator[str]:
    """About a table that holds several kinds of items, before those about each kind."""
    yield from _stream(sample)
    if proposal.fit_none:
        yield (
            f"{proposal.fit_none} items fit no kind: their changes have no event, and are counted "
            "(other: quarantine stores them)"
        )
    kind = proposal.kind
    if kind is not None and proposal.without_kind:
        how = ", ".join(f"{why} in {count}" for why, count in proposal.without_kind.items())
        yield f"{kind.name}, which names the kind, is {how}: such items are of the kind of their key"
    for first, second in proposal.merged:
        yield f"nothing separates {second} from {first}, so they are one kind: --entity may name an attribute"
    names = sorted({each.name for entity in proposal.entities for each in entity.ignore})
    if names:
        yield f"ignored in diffs, because they serve the store: {_listed(names)}"
    if proposal.expiry is not None:
        yield f"{proposal.expiry} is the TTL attribute: what it deletes becomes a remove with authtype system"
    elif expiry_unknown:
        yield "whether the table has a TTL is not known: dynamodb:DescribeTimeToLive is denied"


def _stream(sample: TableSample) -> Iterator[str]:
    command = f"aws dynamodb update-table --table-name {sample.table} --stream-specification "
    wanted = "StreamEnabled=true,StreamViewType=NEW_AND_OLD_IMAGES"
    if not sample.stream_enabled:
        yield f"the table's stream is off: {command}{wanted}"
    elif sample.view != "NEW_AND_OLD_IMAGES":
        yield (
            f"the stream view is {sample.view}: events cannot have all of before, after and changes. A view "
            f"cannot be changed: {command}StreamEnabled=false, then again with {wanted}"
        )
    if not sample.key_order_known and len(sample.key) > 1:
        names = _listed(sample.key)
        yield f"records do not show which of {names} is the partition key: check their order in the subject"


def _amount(sample: TableSample) -> Iterator[str]:
    seen = sample.items.seen
    if sample.unreadable:
        yield f"samples left out because they are not legal DynamoDB values: {sample.unreadable}"
    if not seen:
        yield "no item was found: the schemas contain only the key. Run init again once there is data"
    elif seen < MIN_SEEN:
        yield f"only {seen} {'sample' if seen == 1 else 'samples'}: too few to require more than the key"
    elif not sample.created_known:
        yield "created is inferred from items of any age: it requires what every item has now"


def _fields(sample: TableSample, places: list[Place]) -> Iterator[str]:
    mixed = [
        f"{pointer(place.path)} ({', '.join(types)})"
        for place in places
        if len(set(types := place.shape.types()) - {"null"}) > 1
    ]
    if mixed:
        yield f"mixed types: {_listed(mixed)}"
    rare = [
        f"{pointer(place.path)} ({place.seen} of {place.of})"
        for place in places
        if place.seen < max(2, place.of * _RARE_SHARE) and place.of >= MIN_SEEN
    ]
    if rare:
        yield f"rare, so optional: {_listed(rare)}"
    dictionaries = [pointer(place.path) for place in places if place.shape.dictionary]
    if sample.items.dictionary:
        dictionaries.insert(0, "the item itself")
    if dictionaries:
        yield (
            "maps whose names are data, so described by additionalProperties: "
            f"{_listed(dictionaries)}; names of attributes are as public as their values"
        )
    nearly = [
        f"{pointer(place.path)} ({found[1]} of {texts.seen} are {found[0]})"
        for place in places
        if (texts := place.shape.texts) is not None
        and texts.seen >= _NEARLY_FROM
        and (found := texts.nearly(_NEARLY)) is not None
    ]
    if nearly:
        yield f"almost all values have one format, so none is asserted: {_listed(nearly)}"
    deep = [pointer(place.path) for place in places if place.shape.anything]
    if deep:
        yield f"too deep or too many attributes to describe, so anything is allowed: {_listed(deep)}"
    personal = [pointer(place.path) for place in places if personal_name(place.path[-1])]
    if personal:
        yield f"probably personal: {_listed(personal)}; redact {{with: hmac}} keeps such values out of events"


def pointer(path: Path) -> str:
    """A place as a JSON Pointer, ``*`` for every element."""
    return "".join(f"/{step if step == ANY else escape(step)}" for step in path)


def _listed(names: Iterable[str]) -> str:
    shown = list(islice(names, _SHOWN + 1))
    return ", ".join(shown[:_SHOWN]) + (", ..." if len(shown) > _SHOWN else "")
