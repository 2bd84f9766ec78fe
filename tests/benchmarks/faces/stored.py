"""Store messages as the webhook does, and see them applied: asked in a service's environment."""

import json

from django.db import transaction
from django.db.models import Count, Max, Min
from django.utils import timezone

from downloads import fulfilment
from downloads.models import Message, Shop
from storefront.inbox import ring
from storefront.platforms.base import Envelope
from storefront.platforms.registry import PLATFORMS

TOPIC = "orders/create"


def store_messages(domain: str, payloads: list[dict]) -> None:
    """Store each as a message of its own, and ring for the worker once."""
    shop, platform = Shop.objects.get(domain=domain), PLATFORMS["shopify"]
    with transaction.atomic():
        for number, payload in enumerate(payloads):
            headers = {"X-Shopify-Topic": TOPIC, "X-Shopify-Webhook-Id": f"stored-{number}"}
            envelope: Envelope = platform.read_envelope(headers)
            inbound = platform.parse(envelope, json.loads(json.dumps(payload)))
            fulfilment.receive(shop, inbound, at=timezone.now())
    ring()


def applied() -> dict[str, float]:
    """Tell how many are applied, and the seconds from the first to the last of them."""
    messages = Message.objects.filter(state=Message.State.APPLIED)
    found = messages.aggregate(orders=Count("pk"), first=Min("applied_at"), last=Max("applied_at"))
    took = (found["last"] - found["first"]).total_seconds() if found["orders"] else 0.0
    return {"orders": found["orders"], "seconds": took}
