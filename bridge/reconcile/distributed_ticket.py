"""What one step of a distributed reconciliation passes to the next. The rest is in the run store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final, Literal

from bridge.errors import ReconcileStopped
from bridge.reconcile.options import Options

_IGNORED: Final = frozenset({"table", "scheduled"})
"""Members of a schedule's input that say what was started, not how."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The input of an execution; every member is optional. ``mode``: ``plan`` sends nothing. ``new``: do not
    resume an unfinished run. ``take_over``: the execution that holds the table is known to be dead. The rest
    as in :class:`~bridge.reconcile.options.Options`; None is the value of bridge.yaml."""

    mode: Literal["plan", "run"] = "run"
    new: bool = False
    take_over: bool = False
    stream_stopped: bool = False
    trust_ledger: bool = False
    max_emit: int | None = None
    max_removes: int | None = None

    @classmethod
    def read_from(cls, given: Mapping[str, Any]) -> Asked:
        """Raises ``ReconcileStopped``: a member that is not known may have been meant to limit the run."""
        known = asdict(cls())
        values: dict[str, Any] = {}
        for name, value in given.items():
            if name in _IGNORED:
                continue
            if name not in known:
                raise _refused(name, f"is not one of {', '.join(sorted(known))}")
            if name == "mode":
                if value not in ("plan", "run"):
                    raise _refused(name, "is plan or run")
            elif name in ("max_emit", "max_removes"):
                if value is not None and (type(value) is not int or value < 0):
                    raise _refused(name, "is a whole number")
            elif type(value) is not bool:
                raise _refused(name, "is true or false")
            values[name] = value
        return cls(**values)

    def options(self, given: Options) -> Options:
        return replace(
            given,
            stream_stopped=self.stream_stopped or given.stream_stopped,
            trust_ledger=self.trust_ledger or given.trust_ledger,
            max_emit=given.max_emit if self.max_emit is None else self.max_emit,
            max_removes=given.max_removes if self.max_removes is None else self.max_removes,
        )


@dataclass(frozen=True, slots=True)
class Ticket:
    """One execution: its run and its lease. ``readers`` is how many segments are read side by side; they
    share the rate."""

    run: str
    owner: str
    token: int
    readers: int = 1
    asked: Asked = field(default_factory=Asked)

    def as_document(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def read_from(cls, document: Any) -> Ticket:
        """Raises ``ReconcileStopped`` for what :meth:`as_document` did not write."""
        try:
            run, owner = str(document["run"]), str(document["owner"])
            token, readers = int(document["token"]), int(document["readers"])
            return cls(run, owner, token, readers, Asked.read_from(document["asked"]))
        except (KeyError, TypeError, ValueError) as error:
            raise ReconcileStopped(
                "the event holds no ticket of a run", hint="the step plan returns one; infra/ passes it on"
            ) from error


def _refused(name: str, what: str) -> ReconcileStopped:
    return ReconcileStopped(f"the execution's input: {name} {what}", hint="start it again without it")
