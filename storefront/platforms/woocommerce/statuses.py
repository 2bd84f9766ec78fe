"""What WooCommerce's statuses say of an order's payment."""

from downloads.models import Order

Payment = Order.ReportedPayment
# What a status makes of a payment: without one that was ever made, and with one. A bank transfer
# is on hold until it is there, and so is what the merchant checks. A payment that failed may be
# tried again; one that failed after it was made was taken back.
PAYMENTS = {
    "pending": (Payment.PENDING, Payment.PENDING),
    "checkout-draft": (Payment.PENDING, Payment.PENDING),
    "auto-draft": (Payment.PENDING, Payment.PENDING),
    "draft": (Payment.PENDING, Payment.PENDING),
    "on-hold": (Payment.PENDING, Payment.PENDING),
    "processing": (Payment.PAID, Payment.PAID),
    "completed": (Payment.PAID, Payment.PAID),
    "failed": (Payment.PENDING, Payment.VOIDED),
    "refunded": (Payment.REFUNDED, Payment.REFUNDED),
    "cancelled": (Payment.VOIDED, Payment.PAID),
    "trash": (Payment.VOIDED, Payment.PAID),
}
# A status that a plugin has added says nothing by itself: the date of the payment does.
ADDED_STATUS = (Payment.PENDING, Payment.PAID)


def payment_of(*, status: str, gateway: str, is_dated: bool) -> tuple[str | None, str]:
    """Return what a status says of the payment, null for nothing, and the word it is known by.

    `gateway` is the method of payment, empty where none is named; `is_dated` says that the order
    has a date of payment.
    """
    unpaid, paid = PAYMENTS.get(status, ADDED_STATUS)
    return (paid if is_dated else unpaid), status


def note_on(status: str) -> str:
    """Return what to tell the merchant of a status that no rule names; empty where one does."""
    if status in PAYMENTS or not status:
        return ""
    return f'The status "{status}" is paid where the order has a date of payment.'
