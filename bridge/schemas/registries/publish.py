"""Publishing: bring registries to what the folder has, and record it once all of them are there.

Versions are appended, nothing is changed or removed. Every write is preceded by a reading, so that a run that
was cut off goes on where it was, and two publishers at once end with what either would have made alone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from bridge.errors import BridgeError, RegistryUnavailable, SchemaRefused, SchemaTaken
from bridge.ports.clock import Deadline
from bridge.ports.registry import RegistryAddress, SchemaRegistry, StoredSchema
from bridge.schemas.documents.lock import Lock, Name
from bridge.schemas.registries.candidates import Prepared
from bridge.schemas.registries.patience import Patience
from bridge.schemas.registries.plan import TargetPlan, compare, group, match, plan_target


class Drifted(BridgeError):
    """A registry holds something that was not published from here. Nothing of it is overwritten."""

    def __init__(self, plans: Sequence[TargetPlan]) -> None:
        self.plans = tuple(plans)
        found = [
            f"{plan.address} {line.schema} {line.version}: {line.what}".replace(" :", ":")
            for plan in plans
            for line in plan.lines
            if line.state == "drifted"
        ]
        super().__init__(
            "; ".join(found), hint="settle it by hand, then publish again; nothing was overwritten"
        )


@dataclass(frozen=True, slots=True)
class Target:
    """A registry, what is to be there, and which versions are known to have been there."""

    registry: SchemaRegistry
    prepared: Sequence[Prepared]
    published: Collection[Name] = ()

    @property
    def address(self) -> RegistryAddress:
        return self.registry.address


def plan(targets: Sequence[Target]) -> list[TargetPlan]:
    """What each target lacks, has, and has otherwise. Writes nothing."""
    return [plan_target(each.registry, each.prepared, each.published) for each in targets]


def publish(
    targets: Sequence[Target], patience: Patience, report: Callable[[str], None] = lambda _: None
) -> list[TargetPlan]:
    """Bring every target to what is to be there; answers how each stands then.

    Nothing is written anywhere while any target has drifted. Raises :class:`Drifted`, also for what somebody
    else wrote meanwhile, :class:`bridge.errors.SchemaRefused`, and what the registries raise. What was done
    until then stays, and the next run goes on from there.
    """
    plans = plan(targets)
    _refuse_drift(plans)
    for target, planned in zip(targets, plans, strict=True):
        if planned.failed:
            line = next(line for line in planned.lines if line.state == "failed")
            raise _refused(target.address, line.schema, line.version)
        if not planned.done:
            _Publisher(target, patience, report).run(planned)
    plans = plan(targets)
    _refuse_drift(plans)
    if behind := [plan.address for plan in plans if not plan.done]:
        said = ", ".join(map(str, behind))
        raise RegistryUnavailable(
            f"{said} does not show all that was published",
            hint="publish again in a while: it goes on from here",
        )
    return plans


def lock_published(lock: Lock, targets: Sequence[Target]) -> Lock:
    """The lock once every target is done: it has the versions, this notes where they are."""
    return lock.publishing(
        {str(target.address): [each.name for each in target.prepared] for target in targets}
    )


def _refuse_drift(plans: Sequence[TargetPlan]) -> None:
    if any(plan.drifted for plan in plans):
        raise Drifted([plan for plan in plans if plan.drifted])


def _refused(address: RegistryAddress, schema: str, version: str) -> SchemaRefused:
    return SchemaRefused(
        f"{address} keeps {schema} {version} as failed",
        hint="look at it there, delete that version, and publish again",
    )


class _Publisher:
    """One target, schema by schema, version by version in order."""

    def __init__(self, target: Target, patience: Patience, report: Callable[[str], None]) -> None:
        self._registry = target.registry
        self._target = target
        self._patience = patience
        self._report = report

    def run(self, planned: TargetPlan) -> None:
        behind = {line.schema for line in planned.lines if line.state != "same"}
        for name, versions in group(self._target.prepared).items():
            if name in behind:
                for each in versions:
                    self._write(each, versions)
                self._finish(name, versions)

    def _write(self, each: Prepared, versions: Sequence[Prepared]) -> None:
        """Until a reading shows it: a write that failed may have been done, by us or by somebody else."""

        def attempt() -> None:
            stored = self._read(each, versions)
            if match(versions, stored)[0].get(each.name):
                return
            try:
                if stored is None:
                    self._registry.create(each.candidate)
                else:
                    self._registry.add(each.candidate)
            except SchemaTaken as error:  # by another publisher, since we read
                raise RegistryUnavailable(error.message, hint=error.hint, code=error.code) from error
            self._report(f"{self._target.address}: {each.candidate.name} {each.schema.version}")

        self._patience.call(attempt)

    def _read(self, each: Prepared, versions: Sequence[Prepared]) -> StoredSchema | None:
        """Raises :class:`Drifted` where somebody else wrote something else meanwhile."""
        stored = self._registry.read(each.candidate.name, labels=False)
        _, drifted = match(versions, stored)
        if drifted:
            raise Drifted([TargetPlan(self._target.address, tuple(drifted))])
        return stored

    def _finish(self, name: str, versions: Sequence[Prepared]) -> None:
        """Wait until every version has settled, and put the labels. A registry may show what was written a
        little later than it took it."""
        clock, backoff = self._patience.clock, self._patience.backoff
        deadline = Deadline.after(clock, self._patience.settle_s)
        tries = 0
        while True:
            stored = self._registry.read(name)
            open_ = [line for line in compare(self._registry, versions, stored, ()) if line.state != "same"]
            if not open_:
                return
            if drifted := tuple(line for line in open_ if line.state == "drifted"):
                raise Drifted([TargetPlan(self._target.address, drifted)])
            if failed := [line for line in open_ if line.state == "failed"]:
                raise _refused(self._target.address, name, failed[0].version)
            self._label(versions, stored)
            wait_s = backoff.delay_s(backoff.draw(), tries)
            tries += 1
            if wait_s >= deadline.remaining_s():
                what = open_[0].what or "is not shown yet"
                raise RegistryUnavailable(
                    f"{self._target.address}: {name} {open_[0].version} {what}",
                    hint="publish again in a while: it goes on from here",
                )
            clock.sleep(wait_s)

    def _label(self, versions: Sequence[Prepared], stored: StoredSchema | None) -> None:
        found, _ = match(versions, stored)
        for each in versions:
            settled = [version for version in found.get(each.name, ()) if version.status == "available"]
            if settled:
                self._registry.label(each.candidate, settled[0])
