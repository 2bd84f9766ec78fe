"""Deliveries of reports are neither ordered nor single: all sequences must end alike."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from downloads.fulfilment import (
    record_dispute,
    record_order,
    record_product,
    record_refund,
    record_risk,
    remove_product,
)
from downloads.incoming import CatalogReport, CustomerReport, ProductReport
from downloads.models import Dispute, Order, Product, Refund, Shop
from downloads.tokens import hash_token
from tests.downloads.reported import (
    BUYER,
    dispute_report,
    in_any_order,
    line_report,
    order_report,
    refund_report,
    risk_report,
)
from tests.factories import NOW, AttachmentFactory, ProductFactory, ShopFactory

pytestmark = pytest.mark.django_db

HOURS = [NOW + timedelta(hours=n) for n in range(4)]
TOKEN = "0c732eb6fd9802a0821a9d29888baee8"

PLACED = order_report(
    line_report(1, quantity=3), line_report(2), at=HOURS[0], payment="pending", token=TOKEN
)
PAID = order_report(
    line_report(1, quantity=3),
    line_report(2),
    line_report(3, quantity=2),
    at=HOURS[1],
    token=TOKEN,
    number=1051,
)
REFUNDED = order_report(
    line_report(1, quantity=3, current=2),
    line_report(2, current=1),
    line_report(3, quantity=2, current=2),
    at=HOURS[2],
    token=TOKEN,
    refunds=(refund_report(1, {1: 1}),),
)
EDITED = order_report(
    line_report(1, quantity=3, current=1),
    line_report(3, quantity=1),
    at=HOURS[3],
    token=TOKEN,
    currency="EUR",
    refunds=(refund_report(1, {1: 1}), refund_report(2, {1: 1})),
)
REPORTS = {"placed": PLACED, "paid": PAID, "refunded": REFUNDED, "edited": EDITED}
SEQUENCES = [pytest.param(names, id="-".join(names)) for names in itertools.permutations(REPORTS)]


# What a shop may say: it is told to the shop's row.
Telling = Callable[[Shop], Any]


def open_shop(**policies: Any) -> Shop:
    """Make a shop that gives ten downloads of each of three books."""
    shop = ShopFactory(**policies)
    for number in (1, 2, 3):
        AttachmentFactory(product=ProductFactory(shop=shop, variant_id=1000 + number))
    return shop


@pytest.fixture
def shop() -> Shop:
    return open_shop()


def order(**fields: Any) -> Telling:
    report = order_report(*fields.pop("lines", ()), **fields)
    return lambda shop: record_order(shop, report, at=NOW)


def fact(record: Callable[..., Any], report: Any) -> Telling:
    return lambda shop: record(shop, 7001, report, at=NOW)


def state_of(shop: Shop) -> dict[str, Any]:
    """Return all that buyers and merchants can tell of a shop's orders, without our own numbers."""
    orders = Order.objects.filter(shop=shop)
    fields = ("number", "payment", "hold", "fully_refunded", "cancelled_at", "grand_total")
    buyer = ("customer__platform_id", "customer__email", "customer__first_name")
    said = ("reported_payment", "reported_at", "reported_rank", "buyer_rank")
    line = ("platform_id", "quantity", "current_quantity", "product__variant_id")
    refund = ("platform_id", "lines__line_platform_id", "lines__quantity")
    words = ("variant_id", "name", "sku", "vendor", "tags", "described_rank")
    return {
        "orders": list(orders.order_by("platform_id").values(*fields, *buyer, *said)),
        "lines": [list(order.lines.values_list(*line)) for order in orders],
        "grants": [grants_of(order) for order in orders],
        "refunds": sorted(Refund.objects.filter(shop=shop).values_list(*refund), key=str),
        "disputes": list(
            Dispute.objects.filter(shop=shop).order_by("platform_id").values("state", "decided_at")
        ),
        "products": list(
            Product.objects.filter(shop=shop).order_by("variant_id").values_list(*words)
        ),
    }


