"""Whose a platform's order number and an order-status token are, where two orders name one."""

import hashlib
from typing import Any, NamedTuple

from django.db import IntegrityError, models, transaction
from django.utils import timezone

from downloads.email_addresses import mailbox_of
from downloads.fulfilment.changes import assign
from downloads.fulfilment.order_state import MEANINGS, meanings_in
from downloads.fulfilment.people.customers import BY_NUMBER
from downloads.fulfilment.recalculation import LOCKED_SHOP
from downloads.fulfilment.rules.variants import Variants, questions_of_variants
from downloads.incoming import OrderReport
from downloads.models import Customer, Dispute, Order, Refund, RiskAssessment, Shop
from downloads.prepared_inserts import insert_new
from downloads.prepared_queries import PreparedQuery, fetch
from downloads.prepared_statements import Slot

_HOLDER = PreparedQuery(
    lambda: (
        Order.objects.select_for_update(of=("self",))
        .select_related("customer", "shop")
        .filter(
            shop=Slot("shop", models.BigAutoField()),
            platform_id=Slot("number", models.BigIntegerField()),
        )
        .order_by()
    )
)
_OF_TOKEN = PreparedQuery(
    lambda: (
        Order.objects.filter(token_hash=Slot("token", models.CharField()))
        .exclude(pk=Slot("order", models.BigAutoField()))
        .order_by()
    )
)
FACTS: tuple[Any, ...] = (Refund, Dispute, RiskAssessment)


class Known(NamedTuple):
    """What is known of all that a report of an order names, under the lock of its shop.

    `holder` has its number and `token_holder` its token; `meanings` is the shop's whole table of
    statuses; `buyer` has the number of its buyer; `products` are those of all variants it names, by
    their numbers, null where they are to be asked for.
    """

    shop: Shop
    holder: Order | None
    token_holder: Order | None
    meanings: dict[str, str]
    buyer: Customer | None
    products: Variants | None


def lock_for_report(shop: Shop, report: OrderReport) -> Known:
    """Lock a shop as `lock_shop` does, then the order with a report's number. One round trip."""
    # Each of these reads what the one before has waited for.
    numbers = {line.product.variant_id for line in report.lines} - {None}
    shops, holders, token_holders, meanings, buyers, *products = fetch(
        LOCKED_SHOP.given(shop=shop.pk),
        _HOLDER.given(shop=shop.pk, number=report.platform_id),
        _OF_TOKEN.given(token=report.token_hash, order=0),
        MEANINGS.given(shop=shop.pk),
        BY_NUMBER.given(shop=shop.pk, number=report.customer and report.customer.platform_id),
        *questions_of_variants(shop.pk, numbers),
    )
    if not shops:
        raise Shop.DoesNotExist
    return Known(
        shops[0],
        next(iter(holders), None),
        next(iter(token_holders), None),
        meanings_in(meanings),
        next(iter(buyers), None),
        {row.variant_id: row for row in products[0]} if products else None,
    )


def order_of_report(known: Known, report: OrderReport) -> tuple[Order, bool]:
    """Get, locked, the order that a report is about; say whether it is new.

    A new one is inserted by `insert_reported`, once what the report says of it is set.

    A number that the platform has given to another order since (another token, buyer and time) is
    the later one's. The former keeps all that is known of it, under a number of our own, and its
    late reports go there by their token.
    """
    shop, holder, number = known.shop, known.holder, report.platform_id
    if holder is None:
        return _new_order(shop, number, report, is_token_free=known.token_holder is None), True
    if not is_another(holder, report):
        return holder, False
    orders = Order.objects.select_for_update(of=("self",)).filter(shop=shop)
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


