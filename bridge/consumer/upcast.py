"""Old events as events of the newest major, by mappings that the owner of a type declares.

A subscriber that replays an archive or reads a queue with old events then needs code for one major only. The
declaration is what ``stream-bridge schema upcasts`` prints: for each type and major the mapping to the next.
Pure: it needs the standard library and jsonpath-ng, which reads the paths.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from bridge.core.mapping.derive import Derivation, by_function, data_getter
from bridge.core.mapping.language import compile_mapping
from bridge.errors import MappingFailed

Event = dict[str, Any]
Declaration = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""By type (without a major) and major: ``to``, the version that it becomes; ``dataschema``, that version's
``$id``; ``data``, a mapping over the old data (docs/mappings.md)."""

_OF_THE_OLD_MAJOR: Final = frozenset(
    {"deprecated", "deprecationfrom", "deprecationsunset", "deprecationmigration"}
)


class _Step(NamedTuple):
    to: int
    dataschema: str
    derive: Derivation


class Upcaster:
    """Makes events of the newest major. ``using`` has Python functions for what a mapping cannot express, by
    type and major. Raises ``MappingError`` for a mapping that cannot be compiled."""

    def __init__(
        self,
        declaration: Declaration,
        using: Mapping[tuple[str, int], Callable[[dict[str, Any]], Any]] | None = None,
    ) -> None:
        functions = dict(using or {})
        self._steps: dict[tuple[str, int], _Step] = {}
        for type_name, majors in declaration.items():
            for major, step in majors.items():
                key = (type_name, int(major))
                to = int(str(step["to"]).partition(".")[0])
                if to <= key[1]:
                    raise ValueError(f"{type_name}: {major} becomes {to}, which is no newer major")
                derive = compile_mapping(step["data"], data_getter)
                if key in functions:
                    derive = by_function(functions.pop(key), f"the function for {type_name} {major}")
                self._steps[key] = _Step(to, str(step["dataschema"]), derive)
        if functions:
            type_name, number = min(functions)
            raise ValueError(f"{type_name} {number} is not declared, so a function for it is never called")

    def upcast(self, event: Mapping[str, Any]) -> Event:
        """The event as one of the newest major that mappings lead to, by one major after the other.

        ``type``, ``dataschema`` and ``data`` change, and the attributes about the old major's deprecation are
        left out. Everything else is kept: ``id`` and ``sequence`` too, so that an inbox and ``supersedes``
        judge the event as it arrived. An event without a mapping is returned as it is. The event that is
        given does not change. Raises ``MappingFailed``.
        """
        made: Event = dict(event)
        base, _, major = str(event.get("type", "")).rpartition(".v")
        number = int(major) if major.isascii() and major.isdigit() else -1
        while (step := self._steps.get((base, number))) is not None:
            data = made.get("data")
            if not isinstance(data, dict):
                raise MappingFailed(
                    f"{event.get('type')} has no data to make a newer major of",
                    hint="fetch what dataref points to first, and put it into data",
                )
            number = step.to
            made["data"] = step.derive(data)
            made["type"], made["dataschema"] = f"{base}.v{number}", step.dataschema
            made = {name: value for name, value in made.items() if name not in _OF_THE_OLD_MAJOR}
        return made
