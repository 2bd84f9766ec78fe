"""What facts and policies make of an order: every state, counted and read afresh by hand."""

import itertools
from datetime import timedelta
from typing import NamedTuple

import pytest

from downloads.fulfilment import apply_policies, settle
from downloads.fulfilment.order_state import (
    MOST_STATUSES,
    meanings_of,
    payment_of,
    standing_of,
    units_reported,
)
from downloads.models import (
    Dispute,
    LineItem,
    Order,
    Refund,
    RiskAssessment,
    Shop,
    StatusMeaning,
)
from tests.downloads.reported import order_report
from tests.factories import (
    NOW,
    DisputeFactory,
    LineFactory,
    OrderFactory,
    RefundFactory,
    RiskFactory,
    ShopFactory,
)
from tests.system.harness.processes import times

HOUR = timedelta(hours=1)
BEFORE, AFTER = NOW - HOUR, NOW + HOUR

PAYMENTS = [
    # reported, opens when, payment
    ("pending", "placed", "paid"),
    ("pending", "authorized", "pending"),
    ("pending", "paid", "pending"),
    ("partial", "placed", "paid"),
    ("partial", "authorized", "pending"),
    ("partial", "paid", "pending"),
    ("authorized", "placed", "paid"),
    ("authorized", "authorized", "paid"),
    ("authorized", "paid", "pending"),
    ("paid", "placed", "paid"),
    ("paid", "authorized", "paid"),
    ("paid", "paid", "paid"),
    ("voided", "placed", "pending"),
    ("voided", "authorized", "pending"),
    ("voided", "paid", "pending"),
    ("refunded", "placed", "refunded"),
    ("refunded", "authorized", "refunded"),
    ("refunded", "paid", "refunded"),
    ("", "placed", None),
    ("", "authorized", None),
    ("", "paid", None),
]


@pytest.mark.parametrize(("reported", "opens_when", "payment"), PAYMENTS)
def test_a_payment_is_what_the_policy_makes_of_it(reported, opens_when, payment):
    assert payment_of(reported, Shop(opens_when=opens_when)) == payment


def test_the_table_of_payments_is_whole():
    states = itertools.product(["", *Order.ReportedPayment.values], Shop.OpensWhen.values)
    assert {row[:2] for row in PAYMENTS} == set(states)


# --- The whole of it -----------------------------------------------------------------------------


class State(NamedTuple):
    """One row of the truth table. A merchant's release, where there is one, is given at NOW."""

    reported: str
    opens_when: str
    disputes: tuple[str, ...]
    risk: str
    money_back: str
    is_before: bool
    is_released: bool
    is_given_back: bool


NO, IGNORED, COUNTED = "no", "there, but the policy looks away", "there"
STATES = [
    State(*facts)
    for facts in itertools.product(
        Order.ReportedPayment.values,
        Shop.OpensWhen.values,
        [(), ("open",), ("won",), ("lost",), ("won", "open"), ("open", "lost")],
        *[(NO, IGNORED, COUNTED)] * 2,
        *[(False, True)] * 3,
    )
]


def status_by_hand(state: State) -> str:
    """The issue's words, "Policies", read afresh: no line of it is the product's own."""
    if state.reported == "refunded" or "lost" in state.disputes:
        return "closed"
    if state.is_given_back or state.money_back == COUNTED:
        return "closed"
    enough = {
        "placed": {"pending", "partial", "authorized", "paid"},
        "authorized": {"authorized", "paid"},
        "paid": {"paid"},
    }
    if state.reported not in enough[state.opens_when]:
        return "pending"
    is_answered = state.is_released and state.is_before
    is_doubtful = "open" in state.disputes or state.risk == COUNTED
    return "pending" if is_doubtful and not is_answered else "completed"


