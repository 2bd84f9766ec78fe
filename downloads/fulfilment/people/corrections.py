"""A merchant's correction of an order's contact address, and its end."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy

from downloads.audit.entries import enter_audit
from downloads.email_addresses import accepted_email
from downloads.errors import BadInput
from downloads.fulfilment.changes import assign
from downloads.fulfilment.people.addresses import owner_of
from downloads.fulfilment.people.contacts import change_contact, contact_of
from downloads.fulfilment.recalculation import lock_order, lock_shop, settle
from downloads.models import Order

NO_CONTACT = gettext_lazy(
    "Enter a mail address, like ada@example.com, or nothing to take a correction back."
)
CORRECTED = "Corrected the mail address"
ERASED = gettext_lazy("The buyer of this order was erased.")


@transaction.atomic
def correct_email(order: Order, email: str, *, at: datetime) -> None:
    """Put a mail address in the place of the one reported, until another one is reported.

    The links mailed to the former one end, and the new one is told of the order if that was. Empty
    takes a correction back.

    Raises:
        BadInput: no mail address, or the buyer was erased.
    """
    corrected = accepted_email(email)
    if corrected is None and email.strip():
        raise BadInput(NO_CONTACT)
    shop = lock_shop(order.shop)
    order = lock_order(order)
    if order.customer is not None and order.customer.is_erased:
        raise BadInput(ERASED)
    if corrected is None:
        is_changed = assign(order, corrected_email="", corrected_from="")
    else:
        is_changed = assign(order, corrected_email=corrected, corrected_from=order.reported_email)
    # An order made by hand has its address from the buyer chosen for it.
    by_hand = (order.customer and order.customer.email) or "" if order.is_by_hand else ""
    moved = change_contact(order, contact_of(order) or by_hand, at=at)
    if moved and order.email and (order.customer is None or order.customer.platform_id is None):
        assign(order, customer=owner_of(shop, order.email))
    if moved:
        settle(order, at=at)
    if is_changed or moved:
        what = "Took the corrected mail address back" if corrected is None else CORRECTED
        # The trail outlives a buyer's erasure: it names no address.
        enter_audit(what, row=order)
