"""Shopify's buyers and their merges: what is read of them, and what it says.

Source: Shopify's Admin API, resource Customer, and the webhooks `customers/…`. What an account is
called by is its own address, never an order's.
"""

import re
from datetime import datetime
from typing import Annotated, Any

from downloads import incoming
from downloads.errors import BadInput
from storefront.platforms import fields
from storefront.platforms.base import number_of
from storefront.platforms.lines import account_address
from storefront.platforms.schemas import PERSONAL, Payload

_GLOBAL_ID = re.compile(r"gid://shopify/Customer/([0-9]{1,19})", re.ASCII)
# Shopify tells of each merge, also of one that is under way or came to nothing.
DONE = ("", "completed", "succeeded")


class Account(Payload):
    id: fields.Number
    updated_at: fields.Time = None
    created_at: fields.Time = None
    email: Annotated[fields.Text, PERSONAL] = None
    first_name: Annotated[fields.PersonName, PERSONAL] = None
    last_name: Annotated[fields.PersonName, PERSONAL] = None


class Merge(Payload):
    admin_graphql_api_customer_kept_id: fields.Text = None
    admin_graphql_api_customer_deleted_id: fields.Text = None
    status: fields.Text = None


def read_account(payload: Any) -> tuple[incoming.CustomerReport, datetime]:
    """Return what an account is, and since when."""
    account = Account.read(payload, "customer")
    at = account.updated_at or account.created_at
    if at is None:
        raise BadInput("customer.updated_at: missing")
    report = incoming.CustomerReport(
        platform_id=account.id,
        email=account_address(account),
        first_name=account.first_name or "",
        last_name=account.last_name or "",
    )
    return report, at


def read_merge(payload: Any) -> tuple[int, int] | None:
    """Return which number stays and which is gone; null while nothing was merged."""
    merge = Merge.read(payload, "merge")
    kept = _number_of(merge, "admin_graphql_api_customer_kept_id")
    gone = _number_of(merge, "admin_graphql_api_customer_deleted_id")
    return (kept, gone) if (merge.status or "").lower() in DONE else None


def _number_of(merge: Merge, name: str) -> int:
    found = _GLOBAL_ID.fullmatch(getattr(merge, name) or "")
    number = found and number_of({"id": found[1]}, "id")
    if not number:
        raise BadInput(f'merge.{name}: expected an id like "gid://shopify/Customer/1"')
    return number
