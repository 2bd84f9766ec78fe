from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from downloads.errors import BadInput
from downloads.fulfilment import (
    apply_policies,
    record_order,
    record_refund,
    release,
    settle,
)
from downloads.fulfilment.orders import Recorded
from downloads.fulfilment.rules import past_orders
from downloads.incoming import CustomerReport, LineReport, OrderReport, ProductReport
from downloads.models import (
    Attachment,
    Customer,
    Grant,
    LineItem,
    Order,
    Product,
    Refund,
    RefundedLine,
    Shop,
)
from downloads.tokens import hash_token
from tests.downloads.reported import line_report, order_report, refund_report
from tests.factories import (
    NOW,
    AttachmentFactory,
    DisputeFactory,
    OrderFactory,
    ProductFactory,
    ShopFactory,
)

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
EARLIER, LATER = NOW - HOUR, NOW + HOUR
TOKEN = "0c732eb6fd9802a0821a9d29888baee8"
EVERYTHING = (Customer, Grant, LineItem, Order, Product, Refund, RefundedLine)


@pytest.fixture
def shop() -> Shop:
    return ShopFactory()


def record(shop: Shop, report: OrderReport) -> Recorded:
    return record_order(shop, report, at=NOW)


def sell(shop: Shop, *numbers: int) -> None:
    """Attach an asset of ten downloads to the variants that `line_report` names."""
    for number in numbers:
        AttachmentFactory(product=ProductFactory(shop=shop, variant_id=1000 + number))


def everything() -> list[list[dict]]:
    return [list(model._default_manager.order_by("pk").values()) for model in EVERYTHING]


def quantities(order: Order) -> dict[int | None, tuple[int, int | None]]:
    return {line.platform_id: (line.quantity, line.current_quantity) for line in order.lines.all()}


# --- Orders --------------------------------------------------------------------------------------


def test_a_new_order_is_kept_as_reported(shop):
    report = order_report(grand_total=Decimal("409.94"), currency="EUR", cancelled_at=NOW)
    recorded = record(shop, report)
    order = recorded.order
    assert recorded.outcome == "new"
    assert (order.shop, order.platform_id, order.number) == (shop, 7001, 1050)
    assert (order.payment, order.placed_at, order.reported_at) == ("paid", NOW, NOW)
    assert (order.grand_total, order.currency) == (Decimal("409.94"), "EUR")
    assert (order.cancelled_at, order.token_hash, order.ticket_revision) == (NOW, None, 0)
    assert order.customer == Customer.objects.get()


def test_a_new_order_has_the_grants_it_is_due(shop):
    sell(shop, 1, 2)
    record(shop, order_report(line_report(1, quantity=3), line_report(2), line_report(3)))
    grants = Grant.objects.values_list("line__platform_id", "bought", "used", "canceled")
    assert list(grants) == [(1, 30, 0, 0), (2, 10, 0, 0)]


def test_the_same_report_twice_changes_nothing(shop):
    sell(shop, 1)
    report = order_report(
        line_report(1, quantity=3, current=2),
        token=TOKEN,
        grand_total=Decimal("10.00"),
        refunds=(refund_report(1, {1: 1}),),
    )
    record(shop, report)
    before = everything()
    assert record_order(shop, report, at=LATER).outcome == "unchanged"
    assert everything() == before


def test_the_same_report_twice_writes_nothing(shop):
    sell(shop, 1)
    report = order_report(token=TOKEN, refunds=(refund_report(1, {1: 1}),))
    record(shop, report)
    with CaptureQueriesContext(connection) as queries:
        record(shop, report)
    words = {query["sql"].split()[0] for query in queries.captured_queries}
    assert words == {"SAVEPOINT", "SELECT", "RELEASE"}


NEWS = [
    {"payment": "refunded"},
    {"cancelled_at": NOW},
    {"number": 1051},
    {"grand_total": Decimal("1.00")},
    {"currency": "EUR"},
    {"placed_at": EARLIER},
    {"token": TOKEN},
    {"refunds": (refund_report(1, {1: 1}),)},
    {"lines": (line_report(1, quantity=2),)},
    {"lines": (line_report(1), line_report(2))},
    {"customer": CustomerReport(platform_id=502)},
]


