"""WooCommerce's webhooks: headers, what of a message is stored under which key, applying it."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _

from downloads.fulfilment import InboundMessage
from downloads.json_names import marked_or
from downloads.models import Message
from downloads.tokens import make_token
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
from storefront.platforms.woocommerce import remote as rest_api
from storefront.platforms.woocommerce import setup as woocommerce_setup
from storefront.platforms.woocommerce.messages import BY_NAME, DELETED_ORDER, ORDER, TOPICS
from storefront.platforms.woocommerce.reports import hash_of_key

DIGEST_LENGTH = 32
_PING = re.compile(rb"webhook_id=[0-9]{1,20}")
_MOMENT = re.compile(r"[0-9T:.+Z-]{1,32}", re.ASCII)


class WooCommerce(Platform):
    name = "woocommerce"
    title = "WooCommerce"
    where_to_set_up = _(
        "In WooCommerce add webhooks under WooCommerce → Settings → Advanced → Webhooks, one for "
        "each of the topics Order created, updated, deleted and restored, the same for products, "
        "and Customer created and updated. The address goes into Delivery URL, the secret into "
        "Secret on both sides; the API version is WP REST API Integration v3."
    )
    remote: Remote = rest_api
    setup: Setup = woocommerce_setup

    def read_envelope(self, headers: Mapping[str, str]) -> Envelope:
        return Envelope(
            shop_domain=_domain_of(headers.get("X-WC-Webhook-Source", "")),
            topic=headers.get("X-WC-Webhook-Topic", ""),
            delivery_id=headers.get("X-WC-Webhook-Delivery-ID", ""),
            signature=headers.get("X-WC-Webhook-Signature", ""),
        )

    def is_ping(self, body: bytes) -> bool:
        """Say whether this is what WooCommerce sends when a webhook is saved: its number alone."""
        return _PING.fullmatch(body) is not None

    def new_secret(self) -> str:
        """Return a fresh secret for the merchant to paste into WooCommerce.

        WordPress takes `<`, `&` and `%` out of what is pasted there, or rewrites them: it has none.
        """
        return make_token()

    def parse(self, envelope: Envelope, payload: dict[str, Any]) -> InboundMessage:
        """Reduce a webhook to the fields that `apply` uses, the order's key hashed.

        Created, updated and restored tell alike how a thing is now, so they are one topic here.
        What is said is known by its number, time and content: the platform's delivery id is another
        in each attempt, and the same for whatever one webhook sends within a second.
        """
        topic = TOPICS.get(envelope.topic, UNKNOWN)
        inbound = InboundMessage(
            source=self.name,
            topic=topic.name or envelope.topic,
            delivery_id=_key(payload, {}),
            is_known=topic.apply is not None,
            about_customer=number_of(payload, topic.customer),
            about_order=number_of(payload, topic.order),
        )
        if topic.apply is None:
            return inbound
        body = keep(topic.schema, payload)
        if topic is DELETED_ORDER:
            # It says no time, and an order may be restored and deleted again.
            body["attempt"] = envelope.delivery_id
        if topic is ORDER:
            key = payload.get("order_key")
            body["token_sha256"] = marked_or(key, hash_of_key(key))
        person = keep(topic.schema, payload, personal=True)
        return replace(
            inbound,
            delivery_id=_key(body, person),
            body=json.dumps(body),
            person=json.dumps(person),
            about_customer=number_in(person, "customer_id") or inbound.about_customer,
        )

    def apply(self, message: Message, *, at: datetime) -> Doubt | None:
        payload = json.loads(message.body)
        payload |= self.person_of(message, {"customer_id": message.about_customer})
        payload["received_at"] = message.received_at.isoformat()
        return doubt_of(BY_NAME[message.topic], message.shop, payload, at)


def _domain_of(address: str) -> str:
    # The shop's home page: with a scheme or without, perhaps in a folder, perhaps with a port.
    try:
        host = urlsplit(address if "//" in address else f"//{address}").hostname
    except ValueError:
        return ""
    return (host or "").removeprefix("www.")


def _key(body: dict[str, Any], person: dict[str, Any]) -> str:
    # The shop's clock goes by the second, and an order that needs no shipping is often paid and
    # completed within one: the content tells the two apart.
    content = json.dumps([body, person], sort_keys=True).encode()
    time = body.get("date_modified_gmt") or body.get("date_modified")
    return ":".join(
        (
            str(number_in(body, "id") or ""),
            time if isinstance(time, str) and _MOMENT.fullmatch(time) else "",
            sha256(content).hexdigest()[:DIGEST_LENGTH],
        )
    )


WOOCOMMERCE = WooCommerce()
