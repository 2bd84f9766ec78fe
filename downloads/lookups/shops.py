"""Queries of shops and their customers."""

from downloads.errors import NoSuchCustomer, NotFound
from downloads.models import Customer, Reader, Shop

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


def customer_of_shop(shop: Shop, *, platform_id: int) -> Customer:
    """Return a shop's customer by the number in the shop's own system.

    Raises:
        NoSuchCustomer: the shop has none.
    """
    known = Customer.objects.not_erased().filter(shop=shop)
    customer = known.filter(platform_id=platform_id).first()
    if customer is None:
        raise NoSuchCustomer
    return customer


def profile_of(reader: Reader, number: int | None = None) -> Reader:
    """Return whoever asks, by their own customer's number or none. No query.

    Raises:
        NotFound: any other number, whether there is such a customer or not.
    """
    if number not in (None, reader.customer.pk):
        raise NotFound(PROFILE_NOT_FOUND)
    return reader


def email_of(reader: Reader) -> str | None:
    """Return a reader's mail address, or the one they signed in with and have not confirmed."""
    customer = reader.customer
    if reader.email:
        return reader.email
    if customer.email is not None:
        return customer.email
    return customer.accounts.values_list("email", flat=True).first()
