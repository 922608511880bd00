"""Functions that a configuration names, ``package.module:function``: found and checked before any is used.

They are trusted code: an import runs the module with all permissions of the bridge. Only configuration names
them, and they come from the places where Python finds modules, never from the folder of bridge.yaml.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from importlib import import_module
from typing import Any

from bridge.errors import BridgeError, did_you_mean


class EntryPointUnusable(BridgeError):
    """The named function does not exist, or cannot be called with one value."""


def load_entry_point(text: str) -> Callable[[Any], Any]:
    """The function that ``text`` names. Raises :class:`EntryPointUnusable`."""
    module, _, name = text.partition(":")
    found: Any = _module(module)
    for part in name.split("."):
        there = [each for each in dir(found) if not each.startswith("_")]
        try:
            found = getattr(found, part)
        except AttributeError as error:
            hint = did_you_mean(part, there) or f"it has {', '.join(there[:5]) or 'no names'}"
            raise EntryPointUnusable(f"{module} has no {name}", hint=hint) from error
    if not callable(found):
        raise EntryPointUnusable(f"{text} is of type {type(found).__name__}, not a function")
    if inspect.iscoroutinefunction(found):
        raise EntryPointUnusable(
            f"{text} is asynchronous", hint="use a plain function: the bridge does not await it"
        )
    function: Callable[[Any], Any] = found
    _check_call(function, text)
    return function


def _module(name: str) -> Any:
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and (name == error.name or name.startswith(f"{error.name}.")):
            hint = "install it with the bridge, or put its folder on PYTHONPATH"
            raise EntryPointUnusable(f"the module {error.name} does not exist", hint=hint) from error
        raise EntryPointUnusable(f"{name} needs the module {error.name}, which does not exist") from error
    except Exception as error:
        raise EntryPointUnusable(f"importing {name} raised {type(error).__name__}") from error


def _check_call(function: Callable[..., Any], text: str) -> None:
    try:
        signature = inspect.signature(function)
    except ValueError:
        return  # some functions written in C have no signature
    try:
        signature.bind({})
    except TypeError as error:
        hint = "it gets one value, the data"
        raise EntryPointUnusable(f"{text} cannot be called with one value", hint=hint) from error
