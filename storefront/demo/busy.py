"""`manage.py demo --busy`: a year of invented business, so that each screen has something to show.

Inserted in bulk, past the verbs: what these would write stands in the rows all the same, and
`manage.py audit_counters` agrees. Made once.
"""

import random
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import F, QuerySet

from downloads import figures
from downloads.models import (
    Attachment,
    Customer,
    Delivery,
    Dispute,
    DownloadEvent,
    Grant,
    LineItem,
    Order,
    Refund,
    RefundedLine,
    RiskAssessment,
    Shop,
)
from downloads.models.deliveries import version_of, window_seconds
from storefront.demo.busy_mail import make_mail_and_messages
from storefront.demo.busy_plan import ORDERS, SEED, Sale, fetches, sales
from storefront.demo.goods import FIRST_NAMES, FIRST_NUMBER, LAST_NAMES, SOLD, make_goods

FIRST_ORDER_NUMBER = 3_001
BATCH = 500
HALF_HOUR, DAY = timedelta(minutes=30), timedelta(days=1)

# Called with how much of the whole is done: 0 to 1.
Progress = Callable[[float], None]


class Made(NamedTuple):
    """An order with the sale it is of."""

    sale: Sale
    order: Order


def make_busy_year(
    shop: Shop, *, at: datetime, progress: Progress = lambda done: None, count: int = ORDERS
) -> None:
    """Make a year of business of a shop; nothing where it is there already."""
    if _orders_of(shop).exists():
        return
    draw = random.Random(SEED)  # noqa: S311  # nosec B311 (invented, not secret)
    with transaction.atomic():
        # As the orders of high risk among them say.
        Shop.objects.filter(pk=shop.pk).update(holds_high_risk=True)
        products, bare = make_goods(shop, at=at)
        planned = list(sales(products, bare, at=at, count=count))
        progress(0.1)
        made = _make_orders(shop, planned)
        progress(0.3)
        grants = _make_grants(made)
        progress(0.5)
        _make_downloads(grants, draw, at=at)
        progress(0.8)
        make_mail_and_messages(shop, [each.order for each in made], draw, at=at)
    figures.rebuild(at=at, progress=lambda days, of: progress(0.85 + 0.15 * days / (of or 1)))


def _orders_of(shop: Shop) -> QuerySet[Order]:
    numbers = (FIRST_NUMBER, FIRST_NUMBER + ORDERS)
    return Order.objects.filter(shop=shop, platform_id__range=numbers)


def _make_orders(shop: Shop, planned: list[Sale]) -> list[Made]:
    buyers = _make_buyers(shop, 1 + max(sale.buyer for sale in planned))
    prices = {sold.name: sold.price for sold in SOLD}
    orders = [
        Order(
            shop=shop,
            platform_id=FIRST_NUMBER + number,
            number=FIRST_ORDER_NUMBER + number,
            customer=buyers[sale.buyer],
            email=buyers[sale.buyer].email or "",
            reported_email=buyers[sale.buyer].email or "",
            placed_at=sale.placed_at,
            reported_at=sale.placed_at,
            announced_at=sale.placed_at,
            email_sent_at=None if sale.fate == "pending" else sale.placed_at + timedelta(minutes=1),
            grand_total=Decimal(sum(prices[product.name] for product in sale.products)),
            currency="EUR",
            **sale.values,
        )
        for number, sale in enumerate(planned)
    ]
    Order.objects.bulk_create(orders, batch_size=BATCH)
    _orders_of(shop).update(created_at=F("placed_at"))
    made = [Made(sale, order) for sale, order in zip(planned, orders, strict=True)]
    _make_facts(shop, made)
    return made


def _make_buyers(shop: Shop, count: int) -> list[Customer]:
    draw = random.Random(SEED)  # noqa: S311  # nosec B311
    buyers = [
        Customer(
            shop=shop,
            email=f"buyer-{number}@example.com",
            first_name=draw.choice(FIRST_NAMES),
            last_name=draw.choice(LAST_NAMES),
            platform_id=FIRST_NUMBER + number,
        )
        for number in range(count)
    ]
    return Customer.objects.bulk_create(buyers, batch_size=BATCH)