def record_token(
    order: Order, report: OrderReport, reported_rank: str, *, known_rank: str, has_moved: bool
) -> bool:
    """Save an order's token, where no other order has it before this one; say if it changed.

    It is the one that the newest report names which names any. Within one shop a token is the
    order's that was placed first of those which name it by now, whichever came first; among shops
    it is the first one's. An order without it is taken in all the same: it opens by our own links.
    `known_rank` is that of the order's newest report before; `has_moved` says that since then it
    was placed at another time.
    """
    token, before = report.token_hash, order.token_hash
    if token is None or reported_rank < _rank_of_token(order, known_rank):
        return before is not None and has_moved and _hand_on(order.shop_id, before)
    holder: Order | None = _OF_TOKEN.first(token=token, order=order.pk)
    if holder is None or _comes_before(order, holder):
        if holder is not None:
            _take(holder, token)
        changed = _give(order, token, token_rank=reported_rank)
    else:
        changed = _take(order, token, token_rank=reported_rank)
    if before is not None and (has_moved or before != token):
        changed |= _hand_on(order.shop_id, before)
    return changed


def keep_token(order: Order, report: OrderReport, reported_rank: str, *, known_rank: str) -> bool:
    """Say whether an order has the token that a report names; keep which one said so last."""
    if report.token_hash is None or report.token_hash != order.token_hash:
        return False
    if reported_rank >= _rank_of_token(order, known_rank):
        assign(order, token_rank=reported_rank)
    return True


def _rank_of_token(order: Order, known_rank: str) -> str:
    # Of before tokens had a rank of their own: the newest report named it.
    return order.token_rank or (known_rank if order.token_hash or order.is_token_taken else "")


def _hand_on(shop: int, token: str) -> bool:
    """Give a token to the order of a shop that comes first of those which name it; say if it did.

    Called where the one that has it names another one by now, or was placed at another time.
    """
    waiting = Order.objects.filter(shop=shop, is_token_taken=True, wanted_token_hash=token)
    first = waiting.order_by("placed_at", "platform_id", "pk").first()
    holder = Order.objects.filter(token_hash=token).first()
    if first is None or (holder is not None and not _comes_before(first, holder)):
        return False
    if holder is not None:
        _take(holder, token)
    return _give(first, token)


def _give(order: Order, token: str, **ranks: str) -> bool:
    try:
        with transaction.atomic():
            given = {"token_hash": token, "is_token_taken": False, "wanted_token_hash": None}
            return assign(order, **given, **ranks)
    except IntegrityError:
        # Another shop was quicker, at this moment.
        order.refresh_from_db(fields=["token_hash", "is_token_taken", "wanted_token_hash"])
        return _take(order, token, **ranks)


def _take(order: Order, token: str, **ranks: str) -> bool:
    """Leave an order without the token that it names and another one has."""
    wanted = {"token_hash": None, "is_token_taken": True, "wanted_token_hash": token}
    return assign(order, **wanted, **ranks)


def insert_reported(order: Order) -> bool:
    """Insert a new order; say whether its number was free. It has no token that was not."""
    if not insert_new(order) and order.token_hash is not None:
        # Another shop was quicker, at this moment.
        order.token_hash, order.token_rank = None, ""
        insert_new(order)
    return order.pk is not None


def _get_or_create(shop: Shop, number: int, report: OrderReport) -> tuple[Order, bool]:
    order = _new_order(shop, number, report, is_token_free=False)
    if insert_new(order):
        return order, True
    return Order.objects.select_for_update().get(shop=shop, platform_id=number), False


def _new_order(shop: Shop, number: int, report: OrderReport, *, is_token_free: bool) -> Order:
    return Order(
        shop=shop,
        platform_id=number,
        number=report.number,
        placed_at=report.placed_at,
        token_hash=report.token_hash if is_token_free else None,
        reported_payment=Order.ReportedPayment.PENDING,
        created_at=timezone.now(),
    )


def _number_of_ours(number: int, token_hash: str | None) -> int:
    """Return a number below 0, the same however often it is asked for."""
    digest = hashlib.sha256(f"{number} {token_hash}".encode()).hexdigest()
    return -1 - int(digest[:15], 16)


def _since(placed_at: Any, token_hash: str | None) -> tuple[Any, str]:
    return placed_at, token_hash or ""


def _comes_before(order: Order, holder: Order) -> bool:
    """Say whether a token that two orders name is the first one's, and not the holder's."""
    return order.shop_id == holder.shop_id and _precedence(order) < _precedence(holder)


def _precedence(order: Order) -> tuple[Any, ...]:
    return order.placed_at, order.platform_id is None, order.platform_id or 0, order.pk
