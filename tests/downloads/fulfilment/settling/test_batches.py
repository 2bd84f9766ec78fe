"""Settling many orders: as one after the other, in as many statements for ten as for a hundred."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from downloads import fulfilment
from downloads.fulfilment import rules
from downloads.fulfilment.recalculation import settle_within
from downloads.fulfilment.settling.batches import settle_each
from downloads.models import (
    AttachmentRule,
    AuditEntry,
    DownloadEvent,
    Grant,
    LineItem,
    Mail,
    Order,
    Refund,
    Shop,
    StatusMeaning,
)
from tests.factories import (
    NOW,
    AttachmentFactory,
    DisputeFactory,
    LineFactory,
    LinkFactory,
    OrderFactory,
    ProductFactory,
    RefundFactory,
    RiskFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

DAY = timedelta(days=1)


class Market:
    """A shop that sold two variants, with a file attached since by a rule."""

    def __init__(self) -> None:
        self.asset = LinkFactory()
        self.shop = self.asset.shop
        # What is there besides the file: attached to one variant, and given to it.
        self.other = LinkFactory(shop=self.shop)
        self.product = ProductFactory(shop=self.shop, product_id=9, tags=["books"])
        self.variant = ProductFactory(shop=self.shop, product_id=9, variant_name="Large")
        self.left_out = ProductFactory(shop=self.shop, product_id=9, variant_name="Without")
        self.numbers = iter(range(7001, 8000))

    def order(self, **values: Any) -> LineItem:
        number, product = next(self.numbers), values.pop("product", self.product)
        of_line = {name: values.pop(name) for name in [*values] if hasattr(LineItem, name)}
        known = {"platform_id": number, "reported_payment": "paid", "created_at": NOW}
        order = OrderFactory(shop=self.shop, **{**known, **values})
        of_line = {"platform_id": number * 10, "quantity": 2} | of_line
        return LineFactory(order=order, product=product, **of_line)

    def attach(self) -> None:
        shop = self.shop
        by_tag = AttachmentRule(shop=shop, asset=self.asset, tag="books", limit=9)
        for rule in (
            by_tag,
            AttachmentRule(shop=shop, asset=self.asset, product_number=9, limit=2),
        ):
            rules.save_rule(rule)
        AttachmentFactory(product=self.product, asset=self.other, lifetime_days=3)
        rules.attach_to_each(shop, self.asset, [self.variant], limit=5, lifetime_days=1)
        rules.leave_out(self.left_out, self.asset)


def refunded(market: Market, units: int, **values: Any) -> None:
    line = market.order(**values)
    number = line.order.platform_id
    RefundFactory(shop=market.shop, order_platform_id=number, units={number * 10: units})


def money_back(market: Market) -> None:
    number = market.order().order.platform_id
    RefundFactory(shop=market.shop, order_platform_id=number)


def mistaken(market: Market) -> None:
    number = market.order(payment="refunded", reported_payment="refunded").order.platform_id
    RefundFactory(shop=market.shop, order_platform_id=number, dismissed_at=NOW)


def disputed(market: Market, state: str) -> None:
    number = market.order().order.platform_id
    DisputeFactory(shop=market.shop, order_platform_id=number, state=state)


def risky(market: Market, **values: Any) -> None:
    number = market.order(**values).order.platform_id
    RiskFactory(shop=market.shop, order_platform_id=number)


def has_it(market: Market, **values: Any) -> None:
    line = market.order()
    made = {"limit": 1, "bought": 2, "created_at": NOW, "updated_at": NOW}
    Grant.objects.create(order=line.order, line=line, asset=market.asset, **made | values)


def had_another(market: Market) -> None:
    former = ProductFactory(shop=market.shop, variant_id=55)
    line = market.order(product_ranks={"55": "1", str(market.product.variant_id): "2"})
    asset = LinkFactory(shop=market.shop)
    AttachmentFactory(product=former, asset=asset)
    made = {"limit": 1, "bought": 1, "created_at": NOW, "updated_at": NOW}
    Grant.objects.create(order=line.order, line=line, product=former, asset=asset, **made)


def own_asset(market: Market) -> None:
    order = market.order().order
    fulfilment.attach_to_order(order, market.other, limit=3, at=NOW)


KINDS: dict[str, Callable[[Market], object]] = {
    "plain": lambda market: market.order(),
    "told": lambda market: market.order(announced_at=NOW),
    "old": lambda market: market.order(placed_at=NOW - 4000 * DAY),
    "without an address": lambda market: market.order(email="", customer=None),
    "by hand": lambda market: market.order(platform_id=None, reported_payment=""),
    "cancelled": lambda market: market.order(cancelled_at=NOW),
    "unpaid": lambda market: market.order(payment="pending", reported_payment="pending"),
    "not settled yet": lambda market: market.order(payment="pending"),
    "paid by the table": lambda market: market.order(
        payment="pending", reported_payment="pending", reported_status="invoiced"
    ),
    "paid in part": lambda market: market.order(
        payment="pending",
        reported_payment="partial",
        reported_units={"paid invoiced": 1},
        paid_units=1,
    ),
    "given back in part": lambda market: refunded(market, 1),
    "given back": lambda market: refunded(market, 2),
    "a unit kept": lambda market: market.order(current_quantity=1),
    "none kept": lambda market: market.order(current_quantity=0),
    "money back": money_back,
    "refunded by mistake": mistaken,
    "disputed": lambda market: disputed(market, "open"),
    "lost": lambda market: disputed(market, "lost"),
    "risky": risky,
    "risky, released": lambda market: risky(market, released_at=NOW + DAY),
    "has it": has_it,
    "has it, withdrawn": lambda market: has_it(market, withdrawn_at=NOW),
    "has it, used up": lambda market: has_it(market, used=2),
    "another variant": lambda market: market.order(product=market.variant),
    "not this file": lambda market: market.order(product=market.left_out),
    "had another product": had_another,
    "a part of another order": lambda market: market.order(parent_platform_id=1),
    "used elsewhere": lambda market: market.order(used_elsewhere=3),
    "its own file": own_asset,
}
SHOPS: dict[str, dict[str, Any]] = {
    "as it is": {},
    "strict": {
        "holds_high_risk": True,
        "amount_refunds": Shop.AmountRefunds.REVOKE,
        "closes_order_assets": True,
    },
    "lenient": {"opens_when": Shop.OpensWhen.PLACED, "mails_buyers": False},
}


def state() -> dict[str, list[Any]]:
    """Return all that settling writes, without the keys of new rows."""
    numbers = {"id", "grant_id"}
    rows = {
        model: model._default_manager.order_by().values()
        for model in (Order, LineItem, Grant, Mail, AuditEntry)
    }
    found = {
        model.__name__: sorted(
            repr({name: value for name, value in row.items() if name not in numbers | {"at"}})
            for row in each
        )
        for model, each in rows.items()
    }
    events = DownloadEvent.objects.values("kind", "downloads", "at", line=F("grant__line"))
    return found | {"events": sorted(map(repr, events))}


def undone(settle: Callable[[], object]) -> dict[str, list[Any]]:
    with transaction.atomic():
        settle()
        found = state()
        transaction.set_rollback(True)
    return found


@pytest.mark.parametrize("policy", SHOPS)
def test_it_is_as_one_after_the_other(policy):
    market = Market()
    StatusMeaning.objects.create(shop=market.shop, status="invoiced", payment="paid")
    for make in KINDS.values():
        make(market)
    Shop.objects.filter(pk=market.shop.pk).update(**SHOPS[policy])
    market.attach()
    orders = list(Order.objects.order_by("pk"))
    shop = Shop.objects.get(pk=market.shop.pk)

    def one_by_one() -> None:
        for order in orders:
            settle_within(order, at=NOW)

    def at_once() -> None:
        settle_each(shop, [order.pk for order in orders], at=NOW)

    before, expected = state(), undone(one_by_one)
    assert undone(at_once) == expected != before
    at_once()
    settled = state()
    at_once()
    assert state() == settled == expected
    assert Refund.objects.exists()


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_alone_is_as_by_itself(kind):
    market = Market()
    KINDS[kind](market)
    market.attach()
    [order] = Order.objects.all()
    by_itself = undone(lambda: settle_within(order, at=NOW))
    assert undone(lambda: settle_each(market.shop, [order.pk], at=NOW)) == by_itself


def statements(count: int) -> list[str]:
    market = Market()
    orders = [market.order().order.pk for _ in range(count)]
    market.attach()
    settle_each(market.shop, orders[:1], at=NOW)
    with CaptureQueriesContext(connection) as asked:
        settled = settle_each(market.shop, orders[1:], at=NOW)
    assert (len(settled.fresh), settled.mails) == (2 * count - 2, count - 1)
    return [each["sql"].partition(" (")[0][:60] for each in asked]


def test_statements_do_not_grow_with_orders():
    few, many = statements(11), statements(101)
    # SQLite takes so many values in one statement that an INSERT is several: of grants of 21
    # columns with 999 values, forty-seven each.
    assert len(few) == 13
    assert list(dict.fromkeys(few)) == list(dict.fromkeys(many))
    assert len(many) == 13 if connection.vendor == "postgresql" else len(many) <= 19


def test_more_than_are_asked_for_at_once_are_refused():
    with pytest.raises(ValueError, match="At most 100"):
        settle_each(Market().shop, list(range(101)), at=NOW)


def test_an_order_of_another_shop_is_left_alone():
    market, other = Market(), Market()
    line = other.order()
    other.attach()
    assert settle_each(market.shop, [line.order.pk], at=NOW).fresh == []
    assert not Grant.objects.exists()