def ends_of(tellings: Sequence[Telling], **policies: Any) -> list[dict[str, Any]]:
    """Return each different end that these may come to, told in every order, to shops alike."""
    ends: list[dict[str, Any]] = []
    for told in in_any_order(*tellings):
        shop = open_shop(**policies)
        for tell in told:
            tell(shop)
        if state_of(shop) not in ends:
            ends.append(state_of(shop))
    return ends


def grants_of(order: Order) -> list[tuple]:
    return [
        (grant.line.platform_id, grant.bought, grant.canceled, grant.refunded, grant.status(NOW))
        for grant in order.grants.with_facts().order_by("line__platform_id")
    ]


@pytest.mark.parametrize("names", SEQUENCES)
def test_four_reports_in_any_sequence_end_alike(shop, names):
    for name in names:
        record_order(shop, REPORTS[name], at=NOW)
    order = Order.objects.get()
    assert (order.number, order.payment, order.status) == (1050, "paid", "completed")
    assert (order.currency, order.reported_at) == ("EUR", HOURS[3])
    assert (order.token_hash, order.fully_refunded) == (hash_token(TOKEN), False)
    assert order.customer is not None
    assert order.customer.platform_id == BUYER.platform_id
    lines = order.lines.order_by("platform_id")
    assert list(lines.values_list("platform_id", "quantity", "current_quantity")) == [
        (1, 3, 1),
        (2, 1, 0),
        (3, 2, 1),
    ]
    refunds = Refund.objects.order_by("platform_id")
    assert list(refunds.values_list("platform_id", "lines__quantity")) == [(1, 1), (2, 1)]
    assert grants_of(order) == [
        (1, 30, 20, False, "available"),
        (2, 10, 10, True, "expired"),
        (3, 20, 10, False, "available"),
    ]


@pytest.mark.parametrize("names", SEQUENCES[::12])
def test_every_report_twice_ends_as_once(shop, names):
    for name in names + names[::-1]:
        record_order(shop, REPORTS[name], at=NOW)
    assert grants_of(Order.objects.get()) == [
        (1, 30, 20, False, "available"),
        (2, 10, 10, True, "expired"),
        (3, 20, 10, False, "available"),
    ]
    assert Refund.objects.count() == 2


@pytest.mark.parametrize("is_reversed", [False, True])
def test_a_token_that_the_newest_report_leaves_out_is_kept_in_any_sequence(shop, is_reversed):
    reports = [order_report(at=HOURS[0], token=TOKEN), order_report(at=HOURS[1], token=None)]
    for report in reversed(reports) if is_reversed else reports:
        record_order(shop, report, at=NOW)
    assert Order.objects.get().token_hash == hash_token(TOKEN)


@pytest.mark.parametrize("is_reversed", [False, True])
def test_a_customer_that_the_newest_report_leaves_out_is_kept_in_any_sequence(shop, is_reversed):
    ada = CustomerReport(platform_id=501)
    reports = [order_report(at=HOURS[0], customer=ada), order_report(at=HOURS[1], customer=None)]
    for report in reversed(reports) if is_reversed else reports:
        record_order(shop, report, at=NOW)
    customer = Order.objects.get().customer
    assert customer is not None
    assert customer.platform_id == 501


def test_lines_stand_alike_after_any_sequence(shop):
    reports = [
        order_report(line_report(1), line_report(2), line_report(3), at=HOURS[0]),
        order_report(line_report(1), line_report(3), line_report(2), at=HOURS[1]),
        order_report(line_report(1), at=HOURS[2]),
    ]
    for number, sequence in enumerate(([2, 1, 0], [2, 0, 1])):
        for report in sequence:
            record_order(shop, replace(reports[report], platform_id=number), at=NOW)
    stand = {
        tuple(order.lines.values_list("platform_id", flat=True)) for order in Order.objects.all()
    }
    assert len(stand) == 1


# --- Everything a shop may say of one order ------------------------------------------------------

FIVE = {
    "placed": order(lines=(line_report(1, quantity=3), line_report(2)), payment="pending"),
    "paid": order(lines=(line_report(1, quantity=3), line_report(2)), at=HOURS[1]),
    "refund": fact(record_refund, refund_report(1, {1: 2})),
    "disputed": fact(record_dispute, dispute_report("open")),
    "won": fact(record_dispute, dispute_report("won", decided=HOURS[2])),
}


