"""Those who write to the table: hot and cold keys, items that die and come back, poison now and then."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from tests.simulation.configuration import NOT_A_NUMBER, REFUSED, TOO_LARGE
from tests.simulation.world import Image, World

_PLANS = ("free", "pro", "team")


@dataclass(slots=True)
class Writers:
    """``poison_share``: of the writes, how many leave an item that can never become its event."""

    world: World
    rng: Random
    keys: int
    poison_share: float

    def write(self) -> None:
        rng = self.rng
        key = self._key()
        held = self.world.items.get(key)
        chance = rng.random()
        if chance < self.poison_share:
            self.world.put(key, {**self._image(key), **rng.choice((NOT_A_NUMBER, TOO_LARGE, REFUSED))})
        elif held is None:
            self.world.put(key, self._image(key))
        elif chance < 0.30:
            self.world.remove(key)
            if rng.random() < 0.4:  # the same item again, as if nothing had been
                self.world.put(key, dict(held) if rng.random() < 0.5 else self._image(key))
        elif chance < 0.36:
            self.world.put(key, dict(held))
        elif chance < 0.44:
            self.world.put(key, {**held, "seen": rng.randrange(100)})
        elif chance < 0.56:  # A → B → A
            self.world.put(key, self._image(key))
            self.world.put(key, dict(held))
        else:
            self.world.put(key, self._image(key))

    def _key(self) -> str:
        rng = self.rng
        if rng.random() < 0.5:
            return f"k{rng.randrange(2)}"
        if rng.random() < 0.06:
            return "f0"
        return f"k{rng.randrange(self.keys)}"

    def _image(self, key: str) -> Image:
        rng = self.rng
        return {"id": key, "v": rng.randrange(5), "plan": rng.choice(_PLANS), "seen": rng.randrange(3)}
