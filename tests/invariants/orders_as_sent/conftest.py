"""A shop on a platform that signs what it says, and what its orders come to."""

import hashlib
import itertools
import json
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook

from downloads import fulfilment
from downloads.models import Grant, Mail, Message, Order, Product, Shop
from storefront.inbox import apply_messages
from storefront.models import WebhookSecret
from storefront.platforms.generic.signing import secret_of
from tests.conftest import sign
from tests.factories import LinkFactory, ShopFactory
from tests.invariants.orders_as_sent.cases import SOLD, Case, Said

LIMIT = 3
SECRET = "q7Zp-2rT_a-secret-of-the-test-7f3a"
OWN_SECRET = secret_of(b"twenty-four bytes, or 25.")
_numbers = itertools.count(1)


def open_shop(platform: str) -> Shop:
    """Return a shop whose variants have one link each, of `LIMIT` downloads a unit."""
    shop = ShopFactory(domain=f"as-sent-{next(_numbers)}.example")
    secret = OWN_SECRET if platform == "generic" else SECRET
    WebhookSecret.keep(shop, source=platform, secret=secret)
    for variant in SOLD[platform]:
        product = Product.objects.create(shop=shop, name="By hand", variant_id=variant)
        asset = LinkFactory(shop=shop, title=str(variant))
        fulfilment.attach_to_product(product, asset, limit=LIMIT, at=datetime.now(UTC))
    return shop


@pytest.fixture
def post(client, django_capture_on_commit_callbacks):
    """Return a function that posts signed messages of a shop, and applies each."""

    def post_each(shop: Shop, platform: str, said: Sequence[Said]) -> None:
        for message in said:
            delivery = f"delivery-{next(_numbers)}"
            path, body, headers = _signed(shop, platform, message, delivery)
            with django_capture_on_commit_callbacks(execute=True):
                response = client.post(path, body, content_type="application/json", headers=headers)
            assert response.status_code == 200
            apply_messages.call()
            done = Message.objects.filter(shop=shop).exclude(state=Message.State.IGNORED)
            assert all(
                row.state == Message.State.APPLIED or row.error.endswith("has not come yet.")
                for row in done
            ), [row.error for row in done]

    return post_each


def _signed(shop: Shop, platform: str, message: Said, delivery: str) -> tuple[str, bytes, dict]:
    if platform == "generic":
        at = datetime.now(UTC)
        document = {"type": message.topic, "timestamp": at.isoformat(), "data": message.payload}
        body = json.dumps(document)
        headers = {
            "webhook-id": delivery,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(OWN_SECRET).sign(delivery, at, body),
        }
        return f"/webhooks/generic/{shop.domain}", body.encode(), headers
    body = json.dumps(message.payload)
    signature = sign(body.encode(), SECRET)
    if platform == "shopify":
        headers = {
            "X-Shopify-Shop-Domain": shop.domain,
            "X-Shopify-Topic": message.topic,
            "X-Shopify-Webhook-Id": delivery,
            "X-Shopify-Hmac-Sha256": signature,
        }
    else:
        headers = {
            "X-WC-Webhook-Source": f"https://{shop.domain}/",
            "X-WC-Webhook-Topic": message.topic,
            "X-WC-Webhook-Signature": signature,
            "X-WC-Webhook-Delivery-ID": hashlib.md5(delivery.encode()).hexdigest(),  # noqa: S324
        }
    return f"/webhooks/{platform}", body.encode(), headers


def require_ends(shop: Shop, case: Case) -> None:
    """Fail unless each order of a case has come to what it should, and there is no other."""
    assert {order.platform_id for order in shop.orders.all()} == set(case.ends)
    for number, end in case.ends.items():
        order = Order.objects.get(shop=shop, platform_id=number)
        assert end_of(order) == {
            "open": end.open,
            "shut": sorted(end.shut),
            "status": end.status,
            "has_token": end.has_token,
        }
        if end.email is not None:
            assert order.email == end.email
        if end.number is not None:
            assert order.shown_number == end.number
        noted = " ".join([*order.notes, *order.remarks])
        assert all(word in noted for word in end.notes)


def end_of(order: Order) -> dict:
    """Return what an order gives: by variant, as its assets are called."""
    at = datetime.now(UTC)
    grants = list(order.grants.with_rights())
    return {
        "open": {
            int(grant.asset.title): grant.allowed
            for grant in grants
            if grant.status(at) == Grant.AVAILABLE
        },
        "shut": sorted(
            int(grant.asset.title) for grant in grants if grant.status(at) != Grant.AVAILABLE
        ),
        "status": order.status,
        "has_token": order.token_hash is not None,
    }


def mailed(shop: Shop) -> tuple[str, ...]:
    """Return to whom the mails about orders go that wait, in the order they were written."""
    mails = Mail.objects.filter(shop=shop, kind=Mail.Kind.ORDER).order_by("pk")
    return tuple(mails.values_list("order__email", flat=True))
