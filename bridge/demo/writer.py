"""What users and orders of the demonstration can do: one method for each action, one table call for each."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

Call = Literal["put_item", "update_item", "delete_item"]
Outcome = Literal["change", "nothing", "unimportant", "unselected", "invalid"]
"""``nothing`` leaves no stream record; ``unimportant`` changes only fields that ``diff`` ignores, and
``unselected`` an item that no entity selects, so no event is published; ``invalid`` is a change whose event
does not match its schema."""

PLANS = ("free", "pro", "enterprise")
STATUSES = ("placed", "paid", "shipped", "delivered")

_START = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
_NAMES = ("Ada", "Björn", "Chiara", "Dai", "Emeka", "Fatima", "Grace", "Hugo", "Inés", "Jun", "Kofi", "Lena")
_CITIES = ("Kraków", "Lisboa", "Nairobi", "Osaka", "Tromsø", "València")
_GOODS = (("TEA-GREEN", "4.50"), ("MUG-BLUE", "12.00"), ("KETTLE-1L", "39.90"), ("HONEY-ACACIA", "7.25"))


@dataclass(frozen=True, slots=True)
class Step:
    """One call on one table. ``request`` is what the DynamoDB client's method ``call`` takes."""

    text: str
    table: str
    call: Call
    request: Mapping[str, Any]
    outcome: Outcome = "change"

    def run(self, dynamodb: Any) -> None:
        """Make the call. Raises botocore's errors."""
        getattr(dynamodb, self.call)(**self.request)


