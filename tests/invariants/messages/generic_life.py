"""An order's life as a shop of one's own reports it, beside the truth that `Life` keeps."""

from tests.invariants.messages.life import START, Life, Sent

TYPES = {
    "orders/create": "order.created",
    "orders/paid": "order.paid",
    "orders/updated": "order.updated",
    "orders/cancelled": "order.cancelled",
    "refunds/create": "refund.created",
}


class GenericLife(Life):
    """The same happens; what is said of it are other words. Nobody speaks of disputes."""

    def _say(self, topic: str, payload: dict) -> None:
        if topic == "refunds/create":
            self._send("refund.created", {"order_id": self.id} | self._refund(payload))
        elif topic == "products/update":
            words = {"name": payload["title"], "tags": [payload["tags"]]}
            self._send("product.updated", payload | words)
        elif topic in TYPES:
            self._send(TYPES[topic], self._whole())

    def _send(self, kind: str, content: dict) -> None:
        said = {"type": kind, "timestamp": self.clock.isoformat(), "data": content}
        self.sent.append(Sent(kind, said, f"msg_{self.number}_{len(self.sent)}"))

    def _whole(self) -> dict:
        is_paid = self.financial == "partially_refunded"
        return {
            "id": self.id,
            "number": self.number,
            "token": self.token,
            "payment": "paid" if is_paid else self.financial,
            "placed_at": START.isoformat(),
            "updated_at": self.clock.isoformat(),
            "cancelled_at": self.cancelled_at and self.cancelled_at.isoformat(),
            "total": "30.00",
            "currency": "EUR",
            "customer": {"id": self.id + 999, "email": f"buyer-{self.number}@example.com"},
            "lines": [
                {
                    "id": line.number,
                    "quantity": line.quantity,
                    "kept": line.current,
                    "product": {"id": 10, "variant_id": line.variant, "name": "Book"},
                }
                for line in self.lines
            ],
            "refunds": [self._refund(refund) for refund in self.refunds],
        }

    @staticmethod
    def _refund(refund: dict) -> dict:
        return {
            "id": refund["id"],
            "refunded_at": refund["created_at"],
            "lines": [
                {"line_id": line["line_item_id"], "quantity": line["quantity"]}
                for line in refund["refund_line_items"]
            ],
        }