def build(states: list[State], shop: Shop) -> list[Order]:
    """Make one order a state, and the facts it speaks of."""
    orders, facts = [], []
    for number, state in enumerate(states):
        at = BEFORE if state.is_before else AFTER
        about = {"shop": shop, "order_platform_id": number}
        released_at = NOW if state.is_released else None
        payment = {"reported_payment": state.reported, "released_at": released_at}
        orders.append(Order(shop=shop, platform_id=number, number=1, placed_at=NOW, **payment))
        for place, word in enumerate(state.disputes):
            told = {"platform_id": 10 * number + place, "state": word, "opened_at": at}
            facts.append(Dispute(**about, **told))
        if state.risk != NO:
            facts.append(RiskAssessment(**about, is_high=True, assessed_at=at))
        if state.money_back != NO:
            facts.append(Refund(**about, platform_id=1, refunded_at=at))
    for model in (Dispute, RiskAssessment, Refund):
        model.objects.bulk_create(fact for fact in facts if type(fact) is model)
    return Order.objects.bulk_create(orders)


def keeps_own_by_hand(state: State) -> bool:
    """All lines went back, and nothing else shuts it: a hold does not end what it holds up."""
    opens = {"pending": "placed", "partial": "placed", "authorized": "placed authorized"}
    is_unpaid = state.reported == "voided" or state.opens_when not in opens.get(
        state.reported, "placed authorized paid"
    )
    is_shut = is_unpaid or "lost" in state.disputes or state.money_back == COUNTED
    return state.is_given_back and not is_shut


@pytest.mark.parametrize("every", [7, pytest.param(times(5, drill=1), marks=pytest.mark.slow)])
@pytest.mark.parametrize("opens_when", Shop.OpensWhen.values)
@pytest.mark.parametrize("holds", [False, True])
@pytest.mark.parametrize("revokes", [False, True])
@pytest.mark.django_db
def test_an_order_stands_as_facts_and_policies_say(opens_when, holds, revokes, every):
    """Five and seven divide no number of values there is: every seventh state has all pairs."""
    amount_refunds = Shop.AmountRefunds.REVOKE if revokes else Shop.AmountRefunds.KEEP
    shop = ShopFactory(opens_when=opens_when, holds_high_risk=holds, amount_refunds=amount_refunds)
    states = [
        state
        for state in STATES
        if state.opens_when == opens_when
        and state.risk in (NO, COUNTED if holds else IGNORED)
        and state.money_back in (NO, COUNTED if revokes else IGNORED)
    ]
    assert len(states) == 6 * 6 * 2 * 2 * 2**3
    states = states[::every]
    found = {}
    for state, order in zip(states, build(states, shop), strict=True):
        reported = order.reported_payment
        standing = standing_of(order, reported=reported, is_given_back=state.is_given_back)
        found[state] = Order(**standing).status, standing["keeps_own_assets"]
    by_hand = {state: (status_by_hand(state), keeps_own_by_hand(state)) for state in states}
    assert found == by_hand


# --- One by one ----------------------------------------------------------------------------------


@pytest.fixture
def order(db) -> Order:
    """A paid order of one line, as a platform reported it, in a shop that holds high risk."""
    shop = ShopFactory(holds_high_risk=True)
    order = OrderFactory(shop=shop, platform_id=7001, reported_payment="paid")
    LineFactory(order=order, platform_id=1)
    return order


def standing(order: Order) -> tuple[str, str, bool, str]:
    settle(order, at=NOW)
    order.refresh_from_db()
    return order.payment, order.hold, order.fully_refunded, order.status


def test_an_order_without_doubt_is_open(order):
    assert standing(order) == ("paid", "", False, "completed")


def test_a_dispute_is_named_before_a_risk(order):
    RiskFactory(shop=order.shop)
    assert standing(order) == ("paid", "risk", False, "pending")
    DisputeFactory(shop=order.shop)
    assert standing(order) == ("paid", "dispute", False, "pending")


def test_a_low_risk_holds_nothing(order):
    RiskFactory(shop=order.shop, is_high=False)
    assert standing(order) == ("paid", "", False, "completed")


def test_a_lost_dispute_closes_what_a_release_had_opened(order):
    Order.objects.update(released_at=AFTER)
    DisputeFactory(shop=order.shop, state="lost")
    assert standing(order) == ("paid", "", True, "closed")


def test_a_dispute_of_another_order_or_shop_says_nothing(order):
    DisputeFactory(shop=order.shop, order_platform_id=7002)
    DisputeFactory(state="lost")
    RiskFactory()
    assert standing(order) == ("paid", "", False, "completed")


