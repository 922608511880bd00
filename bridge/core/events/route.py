"""Routing: the configured event types that apply to a change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bridge.core.change import captures
from bridge.core.diff.view import ChangeView
from bridge.core.image import Image
from bridge.core.pattern.matching import Pattern
from bridge.core.pointer import Wanted, escape
from bridge.errors import ViewTooNarrow


@dataclass(frozen=True, slots=True)
class Route:
    """The conditions of one event type; all given conditions must hold.

    ``changed``: at least one of the paths changed. An insert changes the attributes that it adds, a remove
    those that it removes, and a moved element its list. ``key``, ``before``, ``after``: EventBridge patterns
    over the plain values; ``id`` the same over the parts of an entity's key. An image that does not exist
    (``before`` of an insert) matches no pattern.
    """

    operations: frozenset[str]
    changed: tuple[Wanted, ...] = ()
    key: Pattern | None = None
    id: Pattern | None = None
    before: Pattern | None = None
    after: Pattern | None = None

    def matches(self, view: ChangeView) -> bool:
        """Raises :class:`ViewTooNarrow` where the stream view lacks what a condition needs."""
        if view.change.operation not in self.operations:
            return False
        if self.changed and not self._changed(view):
            return False
        return self._patterns_match(view)

    def _patterns_match(self, view: ChangeView) -> bool:
        if self.key is not None and not self.key.matches(view.key):
            return False
        if self.id is not None and not self.id.matches(view.id or {}):
            return False
        if self.before is not None and not _image_matches(self.before, view, "before"):
            return False
        return self.after is None or _image_matches(self.after, view, "after")

    def _changed(self, view: ChangeView) -> bool:
        operation = view.change.operation
        if operation == "modify":
            if view.changes is None:
                raise _too_narrow(view, "when.changed", "NEW_AND_OLD_IMAGES")
            paths = [
                change["path"] if change["op"] != "move" else change["path"].rpartition("/")[0]
                for change in view.changes
            ]
        else:
            image = view.change.after if operation == "insert" else view.change.before
            if image is None:
                raise _too_narrow(view, "when.changed", "NEW_AND_OLD_IMAGES")
            paths = ["/" + escape(name) for name in image]
        for wanted in self.changed:
            for path in paths:
                if wanted.touched_by(path):
                    return True
        return False

    def explain(self, view: ChangeView) -> str | None:
        """Why this type does not apply, in one line without values; None if it applies."""
        operation = view.change.operation
        if operation not in self.operations:
            return f"op is {operation}, not {' or '.join(sorted(self.operations))}"
        if self.changed and not self._changed(view):
            return f"none of {', '.join(wanted.pointer for wanted in self.changed)} changed"
        for name, pattern, image in (
            ("key", self.key, view.key),
            ("id", self.id, view.id or {}),
            ("before", self.before, view.before),
            ("after", self.after, view.after),
        ):
            if pattern is None:
                continue
            if image is None:
                return f"the change has no {name} image"
            mismatches = pattern.explain(image)
            if mismatches:
                first = mismatches[0]
                return f"{name}.{first.path}: {first.problem}, wanted {first.expected}"
        return None


def _image_matches(pattern: Pattern, view: ChangeView, name: Literal["before", "after"]) -> bool:
    image: Image | None = getattr(view, name)
    if image is not None:
        return pattern.matches(image)
    if not captures(view.change.view, name):
        wanted = "OLD_IMAGE" if name == "before" else "NEW_IMAGE"
        raise _too_narrow(view, f"when.{name}", f"{wanted} or NEW_AND_OLD_IMAGES")
    return False


def _too_narrow(view: ChangeView, condition: str, needed: str) -> ViewTooNarrow:
    change = view.change
    error = ViewTooNarrow(
        f"table {change.table}: {condition} cannot be decided, the stream view is {change.view}",
        hint=f"set the table's stream to {needed}, or remove the condition from bridge.yaml",
        record_id=change.record_id,
    )
    error.condition = condition
    return error
