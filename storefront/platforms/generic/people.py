"""Buyers as a shop of one's own writes them → our reports."""

from downloads.email_addresses import valid_email
from downloads.incoming import CustomerReport, PersonReport
from storefront.platforms.payloads import Reader


def read_customer(customer: Reader) -> CustomerReport:
    """Return who bought. What is no mail address is none: the order is theirs all the same.

    Raises:
        BadInput: a field is not of its kind; the message names it.
    """
    return CustomerReport(
        platform_id=_number_of(customer),
        email=_email_of(customer),
        first_name=customer.text("first_name", limit=200) or "",
        last_name=customer.text("last_name", limit=200) or "",
    )


def read_person(content: Reader) -> PersonReport:
    """Return who is to be forgotten, and their orders as far as they are named.

    Raises:
        BadInput: a field is not of its kind; the message names it.
    """
    customer = content.part("customer") or Reader({}, "data.customer")
    return PersonReport(
        platform_id=_number_of(customer),
        email=_email_of(customer) or "",
        orders=tuple(content.numbers("orders")),
    )


def _number_of(customer: Reader) -> int | None:
    # Shops write 0 for a guest.
    return customer.optional_number("id") or None


def _email_of(customer: Reader) -> str | None:
    return valid_email(customer.text("email") or "")
