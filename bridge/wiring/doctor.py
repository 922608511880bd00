"""Reads the live setup of a bridge.yaml and checks it. Changes nothing; a failing call is a finding."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Final, cast

from bridge.core.generation import generation_of
from bridge.core.redact import Redacted, Redaction
from bridge.doctor import (
    Context,
    Finding,
    finding_of,
    judge_comparable,
    judge_depth,
    judge_generation,
    judge_label,
    judge_lag,
    judge_mapping,
    judge_mappings,
    judge_modified,
    judge_reconciled,
    judge_sampled,
    judge_sink,
    judge_time_to_live,
    judge_unmatched,
    judge_view,
)
from bridge.edges.answers.errors import AWS_ERRORS
from bridge.edges.cloudwatch.lag import IteratorAgeLag
from bridge.edges.cloudwatch.redaction import unmatched_rules
from bridge.edges.dynamodb.describe import find_stream
from bridge.edges.dynamodb.sample import sample_items
from bridge.edges.local.checkpoints import FileCheckpoints
from bridge.edges.local.clock import SystemClock
from bridge.edges.local.quarantine import DirectoryQuarantine
from bridge.edges.s3.quarantine import S3Quarantine
from bridge.edges.setup.facts import kinesis_destination, list_mappings, queue_depth, time_to_live
from bridge.errors import BridgeError
from bridge.ports.clock import Clock
from bridge.ports.ledger import LedgerScan
from bridge.ports.setup import EventSource, MappingFacts, Settled
from bridge.ports.table import TableFacts
from bridge.reconcile.report import last_complete
from bridge.settings.compiling.key_schema import require_whole_key
from bridge.settings.sinks import MemorySettings, StdoutSettings
from bridge.settings.stores import (
    BucketQuarantineSettings,
    DirectoryQuarantineSettings,
    DynamoDbLedgerSettings,
    KeepingLedgerSettings,
)
from bridge.wiring.bridge import Configuration, build_ledger, build_sinks
from bridge.wiring.clients import ClientFactory
from bridge.wiring.reconcile import build_checkpoint_lag, build_run_store, is_shared

LEDGER_PAGES: Final = 4
"""Pages of the ledger that are read for each table: at most 1 MB and 128 read units each."""

DEPTH_MAX: Final = 10_000

SAMPLED: Final = 100
"""Items of a table that are read where no metric says whether redaction rules match."""


@dataclass(frozen=True, slots=True)
class Doctor:
    """``state`` is where runs are kept, a folder or ``s3://bucket/prefix``; ``function`` names the Lambda
    function, where one must be named; ``checkpoints`` is the folder of `stream-bridge run`."""

    configuration: Configuration
    config: Path
    client: ClientFactory
    state: Path | str
    function: str | None = None
    checkpoints: Path | None = None
    clock: Clock = SystemClock()  # noqa: RUF009 - it has no state

    def examine(self) -> list[Finding]:
        """All findings, in the order in which a change passes the parts. Does not raise."""
        findings: list[Finding] = []
        for name in self.configuration.settings.tables:
            findings += self._table(name)
        for name in self.configuration.settings.sinks:
            findings += _look("sink", name, lambda name=name: self._sink(name))  # type: ignore[misc]
        findings += self._ledger()
        findings += self._quarantine()
        return findings

    # --- a table -----------------------------------------------------------------------------------

    def _table(self, name: str) -> list[Finding]:
        settings = self.configuration.settings
        table = settings.tables[name]
        context = Context(str(self.config), name, table.name, self.clock.now(), self.function or "")
        sources: list[EventSource] = []
        mappings: list[MappingFacts] = []
        findings = _look("stream", table.name, lambda: self._stream(context, sources))
        if sources:
            findings += _look(
                "mapping", table.name, lambda: self._mappings(context, sources[0].arn, mappings)
            )
        if mappings:
            context = replace(context, function=mappings[0].function_name)
        if sources and not context.function and self._is_run(sources[0].arn):
            findings += _look("lag", table.name, lambda: self._checkpoint_lag(context))
        elif context.function:
            enabled = any(mapping.state == "Enabled" for mapping in mappings)
            findings += _look("lag", table.name, lambda: self._lag(context, enabled=enabled))
        elif sources:
            fix = "name the function with --function"
            findings.append(Finding("lag", table.name, "unknown", "no function whose lag to ask for", fix))
        for rules in self.configuration.tables[table.name].every_kind:
            if rules.redact is not None:
                of = replace(context, entity=rules.entity)
                findings += _look(
                    "redaction",
                    of.shown,
                    lambda of=of, redact=rules.redact: self._redaction(of, redact),  # type: ignore[misc]
                )
        if isinstance(settings.ledger, DynamoDbLedgerSettings):
            findings += self._history(context, sources, mappings)
        return findings

    def _redaction(self, context: Context, redaction: Redaction) -> Iterator[Finding]:
        """By the bridge's own metric, or without one (as of `run`) by a sample of the table's items."""
        rules = [rule.path.text for rule in redaction.rules]
        if context.function:
            service = self.configuration.settings.telemetry.service
            measured = unmatched_rules(
                self.client("cloudwatch"), service, context.table, self.clock, context.entity
            )
            if measured is not None:
                yield judge_unmatched(context, measured, len(rules))
                return
        done, items = Redacted(), 0
        entities = self.configuration.tables[context.table].entities
        for item in sample_items(self.client("dynamodb"), context.table, SAMPLED):
            if entities is not None and entities.selector.of_item(item) != context.entity:
                continue
            redaction.image(item, done)
            items += 1
        unmatched = [rules[index] for index in done.unmatched(len(rules))]
        yield judge_sampled(context, unmatched, len(rules), items)

    def _stream(self, context: Context, sources: list[EventSource]) -> Iterator[Finding]:
        settings = self.configuration.settings
        table = settings.tables[context.name]
        if table.kinesis is not None:
            status = kinesis_destination(self.client("dynamodb"), table.name, table.kinesis)
            if status != "ACTIVE":
                fix = (
                    f"aws dynamodb enable-kinesis-streaming-destination --table-name {table.name} "
                    f"--stream-arn {table.kinesis}, then reconcile"
                )
                text = f"its changes do not go to {table.kinesis} ({status or 'not set up'})"
                yield Finding("stream", table.name, "problem", text, fix)
            else:
                yield Finding("stream", table.name, "ok", f"its changes go to {table.kinesis}")
            sources.append(EventSource(table.kinesis, "NEW_AND_OLD_IMAGES"))
            return
        stream = find_stream(self.client("dynamodb"), table.name)
        yield from _look("subject", table.name, lambda: self._subject(stream))
        sources.append(EventSource(stream.stream_arn, stream.view, stream.stream_arn.rpartition("/")[2]))
        yield Finding("stream", table.name, "ok", f"on, with view {stream.view}")
        ledger = settings.ledger
        keeps_fields = isinstance(ledger, KeepingLedgerSettings) and ledger.keep != "fingerprint"
        for kind in settings.kinds():
            if kind.table == context.name:
                of = replace(context, entity=kind.entity)
                where = kind.selects is not None and kind.selects.where is not None
                yield judge_view(of, stream.view, kind.settings, keeps_fields=keeps_fields, where=where)

    def _subject(self, facts: TableFacts) -> Iterator[Finding]:
        require_whole_key(self.configuration.tables[facts.name], facts.key)
        yield Finding("subject", facts.name, "ok", "each item has a subject of its own")

    def _mappings(self, context: Context, arn: str, ours: list[MappingFacts]) -> Iterator[Finding]:
        client = self.client("lambda")
        found = list_mappings(client, source_arn=arn, function=self.function)
        runner = str(self.checkpoints) if self._is_run(arn) else ""
        finding, chosen = judge_mappings(context, arn, found, self.function, runner)
        ours += chosen
        yield finding
        for mapping in chosen:
            yield from judge_mapping(mapping)

    def _is_run(self, arn: str) -> bool:
        """Whether the folder has checkpoints of the stream, readable or not."""
        return self.checkpoints is not None and FileCheckpoints(self.checkpoints).path_of(arn).is_file()

    def _checkpoint_lag(self, context: Context) -> Iterator[Finding]:
        folder = self.checkpoints or Path()
        lag = build_checkpoint_lag(self.configuration, context.name, folder, self.client, self.clock)
        grace_s = self._grace_s(context)
        yield judge_lag(context, lag.lag_s(), grace_s, enabled=True)

    def _lag(self, context: Context, *, enabled: bool) -> Iterator[Finding]:
        lag = IteratorAgeLag(self.client("cloudwatch"), context.function, self.clock)
        grace_s = self._grace_s(context)
        yield judge_lag(context, lag.lag_s(), grace_s, enabled=enabled)

    def _grace_s(self, context: Context) -> float:
        """The shortest of the table's entities: with more lag than that, its reconciliation must wait."""
        kinds = self.configuration.settings.kinds()
        return min(kind.settings.reconcile.grace_s for kind in kinds if kind.table == context.name)

    def _history(
        self, context: Context, sources: list[EventSource], mappings: list[MappingFacts]
    ) -> list[Finding]:
        reconciled: list[float] = []
        findings = _look(
            "reconciliation",
            context.table,
            lambda: self._reconciled(context, reconciled),
            local=not is_shared(self.state),
        )
        reconciled_s = reconciled[0] if reconciled else None

        def compare() -> Iterator[Finding]:
            settled = self._settled(context.table)
            yield judge_comparable(context, settled)
            generation = self.configuration.settings.tables[context.name].generation
            if generation or any(map(generation_of, settled.labels)):
                yield judge_generation(context, settled, generation)
            if sources and sources[0].label:
                yield judge_label(context, sources[0], settled, reconciled_s)
            for mapping in mappings:
                yield judge_modified(context, mapping, settled, reconciled_s)

        return _look("ledger-rows", context.table, compare) + findings

    def _reconciled(self, context: Context, reconciled: list[float]) -> Iterator[Finding]:
        store = build_run_store(self.state, self.client, self.clock)
        history = (store.get(f"{context.table}/history") or {}).get("runs", [])
        last = last_complete(history, self.clock.now())
        if last is not None:
            reconciled.append(datetime.fromisoformat(str(last["ended"])).timestamp())
        yield judge_reconciled(context, reconciled[0] if reconciled else None)

    def _settled(self, table: str) -> Settled:
        ledger = cast(LedgerScan, build_ledger(self.configuration.settings, self.client, self.clock))
        labels: set[str] = set()
        rules = self.configuration.tables[table]
        rows, newest, whole, strange = 0, "", True, 0
        for page in islice(ledger.rows(table), LEDGER_PAGES):
            rows += len(page.rows)
            labels |= {row.position.label for row in page.rows}
            newest = max([newest, *(row.as_of for row in page.rows if row.settled_by == "stream")])
            whole = not page.next
            strange += sum(not rules.rules_of(row.entity).knows(row.fingerprint_version) for row in page.rows)
        return Settled(rows, sorted(labels), newest, whole, strange)

    # --- what all tables share ---------------------------------------------------------------------

    def _sink(self, name: str) -> Iterator[Finding]:
        settings = self.configuration.settings
        kind = settings.sinks[name]
        sink = build_sinks(settings, self.client)[name]
        sink.check()
        local = isinstance(kind, StdoutSettings | MemorySettings)
        yield judge_sink(name, sink.max_bytes, getattr(kind, "max_bytes", None), local=local)

    def _ledger(self) -> list[Finding]:
        ledger = self.configuration.settings.ledger
        if not isinstance(ledger, DynamoDbLedgerSettings):
            text = f"of kind {ledger.kind}: changes that the stream loses cannot be found"
            fix = f"set ledger: {{kind: dynamodb, table: NAME}} in {self.config}, then stream-bridge seed"
            return [Finding("ledger", ledger.kind, "warning", text, fix, local=True)]

        def check() -> Iterator[Finding]:
            build_ledger(self.configuration.settings, self.client, self.clock).check()
            yield Finding("ledger", ledger.table, "ok", "exists; its partition key is pk, as a ledger needs")
            yield judge_time_to_live(ledger.table, time_to_live(self.client("dynamodb"), ledger.table))

        return _look("ledger", ledger.table, check)

    def _quarantine(self) -> list[Finding]:
        store = self.configuration.settings.quarantine
        command = shlex.join(["stream-bridge", "quarantine", "list", "--config", str(self.config)])
        if isinstance(store, DirectoryQuarantineSettings):
            where, local = str(store.path), True
        elif isinstance(store, BucketQuarantineSettings):
            where, local = f"s3://{store.bucket}/{store.prefix}", False
        else:
            where, local = store.queue, False

        def count() -> Iterator[Finding]:
            names: Iterable[str]
            if isinstance(store, DirectoryQuarantineSettings):
                names = DirectoryQuarantine(store.path).names()
            elif isinstance(store, BucketQuarantineSettings):
                names = S3Quarantine(self.client("s3"), store.bucket, store.prefix).names()
            else:
                yield judge_depth(where, queue_depth(self.client("sqs"), store.queue), command, local=local)
                return
            depth = sum(1 for _ in islice(names, DEPTH_MAX))
            yield judge_depth(where, depth, command, more=depth == DEPTH_MAX, local=local)

        return _look("quarantine", where, count, local=local)


def _look(
    check: str, about: str, read: Callable[[], Iterable[Finding]], *, local: bool = False
) -> list[Finding]:
    """What ``read`` finds; an error of it is the last finding."""
    findings: list[Finding] = []
    try:
        findings.extend(read())  # findings before an error are kept
    except BridgeError as error:
        findings.append(finding_of(check, about, error, local=local))
    except AWS_ERRORS as error:  # a client that cannot be created: without a region, for example
        fix = "check --region, AWS_REGION and the credentials"
        text = f"could not be read: {type(error).__name__}"
        findings.append(Finding(check, about, "unknown", text, fix, local))
    return findings