class Writer:
    """Makes steps, and remembers enough of every item to know which steps are possible next.

    ``after``: offset of ids and times, so that they do not collide with those of an earlier writer.
    """

    def __init__(self, choose: random.Random, *, after: int = 0) -> None:
        self.choose = choose
        self.users: dict[str, str] = {}
        """User id to plan."""
        self.orders: dict[str, str] = {}
        """Order id to status."""
        self._minutes = after
        self._made = 1000 + after

    # --- users ---------------------------------------------------------------------------------

    def sign_up(self, plan: str) -> Step:
        user, name = self._next_id("u"), self.choose.choice(_NAMES)
        self.users[user] = plan
        return _put("Users", self._user(user, name, plan), f"{name} signs up as {user}, plan {plan}")

    def sign_up_with_a_broken_email(self) -> Step:
        user = self._next_id("u")
        item = self._user(user, "Mallory", "free") | {"email": {"S": "not an address"}}
        return _put("Users", item, f"{user} signs up with an e-mail that breaks the schema", "invalid")

    def save_unchanged(self, user: str) -> Step:
        return self._update("Users", user, "saves without a change", "SET #plan = #plan", {}, "nothing")

    def look_in(self, user: str) -> Step:
        return self._update("Users", user, "looks in", "SET #updatedAt = :t", self._now(), "unimportant")

    def change_plan(self, user: str, plan: str) -> Step:
        text = f"changes plan from {self.users[user]} to {plan}"
        self.users[user] = plan
        change = "SET #plan = :p, #updatedAt = :t"
        return self._update("Users", user, text, change, {":p": {"S": plan}, **self._now()})

    def change_email(self, user: str) -> Step:
        address = {":e": {"S": f"{user}.{self._minutes}@example.org"}}
        change = "SET #email = :e, #updatedAt = :t"
        return self._update("Users", user, "changes e-mail", change, address | self._now())

    def move(self, user: str, city: str) -> Step:
        change = "SET #profile.#address.#city = :c"
        return self._update("Users", user, f"moves to {city}", change, {":c": {"S": city}})

    def join_groups(self, user: str, *groups: str) -> Step:
        text = f"joins {', '.join(groups)}"
        return self._update("Users", user, text, "ADD #groups :g", {":g": {"SS": groups}})

    def leave_groups(self, user: str, *groups: str) -> Step:
        text = f"leaves {', '.join(groups)}"
        return self._update("Users", user, text, "DELETE #groups :g", {":g": {"SS": groups}})

    def set_balance(self, user: str, digits: str) -> Step:
        text = f"has a balance of {sum(map(str.isdigit, digits))} digits"
        return self._update("Users", user, text, "SET #balance = :b", {":b": {"N": digits}})

    def set_avatar(self, user: str, picture: bytes) -> Step:
        text = f"uploads a picture of {len(picture)} bytes"
        return self._update("Users", user, text, "SET #avatar = :a", {":a": {"B": picture}})

    def leave(self, user: str) -> Step:
        del self.users[user]
        return _delete("Users", user, "deletes the account")

    # --- orders --------------------------------------------------------------------------------

    def place(self, user: str, lines: int) -> Step:
        order = self._next_id("o")
        self.orders[order] = STATUSES[0]
        item = self._order(order, user, self.choose.sample(_GOODS, lines))
        return _put("Orders", item, f"{user} places {order} with {lines} line{'s' if lines > 1 else ''}")

    def advance(self, order: str) -> Step:
        status = STATUSES[STATUSES.index(self.orders[order]) + 1]
        self.orders[order] = status
        return self._set_status(order, status)

    def cancel(self, order: str) -> Step:
        del self.orders[order]
        return self._set_status(order, "cancelled")

    def change_quantity(self, order: str, quantity: int) -> Step:
        text = f"takes {quantity} of the first line"
        change = "SET #lines[0].#quantity = :q"
        return self._update("Orders", order, text, change, {":q": {"N": str(quantity)}})

    def archive(self, order: str) -> Step:
        del self.orders[order]
        return _delete("Orders", order, "is archived")

    # --- parts ---------------------------------------------------------------------------------

    def _set_status(self, order: str, status: str) -> Step:
        values = {":s": {"S": status}, **self._now()}
        change = "SET #status = :s, #updatedAt = :t"
        return self._update("Orders", order, f"is {status}", change, values)

    def _user(self, user: str, name: str, plan: str) -> dict[str, Any]:
        now = self._now()[":t"]
        return {
            "userId": {"S": user},
            "email": {"S": f"{user}@example.com"},
            "plan": {"S": plan},
            "profile": {
                "M": {
                    "name": {"S": name},
                    "address": {"M": {"city": {"S": self.choose.choice(_CITIES)}, "country": {"S": "XX"}}},
                }
            },
            "passwordHash": {"S": f"$demo${self.choose.getrandbits(64):016x}"},
            "createdAt": now,
            "updatedAt": now,
        }

    def _order(self, order: str, user: str, goods: list[tuple[str, str]]) -> dict[str, Any]:
        now = self._now()[":t"]
        lines = [(sku, price, self.choose.randint(1, 4)) for sku, price in goods]
        cents = sum(int(price.replace(".", "")) * quantity for _, price, quantity in lines)
        return {
            "orderId": {"S": order},
            "userId": {"S": user},
            "status": {"S": STATUSES[0]},
            "lines": {
                "L": [
                    {"M": {"sku": {"S": sku}, "quantity": {"N": str(quantity)}, "unitPrice": _money(price)}}
                    for sku, price, quantity in lines
                ]
            },
            "total": _money(f"{cents // 100}.{cents % 100:02d}"),
            "placedAt": now,
            "updatedAt": now,
        }

    def _update(
        self,
        table: str,
        number: str,
        text: str,
        change: str,
        values: Mapping[str, Any],
        outcome: Outcome = "change",
    ) -> Step:
        # Every name is a placeholder: many plain names (plan, status, ...) are reserved words.
        request: dict[str, Any] = {
            "TableName": table,
            "Key": _key(table, number),
            "UpdateExpression": change,
            "ExpressionAttributeNames": {found: found[1:] for found in re.findall(r"#\w+", change)},
        }
        if values:
            request["ExpressionAttributeValues"] = dict(values)
        return Step(f"{number} {text}", table, "update_item", request, outcome)

    def _now(self) -> dict[str, Any]:
        self._minutes += 1
        return {":t": {"S": (_START + timedelta(minutes=self._minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")}}

    def _next_id(self, prefix: str) -> str:
        self._made += 1
        return f"{prefix}-{self._made}"


def _put(table: str, item: Mapping[str, Any], text: str, outcome: Outcome = "change") -> Step:
    return Step(text, table, "put_item", {"TableName": table, "Item": item}, outcome)


def _delete(table: str, number: str, text: str) -> Step:
    return Step(f"{number} {text}", table, "delete_item", {"TableName": table, "Key": _key(table, number)})


def _key(table: str, number: str) -> dict[str, Any]:
    return {{"Users": "userId", "Orders": "orderId"}[table]: {"S": number}}


def _money(amount: str) -> dict[str, Any]:
    return {"M": {"amount": {"N": amount}, "currency": {"S": "EUR"}}}
