"""The list of platforms, by the name that stands in their webhooks' address."""

from storefront.platforms.base import Platform, Remote
from storefront.platforms.generic.platform import GENERIC
from storefront.platforms.shopify.platform import SHOPIFY
from storefront.platforms.woocommerce.platform import WOOCOMMERCE

PLATFORMS: dict[str, Platform] = {each.name: each for each in (SHOPIFY, WOOCOMMERCE, GENERIC)}


def title_of(name: str) -> str:
    """Return what people call a platform, also one that has been removed since."""
    platform = PLATFORMS.get(name)
    return name.title() if platform is None else platform.title


def remote_of(name: str) -> Remote | None:
    """Return the API of a platform; null where it offers none."""
    platform = PLATFORMS.get(name)
    return None if platform is None else platform.remote
