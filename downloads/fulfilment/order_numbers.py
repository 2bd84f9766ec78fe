"""Whose a platform's order number and an order-status token are, where two orders name one."""

import hashlib
from typing import Any

from django.db import IntegrityError, transaction

from downloads.email_addresses import mailbox_of
from downloads.fulfilment.changes import assign
from downloads.incoming import OrderReport
from downloads.models import Dispute, Order, Refund, RiskAssessment, Shop

FACTS: tuple[Any, ...] = (Refund, Dispute, RiskAssessment)


def order_of_report(shop: Shop, report: OrderReport) -> tuple[Order, bool]:
    """Get or create, locked, the order that a report is about; say whether it is new.

    A number that the platform has given to another order since (another token, buyer and time) is
    the later one's. The former keeps all that is known of it, under a number of our own, and its
    late reports go there by their token.
    """
    number = report.platform_id
    orders = Order.objects.select_for_update(of=("self",)).filter(shop=shop)
    holder = orders.select_related("customer", "shop").filter(platform_id=number).first()
    if holder is None:
        return _get_or_create(shop, number, report)
    if not is_another(holder, report):
        return holder, False
    former = orders.filter(former_platform_id=number, token_hash=report.token_hash).first()
    if former is not None:
        return former, False
    if _since(report.placed_at, report.token_hash) < _since(holder.placed_at, holder.token_hash):
        former, is_new = _get_or_create(shop, _number_of_ours(number, report.token_hash), report)
        assign(former, former_platform_id=number)
        assign(holder, former_platform_id=number)
        return former, is_new
    ours = _number_of_ours(number, holder.token_hash)
    assign(holder, platform_id=ours, former_platform_id=number)
    for fact in FACTS:
        # What was said of the number so far was said of the former.
        fact.objects.of_order(shop, number).update(order_platform_id=ours)
    order, is_new = _get_or_create(shop, number, report)
    assign(order, former_platform_id=number)
    return order, is_new


def is_another(order: Order, report: OrderReport) -> bool:
    """Say whether a report under an order's number is about another order.

    It is where token, buyer and time of the order are all known and all differ: each alone may
    change of one order.
    """
    tokens = {order.token_hash, report.token_hash}
    if None in tokens or len(tokens) == 1 or order.placed_at == report.placed_at:
        return False
    buyer, customer = report.customer, order.customer
    numbers = {buyer and buyer.platform_id, customer and customer.platform_id}
    if None not in numbers:
        return len(numbers) == 2
    named = report.email or (buyer and buyer.email) or ""
    known = order.reported_email or order.email or (customer and customer.email) or ""
    addresses = {mailbox_of(named), mailbox_of(known)}
    return "" not in addresses and len(addresses) == 2


def record_token(order: Order, report: OrderReport, *, is_newest: bool) -> bool:
    """Give an order the token that a report names, unless it is another order's.

    What is known stays when a newer report leaves it out; the unknown is learnt from any. Within
    one shop a token is the order's that was placed first, whichever came first; among shops it is
    the first one's. An order without it is taken in all the same: it opens by our own links.
    """
    token = report.token_hash
    if token is None or not (is_newest or order.token_hash is None):
        return False
    if token == order.token_hash:
        return assign(order, is_token_taken=False) if is_newest else False
    holder = Order.objects.filter(token_hash=token).exclude(pk=order.pk).first()
    if holder is not None:
        if holder.shop_id != order.shop_id or _precedence(holder) <= _precedence(order):
            return assign(order, is_token_taken=True)
        assign(holder, token_hash=None, is_token_taken=True)
    try:
        with transaction.atomic():
            return assign(order, token_hash=token, is_token_taken=False)
    except IntegrityError:
        # Another shop was quicker, at this moment.
        order.refresh_from_db(fields=["token_hash", "is_token_taken"])
        return assign(order, is_token_taken=True)


def _get_or_create(shop: Shop, number: int, report: OrderReport) -> tuple[Order, bool]:
    defaults = {
        "number": report.number,
        "placed_at": report.placed_at,
        "reported_payment": Order.ReportedPayment.PENDING,
    }
    orders = Order.objects.select_for_update()
    return orders.get_or_create(shop=shop, platform_id=number, defaults=defaults)


def _number_of_ours(number: int, token_hash: str | None) -> int:
    """Return a number below 0, the same however often it is asked for."""
    digest = hashlib.sha256(f"{number} {token_hash}".encode()).hexdigest()
    return -1 - int(digest[:15], 16)


def _since(placed_at: Any, token_hash: str | None) -> tuple[Any, str]:
    return placed_at, token_hash or ""


def _precedence(order: Order) -> tuple[Any, ...]:
    return order.placed_at, order.platform_id is None, order.platform_id or 0, order.pk
