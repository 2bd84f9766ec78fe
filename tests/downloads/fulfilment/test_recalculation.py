from datetime import timedelta

import pytest
from django.db import connection, transaction

from downloads import fulfilment
from downloads.fulfilment.recalculation import lock_order, lock_shop
from downloads.models import Dispute, Grant, LineItem, Order, Shop
from tests.factories import (
    NOW,
    AttachmentFactory,
    DisputeFactory,
    GrantFactory,
    LineFactory,
    LinkFactory,
    OrderFactory,
    ProductFactory,
    RefundFactory,
)

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
LATER = NOW + DAY


@pytest.fixture
def line() -> LineItem:
    """A line of three units of a product with one asset, ten downloads each; nothing settled."""
    line = LineFactory(order__platform_id=7001, platform_id=1, quantity=3)
    AttachmentFactory(product=line.product, limit=10)
    return line


def settled(line: LineItem, *, at=NOW) -> Grant:
    fulfilment.settle(line.order, at=at)
    return line.grants.with_facts().get()


def counts(grant: Grant) -> tuple[int | None, int, int, bool]:
    grant.refresh_from_db()
    return grant.bought, grant.used, grant.canceled, grant.refunded


def refund(line: LineItem, units: int, number: int = 1) -> None:
    RefundFactory(shop=line.order.shop, platform_id=number, units={1: units})


def keep(line: LineItem, units: int | None) -> None:
    LineItem.objects.filter(pk=line.pk).update(current_quantity=units)


def test_a_missing_grant_is_made_as_attached(line):
    line.product.attachments.update(lifetime_days=7)
    grant = settled(line)
    attachment = line.product.attachments.get()
    assert (grant.order, grant.line, grant.asset) == (line.order, line, attachment.asset)
    assert (grant.limit, grant.bought, grant.used, grant.canceled) == (10, 30, 0, 0)
    assert (grant.added, grant.refunded, grant.withdrawn_at) == (0, False, None)
    assert (grant.lifetime_days, grant.expires_at) == (7, NOW + 7 * DAY)
    assert (grant.created_at, grant.updated_at) == (NOW, NOW)


def test_every_line_gets_every_asset_of_its_product(line):
    AttachmentFactory(product=line.product, limit=None)
    twin = LineFactory(order=line.order, product=line.product)
    other = LineFactory(order=line.order)
    fulfilment.settle(line.order, at=NOW)
    bought = [
        sorted(placed.grants.values_list("bought", flat=True), key=lambda n: n or 0)
        for placed in (line, twin, other)
    ]
    assert bought == [[None, 30], [None, 10], []]


def test_settling_again_writes_nothing(line):
    AttachmentFactory(product=line.product, limit=None, lifetime_days=7)
    GrantFactory(order=line.order, line=None)
    refund(line, 1)
    fulfilment.settle(line.order, at=NOW)
    before = list(Grant.objects.values())
    fulfilment.settle(line.order, at=LATER)
    assert list(Grant.objects.values()) == before
    assert len(before) == 3


def test_settling_again_asks_six_questions_and_no_more(line, django_assert_num_queries):
    settled(line)
    # The lock, the lines, the grants, the attachments, the table of statuses, the disputes, in one
    # round trip; around them the savepoint.
    with django_assert_num_queries(6 + 2) as queries:
        fulfilment.settle(line.order, at=LATER)
    words = [query["sql"].split()[0] for query in queries.captured_queries]
    assert words == ["SAVEPOINT", *["SELECT"] * 6, "RELEASE"]


def test_an_order_made_by_hand_has_no_facts_to_ask_for(line, django_assert_num_queries):
    Order.objects.update(platform_id=None)
    Shop.objects.update(holds_high_risk=True, amount_refunds=Shop.AmountRefunds.REVOKE)
    settled(line)
    line.order.refresh_from_db()
    with django_assert_num_queries(4 + 2):
        fulfilment.settle(line.order, at=LATER)


def test_policies_ask_two_questions_more(line, django_assert_num_queries):
    Shop.objects.update(holds_high_risk=True, amount_refunds=Shop.AmountRefunds.REVOKE)
    settled(line)
    with django_assert_num_queries(8 + 2):
        fulfilment.settle(line.order, at=LATER)


def test_another_orders_grants_are_left_alone(line):
    other = GrantFactory(canceled=3)
    settled(line)
    assert counts(other) == (10, 0, 3, False)


def test_an_order_without_lines_stays_open():
    order = OrderFactory()
    fulfilment.settle(order, at=NOW)
    order.refresh_from_db()
    assert (order.fully_refunded, order.status) == (False, "completed")


# --- Refunds -------------------------------------------------------------------------------------


def test_a_partial_refund_cancels_its_share(line):
    grant = settled(line)
    refund(line, 1)
    fulfilment.settle(line.order, at=LATER)
    assert counts(grant) == (30, 0, 10, False)
    assert (grant.updated_at, grant.status(NOW)) == (LATER, "available")


