"""Shops that hear, lose and are asked."""

import io

import pytest
from django.core.management import call_command

from downloads.models import Shop
from storefront.models import PlatformAccess
from tests.invariants.messages.conftest import new_shop
from tests.invariants.reconciliation import shopify, woocommerce

KEYS = {"shopify": ("", shopify.TOKEN), "woocommerce": (woocommerce.KEY, woocommerce.SECRET)}


@pytest.fixture(autouse=True)
def _on_this_machine(settings, monkeypatch):
    settings.ALLOW_PRIVATE_PLATFORMS = True
    settings.PLATFORM_RETRY_SECONDS = 0


def open_shop():
    """Return a shop with three products that have a link."""
    shop = new_shop()
    Shop.objects.filter(pk=shop.pk).update(name="A shop")
    return shop


def give_access(shop, source, address):
    """Return a shop's access to a stand-in."""
    key, secret = KEYS[source]
    access = PlatformAccess(shop=shop, source=source, address=address)
    access.seal_in(secret=secret, key=key)
    access.save()
    return access


def reconcile(shop, *options):
    """Run the command and return what it printed."""
    out = io.StringIO()
    call_command("reconcile", "--shop", shop.domain, *options, stdout=out)
    return out.getvalue().splitlines()