@pytest.mark.parametrize("news", NEWS)
def test_news_in_a_newer_report_is_a_change(shop, news):
    record(shop, order_report())
    assert record(shop, order_report(**news, at=LATER)).outcome == "changed"
    assert Order.objects.count() == 1


@pytest.mark.parametrize(
    "news", [news for news in NEWS if news.keys() & {"payment", "cancelled_at", "token", "refunds"}]
)
def test_an_order_further_on_at_the_same_moment_is_a_change(shop, news):
    record(shop, order_report())
    assert record(shop, order_report(**news)).outcome == "changed"


def test_a_newer_report_wins(shop):
    sell(shop, 1)
    record(shop, order_report(payment="pending"))
    assert Grant.objects.with_facts().get().status(NOW) == "pending"
    recorded = record(shop, order_report(at=LATER))
    assert (recorded.outcome, recorded.order.payment) == ("changed", "paid")
    assert recorded.order.reported_at == LATER
    assert Grant.objects.with_facts().get().status(NOW) == "available"


def test_an_older_report_changes_no_field(shop):
    record(shop, order_report(at=NOW, cancelled_at=NOW, currency="EUR"))
    before = everything()
    late = order_report(
        at=EARLIER, payment="pending", number=9, currency="USD", placed_at=EARLIER, customer=None
    )
    assert record(shop, late).outcome == "unchanged"
    assert everything() == before


def test_an_older_report_still_adds_refunds_and_higher_quantities(shop):
    sell(shop, 1)
    record(shop, order_report(line_report(1, quantity=3, current=3), at=NOW))
    late = order_report(
        line_report(1, quantity=5, current=5), at=EARLIER, refunds=(refund_report(1, {1: 4}),)
    )
    recorded = record(shop, late)
    assert recorded.outcome == "changed"
    assert recorded.order.reported_at == NOW
    assert quantities(recorded.order) == {1: (5, 3)}
    grant = Grant.objects.get()
    assert (grant.bought, grant.canceled) == (50, 40)


def test_one_number_in_two_shops_is_two_orders(shop):
    other = ShopFactory()
    record(shop, order_report())
    record(other, order_report())
    assert set(Order.objects.values_list("shop", "platform_id")) == {
        (shop.pk, 7001),
        (other.pk, 7001),
    }


def test_numbers_above_2_to_the_53_are_kept_exactly(shop):
    huge = 2**63 - 1
    product = ProductReport(name="Book", product_id=huge, variant_id=huge - 1)
    report = order_report(
        LineReport(huge, product, quantity=1),
        platform_id=huge,
        number=huge,
        refunds=(refund_report(huge, {huge: 1}),),
    )
    order = record(shop, report).order
    line, refund = order.lines.get(), Refund.objects.get()
    assert (order.platform_id, order.number) == (huge, huge)
    assert (line.platform_id, line.product.product_id, line.product.variant_id) == (
        huge,
        huge,
        huge - 1,
    )
    assert (refund.order_platform_id, refund.platform_id) == (huge, huge)
    assert refund.lines.get().line_platform_id == line.platform_id == huge
    assert (order.fully_refunded, order.status) == (True, "closed")


# --- Lines ---------------------------------------------------------------------------------------


def test_lines_stand_in_the_newest_reports_order(shop):
    record(shop, order_report(line_report(1), line_report(2)))
    newer = order_report(line_report(2), line_report(3), line_report(1), at=LATER)
    order = record(shop, newer).order
    assert [line.platform_id for line in order.lines.all()] == [2, 3, 1]


def test_a_line_gone_from_the_newest_report_is_kept_by_nobody(shop):
    sell(shop, 1, 2)
    record(shop, order_report(line_report(1), line_report(2)))
    order = record(shop, order_report(line_report(1), at=LATER)).order
    assert quantities(order) == {1: (1, 1), 2: (1, 0)}
    statuses = {
        grant.line.platform_id: grant.status(NOW) for grant in Grant.objects.with_facts().all()
    }
    assert statuses == {1: "available", 2: "expired"}