@pytest.mark.slow
@pytest.mark.parametrize("names", in_any_order(*FIVE), ids="-".join)
def test_five_messages_each_told_twice_end_alike(shop, names):
    for name in [name for name in names for _twice in range(2)]:
        FIVE[name](shop)
    assert Order.objects.get().status == "completed"
    assert grants_of(Order.objects.get()) == [
        (1, 30, 20, False, "available"),
        (2, 10, 0, False, "available"),
    ]


@pytest.mark.parametrize(
    ("state", "status"), [("open", "pending"), ("won", "completed"), ("lost", "closed")]
)
def test_a_refund_and_a_dispute_before_their_order_wait_for_it(state, status):
    told = [
        order(lines=(line_report(1, quantity=2),)),
        fact(record_refund, refund_report(1, {1: 1})),
        fact(record_dispute, dispute_report(state)),
    ]
    [end] = ends_of(told)
    assert (end["orders"][0]["hold"], end["orders"][0]["fully_refunded"]) == (
        "dispute" if state == "open" else "",
        state == "lost",
    )
    word = {"pending": "pending", "completed": "available", "closed": "expired"}[status]
    assert end["grants"] == [[(1, 20, 10, False, word)]]


def test_money_back_before_its_order_closes_it_where_the_shop_says_so():
    told = [order(), fact(record_refund, refund_report(1, {}))]
    for policy, is_closed in (("keep", False), ("revoke", True)):
        [end] = ends_of(told, amount_refunds=policy)
        assert end["orders"][0]["fully_refunded"] is is_closed


# --- Reports of one moment -----------------------------------------------------------------------

TWINS = [
    ({"number": 1051}, {"number": 1052}),
    ({"payment": "pending"}, {"payment": "paid"}),
    ({"payment": "authorized"}, {"payment": "voided"}),
    ({"payment": "paid"}, {"payment": "refunded"}),
    ({"cancelled_at": None}, {"cancelled_at": NOW}),
    ({"cancelled_at": NOW}, {"cancelled_at": HOURS[1]}),
    ({"grand_total": Decimal("1.00")}, {"grand_total": Decimal("2.00")}),
    ({"grand_total": Decimal("1.0")}, {"grand_total": Decimal("1.00")}),
    ({"lines": (line_report(1), line_report(2))}, {"lines": (line_report(2), line_report(1))}),
    ({"lines": (line_report(1),)}, {"lines": (line_report(2),)}),
    ({"lines": (line_report(1, 3),)}, {"lines": (line_report(1, 3, current=1),)}),
    ({"lines": (line_report(1, 3),)}, {"lines": (line_report(1, 2),)}),
    ({"refunds": (refund_report(1, {1: 1}),)}, {"refunds": (refund_report(2, {}),)}),
    ({"customer": BUYER}, {"customer": CustomerReport(502, "b@example.com", "Bob")}),
    ({"customer": BUYER}, {"customer": replace(BUYER, email="b@example.com")}),
    ({"customer": BUYER}, {"customer": replace(BUYER, first_name="Bob")}),
    ({"customer": BUYER}, {"customer": None}),
]


@pytest.mark.parametrize("twins", TWINS)
def test_two_reports_of_one_moment_end_alike(twins):
    assert len(ends_of([order(**twin) for twin in twins])) == 1


@pytest.mark.parametrize(
    ("earlier", "stands"),
    [
        ({"payment": "pending"}, {"payment": "paid"}),
        ({"payment": "authorized"}, {"payment": "paid"}),
        ({"payment": "paid"}, {"payment": "refunded"}),
        ({"payment": "authorized"}, {"payment": "voided"}),
        ({"payment": "refunded"}, {"payment": "pending", "cancelled_at": NOW}),
    ],
)
def test_of_two_reports_of_one_moment_the_one_further_on_stands(earlier, stands):
    [end] = ends_of([order(**earlier), order(**stands)])
    assert end["orders"][0]["reported_payment"] == stands["payment"]
    assert end["orders"][0]["cancelled_at"] == stands.get("cancelled_at")


