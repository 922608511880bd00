"""The part of Amazon States Language that infra/statemachine.asl.json speaks, on one thread, in seeded order.

A Task is one call of ``invoke``; an error of it has the name of its class, as Lambda reports it. Children
of a Map take turns call by call, in an order that the seed decides. After docs.aws.amazon.com/step-functions:
"Handling errors", "Map state in Distributed mode", "Redriving executions".
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Generator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from tests.builders.places import ROOT

PAYLOAD_MAX = 256 * 1024
DEFINITION = ROOT / "infra" / "statemachine.asl.json"


def definition(**substitutions: str) -> dict[str, Any]:
    text = DEFINITION.read_text()
    for name, value in {
        "WorkerArn": "worker",
        "RunsBucket": "runs",
        "MaxConcurrency": "4",
        **substitutions,
    }.items():
        text = text.replace("${" + name + "}", value)
    found: dict[str, Any] = json.loads(text)
    return found


class StateFailed(Exception):
    """A state that failed and was not caught: with the error's name, and where to redrive from."""

    def __init__(self, error: str, cause: str) -> None:
        super().__init__(f"{error}: {cause}")
        self.error = error
        self.cause = cause


@dataclass
class Execution:
    """``step`` runs up to the next call of a Task; ``finish`` to the end. ``status`` as DescribeExecution."""

    machine: Mapping[str, Any]
    invoke: Callable[[Any], Any]
    sleep: Callable[[float], None]
    input: Any = field(default_factory=dict)
    name: str = "execution-1"
    seed: int = 0
    status: str = "RUNNING"
    output: Any = None
    error: str = ""
    cause: str = ""
    redrives: int = 0
    payloads: list[int] = field(default_factory=list)
    visited: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)
        self._at: tuple[str, Any] = (self.machine["StartAt"], self.input)
        self._going = self._run()

    def finish(self) -> Execution:
        for _ in self._going:
            pass
        return self

    def step(self) -> None:
        next(self._going, None)

    def stop(self) -> None:
        """StopExecution: whatever runs is left where it is."""
        self._going.close()
        self.status = "ABORTED"

    def redrive(self) -> Execution:
        """From the state that did not end, with the input it had."""
        assert self.status in ("FAILED", "ABORTED"), "only what did not succeed is redriven"
        self.redrives += 1
        self.status = "RUNNING"
        self._going = self._run()
        return self

    def _run(self) -> Generator[None, None, None]:
        try:
            yield from self._states(self.machine["States"], *self._at, top=True)
        except StateFailed as failed:
            self.status, self.error, self.cause = "FAILED", failed.error, failed.cause
        else:
            self.status = "SUCCEEDED"

    def _states(
        self, states: Mapping[str, Any], name: str, data: Any, *, top: bool = False, item: Any = None
    ) -> Generator[None, None, None]:
        while True:
            state = states[name]
            if top:
                self._at = (name, deepcopy(data))
                self.visited.append(name)
            assert len(json.dumps(data)) < PAYLOAD_MAX, f"{name}: too much to pass on"
            match state["Type"]:
                case "Task" | "Map":
                    box: list[Any] = []
                    try:
                        yield from (self._task if state["Type"] == "Task" else self._map)(state, data, box)
                        data, name = box[0], state["Next"]
                    except StateFailed as failed:
                        catch = state.get("Catch")
                        if not catch:
                            raise
                        data = {**data, "error": {"Error": failed.error, "Cause": failed.cause}}
                        assert catch[0]["ResultPath"] == "$.error"
                        name = catch[0]["Next"]
                case "Choice":
                    name = self._choose(state, data)
                case "Wait":
                    self.sleep(float(self._resolve(state["SecondsPath"], data)))
                    name = state["Next"]
                case "Pass":
                    if top:
                        self.output = self._resolve(state["InputPath"], data)
                    return
                case "Succeed":
                    self.output = data
                    return
                case "Fail":
                    raise StateFailed(state["Error"], str(self._resolve(state["CausePath"], data)))
                case other:
                    raise AssertionError(f"{other} is not spoken here")

    def _task(self, state: Mapping[str, Any], data: Any, box: list[Any]) -> Generator[None, None, None]:
        payload = self._template(state["Parameters"]["Payload"], data)
        self.payloads.append(len(json.dumps(payload)))
        tried = [0] * len(state["Retry"])
        while True:
            yield
            try:
                answer = {"Payload": json.loads(json.dumps(self.invoke(payload)))}
                break
            except Exception as error:
                name = type(error).__name__
                number = next(
                    at
                    for at, retry in enumerate(state["Retry"])
                    if {name, "States.ALL"} & set(retry["ErrorEquals"])
                )
                retry = state["Retry"][number]
                if tried[number] >= retry["MaxAttempts"]:
                    raise StateFailed(name, str(error)) from error
                delay_s = retry["IntervalSeconds"] * retry["BackoffRate"] ** tried[number]
                tried[number] += 1
                self.sleep(self.rng.random() * min(delay_s, retry["MaxDelaySeconds"]))
        if "ResultSelector" in state:
            result = self._template(state["ResultSelector"], answer)
            assert state["ResultPath"] == "$.at"
            box.append({**data, "at": result})
        else:
            box.append(self._resolve(state["OutputPath"], answer))

    def _map(self, state: Mapping[str, Any], data: Any, box: list[Any]) -> Generator[None, None, None]:
        assert state["ToleratedFailurePercentage"] == 0
        processor = state["ItemProcessor"]
        waiting = [
            self._states(
                processor["States"],
                processor["StartAt"],
                self._template(state["ItemSelector"], data, {"Map": {"Item": {"Value": value}}}),
            )
            for value in self._resolve(state["ItemsPath"], data)
        ]
        most = int(self._resolve(state["MaxConcurrencyPath"], data))
        try:
            while waiting:
                child = self.rng.choice(waiting[:most])
                try:
                    next(child)
                except StopIteration:
                    waiting.remove(child)
                yield
        except StateFailed as failed:
            cause = "The specified tolerated failure threshold was exceeded"
            raise StateFailed("States.ExceedToleratedFailureThreshold", cause) from failed
        assert state["ResultPath"] is None
        box.append(data)

    def _choose(self, state: Mapping[str, Any], data: Any) -> str:
        for rule in state["Choices"]:
            if self._resolve(rule["Variable"], data) == rule["StringEquals"]:
                return str(rule["Next"])
        return str(state["Default"])

    def _template(self, template: Any, data: Any, context: Mapping[str, Any] | None = None) -> Any:
        if not isinstance(template, dict):
            return template
        return {
            name.removesuffix(".$"): (
                self._resolve(value, data, context)
                if name.endswith(".$")
                else self._template(value, data, context)
            )
            for name, value in template.items()
        }

    def _resolve(self, path: str, data: Any, context: Mapping[str, Any] | None = None) -> Any:
        """A path that leads nowhere fails, as it does there."""
        execution = {"Id": f"arn:{self.name}", "Input": self.input, "RedriveCount": self.redrives}
        at = {"Execution": execution, **(context or {})} if path.startswith("$$") else data
        for part in path.lstrip("$").split(".")[1:]:
            at = at[part]
        return deepcopy(at)
