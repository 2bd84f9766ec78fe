"""What a shop of one's own writes outside on a message.

Source: Standard Webhooks 1.0.0, “Webhook headers”.
"""

from collections.abc import Mapping

from storefront.platforms.base import Envelope


def read_envelope(headers: Mapping[str, str]) -> Envelope:
    """Return what the headers of a message say; what is missing is empty.

    They name neither the shop, which stands in the address, nor the topic, which is in the body.
    """
    return Envelope(
        shop_domain="",
        topic="",
        delivery_id=headers.get("webhook-id", ""),
        signature=headers.get("webhook-signature", ""),
        sent_at=headers.get("webhook-timestamp", ""),
    )


def is_ping(body: bytes) -> bool:
    """Say no: each message is signed."""
    return False