@pytest.mark.parametrize(
    ("opened", "status"), [(BEFORE, "completed"), (NOW, "completed"), (AFTER, "pending")]
)
@pytest.mark.parametrize("fact", ["dispute", "risk"])
def test_a_release_answers_what_came_up_until_then(order, fact, opened, status):
    Order.objects.update(released_at=NOW)
    if fact == "dispute":
        DisputeFactory(shop=order.shop, opened_at=opened)
    else:
        RiskFactory(shop=order.shop, assessed_at=opened)
    assert standing(order)[-1] == status


def test_a_released_dispute_does_not_hide_a_later_one(order):
    Order.objects.update(released_at=NOW)
    DisputeFactory(shop=order.shop, opened_at=BEFORE)
    DisputeFactory(shop=order.shop, opened_at=AFTER)
    assert standing(order) == ("paid", "dispute", False, "pending")


def test_money_back_revokes_only_where_no_item_was_named(order):
    Shop.objects.update(amount_refunds=Shop.AmountRefunds.REVOKE)
    LineFactory(order=order, platform_id=2)
    RefundFactory(shop=order.shop, units={1: 1})
    assert standing(order) == ("paid", "", False, "completed")
    RefundFactory(shop=order.shop)
    assert standing(order) == ("paid", "", True, "closed")


def test_a_changed_policy_opens_what_money_back_had_closed(order):
    Shop.objects.update(amount_refunds=Shop.AmountRefunds.REVOKE)
    RefundFactory(shop=order.shop)
    assert standing(order)[-1] == "closed"
    Shop.objects.update(amount_refunds=Shop.AmountRefunds.KEEP)
    assert standing(order)[-1] == "completed"


def test_an_order_made_by_hand_keeps_its_payment_and_has_no_facts(db):
    shop = ShopFactory(opens_when=Shop.OpensWhen.PLACED, holds_high_risk=True)
    order = OrderFactory(shop=shop, payment=Order.Payment.PENDING)
    assert standing(order) == ("pending", "", False, "pending")


# --- The shop's table of statuses ----------------------------------------------------------------


def means(shop: Shop, payment: str, status: str = "processing/cod") -> None:
    StatusMeaning.objects.create(shop=shop, status=status, payment=payment)


@pytest.mark.parametrize(
    ("payment", "status"),
    [("paid", "completed"), ("partial", "pending"), ("voided", "pending"), ("refunded", "closed")],
)
@pytest.mark.parametrize("reported", ["pending", "paid", ""])
def test_what_a_status_means_here_stands_above_what_was_reported(order, reported, payment, status):
    Order.objects.update(reported_payment=reported, reported_status="processing/cod")
    means(order.shop, payment)
    assert standing(order)[-1] == status


def test_a_status_means_in_one_shop_what_it_means_there(order):
    Order.objects.update(reported_status="processing/cod")
    means(ShopFactory(), "pending")
    means(order.shop, "pending", status="processing")
    assert standing(order)[-1] == "completed"


def test_the_table_is_read_once_and_only_where_a_status_was_reported(
    order, django_assert_num_queries
):
    with django_assert_num_queries(0):
        meanings_of(order.shop, [""])
    with django_assert_num_queries(1):
        meanings_of(order.shop, ["processing/cod", "", "completed"])


def test_a_row_taken_out_of_the_table_leaves_what_was_reported(order):
    Order.objects.update(reported_payment="pending", reported_status="processing/cod")
    means(order.shop, "paid")
    assert standing(order)[-1] == "completed"
    StatusMeaning.objects.all().delete()
    assert standing(order)[-1] == "pending"
    means(order.shop, "paid")
    assert apply_policies(order.shop, at=NOW).changed == 1
    order.refresh_from_db()
    assert order.status == "completed"


def test_the_words_kept_of_a_line_are_the_same_in_whatever_order_they_came():
    words = [f"status {n:02}" for n in range(MOST_STATUSES + 2)]
    ends = []
    for told in (words, words[::-1]):
        line = LineItem()
        for status in told:
            report = order_report(payment="pending", status=status)
            line.reported_units = units_reported(line, report, 1)
        ends.append(line.reported_units)
    assert ends[0] == ends[1] == {f"pending {status}": 1 for status in words[2:]}
