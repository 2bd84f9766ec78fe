"""Deliveries of reports are neither ordered nor single: all sequences must end alike."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from downloads.fulfilment import (
    apply_policies,
    record_dispute,
    record_order,
    record_product,
    record_refund,
    record_risk,
    remove_product,
)
from downloads.incoming import CatalogReport, CustomerReport, LineReport, OrderReport, ProductReport
from downloads.models import Dispute, LineItem, Order, Product, Refund, Shop, StatusMeaning
from downloads.tokens import hash_token
from tests.downloads.reported import (
    BUYER,
    dispute_report,
    line_report,
    order_report,
    refund_report,
    risk_report,
)
from tests.factories import NOW, AttachmentFactory, ProductFactory, ShopFactory
from tests.invariants.messages.lattice import only_end, undone
from tests.invariants.messages.states import state_of
from tests.system.harness.processes import times

pytestmark = pytest.mark.django_db

HOURS = [NOW + timedelta(hours=n) for n in range(5)]
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

PAYMENTS = Order.ReportedPayment.values
# What a shop may say: it is told to the shop's row.
Telling = Callable[[Shop], Any]


@pytest.fixture
def shop() -> Shop:
    """A shop that gives ten downloads of each of three books."""
    shop = ShopFactory()
    for number in (1, 2, 3):
        AttachmentFactory(product=ProductFactory(shop=shop, variant_id=1000 + number))
    return shop


def says(report: OrderReport, *, at: datetime = NOW) -> Telling:
    return lambda shop: record_order(shop, report, at=at)


def order(*, told_at: datetime = NOW, **fields: Any) -> Telling:
    return says(order_report(*fields.pop("lines", ()), **fields), at=told_at)


def fact(record: Callable[..., Any], report: Any, *, at: datetime = NOW) -> Telling:
    return lambda shop: record(shop, 7001, report, at=at)


def tell(shop: Shop, *tellings: Telling) -> None:
    """Say this in all orders, which must come to one end; leave the shop there."""
    only_end(tellings, apply=partial(say, shop), state=partial(state_of, shop))
    for telling in tellings:
        say(shop, telling)


def say(shop: Shop, telling: Telling) -> None:
    telling(shop)


def grants_of(order: Order) -> list[tuple]:
    return [
        (grant.line.platform_id, grant.bought, grant.canceled, grant.refunded, grant.status(NOW))
        for grant in order.grants.with_facts().order_by("line__platform_id")
    ]


def test_four_reports_in_any_order_end_alike(shop):
    tell(shop, *map(says, (PLACED, PAID, REFUNDED, EDITED)))
    end = state_of(shop)
    for report in (EDITED, PAID, REFUNDED, PLACED):
        record_order(shop, report, at=NOW)
        assert state_of(shop) == end
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


def test_a_token_that_the_newest_report_leaves_out_is_kept(shop):
    tell(shop, order(at=HOURS[0], token=TOKEN), order(at=HOURS[1], token=None))
    assert Order.objects.get().token_hash == hash_token(TOKEN)


def test_a_customer_that_the_newest_report_leaves_out_is_kept(shop):
    tell(shop, order(at=HOURS[0]), order(at=HOURS[1], customer=None))
    assert Order.objects.get().customer.platform_id == BUYER.platform_id


@pytest.mark.slow
def test_lines_stand_alike(shop):
    tell(
        shop,
        order(lines=(line_report(1), line_report(2), line_report(3)), at=HOURS[0]),
        order(lines=(line_report(1), line_report(3), line_report(2)), at=HOURS[1]),
        order(lines=(line_report(1),), at=HOURS[2]),
    )
    assert list(Order.objects.get().lines.values_list("platform_id", flat=True)) == [1, 2, 3]


# --- Everything a shop may say of one order ------------------------------------------------------


@pytest.mark.slow
def test_facts_of_an_order_end_alike(shop):
    bought = (line_report(1, quantity=3), line_report(2))
    tell(
        shop,
        order(lines=bought),
        fact(record_refund, refund_report(1, {1: 2})),
        fact(record_dispute, dispute_report("open")),
        fact(record_dispute, dispute_report("won", decided=HOURS[2])),
    )
    assert Order.objects.get().status == "completed"
    assert grants_of(Order.objects.get()) == [
        (1, 30, 20, False, "available"),
        (2, 10, 0, False, "available"),
    ]


@pytest.mark.slow
def test_of_a_refund_told_in_two_ways_at_one_moment_the_one_of_more_units_stands(shop):
    tell(
        shop,
        order(lines=(line_report(1, quantity=3), line_report(2))),
        fact(record_refund, refund_report(1, {1: 1})),
        fact(record_refund, refund_report(1, {1: 1, 2: 1})),
    )
    assert [canceled for _line, _bought, canceled, *_ in grants_of(Order.objects.get())] == [10, 10]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("state", "status"), [("open", "pending"), ("won", "completed"), ("lost", "closed")]
)
def test_a_refund_and_a_dispute_before_their_order_wait_for_it(shop, state, status):
    tell(
        shop,
        order(lines=(line_report(1, quantity=2),)),
        fact(record_refund, refund_report(1, {1: 1})),
        fact(record_dispute, dispute_report(state)),
    )
    assert Order.objects.get().status == status
    word = {"pending": "pending", "completed": "available", "closed": "expired"}[status]
    assert grants_of(Order.objects.get()) == [(1, 20, 10, False, word)]


@pytest.mark.slow
@pytest.mark.parametrize(("policy", "is_closed"), [("keep", False), ("revoke", True)])
def test_money_back_before_its_order_closes_it_where_the_shop_says_so(shop, policy, is_closed):
    Shop.objects.update(amount_refunds=policy)
    tell(shop, order(), fact(record_refund, refund_report(1, {})))
    assert Order.objects.get().fully_refunded is is_closed


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


@pytest.mark.slow
@pytest.mark.parametrize("twins", TWINS)
def test_two_reports_of_one_moment_end_alike(shop, twins):
    only_end(
        [order(**twin) for twin in twins], apply=partial(say, shop), state=partial(state_of, shop)
    )


@pytest.mark.slow
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
def test_of_two_reports_of_one_moment_the_one_further_on_stands(shop, earlier, stands):
    tell(shop, order(**earlier), order(**stands))
    order_ = Order.objects.get()
    assert order_.reported_payment == stands["payment"]
    assert order_.cancelled_at == stands.get("cancelled_at")


@pytest.mark.slow
def test_three_reports_of_one_moment_end_alike(shop):
    tell(shop, *(order(number=n, lines=(line_report(n),)) for n in (1, 2, 3)))


# --- What cannot be read, and what was fetched ----------------------------------------------------


@pytest.mark.parametrize(
    ("payments", "stands"),
    [
        (["paid", None], "paid"),
        ([None, "paid"], "paid"),
        ([None, None], "pending"),
        (["paid", None, "refunded", None], "refunded"),
        (["paid", "voided", None], "voided"),
    ],
)
def test_a_payment_that_cannot_be_read_is_the_last_known_else_none(shop, payments, stands):
    tell(shop, *(order(at=HOURS[n], payment=each) for n, each in enumerate(payments)))
    assert Order.objects.get().reported_payment == stands


def test_a_status_goes_with_the_payment_that_it_says(shop):
    tell(
        shop,
        order(at=HOURS[0], payment="paid", status="completed"),
        order(at=HOURS[1], payment=None, status=""),
    )
    assert Order.objects.get().reported_status == "completed"


@pytest.mark.parametrize(
    ("told", "payment", "word"),
    [
        (["paid", "shipped"], "paid", "shipped"),
        (["pending", "shipped"], "pending", "shipped"),
        (["pending", "shipped", "paid"], "paid", "paid"),
        (["paid", "shipped", "voided"], "voided", "voided"),
        (["shipped", ""], "pending", "shipped"),
        (["paid", "shipped", "packed"], "paid", "packed"),
        (["paid", "shipped", "packed", ""], "paid", "packed"),
        (["pending", "shipped", "paid", "packed", ""], "paid", "packed"),
        (["shipped", "packed", "shipped", ""], "pending", "shipped"),
    ],
)
def test_a_status_that_says_no_payment_stands_beside_the_last_known(shop, told, payment, word):
    tell(
        shop,
        *(
            order(at=HOURS[n], payment=each if each in PAYMENTS else None, status=each)
            for n, each in enumerate(told)
        ),
    )
    row = Order.objects.get()
    assert (row.reported_payment, row.reported_status) == (payment, word)


def test_a_status_that_says_no_payment_keeps_what_the_table_made_of_the_one_before(shop):
    StatusMeaning.objects.create(shop=shop, status="processing", payment="pending")
    tell(
        shop,
        order(at=HOURS[0], payment="paid", status="processing"),
        order(at=HOURS[1], payment=None, status="shipped"),
    )
    assert Order.objects.get().payment == "pending"


@pytest.mark.parametrize(
    ("told", "payment"),
    [
        (["paid", "reserved", "shipped"], "pending"),
        (["reserved", "paid", "shipped"], "paid"),
        (["paid", "reserved", "shipped", ""], "pending"),
    ],
)
def test_the_newest_status_that_says_a_payment_by_the_table_says_it(shop, told, payment):
    reports = [
        order(at=HOURS[n], payment=each if each in PAYMENTS else None, status=each)
        for n, each in enumerate(told)
    ]
    tell(shop, *reports)
    # Entered afterwards, it means the same.
    other = ShopFactory()
    for each in (shop, other):
        StatusMeaning.objects.create(shop=each, status="reserved", payment="pending")
    apply_policies(shop, at=NOW)
    tell(other, *reports)
    assert list(Order.objects.values_list("payment", flat=True)) == [payment, payment]


@pytest.mark.parametrize("is_early", [True, False])
def test_the_shops_table_says_what_a_status_means_that_says_no_payment(shop, is_early):
    def enter():
        StatusMeaning.objects.create(shop=shop, status="reserved", payment="paid")

    if is_early:
        enter()
    tell(
        shop,
        order(at=HOURS[0], payment="pending", status="pending"),
        order(at=HOURS[1], payment=None, status="reserved"),
    )
    if not is_early:
        assert Order.objects.get().payment == "pending"
        enter()
        apply_policies(shop, at=NOW)
    assert Order.objects.get().payment == "paid"


def test_a_status_of_the_table_ends_a_cancellation_and_another_unknown_one_does_not(shop):
    unknown = {"payment": None, "status": "reserved", "is_cancellation_known": False}
    cancelled = order(at=HOURS[0], cancelled_at=HOURS[0])
    tell(shop, cancelled, order(at=HOURS[1], **unknown))
    assert Order.objects.get().cancelled_at == HOURS[0]
    StatusMeaning.objects.create(shop=shop, status="reserved", payment="paid")
    tell(shop, cancelled, order(at=HOURS[2], **unknown))
    assert Order.objects.get().cancelled_at is None


@pytest.mark.parametrize(
    ("told", "stands"),
    [
        ([(NOW, True), (None, False)], NOW),
        ([(None, False), (NOW, True)], NOW),
        ([(None, False)], None),
        ([(NOW, True), (None, True), (None, False)], None),
    ],
)
def test_a_cancellation_that_cannot_be_read_is_the_last_known_else_none(shop, told, stands):
    reports = [
        order(at=HOURS[n], cancelled_at=at, is_cancellation_known=is_known)
        for n, (at, is_known) in enumerate(told)
    ]
    tell(shop, *reports)
    assert Order.objects.get().cancelled_at == stands


def test_a_refund_that_cannot_be_read_whole_opens_nothing(shop):
    """In whatever order: and where none was read whole, what was read of it counts."""
    whole = replace(refund_report(1, {1: 2}), refunded_at=HOURS[0])
    cut = replace(whole, units={}, is_whole=False)
    line = line_report(1, 2)
    tell(
        shop,
        order(lines=[line], at=HOURS[1], refunds=(whole,), are_refunds_complete=True),
        order(lines=[line], at=HOURS[2], refunds=(cut,)),
    )
    assert Order.objects.get().fully_refunded
    # One that can be read says what is so now.
    none = replace(whole, units={})
    say(shop, order(lines=[line], at=HOURS[3], refunds=(none,)))
    assert not Order.objects.get().fully_refunded


def test_a_line_whose_number_cannot_be_read_is_the_one_known(shop):
    """In whatever order: its refunds are its own, and so are its counts."""
    line = line_report(1, 2)
    unread = replace(line, platform_id=-77)
    tell(
        shop,
        order(lines=[line, line_report(2)], at=HOURS[0]),
        order(lines=[unread, line_report(2)], at=HOURS[1]),
        fact(record_refund, refund_report(5, {1: 2})),
    )
    assert [row[0] for row in grants_of(Order.objects.get())] == [1, 2]
    assert [row[3] for row in grants_of(Order.objects.get())] == [True, False]


def test_two_lines_alike_without_numbers_are_those_two(shop):
    lines = [line_report(1), replace(line_report(1), platform_id=2)]
    unread = [replace(lines[0], platform_id=-7), replace(lines[0], platform_id=-8)]
    tell(shop, order(lines=lines, at=HOURS[0]), order(lines=unread, at=HOURS[1]))
    assert [row[0] for row in grants_of(Order.objects.get())] == [1, 2]


def test_lines_that_cannot_be_read_stay_as_they_are(shop):
    say(shop, order(lines=[line_report(1), line_report(2)], at=HOURS[0]))
    say(shop, order(lines=[line_report(1)], at=HOURS[1], are_lines_complete=False))
    assert [row[4] for row in grants_of(Order.objects.get())] == ["available", "available"]
    say(shop, order(lines=[line_report(1)], at=HOURS[2]))
    assert [row[4] for row in grants_of(Order.objects.get())] == ["available", "expired"]


def test_a_newest_report_that_cannot_be_read_may_come_first(shop):
    """What is left of each line is what the newest says that can be read, heard when it may be."""
    unread = {"quantity": None, "current_quantity": None}
    tell(
        shop,
        order(lines=[line_report(n, 5) for n in (1, 2, 3)], at=HOURS[0]),
        order(lines=[line_report(1, 5, current=3), line_report(2, 5)], at=HOURS[1]),
        order(
            lines=[replace(line_report(1), **unread)],
            at=HOURS[2],
            payment=None,
            are_lines_complete=False,
        ),
    )
    assert [row[:3] for row in grants_of(Order.objects.get())] == [
        (1, 50, 20),
        (2, 50, 0),
        (3, 50, 50),
    ]


def test_an_order_of_before_keeps_what_its_last_report_left_of_it(shop):
    say(shop, order(lines=[line_report(1, 5, current=3)], at=HOURS[1]))
    Order.objects.update(lines_rank="", status_ranks={})
    LineItem.objects.update(kept_rank="")
    say(shop, order(lines=[line_report(1, 5), line_report(2)], at=HOURS[0]))
    assert [row[:3] for row in grants_of(Order.objects.get())] == [(1, 50, 20), (2, 10, 10)]
    say(shop, order(lines=[line_report(1, 5, current=1)], at=HOURS[2]))
    assert grants_of(Order.objects.get())[0][:3] == (1, 50, 40)


def test_of_one_moment_the_last_fetch_stands_above_all_that_was_sent(shop):
    tell(
        shop,
        order(payment="refunded", number=1, cancelled_at=NOW),
        order(payment="pending", number=2, fetched_at=HOURS[2]),
        order(payment="paid", number=3, fetched_at=HOURS[1]),
    )
    order_ = Order.objects.get()
    assert (order_.number, order_.reported_payment, order_.cancelled_at) == (2, "pending", None)


def test_a_later_moment_stands_above_a_fetch(shop):
    tell(shop, order(number=1, at=HOURS[1]), order(number=2, fetched_at=HOURS[3]))
    assert Order.objects.get().number == 1


def test_notes_are_the_newest_reports_bounded_and_each_once(shop):
    notes = tuple(f"note {n}" for n in range(500))
    tell(
        shop,
        order(at=HOURS[0], notes=("total: could not be read",)),
        order(at=HOURS[1], notes=("x" * 10**6, "again", "again", *notes)),
    )
    kept = Order.objects.get().notes
    assert (len(kept), kept[:2]) == (50, ["x" * 500, "again"])


@pytest.mark.parametrize(
    ("fields", "remark"),
    [({"is_test": True}, "test order"), ({"parent_id": 7}, "part of another order"), ({}, "")],
)
def test_what_a_merchant_should_know_is_told(shop, fields, remark):
    tell(shop, order(**fields))
    assert remark in " ".join(Order.objects.get().remarks)


def test_a_receipts_number_is_shown_as_it_is(shop):
    tell(shop, order(at=HOURS[0]), order(at=HOURS[1], number=202417, receipt_number="WEB-2024-17"))
    order_ = Order.objects.get()
    assert (order_.number, order_.shown_number, str(order_)) == (
        202417,
        "WEB-2024-17",
        "Order WEB-2024-17",
    )


# --- Buyers and products -------------------------------------------------------------------------


@pytest.mark.slow
def test_a_changed_buyer_is_the_newest_ones(shop):
    bob = CustomerReport(502, "b@example.com", "Bob")
    tell(
        shop,
        order(at=HOURS[0]),
        order(at=HOURS[1], customer=bob),
        order(at=HOURS[2], customer=None),
    )
    assert Order.objects.get().customer.email == "b@example.com"


@pytest.mark.slow
def test_a_changed_address_is_the_newest(shop):
    buyers = [replace(BUYER, email=f"{number}@example.com") for number in range(3)]
    tell(shop, *(order(at=HOURS[n], customer=buyer) for n, buyer in enumerate(buyers)))
    assert Order.objects.get().customer.email == "2@example.com"


@pytest.mark.slow
def test_a_guest_is_no_number_that_has_the_same_address(shop):
    guest = CustomerReport(email=BUYER.email)
    tell(
        shop,
        order(platform_id=1, customer=guest),
        order(platform_id=2, at=HOURS[1]),
        order(platform_id=3, customer=guest, at=HOURS[2]),
    )
    # Anybody may type any address: what was bought with it is its owner's, who is asked to show so.
    numbers = Order.objects.order_by("platform_id").values_list("customer__platform_id", flat=True)
    assert list(numbers) == [None, 501, None]


def test_a_product_told_of_by_itself_and_by_lines_ends_alike(shop):
    said = ProductReport("Renamed", 900, 1004, sku="b-1", vendor="Ada", tags=("new",))
    tell(
        shop,
        order(lines=(line_report(4),), at=HOURS[2]),
        lambda shop: record_product(shop, CatalogReport((said,), reported_at=HOURS[1])),
        lambda shop: remove_product(shop, 900, at=NOW),
    )
    product = Product.objects.get(variant_id=1004)
    assert (product.name, product.sku, product.vendor) == ("Renamed", "b-1", "Ada")
    assert product.tags == ["new"]


# --- Any history ---------------------------------------------------------------------------------

moments = st.sampled_from(HOURS[:3])
# Nothing is told before it was asked for: both are by our clock.
TOLD_AT = HOURS[3]


def sold(number: int, quantity: int, current: int | None, variant: int) -> LineReport:
    """A line of one of two variants that have an asset each."""
    line = line_report(number, quantity, current)
    return replace(line, product=replace(line.product, variant_id=1000 + variant))


lines = st.lists(
    st.builds(
        sold,
        st.integers(1, 3),
        st.integers(0, 4),
        st.none() | st.integers(0, 4),
        st.integers(1, 3),
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
    lambda placed, **fields: order(lines=tuple(placed), told_at=TOLD_AT, **fields),
    lines,
    at=moments,
    payment=st.none() | st.sampled_from(Order.ReportedPayment.values),
    is_cancellation_known=st.sampled_from([True, True, False]),
    fetched_at=st.none() | moments,
    token=st.sampled_from([None, TOKEN]),
    platform_id=st.sampled_from([7001, 7001, 7002]),
    number=st.integers(1, 2),
    cancelled_at=st.none() | moments,
    refunds=st.lists(refunds, max_size=2).map(tuple),
    are_refunds_complete=st.booleans(),
    customer=st.sampled_from([None, BUYER, CustomerReport(502, "b@example.com", "Bob")]),
)
disputes = st.builds(
    dispute_report,
    st.sampled_from(Dispute.State.values),
    st.integers(801, 802),
    decided=st.none() | moments,
)
risks = st.builds(risk_report, is_high=st.booleans(), at=moments)
histories = st.lists(
    st.one_of(
        orders,
        refunds.map(partial(fact, record_refund, at=TOLD_AT)),
        disputes.map(partial(fact, record_dispute, at=TOLD_AT)),
        risks.map(partial(fact, record_risk, at=TOLD_AT)),
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


@pytest.mark.parametrize(
    "examples",
    [
        pytest.param(6, marks=pytest.mark.sampled),
        pytest.param(times(25, drill=60), marks=pytest.mark.slow),
    ],
)
def test_any_history_ends_alike_however_it_is_shuffled_and_repeated(shop, examples):
    @hypothesis_settings(
        max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(told=histories, policies=policies, data=st.data())
    def end_alike(told: list[Telling], policies: dict[str, Any], data: st.DataObject) -> None:
        Shop.objects.update(**policies)
        ends = []
        for history in (told, data.draw(st.permutations(told + told[:2]))):
            with undone():
                for telling in history:
                    telling(shop)
                ends.append(state_of(shop))
        assert ends[0] == ends[1]

    end_alike()
