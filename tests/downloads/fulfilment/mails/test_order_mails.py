"""When a buyer is told that an order may be downloaded: once, and by whatever opened it."""

import json
from datetime import timedelta
from functools import partial
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from downloads import fulfilment
from downloads.errors import BadInput
from downloads.fulfilment.mails import order_mails
from downloads.incoming import CustomerReport
from downloads.models import Mail, Order, Shop
from tests.conftest import PAYLOADS
from tests.downloads.reported import (
    dispute_report,
    in_any_order,
    order_report,
    refund_report,
    risk_report,
)
from tests.factories import (
    NOW,
    AttachmentFactory,
    GrantFactory,
    LinkFactory,
    OrderFactory,
    ProductFactory,
    ShopFactory,
)
from tests.invariants.messages.conftest import apply_now, new_shop
from tests.invariants.messages.lattice import only_end
from tests.invariants.messages.lives import life_of, refunded
from tests.invariants.messages.states import state_of
from tests.racing import at_once

LATER = NOW + timedelta(hours=1)
DAY = timedelta(days=1)
racing = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture(autouse=True)
def _clock_stands_still(frozen):
    frozen(NOW)


@pytest.fixture
def shop(db) -> Shop:
    """A shop whose variant 1001 has a link."""
    shop = ShopFactory()
    AttachmentFactory(product=ProductFactory(shop=shop, variant_id=1001))
    return shop


def told():
    """Whose orders were told of, to whom."""
    return list(Mail.objects.order_by("pk").values_list("order__number", "email", "state"))


def report(shop, at=NOW, **fields):
    return fulfilment.record_order(shop, order_report(**fields), at=at).order


ADA = (1050, "buyer@example.com", "waiting")


# --- What it takes -------------------------------------------------------------------------------


def test_a_paid_order_is_told_of_with_what_opens_it(shop):
    order = report(shop)
    [mail] = Mail.objects.all()
    assert (mail.shop, mail.kind, mail.order) == (shop, "order", order)
    assert (mail.created_at, mail.due_at, order.announced_at) == (NOW, NOW, NOW)
    assert (told(), order.email_sent_at) == ([ADA], None)


def test_it_is_told_of_once(shop):
    report(shop)
    order = report(shop, at=LATER)
    fulfilment.settle(order, at=LATER)
    fulfilment.record_refund(shop, 7001, refund_report(1, {}), at=LATER)
    assert told() == [ADA]


def test_no_order_without_its_mail_and_no_mail_without_its_order(shop):
    with transaction.atomic():
        report(shop)
        transaction.set_rollback(True)
    assert (Order.objects.count(), Mail.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    "payment", ["pending", "authorized", "voided", "refunded"], ids=lambda name: name
)
def test_an_order_that_is_not_paid_is_not_told_of(shop, payment):
    order = report(shop, payment=payment)
    assert (told(), order.announced_at) == ([], None)


def test_a_payment_that_comes_later_tells(shop):
    report(shop, payment="pending")
    report(shop, at=LATER)
    assert told() == [ADA]


def test_an_order_without_a_download_waits_for_one(db):
    shop = ShopFactory()
    order = report(shop)
    assert (told(), order.announced_at) == ([], None)
    fulfilment.attach_to_product(
        order.lines.get().product, LinkFactory(shop=shop), limit=3, at=LATER
    )
    assert told() == [ADA]


def test_an_asset_of_the_orders_own_tells(db):
    shop = ShopFactory()
    order = report(shop)
    fulfilment.attach_to_order(order, LinkFactory(shop=shop), limit=3, at=LATER)
    fulfilment.attach_to_order(order, LinkFactory(shop=shop), limit=3, at=LATER)
    assert told() == [ADA]


@pytest.mark.parametrize("buyer", [None, CustomerReport(platform_id=501)])
def test_whoever_has_no_address_is_told_once_it_is_known(shop, buyer):
    order = report(shop, customer=buyer)
    assert (told(), order.announced_at) == ([], None)
    report(shop, at=LATER)
    assert told() == [ADA]


def test_a_held_order_is_told_of_when_it_is_released(shop):
    fulfilment.record_dispute(shop, 7001, dispute_report("open"), at=NOW)
    order = report(shop)
    assert (told(), order.announced_at) == ([], None)
    fulfilment.release(order, at=LATER)
    assert told() == [ADA]


