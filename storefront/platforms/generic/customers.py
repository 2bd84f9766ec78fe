"""Buyers as a shop of one's own writes them: what is read of an account, and what it says."""

from typing import Annotated

from downloads import incoming
from downloads.email_addresses import valid_email
from storefront.platforms import fields
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
        # What is no mail address is none: the account is theirs all the same.
        email=valid_email(account.email or ""),
        first_name=account.first_name or "",
        last_name=account.last_name or "",
    )
