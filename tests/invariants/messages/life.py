"""An order's life as Shopify would report it, and the truth about it, kept without our rule."""

import copy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

LIMIT = 3
START = datetime(2026, 2, 1, 9, 0, tzinfo=UTC)
# Every id of the platform may be beyond what a double holds.
BEYOND_DOUBLES = 2**53 + 1


@dataclass(frozen=True)
class Sent:
    """One message: what the platform says, under which name."""

    topic: str
    payload: dict
    id: str


@dataclass
class Line:
    number: int
    variant: int
    quantity: int
    current: int
    refunded: int = 0
    is_unpaid: bool = False


@dataclass
class Life:
    """One order. Each verb changes what is true and returns nothing; `sent` is what was said."""

    number: int
    token: str
    lines: list[Line] = field(default_factory=list)
    financial: str = "pending"
    cancelled_at: datetime | None = None
    refunds: list[dict] = field(default_factory=list)
    disputes: dict[int, str] = field(default_factory=dict)
    clock: datetime = START
    sent: list[Sent] = field(default_factory=list)
    ticks: list[int] = field(default_factory=list)
    title: str | None = None

    def __post_init__(self) -> None:
        self.id = BEYOND_DOUBLES + self.number * 1000

    # --- What can happen -------------------------------------------------------------------------

    def place(self, quantities: list[int], financial: str = "pending") -> None:
        self.financial = financial
        for quantity in quantities:
            self._new_line(quantity)
        self._say("orders/create", self._order())

    def tick(self, seconds: int) -> None:
        self.clock += timedelta(seconds=seconds)
        self.ticks.append(seconds)

    def authorize(self) -> None:
        self.financial = "authorized"
        self._say("orders/updated", self._order())

    def pay(self) -> None:
        self.financial = "paid"
        self._say("orders/paid", self._order())

    def add_units(self, position: int, units: int) -> None:
        line = self.lines[position % len(self.lines)]
        line.quantity += units
        line.current += units
        self._say("orders/updated", self._order())

    def add_line(self, quantity: int) -> None:
        self._new_line(quantity)
        self._say("orders/updated", self._order())
        additions = [{"id": self.lines[-1].number, "delta": quantity}]
        edit = {"order_id": self.id, "line_items": {"additions": additions, "removals": []}}
        self._say("orders/edited", {"order_edit": edit})

    def add_line_unpaid(self, quantity: int) -> None:
        """Add a line to a paid order: what was paid for stays open, this waits."""
        self._new_line(quantity)
        self.lines[-1].is_unpaid = True
        self.financial = "partially_paid"
        self._say("orders/updated", self._order())

    def change_product(self, position: int, variant: int) -> None:
        """Let a line be of another product."""
        self.lines[position].variant = variant
        self._say("orders/updated", self._order())

    def remove_units(self, position: int, units: int) -> None:
        line = self.lines[position % len(self.lines)]
        line.current -= min(units, line.current)
        self._say("orders/updated", self._order())

    def refund(self, units: dict[int, int]) -> None:
        """Give units of lines (by position) back, as many as are left; none: money alone."""
        given = []
        for position, wanted in units.items():
            line = self.lines[position % len(self.lines)]
            back = min(wanted, line.current)
            if back:
                line.current -= back
                line.refunded += back
                given.append({"line_item_id": line.number, "quantity": back})
        refund = {
            "id": self.id + 500 + len(self.refunds),
            "order_id": self.id,
            "created_at": self.clock.isoformat(),
            "refund_line_items": given,
        }
        self.refunds.append(refund)
        if self.financial == "paid":
            self.financial = "partially_refunded"
        self._say("refunds/create", copy.deepcopy(refund))
        self._say("orders/updated", self._order())

    def give_all_money_back(self) -> None:
        self.financial = "refunded"
        self._say("orders/updated", self._order())

    def cancel(self) -> None:
        self.cancelled_at = self.clock
        self._say("orders/cancelled", self._order())

    def dispute(self, number: int, status: str) -> None:
        """Let the bank open a dispute, or decide one; a decided one stays decided."""
        if self.disputes.get(number) in ("won", "lost"):
            return
        topic = "disputes/update" if number in self.disputes else "disputes/create"
        self.disputes[number] = status
        payload = {
            "id": self.id + 900 + number,
            "order_id": self.id,
            "type": "chargeback",
            "status": status,
            "initiated_at": START.isoformat(),
            "finalized_on": None if status == "needs_response" else self.clock.isoformat(),
        }
        self._say(topic, payload)

    def describe(self, name: str) -> None:
        """Let the shop call a product by another name."""
        self.title = name
        self._say(
            "products/update",
            {
                "id": 10,
                "title": name,
                "tags": name.lower(),
                "updated_at": self.clock.isoformat(),
                "variants": [{"id": number} for number in (100, 101, 102)],
            },
        )

    # --- What is true ----------------------------------------------------------------------------

    @property
    def page_token(self) -> str:
        """What opens the order's page in the shop."""
        return self.token

    @property
    def status(self) -> str:
        if self.cancelled_at is not None:
            return "canceled"
        all_back = all(self._back(line) == line.quantity for line in self.lines)
        if self.financial == "refunded" or all_back or "lost" in self.disputes.values():
            return "closed"
        is_paid = self.financial in ("paid", "partially_refunded", "partially_paid")
        is_held = "needs_response" in self.disputes.values()
        return "completed" if is_paid and not is_held else "pending"

    @property
    def downloads(self) -> dict[int, tuple[int, bool]]:
        """The limit of each line after cancellations, by the line's number; and if it is open."""
        return {
            line.number: (
                LIMIT * (line.quantity - self._back(line)),
                self.status == "completed"
                and self._back(line) < line.quantity
                and not line.is_unpaid,
            )
            for line in self.lines
        }

    @property
    def is_told_apart(self) -> bool:
        """Whether no two reports carry the same time, so that the newest one is the truth."""
        return all(self.ticks)

    @staticmethod
    def _back(line: Line) -> int:
        return max(line.refunded, line.quantity - line.current)

    # --- How it is said --------------------------------------------------------------------------

    def _new_line(self, quantity: int) -> None:
        position = len(self.lines)
        number = self.id + 1 + position
        self.lines.append(Line(number, 100 + position % 3, quantity, quantity))

    def _say(self, topic: str, payload: dict) -> None:
        self.sent.append(Sent(topic, payload, f"{self.number}-{len(self.sent)}"))

    def _order(self) -> dict:
        moment = self.clock.isoformat()
        return {
            "id": self.id,
            "order_number": self.number,
            "token": self.token,
            "created_at": START.isoformat(),
            "updated_at": moment,
            "cancelled_at": self.cancelled_at and self.cancelled_at.isoformat(),
            "financial_status": self.financial,
            "currency": "EUR",
            "total_price": "30.00",
            "email": f"buyer-{self.number}@example.com",
            "customer": {"id": self.id + 999, "email": f"buyer-{self.number}@example.com"},
            "line_items": [
                {
                    "id": line.number,
                    "title": f"Book {line.variant}",
                    "product_id": 10,
                    "variant_id": line.variant,
                    "quantity": line.quantity,
                    "current_quantity": line.current,
                }
                for line in self.lines
            ],
            "refunds": copy.deepcopy(self.refunds),
        }
