"""What is done to the processes, in an order that the seed decides."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from tests.chaos.aws import Resources, stored_images
from tests.chaos.configuration import AT_LEAST, TABLES, TYPES, Places
from tests.chaos.disk import Disk
from tests.chaos.processes import NO_SPACE, Running
from tests.chaos.proxy import Proxy
from tests.chaos.supervised import Bridge, Verbs
from tests.chaos.verdict import Known, events_of
from tests.chaos.weather import CALM, Weather, forecast
from tests.chaos.writers import Writers

SINKS: Final = {"bus": "events", "feed": "sns"}
ROUND: Final = (
    *("kill",) * 10,
    *("kill at the start",) * 3,
    *("stop",) * 2,
    *("kill a retry", "kill a redrive"),
    *("full disk", "bad deployment for some", "bad deployment for all", "skip", "another stream"),
)
_FEW: Final = 40
_CATCH_UP_S: Final = 25.0
_GIVES_UP_S: Final = 24.0
"""A batch is tried for 20 s before it is given up."""


def order(seed: int) -> Iterator[str]:
    """Names of acts, without end: every round has each of them. Batches are given up once, early."""
    rng = random.Random(f"{seed}/acts")
    first = True
    while True:
        acts = [*ROUND, *(("give up",) if first else ())]
        rng.shuffle(acts)
        yield from acts
        first = False


class Sky(threading.Thread):
    """Changes the weather by the forecast, unless somebody holds it."""

    def __init__(self, proxy: Proxy, seed: int) -> None:
        super().__init__(daemon=True)
        self._proxy = proxy
        self._forecast = forecast(seed)
        self._ended = threading.Event()
        self._held: Weather | None = None
        self._weather = CALM

    def run(self) -> None:
        for seconds, weather in self._forecast:
            self._weather = weather
            self._show()
            if self._ended.wait(seconds):
                return

    def hold(self, weather: Weather | None) -> None:
        self._held = weather
        self._show()

    def end(self) -> None:
        self._ended.set()
        self.join()
        self.hold(CALM)

    def _show(self) -> None:
        self._proxy.weather = self._held or self._weather


@dataclass
class Acts:
    """``done`` counts them. ``lost``: by sink, the changes that the bridge was kept from reading."""

    bridge: Bridge
    verbs: Verbs
    writers: Writers
    aws: Resources
    proxy: Proxy
    disk: Disk
    places: Places
    sky: Sky
    rng: random.Random
    done: Counter[str] = field(default_factory=Counter)
    lost: dict[str, set[int]] = field(default_factory=lambda: {sink: set() for sink in SINKS})
    broken: list[str] = field(default_factory=list)

    def play(self, act: str) -> None:
        actions: dict[str, Callable[[], None]] = {
            "kill": self._kill,
            "kill at the start": self._kill_at_the_start,
            "stop": self._stop,
            "kill a retry": lambda: self._kill_on_the_way(self.verbs.retry()),
            "kill a redrive": lambda: self._kill_on_the_way(self.verbs.redrive()),
            "full disk": self._fill_the_disk,
            "bad deployment for some": self._refuse_some,
            "bad deployment for all": self._refuse_all,
            "skip": self._skip,
            "another stream": self._switch_the_stream,
            "give up": self._give_up,
        }
        actions[act]()
        self.done[act] += 1

    def _kill(self) -> None:
        self.bridge.work(self.rng.uniform(0.8, 4.0))
        self.bridge.deploy(self.rng.choice(("good", "lanes")), orderly=False)

    def _kill_at_the_start(self) -> None:
        self.bridge.kill()
        self.bridge.up()
        time.sleep(self.rng.uniform(0.3, 1.2))
        self.bridge.kill()
        self.bridge.up()

    def _stop(self) -> None:
        self.bridge.work(self.rng.uniform(1.0, 4.0))
        self.bridge.deploy(self.rng.choice(("good", "lanes")), orderly=True)

    def _kill_on_the_way(self, running: Running) -> None:
        self.bridge.work(self.rng.uniform(0.7, 2.5))
        if running.alive:
            self.verbs.processes.kill(running)
        else:
            self.verbs.processes.ended(running, {0, 1, 4})

    def _refuse_some(self) -> None:
        self.bridge.deploy("refuses some", orderly=self.rng.random() < 0.5)
        self.bridge.work(self.rng.uniform(3, 6))
        self.bridge.deploy("good", orderly=False)

    def _refuse_all(self) -> None:
        """However much is written meanwhile: what lands in quarantine is bounded for each start."""
        before = self._quarantined_for_now()
        starts = self.bridge.starts
        self.bridge.deploy("refuses all", orderly=self.rng.random() < 0.5)
        for _ in range(2):
            self.bridge.work(self.rng.uniform(2, 4))
            self.bridge.deploy("refuses all", orderly=False)
        self.bridge.work(self.rng.uniform(1, 2))
        self.bridge.kill()
        found = len(self._quarantined_for_now() - before)
        most = (self.bridge.starts - starts) * len(TABLES) * len(TYPES) * AT_LEAST
        if found > most:
            self.broken.append(
                f"a bad deployment never empties the stream: {found} quarantined, {most} at most"
            )
        self.bridge.deploy("good", orderly=False)

    def _skip(self) -> None:
        """The checkpoint is moved forward while ``run`` is down: what was unread is lost to it."""
        spec = self.rng.choice(TABLES)
        self._read_most()
        self.bridge.kill()
        time.sleep(self.rng.uniform(1.0, 3.0))
        with self.writers.paused():
            if self.aws.skip_unread(spec, self.places.state):
                self._lose(spec.noun)
        self.bridge.up()

    def _switch_the_stream(self) -> None:
        spec = self.rng.choice(TABLES)
        self._read_most()
        self.bridge.kill()
        time.sleep(self.rng.uniform(1.0, 2.0))
        with self.writers.paused():
            self.aws.switch_stream(spec)
            self._lose(spec.noun)
        self.bridge.up()

    def _read_most(self) -> None:
        """Let it catch up, so that only what comes now is lost on purpose."""
        self.sky.hold(CALM)
        until_s = time.monotonic() + _CATCH_UP_S
        while self._unread() > _FEW and time.monotonic() < until_s:
            self.bridge.work(1.0)
        self.sky.hold(None)

    def _unread(self) -> int:
        sound = {each.rev for each in self.writers.log.all() if not each.poison}
        kept = self._stored_revs()
        return max(
            len(sound - published - kept - self.lost[sink]) for sink, published in self.published().items()
        )

    def _lose(self, noun: str) -> None:
        """All changes of a table that a sink has not, and no quarantine or failed batch keeps, are lost. No
        call of ``run`` is on its way: it was killed."""
        self.proxy.drain()
        changes = [each for each in self.writers.log.all() if each.subject.startswith(f"{noun}/")]
        kept = self._stored_revs()
        for sink, published in self.published().items():
            self.lost[sink] |= {each.rev for each in changes} - published - kept

    def published(self) -> dict[str, set[int]]:
        """The changes that each sink has by an event of their own."""
        known = Known(self.writers.log.all())
        return {
            sink: {
                known.change_of(event)
                for event in events
                if not event.get("reconciled") and not known.invented(event)
            }
            for sink, events in events_of(self.proxy.accepted(), SINKS).items()
        }

    def _stored_revs(self) -> set[int]:
        known = Known(self.writers.log.all())
        folders = (self.places.quarantine, self.places.disk / "given-up")
        return {known.rev_of(*each) for folder in folders for each in stored_images(folder)}

    def quarantined_revs(self) -> set[int]:
        known = Known(self.writers.log.all())
        return {known.rev_of(*each) for each in stored_images(self.places.quarantine)}

    def _quarantined_for_now(self) -> set[int]:
        poison = {each.rev for each in self.writers.log.all() if each.poison}
        return self.quarantined_revs() - poison

    def _fill_the_disk(self) -> None:
        """An error in words, nothing lost, and the work goes on when there is space again."""
        self.sky.hold(CALM)
        self.bridge.work(1.0)
        self.disk.fill()
        self.verbs.processes.apply_disk()
        if not self._reported_within(20.0):
            self.broken.append("a full disk is reported: `run` has said nothing about it")
        if self.rng.random() < 0.5:
            self.bridge.kill()
        else:
            self.bridge.terminate()
        self.bridge.work(self.rng.uniform(1.0, 2.5))
        self.disk.free()
        self.verbs.processes.apply_disk()
        before = self._checkpoints_written_s()
        until_s = time.monotonic() + 40.0
        while self._checkpoints_written_s() == before and time.monotonic() < until_s:
            self.bridge.work(0.2)
        if self._checkpoints_written_s() == before:
            self.broken.append(
                "the work goes on when there is space again: no checkpoint was written in 40 s"
            )
        self.sky.hold(None)

    def _reported_within(self, seconds: float) -> bool:
        until_s = time.monotonic() + seconds
        while time.monotonic() < until_s:
            if self.bridge.up().shows(NO_SPACE):
                return True
            time.sleep(0.05)
        return False

    def _checkpoints_written_s(self) -> float:
        return max((each.stat().st_mtime for each in self.places.state.glob("*.json")), default=0.0)

    def _give_up(self) -> None:
        """Batches are given up while the bus is away, and the stream goes on behind them. ``run`` is not
        killed here: docs/ledger.md says what a lost checkpoint would repeat."""
        self.bridge.deploy("gives up", orderly=True)
        self.sky.hold(Weather("outage", 0.0, "events"))
        self.bridge.work(_GIVES_UP_S)
        self.sky.hold(None)
        self.bridge.work(3.0)
        self.bridge.deploy("good", orderly=True)
