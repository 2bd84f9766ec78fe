"""Shopify's buyers and their merges: what is read of them, and what it says.

Source: Shopify's Admin API, resource Customer, and the webhooks `customers/…`. What an account is
called by is its own address, never an order's.
"""

import re
from datetime import datetime
from typing import Annotated, Any

from pydantic import PlainValidator

from downloads import incoming
from downloads.email_addresses import valid_email
from downloads.errors import BadInput
from storefront.platforms import fields
from storefront.platforms.schemas import PERSONAL, Payload

_GLOBAL_ID = re.compile(r"gid://shopify/Customer/([0-9]{1,19})", re.ASCII)
# Shopify tells of each merge, also of one that is under way or came to nothing.
DONE = ("", "completed", "succeeded")


def _number_of(value: Any) -> int:
    written = fields.text(value)
    found = written and _GLOBAL_ID.fullmatch(written)
    if not found:
        raise fields.wrong('expected an id like "gid://shopify/Customer/1"')
    return fields.whole(int(found[1]))


GlobalId = Annotated[int, PlainValidator(_number_of)]


class Account(Payload):
    id: fields.Number
    updated_at: fields.Time = None
    created_at: fields.Time = None
    email: Annotated[fields.Text, PERSONAL] = None
    first_name: Annotated[fields.PersonName, PERSONAL] = None
    last_name: Annotated[fields.PersonName, PERSONAL] = None


class Merge(Payload):
    admin_graphql_api_customer_kept_id: GlobalId
    admin_graphql_api_customer_deleted_id: GlobalId
    status: fields.Text = None


def read_account(payload: Any) -> tuple[incoming.CustomerReport, datetime]:
    """Return what an account is, and since when."""
    account = Account.read(payload, "customer")
    at = account.updated_at or account.created_at
    if at is None:
        raise BadInput("customer.updated_at: missing")
    report = incoming.CustomerReport(
        platform_id=account.id,
        email=valid_email(account.email or ""),
        first_name=account.first_name or "",
        last_name=account.last_name or "",
    )
    return report, at


def read_merge(payload: Any) -> tuple[int, int] | None:
    """Return which number stays and which is gone; null while nothing was merged."""
    merge = Merge.read(payload, "merge")
    if (merge.status or "").lower() not in DONE:
        return None
    return merge.admin_graphql_api_customer_kept_id, merge.admin_graphql_api_customer_deleted_id
