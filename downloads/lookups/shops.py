"""Queries of shops and their customers."""

from downloads.errors import NotFound
from downloads.models import Customer, Shop

PROFILE_NOT_FOUND = "Customer profile not found"


def shop_of_domain(domain: str) -> Shop:
    """Return the shop of a domain.

    Raises:
        NotFound: with the domains there are, so that a typing error is seen.
    """
    shop = Shop.objects.filter(domain=domain.strip().lower()).first()
    if shop is None:
        known = ", ".join(Shop.objects.values_list("domain", flat=True)[:20]) or "none yet"
        raise NotFound(f'There is no shop "{domain}". Known shops: {known}.')
    return shop


def customer_of_shop(
    shop: Shop, *, email: str | None = None, platform_id: int | None = None
) -> Customer:
    """Return a shop's customer by mail address, or by the number in the shop's own system.

    Raises:
        NotFound: the shop has none.
    """
    known = Customer.objects.not_erased().filter(shop=shop)
    is_meant = known.filter(platform_id=platform_id) if email is None else known.with_email(email)
    customer = is_meant.first()
    if customer is None:
        raise NotFound("This shop has no such customer.")
    return customer


def profile_of(customer: Customer, number: int | None = None) -> Customer:
    """Return the customer who asks, by their own number or none. No query.

    Raises:
        NotFound: any other number, whether there is such a customer or not.
    """
    if number not in (None, customer.pk):
        raise NotFound(PROFILE_NOT_FOUND)
    return customer


def email_of(customer: Customer) -> str | None:
    """Return a customer's mail address, or the one they signed in with and have not confirmed."""
    if customer.email is not None:
        return customer.email
    return customer.accounts.values_list("email", flat=True).first()