def test_three_reports_of_one_moment_end_alike():
    told = [order(number=n, lines=(line_report(n),)) for n in (1, 2, 3)]
    assert len(ends_of(told)) == 1


# --- Buyers and products -------------------------------------------------------------------------


def test_a_changed_buyer_is_the_newest_ones_in_any_order():
    ada, bob = BUYER, CustomerReport(502, "b@example.com", "Bob")
    told = [
        order(at=HOURS[0], customer=ada),
        order(at=HOURS[1], customer=bob),
        order(at=HOURS[2], customer=None),
    ]
    [end] = ends_of(told)
    assert end["orders"][0]["customer__email"] == "b@example.com"


def test_a_changed_address_is_the_newest_in_any_order():
    told = [
        order(at=hour, customer=replace(BUYER, email=f"{number}@example.com"))
        for number, hour in enumerate(HOURS[:3])
    ]
    [end] = ends_of(told)
    assert end["orders"][0]["customer__email"] == "2@example.com"


def test_a_guest_who_gets_a_number_is_one_buyer_in_any_order():
    told = [
        order(platform_id=1, customer=CustomerReport(email=BUYER.email)),
        order(platform_id=2, customer=BUYER, at=HOURS[1]),
        order(platform_id=3, customer=CustomerReport(email=BUYER.email), at=HOURS[2]),
    ]
    [end] = ends_of(told)
    assert {row["customer__platform_id"] for row in end["orders"]} == {501}


def test_a_product_told_of_by_itself_and_by_lines_ends_alike():
    said = ProductReport("Renamed", 900, 1004, sku="b-1", vendor="Ada", tags=("new",))
    mentioned = line_report(4)
    told = [
        order(platform_id=1, lines=(mentioned,)),
        order(platform_id=2, lines=(mentioned,), at=HOURS[2]),
        lambda shop: record_product(shop, CatalogReport((said,), reported_at=HOURS[1])),
        lambda shop: remove_product(shop, 900, at=NOW),
    ]
    [end] = ends_of(told)
    assert end["products"][-1][:5] == (1004, "Renamed", "b-1", "Ada", ["new"])


# --- Any history ---------------------------------------------------------------------------------

times = st.sampled_from(HOURS[:3])
lines = st.lists(
    st.builds(
        line_report,
        st.integers(1, 3),
        st.integers(0, 4),
        st.none() | st.integers(0, 4),
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda line: line.platform_id,
)
refunds = st.builds(
    refund_report,
    st.integers(1, 2),
    st.dictionaries(st.integers(1, 4), st.integers(1, 3), max_size=2),
)
orders = st.builds(
    lambda placed, **fields: order(lines=tuple(placed), **fields),
    lines,
    at=times,
    payment=st.sampled_from(Order.ReportedPayment.values),
    number=st.integers(1, 2),
    cancelled_at=st.none() | times,
    refunds=st.lists(refunds, max_size=2).map(tuple),
    customer=st.sampled_from([None, BUYER, CustomerReport(502, "b@example.com", "Bob")]),
)
disputes = st.builds(
    dispute_report,
    st.sampled_from(Dispute.State.values),
    st.integers(801, 802),
    decided=st.none() | times,
)
risks = st.builds(risk_report, is_high=st.booleans(), at=times)
histories = st.lists(
    st.one_of(
        orders,
        refunds.map(partial(fact, record_refund)),
        disputes.map(partial(fact, record_dispute)),
        risks.map(partial(fact, record_risk)),
    ),
    min_size=2,
    max_size=6,
)
policies = st.fixed_dictionaries(
    {
        "opens_when": st.sampled_from(Shop.OpensWhen.values),
        "amount_refunds": st.sampled_from(Shop.AmountRefunds.values),
        "holds_high_risk": st.booleans(),
    }
)


@hypothesis_settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(told=histories, policies=policies, data=st.data())
def test_any_history_ends_alike_however_it_is_shuffled_and_repeated(told, policies, data):
    shuffled = data.draw(st.permutations(told + told[:2]))
    ends = []
    for history in (told, shuffled):
        shop = open_shop(**policies)
        for tell in history:
            tell(shop)
        ends.append(state_of(shop))
    assert ends[0] == ends[1]