def test_refunds_add_up(line):
    refund(line, 1, number=1)
    refund(line, 1, number=2)
    assert counts(settled(line)) == (30, 0, 20, False)


def test_the_shops_figure_holds_the_refunds_already(line):
    refund(line, 1)
    keep(line, 2)
    assert counts(settled(line)) == (30, 0, 10, False)


def test_a_full_refund_closes_the_line_and_the_order(line):
    grant = settled(line)
    refund(line, 3)
    fulfilment.settle(line.order, at=NOW)
    assert counts(grant) == (30, 0, 30, True)
    line.order.refresh_from_db()
    assert (line.order.fully_refunded, line.order.status) == (True, "closed")


def test_one_line_back_leaves_the_other_open(line):
    kept = LineFactory(order=line.order)
    AttachmentFactory(product=kept.product)
    keep(line, 0)
    assert settled(line).status(NOW) == "expired"
    assert settled(kept).status(NOW) == "available"
    line.order.refresh_from_db()
    assert (line.order.fully_refunded, line.order.status) == (False, "completed")


def test_an_unlimited_line_closes_when_all_of_it_is_back(line):
    line.product.attachments.update(limit=None)
    keep(line, 1)
    assert settled(line).status(NOW) == "available"
    keep(line, 0)
    grant = settled(line)
    assert counts(grant) == (None, 0, 0, True)
    assert grant.status(NOW) == "expired"


def test_units_given_again_open_what_was_closed(line):
    grant = settled(line)
    keep(line, 0)
    fulfilment.settle(line.order, at=NOW)
    assert counts(grant) == (30, 0, 30, True)
    for units, canceled in ((1, 20), (3, 0), (None, 0)):
        keep(line, units)
        grant = settled(line)
        assert counts(grant) == (30, 0, canceled, False)
        assert grant.status(NOW) == "available"
        line.order.refresh_from_db()
        assert line.order.status == "completed"


@pytest.mark.parametrize("payment", [Order.Payment.PAID, Order.Payment.REFUNDED])
@pytest.mark.parametrize(("closes", "word"), [(False, "available"), (True, "expired")])
def test_an_orders_own_asset_outlives_its_lines_unless_the_policy_closes_it(closes, word, payment):
    own = GrantFactory(line=None)
    Shop.objects.update(closes_order_assets=closes)
    lines = [LineFactory(order=own.order) for _ in range(2)]
    of_line = GrantFactory(order=own.order, line=lines[0])

    def statuses() -> list[str]:
        fulfilment.settle(own.order, at=NOW)
        rows = Grant.objects.with_facts().filter(pk__in=[own.pk, of_line.pk]).order_by("pk")
        return [grant.status(NOW) for grant in rows]

    keep(lines[1], 0)
    assert statuses() == ["available", "available"]
    keep(lines[0], 0)
    Order.objects.update(payment=payment)
    assert statuses() == [word, "expired"]
    own.order.refresh_from_db()
    assert (counts(own), own.order.status) == ((10, 0, 0, False), "closed")
    keep(lines[0], 1)
    Order.objects.update(payment=Order.Payment.PAID)
    assert statuses() == ["available", "available"]


@pytest.mark.parametrize(
    ("fact", "word"),
    [
        ({"cancelled_at": NOW}, "expired"),
        ({"reported_payment": "pending"}, "expired"),
        ({"reported_payment": "voided"}, "expired"),
        ("open", "pending"),
        ("lost", "expired"),
        ("money", "expired"),
    ],
)
def test_an_orders_own_asset_closes_for_what_is_no_refund_of_lines(fact, word):
    own = GrantFactory(line=None, order__platform_id=7001, order__reported_payment="paid")
    line = LineFactory(order=own.order, platform_id=1)
    keep(line, 0)
    Shop.objects.update(amount_refunds=Shop.AmountRefunds.REVOKE)
    shop = own.order.shop
    match fact:
        case "money":
            RefundFactory(shop=shop)
        case str():
            DisputeFactory(shop=shop, state=fact)
        case _:
            Order.objects.update(**fact)
    fulfilment.settle(own.order, at=NOW)
    assert Grant.objects.with_facts().get(pk=own.pk).status(NOW) == word


def test_an_own_asset_closes_with_an_order_all_of_whose_money_went_back():
    own = GrantFactory(line=None, order__platform_id=7001, order__reported_payment="refunded")
    LineFactory(order=own.order, platform_id=1)
    fulfilment.settle(own.order, at=NOW)
    assert Grant.objects.with_facts().get(pk=own.pk).status(NOW) == "expired"