def test_an_order_of_high_risk_is_told_of_when_the_policy_lets_it_go(shop):
    Shop.objects.update(holds_high_risk=True)
    shop.refresh_from_db()
    report(shop)
    Mail.objects.all().delete()
    Order.objects.update(announced_at=None)
    fulfilment.record_risk(shop, 7001, risk_report(), at=NOW)
    assert told() == []
    Shop.objects.update(holds_high_risk=False)
    shop.refresh_from_db()
    fulfilment.apply_policies(shop, at=LATER)
    assert told() == [ADA]


def test_what_is_cancelled_refunded_or_past_is_not_told_of(shop):
    report(shop, cancelled_at=NOW)
    assert told() == []
    report(shop, at=LATER, platform_id=7002, refunds=(refund_report(1, {1: 1}),))
    assert told() == []


def test_a_download_past_its_end_is_none(db):
    grant = GrantFactory(expires_at=NOW)
    fulfilment.settle(grant.order, at=NOW)
    assert told() == []


def test_one_that_is_used_up_is_one(db):
    grant = GrantFactory(used=10)
    fulfilment.settle(grant.order, at=NOW)
    assert [email for _number, email, _state in told()] == [grant.order.customer.email]


# --- Who is not told -----------------------------------------------------------------------------


def test_a_shop_that_mails_its_buyers_itself_has_none_told_now_or_later(shop):
    Shop.objects.update(mails_buyers=False)
    order = report(shop)
    assert (told(), order.announced_at) == ([], NOW)
    Shop.objects.update(mails_buyers=True)
    fulfilment.settle(order, at=LATER)
    assert told() == []


@pytest.mark.parametrize(("days", "count"), [(30, 1), (31, 0)])
def test_an_order_known_for_long_opens_without_a_word(shop, days, count):
    order = report(shop, payment="pending")
    at = NOW + days * DAY
    report(shop, at=at)
    assert Mail.objects.count() == count
    assert (Order.objects.get().announced_at is None) == (count == 0)
    assert order.pk


def test_an_asset_for_an_old_product_wakes_nobody_but_late_buyers(db, frozen):
    shop = ShopFactory()
    for days, number in ((-31, 1), (-29, 2), (0, 3)):
        frozen(NOW + days * DAY)
        report(
            shop,
            platform_id=number,
            number=number,
            customer=CustomerReport(email=f"{number}@example.com"),
        )
    product = Order.objects.first().lines.get().product
    fulfilment.attach_to_product(product, LinkFactory(shop=shop), limit=3, at=NOW)
    assert sorted(told()) == [(2, "2@example.com", "waiting"), (3, "3@example.com", "waiting")]


def test_many_orders_are_told_of_in_as_many_queries_as_one(shop, django_assert_num_queries):
    orders = [GrantFactory(order__shop=shop).order.pk for _ in range(10)]
    with django_assert_num_queries(3):
        order_mails.announce(orders[:1], at=NOW)
    with django_assert_num_queries(3):
        order_mails.announce(orders, at=NOW)
    with django_assert_num_queries(1):
        order_mails.announce(orders, at=NOW)
    assert Mail.objects.count() == 10


# --- In any order, from anywhere -----------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("order_of_events", range(6))
def test_a_payment_an_attachment_and_a_hold_in_any_order_tell_once(db, order_of_events):
    shop = ShopFactory()
    product = ProductFactory(shop=shop, variant_id=1001)
    asset = LinkFactory(shop=shop)
    events = in_any_order(
        lambda: report(shop),
        lambda: fulfilment.attach_to_product(product, asset, limit=3, at=NOW),
        lambda: fulfilment.record_dispute(shop, 7001, dispute_report("open"), at=NOW),
    )[order_of_events]
    for event in events:
        event()
    fulfilment.record_dispute(shop, 7001, dispute_report("won", decided=NOW), at=LATER)
    assert told() == [ADA]


@pytest.mark.slow
def test_messages_in_any_order_tell_once(db):
    shop, life = new_shop(), life_of("shopify", refunded)
    take_in = partial(apply_now, shop, platform="shopify")
    assert only_end(
        life.sent,
        apply=take_in,
        again=take_in,
        # Once it is open it stays so: whether its buyer was told depends on no order either.
        state=lambda: (state_of(shop), told()),
    )[1] == [(1050, "buyer-1050@example.com", "waiting")]


