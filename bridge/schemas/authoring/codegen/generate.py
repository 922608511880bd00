"""The files of a generated package, in any of the languages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from bridge.schemas.authoring.codegen.python import python_modules
from bridge.schemas.authoring.codegen.typescript import typescript_modules
from bridge.schemas.documents.proposed import Proposed

_LANGUAGES: Final[Mapping[str, Callable[[Sequence[Proposed]], dict[str, str]]]] = {
    "python": python_modules,
    "typescript": typescript_modules,
}


def generated_files(schemas: Sequence[Proposed], language: str) -> dict[str, str]:
    """Name to content. ``language`` is ``python`` or ``typescript``.

    The same schemas give the same bytes: machine, time and folder have no influence. Raises
    :class:`bridge.errors.BridgeError` for two versions of one major, and for two types that need the same
    module.
    """
    return _LANGUAGES[language](schemas)
