"""What happens in the table Shop, which holds several kinds of items: one method, one call for each action.

Customers, carts, purchases and settings have the same generic keys. A cart and the purchase that it becomes
are one item, whose status changes.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from bridge.demo.writer import Outcome, Step

TABLE: Final = "Shop"
ENTITIES: Final = ("customer", "cart", "purchase")
MEANING: Final = (
    "one table holds customers, carts and purchases, and each kind has its own events; a cart that is"
    " checked out ends as a cart and starts as a purchase"
)
"""What the events of the table are, for people."""

OPEN: Final = "open"
STATUSES: Final = ("placed", "paid", "shipped")
"""Of a purchase."""

_START = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
_NAMES = ("Aiko", "Bram", "Celia", "Dmitri", "Efua", "Farid")
_COUNTRIES = ("CZ", "GH", "JP", "NO", "PT")
_CENTS: Mapping[str, int] = {"TEA-GREEN": 450, "MUG-BLUE": 1200, "KETTLE-1L": 3990}


class Shop:
    """Makes steps, and remembers enough of every item to know which steps are possible next.

    ``after``: offset of ids and times, so that they do not collide with those of an earlier shop.
    """

    def __init__(self, choose: random.Random, *, after: int = 0) -> None:
        self.choose = choose
        self.customers: dict[str, str] = {}
        """Customer to country."""
        self.carts: dict[str, str] = {}
        """Order id to customer, of the carts."""
        self.purchases: dict[str, tuple[str, str]] = {}
        """Order id to customer and status."""
        self._goods: dict[str, dict[str, int]] = {}
        self._minutes = after
        self._made = 1000 + after

    def know(self, items: Iterable[Mapping[str, Any]]) -> None:
        """Continue with what the table holds."""
        for item in items:
            customer, order = (item[name]["S"].partition("#")[2] for name in ("PK", "SK"))
            if item["SK"]["S"] == "PROFILE":
                self.customers[customer] = item["country"]["S"]
            elif order:
                self._goods[order] = {name: int(value["N"]) for name, value in item["goods"]["M"].items()}
                if (status := item["status"]["S"]) == OPEN:
                    self.carts[order] = customer
                else:
                    self.purchases[order] = (customer, status)

    # --- customers and settings --------------------------------------------------------------------

    def register(self) -> Step:
        customer, name = self._next_id("c"), self.choose.choice(_NAMES)
        self.customers[customer] = country = self.choose.choice(_COUNTRIES)
        item = {
            **_key(customer),
            "name": {"S": name},
            "country": {"S": country},
            "cardToken": {"S": f"$demo${self.choose.getrandbits(64):016x}"},
            **self._indexed("CUSTOMER"),
        }
        return _put(item, f"{name} registers as {customer}")

    def relocate(self, customer: str) -> Step:
        others = [each for each in _COUNTRIES if each != self.customers[customer]]
        self.customers[customer] = country = self.choose.choice(others)
        values = {":c": {"S": country}, **self._now()}
        change = "SET #country = :c, #updatedAt = :t"
        return _update(_key(customer), f"{customer} moves to {country}", change, values)

    def close(self, customer: str) -> Step:
        del self.customers[customer]
        return _delete(_key(customer), f"{customer} closes the account")

    def rank(self, customer: str) -> Step:
        """Only an index key changes."""
        now = self._now()[":t"]
        text = f"{customer} has another place in an index"
        return _update(_key(customer), text, "SET #GSI1SK = :t", {":t": now}, "unimportant")

    def set_rate(self, percent: int) -> Step:
        item = {"PK": {"S": "SETTINGS"}, "SK": {"S": "VAT"}, "percent": {"N": str(percent)}, **self._stamp()}
        return _put(item, f"a setting is saved: VAT {percent} %", "unselected")

    # --- carts and purchases -----------------------------------------------------------------------

    def open_cart(self, customer: str) -> Step:
        order, article = self._next_id("b"), self.choose.choice(list(_CENTS))
        self.carts[order] = customer
        self._goods[order] = {article: 1}
        item = {
            **_key(customer, order),
            "status": {"S": OPEN},
            "goods": {"M": {article: {"N": "1"}}},
            **self._indexed(f"STATUS#{OPEN}"),
        }
        return _put(item, f"{customer} opens cart {order}")

    def fill(self, order: str) -> Step:
        article = self.choose.choice(list(_CENTS))
        quantity = self._goods[order].get(article, 0) + 1
        self._goods[order][article] = quantity
        values = {":q": {"N": str(quantity)}, **self._now()}
        change = f"SET #goods.#{article.replace('-', '')} = :q, #updatedAt = :t"
        names = {f"#{article.replace('-', '')}": article}
        text = f"cart {order} has {quantity} of {article}"
        return _update(_key(self.carts[order], order), text, change, values, names=names)

    def drop(self, order: str) -> Step:
        customer = self.carts.pop(order)
        return _delete(_key(customer, order), f"cart {order} is dropped")

    def check_out(self, order: str) -> Step:
        """The cart becomes a purchase, in one change of one item."""
        customer = self.carts.pop(order)
        self.purchases[order] = (customer, STATUSES[0])
        cents = sum(_CENTS[article] * quantity for article, quantity in self._goods[order].items())
        total = {"amount": {"N": f"{cents // 100}.{cents % 100:02d}"}, "currency": {"S": "EUR"}}
        values = {":total": {"M": total}, **self._status(STATUSES[0])}
        change = "SET #status = :s, #total = :total, #GSI1PK = :i, #updatedAt = :t"
        text = f"cart {order} is checked out: it becomes a purchase"
        return _update(_key(customer, order), text, change, values)

    def advance(self, order: str) -> Step:
        customer, status = self.purchases[order]
        status = STATUSES[STATUSES.index(status) + 1]
        self.purchases[order] = (customer, status)
        change = "SET #status = :s, #GSI1PK = :i, #updatedAt = :t"
        return _update(_key(customer, order), f"purchase {order} is {status}", change, self._status(status))

    def archive(self, order: str) -> Step:
        customer, _ = self.purchases.pop(order)
        return _delete(_key(customer, order), f"purchase {order} is archived")

    # --- parts ---------------------------------------------------------------------------------------

    def _indexed(self, index: str) -> dict[str, Any]:
        stamp = self._stamp()
        return {"GSI1PK": {"S": index}, "GSI1SK": stamp["updatedAt"], **stamp}

    def _status(self, status: str) -> dict[str, Any]:
        return {":s": {"S": status}, ":i": {"S": f"STATUS#{status}"}, **self._now()}

    def _stamp(self) -> dict[str, Any]:
        return {"updatedAt": self._now()[":t"]}

    def _now(self) -> dict[str, Any]:
        self._minutes += 1
        return {":t": {"S": (_START + timedelta(minutes=self._minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")}}

    def _next_id(self, prefix: str) -> str:
        self._made += 1
        return f"{prefix}-{self._made}"


def _key(customer: str, order: str = "") -> dict[str, Any]:
    return {"PK": {"S": f"CUSTOMER#{customer}"}, "SK": {"S": f"ORDER#{order}" if order else "PROFILE"}}


def _put(item: Mapping[str, Any], text: str, outcome: Outcome = "change") -> Step:
    return Step(text, TABLE, "put_item", {"TableName": TABLE, "Item": item}, outcome)


def _delete(key: Mapping[str, Any], text: str) -> Step:
    return Step(text, TABLE, "delete_item", {"TableName": TABLE, "Key": key})


def _update(
    key: Mapping[str, Any],
    text: str,
    change: str,
    values: Mapping[str, Any],
    outcome: Outcome = "change",
    *,
    names: Mapping[str, str] | None = None,
) -> Step:
    placeholders = {found: found[1:] for found in re.findall(r"#\w+", change)} | dict(names or {})
    request = {
        "TableName": TABLE,
        "Key": key,
        "UpdateExpression": change,
        "ExpressionAttributeNames": placeholders,
        "ExpressionAttributeValues": values,
    }
    return Step(text, TABLE, "update_item", request, outcome)