def test_all_money_back_closes_the_order_whatever_its_lines(line):
    Order.objects.filter(pk=line.order_id).update(payment=Order.Payment.REFUNDED)
    grant = settled(line)
    assert counts(grant) == (30, 0, 0, False)
    assert grant.order.fully_refunded is True
    Order.objects.filter(pk=line.order_id).update(payment=Order.Payment.PAID)
    assert settled(line).status(NOW) == "available"


# --- Quantities and what was used ----------------------------------------------------------------


def test_a_raised_quantity_raises_what_is_bought(line):
    grant = settled(line)
    LineItem.objects.filter(pk=line.pk).update(quantity=5)
    fulfilment.settle(line.order, at=LATER)
    assert counts(grant) == (50, 0, 0, False)
    assert grant.updated_at == LATER


def test_what_was_used_is_never_touched(line):
    grant = settled(line)
    Grant.objects.update(used=7)
    for units in (1, 0, 3):
        keep(line, units)
        fulfilment.settle(line.order, at=LATER)
        assert counts(grant) == (30, 7, 10 * (3 - units), units == 0)


def test_a_changed_default_does_not_reach_a_grant_by_itself(line):
    grant = settled(line)
    line.product.attachments.update(limit=99)
    fulfilment.settle(line.order, at=LATER)
    assert counts(grant) == (30, 0, 0, False)


def test_what_was_revoked_stays_revoked(line):
    grant = settled(line)
    fulfilment.revoke(grant, at=NOW)
    fulfilment.settle(line.order, at=LATER)
    assert Grant.objects.get().withdrawn_at == NOW


# --- Lifetimes -----------------------------------------------------------------------------------


def test_a_lifetime_begins_when_the_order_is_paid_and_not_before(line):
    line.product.attachments.update(lifetime_days=7)
    Order.objects.filter(pk=line.order_id).update(payment=Order.Payment.PENDING)
    assert settled(line, at=NOW).expires_at is None
    assert settled(line, at=LATER).expires_at is None
    Order.objects.filter(pk=line.order_id).update(payment=Order.Payment.PAID)
    paid_at = NOW + 30 * DAY
    grant = settled(line, at=paid_at)
    assert (grant.expires_at, grant.updated_at) == (paid_at + 7 * DAY, paid_at)
    assert settled(line, at=paid_at + DAY).expires_at == paid_at + 7 * DAY


def test_a_lifetime_once_begun_is_not_begun_again(line):
    line.product.attachments.update(lifetime_days=7)
    for at in (NOW, LATER):
        assert settled(line, at=at).expires_at == NOW + 7 * DAY


def test_a_lifetime_stops_while_its_order_is_unpaid_and_begins_anew(line):
    line.product.attachments.update(lifetime_days=7)
    settled(line)
    for payment, end in ((Order.Payment.PENDING, None), (Order.Payment.PAID, LATER + 7 * DAY)):
        Order.objects.filter(pk=line.order_id).update(payment=payment)
        assert settled(line, at=LATER).expires_at == end


def test_a_lifetime_stops_while_its_order_is_held_and_begins_anew(line):
    line.product.attachments.update(lifetime_days=7)
    settled(line)
    dispute = DisputeFactory(shop=line.order.shop)
    for state, end in (("open", None), ("won", LATER + 7 * DAY)):
        Dispute.objects.filter(pk=dispute.pk).update(state=state)
        assert settled(line, at=LATER).expires_at == end


def test_a_lifetime_that_has_ended_stays_ended_while_its_order_is_held(line):
    line.product.attachments.update(lifetime_days=7)
    settled(line)
    DisputeFactory(shop=line.order.shop)
    assert settled(line, at=NOW + 7 * DAY).expires_at == NOW + 7 * DAY


def test_an_orders_own_lifetime_begins_when_it_is_paid():
    order = OrderFactory(payment=Order.Payment.PENDING)
    asset = LinkFactory(shop=order.shop)
    own = fulfilment.attach_to_order(order, asset, limit=1, lifetime_days=2, at=NOW)
    assert own.expires_at is None
    Order.objects.update(payment=Order.Payment.PAID)
    fulfilment.settle(order, at=LATER)
    own.refresh_from_db()
    assert own.expires_at == LATER + 2 * DAY


def test_a_lifetime_past_the_calendar_does_not_keep_an_order_out():
    product = ProductFactory()
    AttachmentFactory(product=product, lifetime_days=4_000_000)
    line = LineFactory(order__shop=product.shop, product=product)
    assert settled(line).status(NOW) == "available"


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_an_order_is_locked_for_a_verb_and_its_shop_is_not(django_assert_num_queries):
    order = OrderFactory()
    with transaction.atomic(), django_assert_num_queries(1) as asked:
        lock_order(order)
    assert asked[0]["sql"].endswith('FOR UPDATE OF "downloads_order"')
    with transaction.atomic(), django_assert_num_queries(1) as asked:
        lock_shop(order.shop)
    assert asked[0]["sql"].endswith("FOR NO KEY UPDATE")
