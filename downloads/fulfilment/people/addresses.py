"""Address persons: those who bought with a mail address and have no number at the platform."""

from downloads.email_addresses import mailbox_of
from downloads.models import Customer, Shop


def find_owner(shop: Shop, email: str) -> Customer | None:
    """Return the one who bought with a mail address and has no number. One query."""
    living = Customer.objects.not_erased().filter(shop=shop, platform_id=None)
    return living.with_email(email).order_by("pk").first()


def owner_of(shop: Shop, email: str) -> Customer:
    """Get or create the one who bought with a mail address and has no number.

    The caller holds the shop's lock: no constraint keeps two from being made at once. Never
    somebody with a number who has the address too: anybody may type it at a checkout.
    """
    return find_owner(shop, email) or Customer.objects.create(shop=shop, email=mailbox_of(email))
