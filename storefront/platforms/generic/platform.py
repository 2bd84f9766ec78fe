"""A shop of one's own: headers, what of a message is stored, and applying it.

It signs as Standard Webhooks says. Source of the headers: Standard Webhooks 1.0.0, “Webhook
headers”.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from downloads.fulfilment import InboundMessage
from downloads.json_names import is_marked, marked_or
from downloads.models import Message
from downloads.tokens import hash_token, is_fit
from storefront.platforms.base import UNCLEAR, Doubt, Envelope, Platform, doubt_of, number_of
from storefront.platforms.fields import number_in
from storefront.platforms.generic import schemas, signing
from storefront.platforms.generic.messages import ORDER, TOPICS
from storefront.platforms.generic.reports import UNFIT
from storefront.platforms.schemas import keep


class Generic(Platform):
    name = "generic"
    title = _("A shop of your own")
    where_to_set_up = _(
        "For a shop of your own leave the secret empty: one is made and shown once. Your shop "
        "signs its messages with it, as Standard Webhooks says. It sends order.created, "
        "order.updated, order.deleted, refund.created and customer.updated."
    )

    def read_envelope(self, headers: Mapping[str, str]) -> Envelope:
        """Return what the headers of a message say; what is missing is empty.

        They name neither the shop, which stands in the address, nor the topic, which is in the
        body.
        """
        return Envelope(
            shop_domain="",
            topic="",
            delivery_id=headers.get("webhook-id", ""),
            signature=headers.get("webhook-signature", ""),
            sent_at=headers.get("webhook-timestamp", ""),
        )

    def is_signed(self, envelope: Envelope, body: bytes, *, secret: str, at: datetime) -> bool:
        return signing.is_signed(envelope, body, secret=secret, at=at)

    def new_secret(self) -> str:
        return signing.new_secret()

    def complaint_about(self, secret: str) -> str | None:
        return signing.complaint_about(secret)

    def parse(self, envelope: Envelope, payload: dict[str, Any]) -> InboundMessage:
        """Reduce a message to the fields that `apply` uses, the order-status token hashed.

        A message that does not say its type has an empty topic. One that says it twice is stored as
        unclear and set aside.
        """
        name = payload.get("type")
        if is_marked(name):
            body = json.dumps({"type": name})
            return InboundMessage(self.name, UNCLEAR, envelope.delivery_id, body=body)
        name = name if isinstance(name, str) else ""
        topic = TOPICS.get(name)
        if topic is None:
            return InboundMessage(self.name, name, envelope.delivery_id, is_known=False)
        content = payload.get("data")
        kept = keep(schemas.Timestamp, payload)
        person: dict[str, Any] = {}
        if is_marked(content) or not isinstance(content, dict):
            # Named as wrong when it is applied.
            kept["data"] = [] if isinstance(content, list) else content
        else:
            kept["data"] = keep(topic.schema, content)
            person = keep(topic.schema, content, personal=True)
            if topic is ORDER:
                token = marked_or(content.get("token"), _hash_of_token(content))
                kept["data"]["token_sha256"] = token
        return InboundMessage(
            source=self.name,
            topic=name,
            delivery_id=envelope.delivery_id,
            body=json.dumps(kept),
            person=json.dumps(person),
            about_customer=number_in(person.get("customer"), "id")
            or number_of(content, topic.customer),
            about_order=number_of(content, topic.order),
        )

    def apply(self, message: Message, *, at: datetime) -> Doubt | None:
        payload = json.loads(message.body)
        content, topic = payload.get("data"), TOPICS[message.topic]
        if isinstance(content, dict):
            content |= self.person_of(message, {"customer": {"id": message.about_customer}})
            # Without its own time a thing is as it was when the message was written.
            content["sent_at"] = payload.get("timestamp")
            if content.get("updated_at") in (None, ""):
                content["updated_at"] = payload.get("timestamp")
        return doubt_of(topic, message, topic.schema.read(content, "data"), at)


def _hash_of_token(content: dict[str, Any]) -> str | None:
    token = content.get("token")
    if token is None or token == "":
        return None
    return hash_token(token) if is_fit(token) else UNFIT


GENERIC = Generic()
