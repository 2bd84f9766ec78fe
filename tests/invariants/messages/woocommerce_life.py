"""An order's life as WooCommerce would report it, and what a look at its refunds would learn."""

import copy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

START = datetime(2026, 2, 1, 9, 0, tzinfo=UTC)
ORDER = 2**53 + 1050


@dataclass
class WooLife:
    """One order. Each verb changes what is true; `said` is what was told of it, in its order.

    A row of `said` is a webhook's topic and payload, or `"refund"` and one refund as the REST API
    prints it to whoever asks.
    """

    key: str
    status: str = "pending"
    paid_at: str | None = None
    lines: list[dict] = field(default_factory=list)
    refunds: list[dict] = field(default_factory=list)
    clock: datetime = START
    said: list[tuple[str, dict]] = field(default_factory=list)

    def place(self, quantities: dict[int, int]) -> None:
        """Place an order of so many of each variant."""
        for number, (variant, quantity) in enumerate(quantities.items(), start=1):
            line = {"id": ORDER + number, "name": f"Book {variant}", "quantity": quantity}
            self.lines.append(line | {"product_id": 10, "variation_id": variant})
        self._say("order.created")

    def tick(self, seconds: int) -> None:
        self.clock += timedelta(seconds=seconds)

    def become(self, status: str, *, topic: str = "order.updated") -> None:
        self.status = status
        if status in ("processing", "completed") and self.paid_at is None:
            self.paid_at = self._now()
        self._say(topic)

    def delete(self) -> None:
        """Put it into the trash; the message tells its number alone."""
        self.said.append(("order.deleted", {"id": ORDER}))

    def add_units(self, position: int, units: int) -> None:
        self.lines[position]["quantity"] += units
        self._say("order.updated")

    def refund(self, units: dict[int, int]) -> None:
        """Give units of lines (by position) back; the webhook tells the amount alone."""
        number = ORDER + 500 + len(self.refunds)
        self.refunds.append({"id": number, "reason": "", "total": "-5.00"})
        self._say("order.updated")
        lines = [
            {
                "id": number + 50 + position,
                "quantity": -back,
                "meta_data": [
                    {"key": "_refunded_item_id", "value": str(self.lines[position]["id"])}
                ],
            }
            for position, back in units.items()
        ]
        self.said.append(
            ("refund", {"id": number, "date_created_gmt": self._now(), "line_items": lines})
        )

    def _say(self, topic: str) -> None:
        self.said.append((topic, copy.deepcopy(self._order())))

    def _now(self) -> str:
        return self.clock.strftime("%Y-%m-%dT%H:%M:%S")

    def _order(self) -> dict:
        return {
            "id": ORDER,
            "number": "WC-1050",
            "order_key": self.key,
            "status": self.status,
            "date_created_gmt": START.strftime("%Y-%m-%dT%H:%M:%S"),
            "date_modified_gmt": self._now(),
            "date_paid_gmt": self.paid_at,
            "currency": "EUR",
            "total": "30.00",
            "customer_id": 26,
            "billing": {"email": "buyer@example.com", "first_name": "Ada", "last_name": "L"},
            "line_items": self.lines,
            "refunds": self.refunds,
        }
