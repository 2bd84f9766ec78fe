"""Shops that hear, lose and are asked."""

import base64
import hmac
import io
import itertools
import json

import pytest
from django.core.management import call_command
from django.test import Client

from downloads.models import Shop
from storefront.inbox import apply_messages
from storefront.models import PlatformAccess, WebhookSecret
from tests.invariants.messages.conftest import new_shop
from tests.invariants.reconciliation import shopify, woocommerce

SIGNED_WITH = "reconciling-secret-0123456789abcdef"
KEYS = {"shopify": ("", shopify.TOKEN), "woocommerce": (woocommerce.KEY, woocommerce.SECRET)}
HEADERS = {
    "shopify": ("X-Shopify-Topic", "X-Shopify-Webhook-Id", "X-Shopify-Hmac-Sha256"),
    "woocommerce": (
        "X-WC-Webhook-Topic",
        "X-WC-Webhook-Delivery-ID",
        "X-WC-Webhook-Signature",
    ),
}


@pytest.fixture(autouse=True)
def _on_this_machine(settings, monkeypatch):
    settings.ALLOW_PRIVATE_PLATFORMS = True
    settings.PLATFORM_RETRY_SECONDS = 0
    # There is nobody here to leave the database to.
    monkeypatch.setattr("storefront.inbox.LONGEST_PAUSE_SECONDS", 0)


def shop_on(source):
    """Return a shop whose platform signs its messages, with three products that have a link."""
    shop = new_shop()
    Shop.objects.filter(pk=shop.pk).update(name="A shop")
    WebhookSecret.keep(shop, source=source, secret=SIGNED_WITH)
    return shop


def give_access(shop, source, address):
    """Return a shop's access to a stand-in."""
    key, secret = KEYS[source]
    access = PlatformAccess(shop=shop, source=source, address=address)
    access.seal_in(secret=secret, key=key)
    access.save()
    return access


def hear(shop, source, messages):
    """Send signed messages to the shop's webhook, and apply what it has stored."""
    client, ids = Client(), itertools.count()
    for topic, payload in messages:
        body = json.dumps(payload).encode()
        signature = base64.b64encode(hmac.digest(SIGNED_WITH.encode(), body, "sha256")).decode()
        values = (topic, f"reconciling-{next(ids)}", signature)
        response = client.post(
            f"/webhooks/{source}/{shop.domain}",
            body,
            content_type="application/json",
            headers=dict(zip(HEADERS[source], values, strict=True)),
        )
        assert response.status_code == 200
    while apply_messages.call():
        pass


def reconcile(shop, *options):
    """Run the command and return what it printed."""
    out = io.StringIO()
    call_command("reconcile", "--shop", shop.domain, *options, stdout=out)
    return out.getvalue().splitlines()
