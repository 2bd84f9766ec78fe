"""Shopify's webhooks: headers, what of a message is stored, and applying it."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from downloads.fulfilment import InboundMessage
from downloads.json_names import is_marked, marked_or
from downloads.models import Message
from storefront.platforms.base import (
    UNKNOWN,
    Doubt,
    Envelope,
    Platform,
    Remote,
    doubt_of,
    number_of,
)
from storefront.platforms.fields import number_in
from storefront.platforms.schemas import keep
from storefront.platforms.setup import Setup
from storefront.platforms.shopify import remote as admin_api
from storefront.platforms.shopify import setup as shopify_setup
from storefront.platforms.shopify.messages import ORDER, TOPICS
from storefront.platforms.shopify.reports import hash_of_token

# The Admin API prints an object inside one outer key, a webhook without it.
WRAPPERS = ("order", "refund", "product")


class Shopify(Platform):
    name = "shopify"
    title = "Shopify"
    where_to_set_up = _(
        "In Shopify you find the secret under Settings → Notifications → Webhooks, below the list. "
        "For messages that an app sends it is the secret among the app's API credentials. Have it "
        "send at least orders/create, orders/updated, orders/cancelled, orders/delete, "
        "refunds/create, customers/update and customers/merge."
    )
    remote: Remote = admin_api
    setup: Setup = shopify_setup

    def read_envelope(self, headers: Mapping[str, str]) -> Envelope:
        return Envelope(
            shop_domain=headers.get("X-Shopify-Shop-Domain", ""),
            topic=headers.get("X-Shopify-Topic", ""),
            # The same in every retry; the event's id is shared by several topics.
            delivery_id=headers.get("X-Shopify-Webhook-Id", ""),
            signature=headers.get("X-Shopify-Hmac-Sha256", ""),
        )

    def parse(self, envelope: Envelope, payload: dict[str, Any]) -> InboundMessage:
        topic = TOPICS.get(envelope.topic, UNKNOWN)
        payload = _unwrapped(payload)
        inbound = InboundMessage(
            source=self.name,
            topic=envelope.topic,
            delivery_id=envelope.delivery_id,
            is_known=topic.apply is not None,
            about_customer=number_of(payload, topic.customer),
            about_order=number_of(payload, topic.order),
        )
        if topic.apply is None:
            return inbound
        body = keep(topic.schema, payload)
        body |= {name: payload[name] for name in WRAPPERS if is_marked(payload.get(name))}
        if topic.schema is ORDER.schema:
            token = payload.get("token")
            body["token_sha256"] = marked_or(token, hash_of_token(token))
        person = keep(topic.schema, payload, personal=True)
        buyer = number_in(person.get("customer"), "id")
        return replace(
            inbound,
            body=json.dumps(body),
            person=json.dumps(person),
            about_customer=buyer or inbound.about_customer,
        )

    def apply(self, message: Message, *, at: datetime) -> Doubt | None:
        topic = TOPICS[message.topic]
        payload = json.loads(message.body)
        payload |= self.person_of(message, {"customer": {"id": message.about_customer}})
        payload["received_at"] = message.received_at.isoformat()
        return doubt_of(topic, message.shop, payload, at)


def _unwrapped(payload: dict[str, Any]) -> dict[str, Any]:
    for name in WRAPPERS:
        inner = payload.get(name)
        if len(payload) == 1 and isinstance(inner, dict) and not is_marked(inner):
            return inner
    return payload


SHOPIFY = Shopify()
