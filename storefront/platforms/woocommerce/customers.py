"""WooCommerce's customers: what is read of an account, and what it says.

Source: WooCommerce's REST API v3, resource Customers. The account's address is its own; the one it
is billed at may be another's.
"""

from datetime import datetime
from typing import Annotated, Any

from downloads import incoming
from storefront.platforms import fields
from storefront.platforms.lines import account_address
from storefront.platforms.schemas import PERSONAL
from storefront.platforms.woocommerce.schemas import Modified


class Account(Modified):
    email: Annotated[fields.Text, PERSONAL] = None
    first_name: Annotated[fields.PersonName, PERSONAL] = None
    last_name: Annotated[fields.PersonName, PERSONAL] = None


def read_account(payload: Any) -> tuple[incoming.CustomerReport, datetime]:
    """Return what an account is, and since when."""
    account = Account.read(payload, "customer")
    report = incoming.CustomerReport(
        platform_id=account.id,
        email=account_address(account),
        first_name=account.first_name or "",
        last_name=account.last_name or "",
    )
    return report, account.modified_at("customer")
