"""Store messages of a shop as the webhook does: a question to ask in a service's environment."""

import json

from django.db import transaction
from django.utils import timezone

from downloads import fulfilment
from downloads.models import Shop
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
