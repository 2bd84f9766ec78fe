"""Buyers as a shop of one's own writes them: what is read of an account, and what it says."""

from typing import Annotated

from downloads import incoming
from storefront.platforms import fields
from storefront.platforms.lines import account_address
from storefront.platforms.schemas import PERSONAL, Payload


class Account(Payload):
    updated_at: fields.Time = None
    id: fields.Number
    email: Annotated[fields.Text, PERSONAL] = None
    first_name: Annotated[fields.PersonName, PERSONAL] = None
    last_name: Annotated[fields.PersonName, PERSONAL] = None


def account_report(account: Account) -> incoming.CustomerReport:
    """Return what an account is."""
    return incoming.CustomerReport(
        platform_id=account.id,
        email=account_address(account),
        first_name=account.first_name or "",
        last_name=account.last_name or "",
    )
