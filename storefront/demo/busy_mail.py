"""Mail, messages and requests of the demo's busy shop, the recent ones alone."""

import random
from datetime import datetime, timedelta
from typing import Any

from downloads.models import DataRequest, Mail, Message, Order, Shop
from storefront.platforms.shopify.platform import SHOPIFY

BATCH = 500
MINUTE = timedelta(minutes=1)
MAILED, REPORTED = timedelta(days=80), timedelta(days=20)
BOUNCES = ("550 5.1.1 No such user here", "552 5.2.2 The mailbox is full")
UNSENT = "The mail server refused it: 550 5.7.1 the recipient’s domain does not exist."
SET_ASIDE = (
    ("orders/updated", "The order has no line that could be read."),
    ("orders/paid", "A line names no product, and no title either."),
    ("refunds/create", "The refund is about a line that the order does not have."),
)


def make_mail_and_messages(
    shop: Shop, orders: list[Order], draw: random.Random, *, at: datetime
) -> None:
    """Make the mail and messages of orders, some of which failed, and two data requests."""
    mailed = [order for order in orders if order.email_sent_at and order.placed_at > at - MAILED]
    Mail.objects.bulk_create(
        [_mail(shop, order, draw, at=at) for order in mailed], batch_size=BATCH
    )
    recent = [order for order in orders if order.placed_at > at - REPORTED]
    messages = [_message(shop, order, "orders/paid", order.placed_at) for order in recent]
    for number, (topic, error) in enumerate(SET_ASIDE):
        if number < len(recent):
            order = recent[-1 - number]
            message = _message(shop, order, topic, at - (number + 1) * 37 * MINUTE)
            message.state, message.error, message.attempts = Message.State.SET_ASIDE, error, 8
            message.body, message.applied_at = "{}", None
            message.delivery_id += "-aside"
            messages.append(message)
    Message.objects.bulk_create(messages, batch_size=BATCH)
    DataRequest.objects.bulk_create(
        DataRequest(
            shop=shop,
            platform_id=number + 1,
            customer_platform_id=order.customer.platform_id if order.customer else None,
            email=order.email,
            asked_at=at - (number + 1) * timedelta(days=1),
        )
        for number, order in enumerate(orders[:2])
    )


def _mail(shop: Shop, order: Order, draw: random.Random, *, at: datetime) -> Mail:
    values: dict[str, Any] = {"state": Mail.State.SENT, "sent_at": order.email_sent_at}
    chance = draw.random()
    if chance < 0.01:
        values = {"state": Mail.State.SET_ASIDE, "error": UNSENT, "attempts": 12}
    elif chance < 0.025:
        values |= {"bounced_at": order.placed_at + 5 * MINUTE, "bounce": draw.choice(BOUNCES)}
    moment = order.placed_at + MINUTE
    return Mail(
        shop=shop,
        kind=Mail.Kind.ORDER,
        email=order.email,
        order=order,
        created_at=order.placed_at,
        due_at=moment,
        **values,
    )


def _message(shop: Shop, order: Order, topic: str, at: datetime) -> Message:
    return Message(
        shop=shop,
        source=SHOPIFY.name,
        topic=topic,
        delivery_id=f"busy-{order.platform_id}",
        about_order=order.platform_id,
        state=Message.State.APPLIED,
        attempts=1,
        received_at=at,
        due_at=at,
        applied_at=at,
    )
