"""From settings and schemas to compiled tables: the last step in which a configuration can be refused.

Everything that can be checked before the first record is checked here, and all findings are reported
together, each at its line of bridge.yaml.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bridge.core.diff.fields import Differ, compile_diff
from bridge.core.diff.lists import ByMember
from bridge.core.entities.select import NO_ENTITY, Selection, Selector, attributes_of
from bridge.core.entities.template import KeyTemplate, compile_key
from bridge.core.events.parts import Entities
from bridge.core.events.route import Route
from bridge.core.events.rules import EventRule
from bridge.core.events.snapshot import snapshot_type
from bridge.core.events.translate import Table
from bridge.core.fingerprint import compile_field_hashes, compile_fingerprint, fingerprint_version_of
from bridge.core.mapping.paths import MappingError
from bridge.core.mapping.subject import Subject, compile_subject
from bridge.core.numbers import NumbersAsText
from bridge.core.pattern.matching import (
    Pattern,
    check_pattern,
    compile_filters,
    compile_pattern,
    looks_beyond_keys,
)
from bridge.core.pattern.record import passes, record_problems
from bridge.core.pointer import Wanted, parse_pointer
from bridge.core.redact import compile_redaction
from bridge.core.values import plain, plain_item
from bridge.errors import ConfigurationError, Problem
from bridge.settings import Settings
from bridge.settings.compiling.key_schema import known_key, subject_problems
from bridge.settings.compiling.redaction import compile_rules, name_of_rule
from bridge.settings.compiling.versions import Place, Schemas, VersionCompiler
from bridge.settings.kinds import Kind, kinds_of
from bridge.settings.tables import (
    EntitySettings,
    EventSettings,
    ListsSettings,
    NumbersSettings,
    TableSettings,
)


def compile_tables(settings: Settings, schemas: Schemas) -> dict[str, Table]:
    """The compiled tables by physical table name. Raises :class:`ConfigurationError` with every problem."""
    compiler = _Compiler(settings, schemas)
    tables = {table.name: compiler.table(name, table) for name, table in settings.tables.items()}
    if compiler.problems:
        raise ConfigurationError(compiler.problems)
    return {name: table for name, table in tables.items() if table is not None}


def fingerprint_secret(settings: Settings) -> bytes | None:
    """The key of the hashes in the ledger; None without a ledger. Without ``hash_key`` a new key is made,
    which is enough for a ledger that lasts as long as the process."""
    if settings.ledger.kind == "none":
        return None
    return settings.hash_key.get_secret_value().encode() if settings.hash_key else secrets.token_bytes(32)


def compile_numbers(table: TableSettings) -> NumbersAsText | None:
    """What writes numbers as text in this table; None if all are exact."""
    if isinstance(table.numbers, NumbersSettings):
        return NumbersAsText(tuple(map(parse_pointer, table.numbers.string)))
    return NumbersAsText() if table.numbers == "string" else None


def compile_differ(table: TableSettings, numbers: NumbersAsText | None) -> Differ:
    """How this table's images are compared; ``numbers`` is the result of :func:`compile_numbers`."""
    lists = table.diff.lists
    return compile_diff(
        ignore=tuple(map(parse_pointer, table.diff.ignore)),
        lists=ByMember(parse_pointer(lists.by)) if isinstance(lists, ListsSettings) else lists,
        plain_at=plain if numbers is None else numbers.at,
    )


def _fingerprint_version(secret: bytes, table: TableSettings) -> str:
    rules = [
        (
            name_of_rule(rule.path),
            rule.with_,
            b"" if rule.key is None else rule.key.get_secret_value().encode(),
        )
        for rule in table.redact
    ]
    return fingerprint_version_of(secret, table.diff.ignore, rules)


def _selection(said: EntitySettings, rules: Table, key: KeyTemplate) -> Selection:
    if said.where is None:
        return Selection(rules.entity, key, convert=rules.convert)
    where = compile_pattern(said.where)
    return Selection(rules.entity, key, where, rules.convert, attributes_of(said.where))