def _make_facts(shop: Shop, made: Iterable[Made]) -> None:
    """Make what closed or holds orders, so that counting them anew comes to the same."""
    for sale, order in made:
        number = order.platform_id or 0
        about = {"shop": shop, "order_platform_id": number}
        later = sale.placed_at + timedelta(hours=3)
        match sale.fate:
            case "dispute":
                Dispute.objects.create(**about, platform_id=number, state="open", opened_at=later)
            case "risk":
                RiskAssessment.objects.create(**about, is_high=True, assessed_at=later)
            case "refunded":
                refund = Refund.objects.create(**about, platform_id=number, refunded_at=later)
                RefundedLine.objects.bulk_create(
                    RefundedLine(refund=refund, line_platform_id=line, quantity=1)
                    for line in _line_numbers(sale, order)
                )


def _line_numbers(sale: Sale, order: Order) -> Iterator[int]:
    for position in range(len(sale.products)):
        yield (order.platform_id or 0) * 10 + position


def _make_grants(made: list[Made]) -> list[tuple[Sale, Grant]]:
    attached: dict[Any, list[Attachment]] = {}
    for each in Attachment.objects.select_related("asset"):
        attached.setdefault(each.product_id, []).append(each)
    lines = [
        LineItem(
            order=order,
            product=product,
            position=position,
            platform_id=number,
            quantity=1,
            paid_units=0 if sale.fate == "pending" else 1,
        )
        for sale, order in made
        for position, (product, number) in enumerate(
            zip(sale.products, _line_numbers(sale, order), strict=True)
        )
    ]
    LineItem.objects.bulk_create(lines, batch_size=BATCH)
    by_order = {order.pk: sale for sale, order in made}
    grants = [
        Grant(
            order=line.order,
            line=line,
            product=line.product,
            asset=each.asset,
            limit=each.limit,
            bought=each.limit,
            refunded=line.order.fully_refunded,
            created_at=line.order.placed_at,
            updated_at=line.order.placed_at,
        )
        for line in lines
        for each in attached.get(line.product_id, ())
    ]
    Grant.objects.bulk_create(grants, batch_size=BATCH)
    return [(by_order[grant.order_id], grant) for grant in grants]


def _make_downloads(grants: list[tuple[Sale, Grant]], draw: Any, *, at: datetime) -> None:
    deliveries: list[Delivery] = []
    for sale, grant in grants:
        moments = fetches(sale, grant.limit, draw, at=at)
        grant.used = len(moments)
        for moment in moments:
            deliveries.append(_delivery(grant, moment, len(deliveries)))
    Delivery.objects.bulk_create(deliveries, batch_size=BATCH)
    lines = [line for delivery in deliveries for line in _lines(delivery)]
    lines += [
        _line(grant, "refused", at - HALF_HOUR, reason="used_up")
        for _sale, grant in grants
        if grant.bought is not None and grant.used == grant.bought
    ][-40:]
    DownloadEvent.objects.bulk_create(sorted(lines, key=lambda line: line.at), batch_size=BATCH)
    Grant.objects.bulk_update([grant for _sale, grant in grants], ["used"], batch_size=BATCH)


def _delivery(grant: Grant, at: datetime, number: int) -> Delivery:
    sha256, size_bytes = version_of(grant.asset)
    return Delivery(
        grant=grant,
        nonce=f"busy-{number}",
        opened_at=at,
        closes_at=at + timedelta(seconds=window_seconds(size_bytes)),
        valid_until=at + DAY,
        sha256=sha256,
        size_bytes=size_bytes,
        sent_bytes=size_bytes or 0,
        is_kept=True,
    )


def _lines(delivery: Delivery) -> Iterator[DownloadEvent]:
    own: dict[str, Any] = {"delivery": delivery, "at": delivery.opened_at}
    yield _line(delivery.grant, "charged", downloads=1, **own)
    if delivery.size_bytes:
        yield _line(delivery.grant, "served", sent_bytes=delivery.size_bytes, **own)


def _line(grant: Grant, kind: str, at: datetime, **values: Any) -> DownloadEvent:
    return DownloadEvent(grant=grant, kind=kind, at=at, **values)