def test_a_line_gone_comes_back_with_a_newer_report(shop):
    sell(shop, 2)
    record(shop, order_report(line_report(1), line_report(2)))
    record(shop, order_report(line_report(1), at=LATER))
    record(shop, order_report(line_report(1), line_report(2), at=LATER + HOUR))
    grant = Grant.objects.with_facts().get()
    assert (grant.canceled, grant.refunded, grant.status(NOW)) == (0, False, "available")


def test_a_line_gone_from_an_older_report_stays(shop):
    record(shop, order_report(line_report(1), line_report(2), at=NOW))
    order = record(shop, order_report(line_report(1), at=EARLIER)).order
    assert quantities(order) == {1: (1, 1), 2: (1, 1)}


def test_a_line_that_only_an_older_report_knows_has_been_taken_out(shop):
    sell(shop, 2)
    record(shop, order_report(line_report(1), at=NOW))
    order = record(shop, order_report(line_report(1), line_report(2), at=EARLIER)).order
    assert quantities(order) == {1: (1, 1), 2: (1, 0)}
    assert Grant.objects.with_facts().get().status(NOW) == "expired"


def test_a_report_without_the_shops_own_figure_keeps_all_units(shop):
    record(shop, order_report(line_report(1, quantity=3, current=1)))
    order = record(shop, order_report(line_report(1, quantity=3), at=LATER)).order
    assert quantities(order) == {1: (3, 3)}


def test_a_lowered_quantity_keeps_what_was_once_ordered(shop):
    sell(shop, 1)
    record(shop, order_report(line_report(1, quantity=3)))
    order = record(shop, order_report(line_report(1, quantity=1), at=LATER)).order
    assert quantities(order) == {1: (3, 1)}
    grant = Grant.objects.get()
    assert (grant.bought, grant.canceled) == (30, 20)


def test_a_line_of_no_units_is_closed_from_the_start(shop):
    sell(shop, 1)
    order = record(shop, order_report(line_report(1, quantity=0))).order
    assert quantities(order) == {1: (1, 0)}
    assert (order.fully_refunded, order.status) == (True, "closed")


# --- Products ------------------------------------------------------------------------------------


def described(number: int, **fields) -> LineReport:
    return LineReport(number, ProductReport(**{"name": "Book"} | fields), quantity=1)


def test_a_variant_is_one_product_however_often_it_is_sold(shop):
    paper = {"variant_id": 11, "product_id": 900, "variant_name": "Paper back"}
    record(shop, order_report(described(1, **paper), described(2, **paper)))
    record(shop, order_report(described(1, **paper), platform_id=7002))
    assert Product.objects.count() == 1
    assert LineItem.objects.count() == 3


def test_two_variants_are_two_products(shop):
    record(
        shop,
        order_report(
            described(1, variant_id=11, product_id=900, variant_name="Paper back"),
            described(2, variant_id=12, product_id=900, variant_name="PDF"),
        ),
    )
    rows = Product.objects.values_list("product_id", "variant_id", "variant_name")
    assert set(rows) == {(900, 11, "Paper back"), (900, 12, "PDF")}


def test_a_new_product_is_kept_as_the_line_says(shop):
    fields = {"variant_name": "PDF", "sku": "b-1", "vendor": "Ada", "tags": ("books",)}
    record(shop, order_report(described(1, variant_id=11, product_id=900, **fields)))
    product = Product.objects.get()
    assert (product.shop, product.name, product.variant_name) == (shop, "Book", "PDF")
    assert (product.sku, product.vendor, product.tags) == ("b-1", "Ada", ["books"])


def test_a_line_that_names_no_tags_makes_a_product_with_an_empty_list(shop):
    record(shop, order_report())
    assert Product.objects.get().tags == []


def test_a_product_that_is_there_stays_as_it_is(shop):
    ProductFactory(shop=shop, name="Renamed", variant_id=11, sku="kept", tags=["kept"])
    before = Product.objects.values().get()
    record(shop, order_report(described(1, variant_id=11, sku="new", tags=("new",))))
    assert Product.objects.values().get() == before


