"""Those who write to the table: hot and cold keys, items that die and come back, poison now and then."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from tests.simulation.configuration import BULKY, NOT_A_NUMBER, PLAIN, TOO_LARGE
from tests.simulation.kinds import REFUSED, THING, WARE, Entities
from tests.simulation.world import Image, World

_PLANS = ("free", "pro", "team")


@dataclass(slots=True)
class Writers:
    """``poison_share``: of the writes, how many leave an item that can never become its event. ``bulky``: now
    and then an item is too large for a sink, and there is a claim check for it."""

    world: World
    rng: Random
    keys: int
    poison_share: float
    bulky: bool = False
    entities: Entities = "none"

    def begin(self, items: int) -> None:
        """A table that has items before anybody listens."""
        for number in range(items):
            key = f"k{number}"
            self.world.begin_with(key, self._image(key))

    def write(self) -> None:
        rng = self.rng
        key = self._key()
        held = self.world.items.get(key)
        chance = rng.random()
        if chance < self.poison_share:
            wrong = (NOT_A_NUMBER, REFUSED) if self.bulky else (NOT_A_NUMBER, TOO_LARGE, REFUSED)
            self.world.put(key, {**self._image(key), **rng.choice(wrong)})
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
        elif self.entities != "none" and chance < 0.66:  # the same item, of another kind
            self.world.put(key, self._as(THING if key[0] == "e" else self._kind(), held))
        else:
            self.world.put(key, self._image(key))

    def _key(self) -> str:
        rng = self.rng
        if rng.random() < 0.5:
            return f"k{rng.randrange(2)}"
        if rng.random() < 0.06:
            return "f0"
        if self.entities != "none" and rng.random() < 0.2:
            return f"e{rng.randrange(3)}" if rng.random() < 0.8 else "o0"
        return f"k{rng.randrange(self.keys)}"

    def _image(self, key: str) -> Image:
        rng = self.rng
        image: Image = {
            "id": key,
            "v": rng.randrange(5),
            "plan": rng.choice(_PLANS),
            "seen": rng.randrange(3),
        }
        image["secret"] = f"{PLAIN} {rng.randrange(2)}"
        mail = f"{PLAIN}-{rng.randrange(3)}@example.com"
        image["contact"] = mail if rng.random() < 0.05 else {"mail": mail}
        if self.entities != "none":
            image = self._as(THING if key[0] == "e" else self._kind(), image)
        if self.bulky and rng.random() < 0.1:
            image.update(BULKY)
        return image

    def _kind(self) -> str | None:
        """Seldom none, or one that no entity has: where such items are quarantined, too many look like a bad
        deploy."""
        chance = self.rng.random()
        if chance < (0.1 if self.entities == "quarantine" else 0.25):
            return self.rng.choice(("lost", None))
        return THING if chance < 0.6 else WARE

    def _as(self, kind: str | None, image: Image) -> Image:
        """The item as one of this kind. Only of a ``thing`` subscribers may read the note."""
        note = self.rng.randrange(3)
        made = {**image, "kind": kind, "note": f"{note}" if kind == THING else f"{PLAIN} {note}"}
        return made if kind is not None or note else {n: v for n, v in made.items() if n != "kind"}
