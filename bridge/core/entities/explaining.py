"""For people: why no entity selects an item, without its values. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridge.core.change import Change, TypedItem
from bridge.core.entities.select import Selection, Selector
from bridge.core.entities.template import KeyTemplate, ValueTemplate
from bridge.core.image import Image
from bridge.core.values import base64_text


def misses(selector: Selector, change: Change) -> tuple[tuple[str, str], ...]:
    """Each entity that does not select the item, as the record shows it last, and why."""
    images = (change.after, change.current, change.before)
    image = next((each for each in images if each is not None), None)
    reasons = ((entity.name, _why(entity, change.key, image)) for entity in selector.entities)
    return tuple((name, why) for name, why in reasons if why)


def _why(entity: Selection, key: TypedItem, image: TypedItem | None) -> str:
    if entity.key.parse(key) is None:
        return _form_missed(entity.key, key)
    if entity.where is None:
        return ""
    if image is None:
        return "where cannot be decided: the record has no image"
    mismatches = entity.where.explain(Image(image, "item", convert=entity.convert))
    if not mismatches:
        return ""
    first = mismatches[0]
    return f"where.{first.path}: {first.problem}, wanted {first.expected}"


def _form_missed(template: KeyTemplate, key: TypedItem) -> str:
    if set(key) != set(template.attributes):
        named, wanted = " and ".join(sorted(key)), " and ".join(template.attributes)
        return f"the key has the attributes {named}, not {wanted}"
    forms = template.values.items()
    missed = [f"{name} is not like {form.text}" for name, form in forms if not _has_form(form, key[name])]
    return " and ".join(missed) or "a part that is in several attributes has different values"


def _has_form(form: ValueTemplate, value: Mapping[str, Any]) -> bool:
    ((tag, content),) = value.items()
    if tag != "S" and not form.is_bare:
        return False
    return form.parse(base64_text(content) if isinstance(content, bytes) else content) is not None