def test_one_variant_number_in_two_shops_is_two_products(shop):
    ProductFactory(variant_id=11)
    record(shop, order_report(described(1, variant_id=11)))
    assert Product.objects.count() == 2
    assert LineItem.objects.get().product.shop == shop


def test_lines_without_a_variant_are_known_by_their_description(shop):
    record(shop, order_report(described(1), described(2), described(3, sku="other")))
    assert Product.objects.count() == 2
    record(shop, order_report(described(1), platform_id=7002))
    assert Product.objects.count() == 2


def test_a_line_without_a_variant_finds_one_of_two_products_alike(shop):
    twins = [ProductFactory(shop=shop, name="Book", variant_id=None) for _ in range(2)]
    record(shop, order_report(described(1)))
    assert LineItem.objects.get().product in twins


# --- Tokens --------------------------------------------------------------------------------------


def test_a_token_is_kept_as_its_sha256_alone(shop):
    order = record(shop, order_report(token=TOKEN)).order
    assert order.token_hash == hash_token(TOKEN)
    assert TOKEN not in str(everything())


def test_a_newer_token_replaces_and_a_missing_one_leaves_it(shop):
    record(shop, order_report(token=TOKEN))
    order = record(shop, order_report(token=TOKEN[::-1], at=LATER)).order
    assert order.token_hash == hash_token(TOKEN[::-1])
    order = record(shop, order_report(token=None, at=LATER + HOUR)).order
    assert order.token_hash == hash_token(TOKEN[::-1])


# --- Refunds -------------------------------------------------------------------------------------


def refund(shop: Shop, number: int, units: dict[int, int], order: int = 7001) -> bool:
    return record_refund(shop, order, refund_report(number, units), at=LATER)


def test_a_refund_takes_units_of_its_line_back(shop):
    sell(shop, 1)
    record(shop, order_report(line_report(1, quantity=3)))
    assert refund(shop, 1, {1: 2}) is True
    grant = Grant.objects.get()
    assert (grant.bought, grant.canceled, grant.updated_at) == (30, 20, LATER)


def test_one_refund_counts_once_however_it_arrives(shop):
    sell(shop, 1)
    told = refund_report(1, {1: 1})
    record(shop, order_report(line_report(1, quantity=3), refunds=(told,)))
    assert refund(shop, 1, {1: 1}) is False
    record(shop, order_report(line_report(1, quantity=3), refunds=(told, told), at=LATER))
    assert Grant.objects.get().canceled == 10
    assert list(RefundedLine.objects.values_list("refund__platform_id", "quantity")) == [(1, 1)]


def test_an_amount_alone_refunds_no_units(shop):
    sell(shop, 1)
    record(shop, order_report())
    assert refund(shop, 1, {}) is True
    grant = Grant.objects.with_facts().get()
    assert (grant.canceled, grant.status(NOW)) == (0, "available")


def test_a_refund_of_an_unknown_line_waits_for_it(shop):
    sell(shop, 1, 9)
    order = record(shop, order_report(refunds=(refund_report(5, {1: 1, 9: 1}),))).order
    assert list(Grant.objects.values_list("line__platform_id", "canceled")) == [(1, 10)]
    assert order.status == "closed"
    more = order_report(line_report(1), line_report(9, quantity=2), at=LATER)
    assert record(shop, more).order.status == "completed"
    rows = Grant.objects.order_by("pk").values_list("line__platform_id", "bought", "canceled")
    assert list(rows) == [(1, 10, 10), (9, 20, 10)]


def test_a_refund_of_another_orders_line_takes_nothing_of_it(shop):
    sell(shop, 1, 2)
    record(shop, order_report())
    record(shop, order_report(line_report(2), platform_id=7002))
    assert refund(shop, 5, {2: 1}) is True
    assert list(Grant.objects.values_list("canceled", "refunded")) == [(0, False)] * 2


def test_one_refund_number_in_two_orders_is_two_refunds(shop):
    for platform_id in (7001, 7002):
        told = refund_report(1, {1: 1})
        record(shop, order_report(platform_id=platform_id, refunds=(told,)))
    assert Refund.objects.count() == 2


