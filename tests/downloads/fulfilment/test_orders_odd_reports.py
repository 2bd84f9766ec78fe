"""Reports that leave things out, share a moment, or come when nobody expects them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from downloads import fulfilment
from downloads.errors import BadInput
from downloads.fulfilment import (
    erase_person,
    record_data_request,
    record_dispute,
    record_order,
    record_product,
    record_risk,
    release,
)
from downloads.fulfilment.inbox import apply_next
from downloads.incoming import (
    CatalogReport,
    CustomerReport,
    LineReport,
    PersonReport,
    ProductReport,
)
from downloads.models import Customer, DataRequest, Grant, Order, Product, Shop
from tests.downloads.reported import (
    dispute_report,
    line_report,
    order_report,
    refund_report,
    risk_report,
)
from tests.factories import NOW, AttachmentFactory, MessageFactory, ProductFactory, ShopFactory

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
LATER = NOW + HOUR


def ends(*reports, **shop_fields):
    """Record in both orders; return what is left of the order each time."""
    left = []
    for told in (reports, reports[::-1]):
        shop = ShopFactory(**shop_fields)
        AttachmentFactory(product=ProductFactory(shop=shop, variant_id=1001), lifetime_days=7)
        for report in told:
            order = record_order(shop, report, at=NOW).order
        fields = (
            "number",
            "payment",
            "placed_at",
            "currency",
            "grand_total",
            "cancelled_at",
            "reported_rank",
        )
        row = (
            Order.objects.filter(pk=order.pk)
            .values(*fields, "customer__email", "customer__first_name", "customer__last_name")
            .get()
        )
        row["token"] = order.token_hash
        row["grants"] = list(
            order.grants.values_list("line__platform_id", "bought", "canceled", "expires_at")
        )
        row["lines"] = list(
            order.lines.values_list(
                "platform_id", "product__variant_id", "quantity", "current_quantity"
            )
        )
        row["products"] = sorted(Product.objects.filter(shop=shop).values_list("name", flat=True))
        row["customers"] = Customer.objects.filter(shop=shop).count()
        left.append(row)
        Order.objects.update(token_hash=None)
    return left


def test_currency_of_two_reports_of_one_moment():
    a, b = ends(order_report(currency="EUR"), order_report(currency="USD"))
    assert a == b


def test_placed_at_of_two_reports_of_one_moment():
    a, b = ends(order_report(placed_at=NOW), order_report(placed_at=LATER))
    assert a == b


def test_token_of_two_reports_of_one_moment():
    a, b = ends(order_report(token="a" * 32), order_report(token="b" * 32))
    assert a["token"] == b["token"]


def test_a_newer_description_that_drops_the_sku_stands():
    shop = ShopFactory()
    said = ProductReport(
        name="Book", product_id=900, variant_id=11, variant_name="PDF", sku="b-1", tags=()
    )
    record_product(shop, CatalogReport((said,), reported_at=NOW))
    record_product(
        shop, CatalogReport((replace(said, name="Renamed", sku=None),), reported_at=LATER)
    )
    product = Product.objects.get()
    assert (product.name, product.sku) == ("Renamed", None)


def test_a_variant_deleted_since_the_sale_takes_no_download():
    """Shopify writes `variant_id: null` into later orders/updated once a variant is deleted."""
    with_variant = LineReport(
        1, ProductReport(name="Book", product_id=900, variant_id=1001), quantity=1
    )
    without = LineReport(1, ProductReport(name="Book"), quantity=1)
    a, b = ends(order_report(with_variant), order_report(without, at=LATER))
    assert a["grants"]
    assert b["grants"]
    assert a | {"products": 0} == b | {"products": 0}


def test_partial_names_end_alike():
    a, b = ends(
        order_report(customer=CustomerReport(501, "a@example.com", first_name="Ada")),
        order_report(customer=CustomerReport(501, "a@example.com", last_name="L."), at=LATER),
    )
    assert a == b


def test_a_name_without_address_and_an_address_without_name_end_alike():
    a, b = ends(
        order_report(customer=CustomerReport(501, "a@example.com")),
        order_report(customer=CustomerReport(501, None, first_name="Ada"), at=LATER),
    )
    assert a == b


def test_an_erased_guest_stays_forgotten_when_the_order_is_told_again():
    shop = ShopFactory()
    guest = CustomerReport(email="ada@example.com", first_name="Ada")
    record_order(shop, order_report(customer=guest), at=NOW)
    erase_person(shop, PersonReport(None, "ada@example.com", (7001,)), at=LATER)
    record_order(shop, order_report(customer=guest, at=LATER), at=LATER)
    assert "ada" not in str(list(Customer.objects.values())).lower()


def test_an_erased_buyer_stays_forgotten_when_told_of_without_the_number():
    shop = ShopFactory()
    record_order(shop, order_report(customer=CustomerReport(501, "ada@example.com")), at=NOW)
    erase_person(shop, PersonReport(501, "ada@example.com", (7001,)), at=LATER)
    record_order(
        shop, order_report(customer=CustomerReport(email="ada@example.com"), at=LATER), at=LATER
    )
    assert "ada" not in str(list(Customer.objects.values())).lower()


@pytest.mark.parametrize("is_reversed", [False, True])
def test_a_data_request_that_comes_after_the_erasure_brings_no_address_back(is_reversed):
    shop = ShopFactory()
    ada = PersonReport(501, "ada@example.com")
    steps = [
        lambda: record_data_request(shop, 1, ada, at=NOW),
        lambda: erase_person(shop, ada, at=LATER),
    ]
    for step in reversed(steps) if is_reversed else steps:
        step()
    assert DataRequest.objects.values_list("customer_platform_id", "email").get() == (None, "")


def test_a_lifetime_does_not_run_while_the_order_is_held():
    shop = ShopFactory(holds_high_risk=True)
    AttachmentFactory(product=ProductFactory(shop=shop, variant_id=1001), lifetime_days=1)
    record_risk(shop, 7001, risk_report(), at=NOW)
    order = record_order(shop, order_report(), at=NOW).order
    release(order, at=NOW + timedelta(days=30))
    assert Grant.objects.get().expires_at == NOW + timedelta(days=31)


def test_paid_then_voided_leaves_the_lifetime_alike():
    a, b = ends(
        order_report(payment="authorized"),
        order_report(payment="voided", at=LATER),
        opens_when="authorized",
    )
    assert a == b


@pytest.mark.parametrize("words", ["a\0b", "half \ud800"])
def test_an_error_no_database_can_store_does_not_stop_the_inbox(words):
    """NUL on PostgreSQL, the surrogate on both."""
    first, second = MessageFactory(), MessageFactory()

    def refuse(message):
        if message == first:
            raise BadInput(words)

    assert apply_next(refuse, at=NOW) == first
    assert apply_next(refuse, at=NOW) == second


def test_many_attempts_do_not_outrun_the_calendar(settings):
    settings.MESSAGE_MAX_ATTEMPTS = 100
    message = MessageFactory(attempts=60)

    def refuse(message):
        raise BadInput("no")

    assert apply_next(refuse, at=NOW) == message


def test_an_order_deleted_meanwhile_does_not_stop_the_policies(monkeypatch):
    shop = ShopFactory()
    record_order(shop, order_report(), at=NOW)
    gone = Order.objects.get()
    record_order(shop, order_report(platform_id=7002, payment="authorized"), at=NOW)
    Shop.objects.update(opens_when="authorized")
    from downloads.fulfilment.rules import past_orders

    settle = past_orders.settle

    def delete_first(order, *, at):
        if order.pk == gone.pk:
            fulfilment.delete_order(gone)
        settle(order, at=at)

    monkeypatch.setattr(past_orders, "settle", delete_first)
    assert past_orders.apply_policies(shop, at=NOW).changed == 1


def test_a_refunds_time_is_the_same_in_either_order():
    from downloads.models import Refund

    found = set()
    for told in ((NOW, LATER), (LATER, NOW)):
        shop = ShopFactory()
        for at in told:
            fulfilment.record_refund(
                shop, 7001, replace(refund_report(1, {}), refunded_at=at), at=NOW
            )
        found.add(Refund.objects.get(shop=shop).refunded_at)
    assert len(found) == 1


def test_a_disputes_beginning_is_the_same_in_either_order():
    """A message without a date (LONG_AGO) first: a release given before would open it."""
    from downloads.models import Dispute

    found = set()
    for told in ((NOW, LATER), (LATER, NOW)):
        shop = ShopFactory()
        for at in told:
            record_dispute(shop, 7001, dispute_report("open", opened=at), at=NOW)
        found.add(Dispute.objects.get(shop=shop).opened_at)
    assert len(found) == 1


def test_huge_quantities_of_a_line_and_refund():
    shop = ShopFactory()
    AttachmentFactory(product=ProductFactory(shop=shop, variant_id=1001), limit=2**31 - 1)
    record_order(shop, order_report(line_report(1, quantity=2**31 - 1)), at=NOW)
    fulfilment.record_refund(shop, 7001, refund_report(1, {1: 2**31 - 1}), at=NOW)
    assert Grant.objects.get().canceled == 2**31 - 1


def test_an_added_limit_past_the_column():
    shop = ShopFactory()
    AttachmentFactory(product=ProductFactory(shop=shop, variant_id=1001))
    record_order(shop, order_report(), at=NOW)
    order = Order.objects.get()
    assert order.grants.get().bought == 10
