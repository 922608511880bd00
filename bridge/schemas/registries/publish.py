"""Publishing: append the versions of a folder to registries, and record that once all of them have
everything.

Nothing is changed or removed. Every write follows a read, so that a new run continues one that was cut off,
and two publishers at once end with the result that either would have alone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from bridge.delivery.patience import Patience
from bridge.errors import BridgeError, RegistryUnavailable, SchemaRefused, SchemaTaken
from bridge.ports.clock import Deadline
from bridge.ports.registry import RegistryAddress, SchemaRegistry, StoredSchema
from bridge.schemas.documents.lock import Lock, Name
from bridge.schemas.registries.candidates import Prepared
from bridge.schemas.registries.plan import TargetPlan, compare, group, match, plan_target


class Drifted(BridgeError):
    """A registry has content that was not published from this folder. Nothing of it is overwritten."""

    def __init__(self, plans: Sequence[TargetPlan]) -> None:
        self.plans = tuple(plans)
        found = [
            f"{plan.address} {line.schema} {line.version}: {line.what}".replace(" :", ":")
            for plan in plans
            for line in plan.lines
            if line.state == "drifted"
        ]
        super().__init__(
            "; ".join(found), hint="resolve it by hand, then publish again; nothing was overwritten"
        )


@dataclass(frozen=True, slots=True)
class Target:
    """A registry, the versions that it should have, and those that it is known to have had."""

    registry: SchemaRegistry
    prepared: Sequence[Prepared]
    published: Collection[Name] = ()

    @property
    def address(self) -> RegistryAddress:
        return self.registry.address


def plan(targets: Sequence[Target]) -> list[TargetPlan]:
    """What each target lacks, has, and has with other content. Writes nothing."""
    return [plan_target(each.registry, each.prepared, each.published) for each in targets]


def publish(
    targets: Sequence[Target], patience: Patience, report: Callable[[str], None] = lambda _: None
) -> list[TargetPlan]:
    """Publish to every target what it lacks. Returns the state of each target afterwards.

    Nothing is written to any target while one has drifted. Raises :class:`Drifted`, also for changes that
    somebody else makes meanwhile, :class:`bridge.errors.SchemaRefused`, and what the registries raise. What
    was written until then stays, and the next run continues from there.
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
        raise _behind(f"{', '.join(map(str, behind))} does not show everything that was published")
    return plans


def lock_published(lock: Lock, targets: Sequence[Target]) -> Lock:
    """The lock once every target is done: this records which registries have its versions."""
    return lock.publishing(
        {str(target.address): [each.name for each in target.prepared] for target in targets}
    )


def _refuse_drift(plans: Sequence[TargetPlan]) -> None:
    if any(plan.drifted for plan in plans):
        raise Drifted([plan for plan in plans if plan.drifted])


def _refused(address: RegistryAddress, schema: str, version: str) -> SchemaRefused:
    message = f"{address} has marked {schema} {version} as failed"
    return SchemaRefused(message, hint="look at it there, delete that version, and publish again")


def _behind(message: str) -> RegistryUnavailable:
    return RegistryUnavailable(message, hint="publish again later: the run continues from here")


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
        """Repeat until a read shows the version: a failed write may have succeeded, and so may another
        publisher's."""

        def attempt() -> None:
            stored = self._read(each, versions)
            if match(versions, stored)[0].get(each.name):
                return
            try:
                if stored is None:
                    self._registry.create(each.candidate)
                else:
                    self._registry.add(each.candidate)
            except SchemaTaken as error:  # by another publisher, since the read
                raise RegistryUnavailable(error.message, hint=error.hint, code=error.code) from error
            self._report(f"{self._target.address}: {each.candidate.name} {each.schema.version}")

        self._patience.call(attempt)

    def _read(self, each: Prepared, versions: Sequence[Prepared]) -> StoredSchema | None:
        """Raises :class:`Drifted` where somebody else wrote other content meanwhile."""
        stored = self._registry.read(each.candidate.name, labels=False)
        _, drifted = match(versions, stored)
        if drifted:
            raise Drifted([TargetPlan(self._target.address, tuple(drifted))])
        return stored

    def _finish(self, name: str, versions: Sequence[Prepared]) -> None:
        """Wait until every version is available, and set its labels. A registry may show a version a little
        later than it accepted it."""
        deadline = Deadline.after(self._patience.clock, self._patience.settle_s)
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
            if not self._patience.pause(tries, deadline.remaining_s()):
                what = open_[0].what or "is not shown yet"
                raise _behind(f"{self._target.address}: {name} {open_[0].version} {what}")
            tries += 1

    def _label(self, versions: Sequence[Prepared], stored: StoredSchema | None) -> None:
        found, _ = match(versions, stored)
        for each in versions:
            settled = [version for version in found.get(each.name, ()) if version.status == "available"]
            if settled:
                self._registry.label(each.candidate, settled[0])
