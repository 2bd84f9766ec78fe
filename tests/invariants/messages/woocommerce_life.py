"""An order's life as WooCommerce reports it, beside the truth that `Life` keeps."""

from typing import Any

from tests.invariants.messages.life import START, Life

# No webhook of the platform's: a refund as its REST API prints it to whoever asks.
REFUND = "refund"
TOPICS = {
    "orders/create": "order.created",
    "orders/paid": "order.updated",
    "orders/updated": "order.updated",
    "orders/cancelled": "order.updated",
}
STATUSES = {
    "authorized": "on-hold",
    "paid": "processing",
    "partially_refunded": "processing",
    "refunded": "refunded",
}


class WooLife(Life):
    """The same life; webhooks tell of refunds by amount alone, and nobody speaks of disputes."""

    # What it is called beside what `Life` knows of it.
    status_name = ""

    @property
    def page_token(self) -> str:
        return f"wc_order_{self.token}"

    def complete(self) -> None:
        self.status_name = "completed"
        self._say("orders/updated", self._order())

    def fail(self) -> None:
        self.status_name = "failed"
        self._say("orders/updated", self._order())
        self.status_name = ""

    def put_into_trash(self) -> None:
        self.status_name, self.cancelled_at = "trash", self.clock
        self._say("orders/updated", self._order())

    def restore(self) -> None:
        self.status_name, self.cancelled_at = "", None
        super()._say("order.restored", self._order())

    def delete(self) -> None:
        """Put it into the trash; the message tells its number alone."""
        self.cancelled_at = self.clock
        super()._say("order.deleted", {"id": self.id})

    def printed_refunds(self) -> list[dict[str, Any]]:
        """Return its refunds as the REST API prints them to whoever asks."""
        return [
            {
                "id": refund["id"],
                "date_created_gmt": refund["created_at"][:19],
                "line_items": [
                    {
                        "id": refund["id"] + 100 + position,
                        "quantity": -line["quantity"],
                        "meta_data": [
                            {"key": "_refunded_item_id", "value": str(line["line_item_id"])}
                        ],
                    }
                    for position, line in enumerate(refund["refund_line_items"])
                ],
            }
            for refund in self.refunds
        ]

    def _say(self, topic: str, payload: dict) -> None:
        if topic == "refunds/create":
            super()._say(REFUND, self.printed_refunds()[-1] | {"order_id": self.id})
        elif topic == "products/update":
            super()._say("product.updated", self._variation(payload["title"]))
        elif topic in TOPICS:
            super()._say(TOPICS[topic], payload)

    def _variation(self, name: str) -> dict[str, Any]:
        return {
            "id": 100,
            "type": "variation",
            "parent_id": 10,
            "name": name,
            "date_modified_gmt": self.clock.isoformat()[:19],
        }

    def _order(self) -> dict:
        status = "cancelled" if self.cancelled_at else STATUSES.get(self.financial, "pending")
        is_paid = self.financial in ("paid", "partially_refunded", "refunded")
        return {
            "id": self.id,
            "number": str(self.number),
            "order_key": self.page_token,
            "status": self.status_name or status,
            "date_created_gmt": START.isoformat()[:19],
            "date_modified_gmt": self.clock.isoformat()[:19],
            "date_paid_gmt": START.isoformat()[:19] if is_paid else None,
            "currency": "EUR",
            "total": "30.00",
            "customer_id": self.id + 999,
            "billing": {"email": f"buyer-{self.number}@example.com", "first_name": "Ada"},
            "line_items": [
                {
                    "id": line.number,
                    "name": f"Book - Cover {line.variant}",
                    "parent_name": "Book",
                    "product_id": 10,
                    "variation_id": line.variant,
                    "quantity": line.quantity,
                }
                for line in self.lines
            ],
            "refunds": [
                {"id": refund["id"], "reason": "", "total": "-5.00"} for refund in self.refunds
            ],
        }
