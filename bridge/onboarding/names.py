"""Names that a new project needs: event types, subjects, paths; and names of attributes that may be
secret."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

from bridge.core.jsonpath import ANY as ANY_STEP
from bridge.core.jsonpath import JsonPathError, parse_path, step_text
from bridge.core.redact import FOREIGN_ROOTS
from bridge.onboarding.entities.words import singular, words
from bridge.schemas.authoring.infer import ANY

_MEANINGLESS: Final = frozenset(
    {"dev", "development", "prod", "production", "stage", "staging", "test", "qa", "table", "ddb", "dynamodb"}
)
_SINGLE_TABLE: Final = frozenset(
    {"main", "single", "table", "data", "entities", "items", "store", "core", "all", "common", "shared"}
)
_RANDOM: Final = re.compile(r"[-_][A-Z0-9]{10,}$")  # the end of a name that CloudFormation generates
_NAME_MAX: Final = 60

_SECRET_WORDS: Final = frozenset(
    {"password", "passwd", "passphrase", "pwd", "secret", "token", "credential", "otp", "pin", "cvv", "cvc",
     "ssn", "apikey", "privatekey", "passwordhash"}
)  # fmt: skip
_SECRET_PAIRS: Final = frozenset({("api", "key"), ("private", "key"), ("access", "key"), ("secret", "key")})
_PERSONAL_WORDS: Final = frozenset({"email", "mail", "phone", "mobile", "iban", "birthday", "birthdate"})
_SECRET_VALUE: Final = re.compile(
    r"AKIA[0-9A-Z]{16}|ASIA[0-9A-Z]{16}|eyJ[\w-]{8,}\.[\w-]{8,}\.|-----BEGIN [A-Z ]*PRIVATE KEY"
    r"|\$2[aby]\$\d\d\$|\$argon2|gh[pousr]_[A-Za-z0-9]{30,}|sk_live_"
)


def _core(table: str) -> list[str]:
    """The words of a table's name without those that say nothing about its items."""
    found = words(_RANDOM.sub("", table))
    while len(found) > 1 and found[0] in _MEANINGLESS:
        found.pop(0)
    while len(found) > 1 and found[-1] in _MEANINGLESS:
        found.pop()
    return found


def thing(table: str) -> str:
    """The name for one item of a table: ``prod-UserProfiles`` to ``user_profile``."""
    found = _core(table)
    if not found:
        return "item"
    return "_".join([*found[:-1], singular(found[-1])])[:_NAME_MAX].strip("_")


def collection(table: str) -> str:
    """The name for all items of a table, in the table's own words: no plural is made up."""
    return "_".join(_core(table))[:_NAME_MAX].strip("_") or "item"


def domain(table: str) -> str:
    """What a table that holds several kinds of items is about: ``app-main`` to ``app``; empty if its name
    says only that it is such a table."""
    return "_".join(word for word in _core(table) if word not in _SINGLE_TABLE)[:_NAME_MAX].strip("_")


def things(tables: Sequence[str]) -> dict[str, str]:
    """A unique name for the items of each table."""
    chosen: dict[str, str] = {}
    for table in tables:
        for name in (thing(table), "_".join(words(table)) or "item"):
            if name not in chosen.values():
                break
        number = 2
        while name in chosen.values():
            name, number = f"{thing(table)}_{number}", number + 1
        chosen[table] = name
    return chosen


def json_path(steps: Sequence[str]) -> str | None:
    """The JSONPath of a place in an item, such as ``$.cards[*].number``; None for a place that JSONPath
    cannot express."""
    text = "$"
    for step in steps:
        if step == ANY:
            text += "[*]"
        elif step.isprintable():
            text += step_text(step)
        else:
            return None
    try:
        path = parse_path(text)
    except JsonPathError:
        return None
    wanted = tuple(ANY_STEP if step == ANY else step for step in steps)
    return text if path.steps is not None and (path.root, *path.steps) == wanted else None


def attribute_path(steps: Sequence[str]) -> str | None:
    """The same for a redaction rule: an attribute that is called like a root of mappings is in brackets."""
    text = json_path(steps)
    if text is None or steps[0] not in FOREIGN_ROOTS or not text.startswith(f"$.{steps[0]}"):
        return text
    return f"$['{steps[0]}']{text.removeprefix(f'$.{steps[0]}')}"


def subject(thing_name: str, key: Sequence[str]) -> str | None:
    """The subject template over the key; None if a template cannot contain a name of the key."""
    places = []
    for name in key:
        if not name.isprintable():
            return None
        places.append(f"{{$.key{step_text(name)}}}")
    return "/".join([thing_name, *places])


def secret_name(name: str) -> bool:
    """Whether an attribute of this name probably holds a secret."""
    found = [singular(word) for word in words(name)]
    pairs = set(pairwise(found))
    return bool(_SECRET_WORDS & {*found, "".join(found)} or _SECRET_PAIRS & pairs)


def withheld(path: Sequence[str], value: Any) -> bool:
    """Whether a value at a place may be secret or identify a person."""
    steps = [step for step in path if step != ANY]
    if any(secret_name(name) for name in steps) or (steps and personal_name(steps[-1])):
        return True
    return isinstance(value, str) and ("@" in value or secret_value(value))


def personal_name(name: str) -> bool:
    """Whether an attribute of this name probably identifies a person."""
    return bool(_PERSONAL_WORDS & {singular(word) for word in words(name)})


def secret_value(text: str) -> bool:
    """Whether a text looks like a key, a signed token or a password's hash, whatever its name."""
    return _SECRET_VALUE.search(text) is not None
