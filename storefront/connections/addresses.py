"""The address at which a shop's messages reach us, and whether a platform can reach it."""

from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from downloads.links import is_public_host
from downloads.models import Shop
from storefront.signed_urls import absolute


def webhook_address(shop: Shop, source: str) -> str:
    """Return where a shop's platform is to send its messages."""
    return absolute(reverse("shop-webhook", args=[source, shop.domain]))


def why_unreachable() -> str:
    """Say why no platform could send us anything; empty where nothing speaks against it."""
    address = settings.PUBLIC_BASE_URL
    parts = urlsplit(address)
    if settings.ALLOW_PRIVATE_PLATFORMS:
        return ""
    if parts.scheme != "https":
        why = _("it does not begin with https://")
    elif not is_public_host(parts.hostname or ""):
        why = _("it leads to a local or private address")
    else:
        return ""
    return _(
        "No shop can send us its messages: PUBLIC_BASE_URL is {address}, and {why}. Set it "
        "to the public https address of this service, and start it anew."
    ).format(address=address, why=why)