# --- Policies and release ------------------------------------------------------------------------


def test_a_report_of_any_payment_is_kept_beside_what_the_policy_makes_of_it(shop):
    order = record(shop, order_report(payment="authorized")).order
    assert (order.reported_payment, order.payment) == ("authorized", "pending")
    Shop.objects.update(opens_when=Shop.OpensWhen.AUTHORIZED)
    order = record(shop, order_report(payment="authorized", platform_id=7002)).order
    assert (order.reported_payment, order.payment) == ("authorized", "paid")


def test_a_changed_policy_reaches_earlier_orders_when_applied(shop):
    sell(shop, 1)
    record(shop, order_report(payment="authorized"))
    record(shop, order_report(payment="pending", platform_id=7002))
    record(shop, order_report(platform_id=7003))
    Shop.objects.update(opens_when=Shop.OpensWhen.AUTHORIZED)
    assert apply_policies(shop, at=LATER).changed == 1
    payments = Order.objects.order_by("platform_id").values_list("payment", flat=True)
    assert list(payments) == ["paid", "pending", "paid"]
    assert apply_policies(shop, at=LATER).changed == 0


def test_policies_of_one_shop_reach_no_other(shop):
    record(ShopFactory(), order_report(payment="authorized"))
    Shop.objects.update(opens_when=Shop.OpensWhen.AUTHORIZED)
    assert apply_policies(shop, at=LATER).changed == 0
    assert Order.objects.get().payment == "pending"


def test_policies_leave_an_order_made_by_hand_as_it_is(shop):
    OrderFactory(shop=shop, payment=Order.Payment.PENDING)
    Shop.objects.update(opens_when=Shop.OpensWhen.PLACED)
    assert apply_policies(shop, at=LATER).changed == 0
    assert Order.objects.get().payment == "pending"


def test_a_policy_begins_the_lifetimes_of_what_it_opens(shop):
    sell(shop, 1)
    Attachment.objects.update(lifetime_days=1)
    record(shop, order_report(payment="authorized"))
    assert Grant.objects.get().expires_at is None
    Shop.objects.update(opens_when=Shop.OpensWhen.AUTHORIZED)
    apply_policies(shop, at=LATER)
    assert Grant.objects.get().expires_at == LATER + timedelta(days=1)


def test_a_held_order_is_opened_by_a_release(shop):
    DisputeFactory(shop=shop)
    order = record(shop, order_report()).order
    assert (order.hold, order.status) == ("dispute", "pending")
    release(order, at=LATER)
    order.refresh_from_db()
    assert (order.hold, order.status, order.released_at) == ("", "completed", LATER)


def test_what_is_not_held_is_not_released(shop):
    order = record(shop, order_report()).order
    before = everything()
    with pytest.raises(BadInput) as refusal:
        release(order, at=LATER)
    assert str(refusal.value) == "This order is not held."
    assert everything() == before


def test_a_release_lasts_through_later_reports(shop):
    DisputeFactory(shop=shop)
    order = record(shop, order_report()).order
    release(order, at=LATER)
    assert record(shop, order_report(at=LATER + HOUR)).order.status == "completed"


def test_a_release_answers_what_was_seen_also_by_a_clock_ahead_of_ours(shop):
    DisputeFactory(shop=shop, opened_at=LATER)
    order = record(shop, order_report()).order
    release(order, at=NOW)
    order.refresh_from_db()
    assert (order.status, order.released_at) == ("completed", LATER)


def test_an_order_deleted_meanwhile_does_not_stop_the_policies(shop, monkeypatch):
    orders = [
        record(shop, order_report(payment="authorized", platform_id=number)).order
        for number in (7001, 7002)
    ]
    Shop.objects.update(opens_when=Shop.OpensWhen.AUTHORIZED)

    def settle_late(order: Order, *, at: datetime) -> None:
        Order.objects.filter(pk=orders[0].pk).delete()
        settle(order, at=at)

    monkeypatch.setattr(past_orders, "settle", settle_late)
    assert apply_policies(shop, at=LATER).changed == 1
    assert list(Order.objects.values_list("platform_id", "payment")) == [(7002, "paid")]
