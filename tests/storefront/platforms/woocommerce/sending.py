"""A WooCommerce shop that posts to us, for the tests of its webhooks."""

import hashlib
import itertools
import json
from pathlib import Path

import pytest

from storefront.inbox import apply_messages
from storefront.models import WebhookSecret
from tests.conftest import sign
from tests.factories import ShopFactory

ADDRESS = "/webhooks/woocommerce"
SECRET = "q7Zp-2rT_wooCommerce-secret-of-the-test"
DOMAIN = "woo.example"
PUBLISHED = Path(__file__).parents[1] / "payloads" / "woocommerce"


def published(name: str, /, **values):
    """Return an object as the REST API's documentation prints it, with other values."""
    document = json.loads((PUBLISHED / f"{name}.json").read_text(encoding="utf-8"))
    return document | values if values else document


@pytest.fixture(name="store")
def woo_store(db):
    """A shop that WooCommerce signs for with SECRET."""
    shop = ShopFactory(name="My woo", domain=DOMAIN)
    WebhookSecret.keep(shop, source="woocommerce", secret=SECRET)
    return shop


@pytest.fixture(name="deliver")
def woo_deliver(client, store, django_capture_on_commit_callbacks):
    """Return a function that posts one signed message of `store` and returns the response.

    `payload` is an object or the very bytes. What waits is applied afterwards, unless `is_applied`
    is False. `headers` replace what is sent (None sends none); each attempt has its delivery id.
    """
    attempts = itertools.count(1)

    def post(topic, payload, *, is_applied=True, secret=SECRET, address=ADDRESS, **headers):
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        resource, _dot, event = (topic or "").partition(".")
        sent = {
            "Source": f"https://{DOMAIN}/",
            "Topic": topic,
            "Resource": resource,
            "Event": event,
            "Signature": sign(body, secret),
            "ID": "7",
            "Delivery-ID": hashlib.md5(b"%d" % next(attempts)).hexdigest(),  # noqa: S324
        } | {name.replace("_", "-"): value for name, value in headers.items()}
        with django_capture_on_commit_callbacks(execute=True):
            response = client.post(
                address,
                body,
                content_type="application/json",
                headers={
                    f"X-WC-Webhook-{name}": value
                    for name, value in sent.items()
                    if value is not None
                },
            )
        if is_applied:
            apply_messages.call()
        return response

    return post