class _Compiler:
    """Compiles part by part. A wrong part adds a problem and becomes None."""

    def __init__(self, settings: Settings, schemas: Schemas) -> None:
        self.settings = settings
        self.schemas = schemas
        self.problems: list[Problem] = []
        self.secret = fingerprint_secret(settings)

    def _wrong(self, place: Place, message: str, suggestion: str = "") -> None:
        self.problems.append(self.settings.problem(place, message, suggestion))

    def table(self, name: str, table: TableSettings) -> Table | None:
        place: Place = ("tables", name)
        accepts = self._filter(place, table)
        kinds = list(kinds_of({name: table}))
        rules = [self._rules(kind, accepts is not None) for kind in kinds]
        compiled = [each for each in rules if each is not None]
        if len(compiled) < len(rules) or self.problems:
            return None
        whole = compiled[0] if table.entities is None else self._mixed(table, kinds, compiled)
        return replace(
            whole,
            accepts=accepts,
            sees_gaps=not looks_beyond_keys(table.filter),
            generation=table.generation,
        )

    def _rules(self, kind: Kind, filtered: bool) -> Table | None:
        """The rules of one entity, or of a table that is one."""
        place, table = kind.place, kind.settings
        template = self._template(kind)
        subject = self._subject(kind, template)
        # A wrong subject is reported already; without its names redaction has less to check.
        names = [] if subject is None else list(subject.names)
        redact = compile_rules(kind, names, self._wrong)
        rules = [self._event((*place, "events", i), event, template) for i, event in enumerate(table.events)]
        if subject is not None and template is None:
            for message, advice in subject_problems(subject, known_key(table, self.schemas)):
                self._wrong((*place, "subject"), message, advice)
        if filtered:
            self._ops_pass(place, table)
        partition = self._partition(kind, template)
        if subject is None or self.problems:
            return None
        numbers = compile_numbers(table)
        ignore = tuple(map(parse_pointer, table.diff.ignore))
        return Table(
            name=table.name,
            subject=subject,
            diff=compile_differ(table, numbers),
            rules=tuple(rule for rule in rules if rule is not None),
            redact=compile_redaction(tuple(redact)),
            fetch=table.fetch == "current",
            convert=plain_item if numbers is None else numbers.item,
            fingerprint=None if self.secret is None else compile_fingerprint(self.secret, ignore),
            key_hash=None if self.secret is None else compile_fingerprint(self.secret),
            field_hashes=None if self.secret is None else compile_field_hashes(self.secret, ignore),
            fingerprint_version="" if self.secret is None else _fingerprint_version(self.secret, table),
            entity=kind.entity,
            template=template,
            partition=partition,
        )

    def _mixed(self, table: TableSettings, kinds: Sequence[Kind], rules: Sequence[Table]) -> Table:
        """The table that holds several kinds of items; its own rules are those of all other items."""
        numbers = compile_numbers(table)
        selections = [
            _selection(kind.selects, each, each.template)
            for kind, each in zip(kinds, rules, strict=True)
            if kind.selects is not None and each.template is not None
        ]
        return Table(
            name=table.name,
            subject=Subject("", (), ("",)),
            diff=compile_differ(table, numbers),
            rules=(),
            entity=NO_ENTITY,
            convert=plain_item if numbers is None else numbers.item,
            fingerprint=None if self.secret is None else compile_fingerprint(self.secret),
            key_hash=None if self.secret is None else compile_fingerprint(self.secret),
            fingerprint_version="" if self.secret is None else fingerprint_version_of(self.secret, (), ()),
            entities=Entities(
                Selector(tuple(selections)), {each.entity: each for each in rules}, table.other or "ignore"
            ),
        )

    def _template(self, kind: Kind) -> KeyTemplate | None:
        if kind.selects is None:
            return None
        if kind.selects.where is not None:
            self._pattern_problems((*kind.place, "where"), kind.selects.where)
        return compile_key(kind.selects.key)  # wrong ones are refused when the file is read

    def _subject(self, kind: Kind, template: KeyTemplate | None) -> Subject | None:
        try:
            return compile_subject(kind.settings.subject, template)
        except MappingError as error:
            inherited = kind.selects is not None and kind.selects.subject is None
            place = ("tables", kind.table) if inherited else kind.place
            example = "user/{$.key.userId}" if template is None else "user/{userId}"
            advice = error.suggestion or f"write something like {example}"
            self._wrong((*place, "subject"), error.message, advice)
            return None

    def _partition(self, kind: Kind, template: KeyTemplate | None) -> Subject | None:
        if template is None or kind.selects is None or kind.selects.partitionkey is None:
            return None
        try:
            return compile_subject(kind.selects.partitionkey, template, whole=False)
        except MappingError as error:
            self._wrong((*kind.place, "partitionkey"), error.message, error.suggestion)
            return None

    def _filter(self, place: Place, table: TableSettings) -> Callable[[Mapping[str, Any]], bool] | None:
        if not table.filter:
            return None
        found = False
        for index, pattern in enumerate(table.filter):
            at = (*place, "filter") if len(table.filter) == 1 else (*place, "filter", index)
            wrong = self._pattern_problems(at, pattern)
            for problem in record_problems(pattern) if not wrong else ():
                self._wrong((*at, *problem.path), problem.message, problem.suggestion)
                wrong = True
            found = wrong or found
        return None if found else compile_filters(table.filter)

    def _ops_pass(self, place: Place, table: TableSettings) -> None:
        for index, event in enumerate(table.events):
            if not any(passes(table.filter, op) for op in event.op):
                shown = " or ".join(op.upper() for op in event.op)
                message = f"never happens: the table's filter passes no {shown}"
                self._wrong((*place, "events", index, "op"), message, "add it to eventName in the filter")

    # --- events ------------------------------------------------------------------------------

    def _event(self, place: Place, event: EventSettings, template: KeyTemplate | None) -> EventRule | None:
        self._snapshot(place, event)
        route = self._route(place, event, template)
        versions = VersionCompiler(self.settings, self.schemas, self._wrong, template).versions(place, event)
        return EventRule(event.type, route, versions) if route is not None else None

    def _snapshot(self, place: Place, event: EventSettings) -> None:
        """A snapshot reports no change: it has a type of its own, so that no rule for a change fires."""
        if "snapshot" not in event.op:
            return
        same = [each for kind in self.settings.kinds() for each in kind.settings.events]
        if any(each.type == event.type and set(each.op) != {"snapshot"} for each in same):
            self._wrong(
                (*place, "op"),
                f"{event.type} is published for changes too, and a snapshot reports no change",
                f"give snapshots a type of their own, such as {snapshot_type([event.type])}",
            )
        if event.when is not None and event.when.changed:
            self._wrong((*place, "when", "changed"), "a snapshot has no changes, so this never matches")

    def _route(self, place: Place, event: EventSettings, template: KeyTemplate | None) -> Route | None:
        when = event.when
        if when is None:
            return Route(frozenset(event.op))
        at = (*place, "when")
        patterns: dict[str, Pattern | None] = {}
        found = False
        if when.id is not None:
            unknown = [name for name in when.id if template is None or name not in template.names]
            for name in unknown:
                known = ", ".join(template.names) if template is not None else "none"
                self._wrong((*at, "id", name), f"is no part of the key templates, whose parts are: {known}")
        for name in ("key", "id", "before", "after"):
            pattern = getattr(when, name)
            patterns[name] = None
            if pattern is None:
                continue
            if self._pattern_problems((*at, name), pattern):
                found = True
                continue
            patterns[name] = compile_pattern(pattern)
            for impossible in {"before": ("insert", "snapshot"), "after": ("remove",)}.get(name, ()):
                if impossible in event.op:
                    article = "an" if impossible == "insert" else "a"
                    message = f"{article} {impossible} has no {name} image, so this never matches"
                    self._wrong((*at, name), message)
        if found:
            return None
        changed = tuple(Wanted(path) for path in when.changed or ())
        return Route(frozenset(event.op), changed, **patterns)

    def _pattern_problems(self, place: Place, pattern: Mapping[str, Any]) -> bool:
        problems = check_pattern(pattern)
        for problem in problems:
            self._wrong((*place, *problem.path), problem.message)
        return bool(problems)
