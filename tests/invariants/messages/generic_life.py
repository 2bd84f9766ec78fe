"""An order's life as a shop of one's own reports it, beside the truth that `Life` keeps."""

from dataclasses import dataclass

from downloads import fulfilment
from downloads.models import Message, Shop
from storefront import inbox
from storefront.platforms.base import Envelope
from storefront.platforms.generic.platform import GENERIC
from tests.factories import NOW
from tests.invariants.messages.life import START, Life, Sent

TYPES = {
    "orders/create": "order.created",
    "orders/paid": "order.paid",
    "orders/updated": "order.updated",
    "orders/cancelled": "order.cancelled",
    "refunds/create": "refund.created",
}


@dataclass
class GenericLife(Life):
    """The same happens; what is said of it are other words. Nobody speaks of disputes."""

    def describe(self, name: str) -> None:
        """Let the shop call a product's variants by another name."""
        content = {
            "id": 10,
            "name": name,
            "tags": [name.lower()],
            "updated_at": self.clock.isoformat(),
            "variants": [{"id": number} for number in (100, 101, 102)],
        }
        self._send("product.updated", content)

    def _say(self, topic: str, payload: dict) -> None:
        if topic == "refunds/create":
            self._send("refund.created", {"order_id": self.id} | self._refund(payload))
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


def hear(shop: Shop, messages: list[Sent], *, again: str = "") -> None:
    """Store messages in this order and apply them; `again` sends them under other ids, too."""
    for message in messages:
        envelope = Envelope(shop.domain, "", message.id + again, signature="")
        inbox.store(shop, GENERIC.parse(envelope, message.payload), at=NOW)
    while (done := fulfilment.apply_next(_apply, at=NOW)) is not None:
        assert done.error == ""


def _apply(message: Message) -> None:
    GENERIC.apply(message, at=NOW)
