"""Order statuses of WooCommerce and of its plugins: what each says of the payment.

A status is no money. WooCommerce stamps a date of payment at `processing` for every gateway, also
where the money comes later by hand; a plugin's own status may be anything.

Source: WooCommerce's own gateways (`bacs`, `cheque`, `cod`); what WooCommerce Deposits, two plugins
named Deposits & Partial Payments, Easy Hotel, WooCommerce Pre-Orders, Merchant and Advanced
Shipment Tracking register; and spellings alike.
"""

import re

from downloads.models import Order

Payment = Order.ReportedPayment
# What a status makes of a payment: without one that was ever made, and with one. A bank transfer
# is on hold until it is there, and so is what the merchant checks. A payment that failed may be
# tried again; one that failed after it was made was taken back.
OWN = {
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
# A deposit was paid, and the rest was not.
DEPOSITS = {
    *("partially-paid", "partial-payment", "partial-paid", "partial-payed", "partially-payed"),
    *("partial-deposit", "partial", "deposit", "deposit-paid", "deposit-payment"),
}
# Nothing was paid yet, or what was may be given back before the thing is there.
UNPAID = {
    *("pending-deposit", "awaiting-deposit", "scheduled-payment", "pending-payment"),
    *("awaiting-payment", "unpaid", "invoiced", "quote", "quote-request", "pending-quote"),
    *("pre-ordered", "pre-order", "preordered", "preorder", "pre-order-booked"),
    *("on-backorder", "backorder", "backordered", "on-back-order"),
}
# Where the thing is says nothing of the money: what was said before stays.
SHIPPING = {
    *("shipped", "delivered", "partial-shipped", "partially-shipped", "partial-delivered"),
    *("partially-delivered", "updated-tracking", "dispatched", "in-transit", "out-for-delivery"),
    *("awaiting-shipment", "awaiting-pickup", "ready-pickup", "ready-for-pickup", "pickup"),
    *("ready-to-ship", "ready-for-shipping", "packed", "picked", "packing", "picking"),
    *("preparing", "prepared", "returned"),
}
# Gateways by which no machine sees the money come.
BY_HAND = {
    *("cod", "cash-on-delivery", "cash-on-pickup", "pay-on-pickup", "pay-in-store", "cash"),
    *("cheque", "check", "bacs", "bank-transfer", "banktransfer", "wire-transfer"),
    *("invoice", "igfw-invoice-gateway", "german-market-purchase-on-account"),
    *("purchase-order", "gateway-purchase-order", "other-payment", "pre-orders-pay-later"),
}
# Plugins give one gateway several times: `cod_express`, `bacs-2`.
_OF_A_KIND = re.compile(r"(?:cod|cheque|bacs)(?:-.*)?")
MAX_WORD = 100


def payment_of(
    *, status: str, gateway: str | None, is_dated: bool, is_free: bool = False
) -> tuple[str | None, str]:
    """Return what a status says of the payment, and the word under which a merchant may differ.

    The payment is an `Order.ReportedPayment`, null where the status says nothing of it: what is
    known stays. `gateway` is WooCommerce's `payment_method`; `is_dated` says that a date of
    payment is set, which counts for nothing where it is paid by hand; `is_free` that nothing was to
    be paid.
    """
    status = _slug(status)
    by_hand = is_by_hand(gateway or "")
    if status == "processing" and by_hand:
        return Payment.PENDING, f"{status}/{_slug(gateway or '')}"[:MAX_WORD]
    word = status[:MAX_WORD]
    if status == "processing" and is_unproven(gateway, is_dated=is_dated, is_free=is_free):
        return Payment.PENDING, word
    if status in OWN:
        undated, dated = OWN[status]
        return (dated if is_dated and not by_hand else undated), word
    if status in DEPOSITS:
        return Payment.PARTIAL, word
    return (Payment.PENDING if status in UNPAID else None), word


def is_unproven(gateway: str | None, *, is_dated: bool, is_free: bool) -> bool:
    """Say whether nothing but the status speaks of a payment: no gateway, no date of one.

    WooCommerce names a gateway or stamps a date. An order of nothing goes through no gateway.
    """
    return not _slug(gateway or "") and not is_dated and not is_free


def is_by_hand(gateway: str) -> bool:
    """Say whether a gateway is one by which the money comes later, outside of WooCommerce."""
    name = _slug(gateway)
    return name in BY_HAND or _OF_A_KIND.fullmatch(name) is not None


def note_on(status: str) -> str:
    """Return what to tell the merchant of a status that no rule names; empty where one does."""
    status = _slug(status)
    if not status or status in OWN or status in DEPOSITS | UNPAID | SHIPPING:
        return ""
    return (
        f'The status "{status[:MAX_WORD]}" says nothing of the payment: what was known before '
        "stands. Enter what it means in the shop's table of statuses."
    )


def _slug(word: str) -> str:
    """Return a status or a gateway as the tables here write it."""
    slug = re.sub(r"[\s_-]+", "-", word.strip().lower())
    return re.sub(r"^(?:wc|woocommerce)-(?=.)", "", slug)