@pytest.mark.parametrize(("options", "count"), [([], 0), (["--mail"], 1)])
def test_an_import_tells_only_when_asked_to(db, tmp_path, options, count):
    shop = ShopFactory(domain="my-store.example")
    document = json.loads((PAYLOADS / "shopify-order.json").read_text())
    today = {name: timezone.now().isoformat() for name in ("created_at", "processed_at")}
    document["order"] |= {"financial_status": "paid", "cancelled_at": None} | today
    for line in document["order"]["line_items"]:
        product = ProductFactory(shop=shop, variant_id=line["variant_id"])
        AttachmentFactory(product=product)
    file = tmp_path / "orders.json"
    file.write_text(json.dumps(document))
    call_command("import_orders", str(file), "--shop", shop.domain, *options, stdout=StringIO())
    order = Order.objects.get()
    assert (order.status, Mail.objects.count()) == ("completed", count)
    assert order.announced_at is not None
    fulfilment.settle(order, at=NOW + DAY)
    assert Mail.objects.count() == count


def test_history_that_is_paid_later_is_told_of(shop):
    unpaid = order_report(payment="pending")
    fulfilment.record_order(shop, unpaid, at=NOW, mails_buyer=False)
    report(shop, at=LATER)
    assert told() == [ADA]


# --- On the merchant's word ----------------------------------------------------------------------


def test_a_merchant_may_have_it_sent_again(shop):
    order = report(shop)
    Mail.objects.update(state="sent")
    fulfilment.send_order_mail(order, at=LATER)
    assert told() == [(*ADA[:2], "sent"), ADA]


@pytest.mark.parametrize("state", ["waiting", "sending", "handed"])
def test_not_while_one_is_on_its_way(shop, state):
    order = report(shop)
    Mail.objects.update(state=state)
    with pytest.raises(BadInput, match=r"^A mail about this order is on its way already\.$"):
        fulfilment.send_order_mail(order, at=LATER)
    assert Mail.objects.count() == 1


def test_there_must_be_somebody_to_send_it_to(db):
    order = GrantFactory(order__customer=None).order
    with pytest.raises(BadInput, match=r"^We know no mail address of this order's buyer\.$"):
        fulfilment.send_order_mail(order, at=NOW)


def test_there_must_be_something_to_tell(db):
    order = OrderFactory()
    with pytest.raises(BadInput, match=r"^Nothing of this order may be downloaded now\.$"):
        fulfilment.send_order_mail(order, at=NOW)
    assert Mail.objects.count() == 0


# --- At the same moment --------------------------------------------------------------------------


@racing
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
@pytest.mark.parametrize("attempt", range(3))
def test_an_order_paid_while_assets_are_attached_is_told_of_once(frozen, attempt):
    shop = ShopFactory()
    product = ProductFactory(shop=shop, variant_id=1001)
    order = report(shop, payment="pending")
    assets = [LinkFactory(shop=shop) for _ in range(3)]
    at_once(
        lambda: report(shop, at=LATER),
        lambda: fulfilment.attach_to_product(product, assets[0], limit=3, at=LATER),
        lambda: fulfilment.attach_to_order(order, assets[1], limit=3, at=LATER),
        lambda: fulfilment.attach_to_order(order, assets[2], limit=3, at=LATER),
        lambda: fulfilment.settle(order, at=LATER),
    )
    assert told() == [ADA]


class TestARequestOfTheBuyers:
    """A buyer asks for a fresh link on the shop's own page: ours is mailed, a few times an hour."""

    @pytest.fixture
    def order(self, db):
        order = OrderFactory(email="ada@example.com", platform_id=50, announced_at=NOW)
        GrantFactory(order=order)
        return order

    def ask(self, order, at=NOW):
        mail = fulfilment.mail_requested_order(order.shop, 50, at=at)
        Mail.objects.update(state=Mail.State.SENT)
        return mail

    def test_it_is_mailed_a_few_times_an_hour(self, order, settings):
        settings.ORDER_MAILS_PER_HOUR = 2
        assert [self.ask(order) is None for _time in range(4)] == [False, False, True, True]
        assert self.ask(order, at=LATER + timedelta(seconds=1)) is not None
        assert set(Mail.objects.values_list("email", "order")) == {("ada@example.com", order.pk)}

    def test_one_on_its_way_is_enough(self, order):
        assert fulfilment.mail_requested_order(order.shop, 50, at=NOW) is not None
        assert fulfilment.mail_requested_order(order.shop, 50, at=NOW) is None

    @pytest.mark.parametrize("without", ["order", "downloads", "address", "mails"])
    def test_where_there_is_nothing_to_mail_none_is_written(self, order, without):
        if without == "order":
            Order.objects.update(platform_id=51)
        elif without == "downloads":
            order.grants.all().delete()
        elif without == "address":
            Order.objects.update(email="")
        else:
            Shop.objects.update(mails_buyers=False)
        assert self.ask(order) is None
        assert not Mail.objects.exists()
