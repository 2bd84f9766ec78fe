import itertools
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from downloads.errors import Unavailable
from downloads.models import Grant, LineItem, Order, Reader
from downloads.models.allowances import Allowance, allowance, is_open_by_line
from downloads.models.grants import MAX_DOWNLOADS
from tests.factories import (
    NOW,
    CustomerFactory,
    GrantFactory,
    LinkFactory,
    OrderFactory,
    ProductFactory,
)
from tests.system.harness.processes import times

SECOND = timedelta(seconds=1)
PENDING, PAID, REFUNDED = Order.Payment.PENDING, Order.Payment.PAID, Order.Payment.REFUNDED


class Count(NamedTuple):
    bought: int | None
    used: int
    canceled: int
    leaves_some: bool


COUNTS = (
    Count(None, 0, 0, leaves_some=True),
    Count(10, 9, 0, leaves_some=True),
    Count(10, 4, 5, leaves_some=True),
    Count(10, 10, 0, leaves_some=False),
    Count(10, 5, 5, leaves_some=False),
    Count(10, 12, 0, leaves_some=False),
    Count(10, 0, 10, leaves_some=False),
)


class Kind(NamedTuple):
    """Whether a grant is of a line, and whether its order keeps those that are of none."""

    has_line: bool
    keeps_own: bool

    @property
    def stays(self) -> bool:
        return self.keeps_own and not self.has_line


KINDS = tuple(Kind(*facts) for facts in itertools.product((False, True), repeat=2))


class State(NamedTuple):
    """One row of the truth table: every fact that the rule may look at."""

    payment: str
    hold: str
    cancelled: bool
    fully_refunded: bool
    refunded: bool
    withdrawn: bool
    asset_withdrawn: bool
    unpaid: bool
    replaced: bool
    expires_at: datetime | None
    count: Count
    kind: Kind


STATES = [
    State(*facts)
    for facts in itertools.product(
        Order.Payment.values,
        Order.Hold.values,
        *[(False, True)] * 7,
        (None, NOW - SECOND, NOW, NOW + SECOND),
        COUNTS,
        KINDS,
    )
]


def permitted_by_hand(state: State) -> bool:
    is_given_back = state.fully_refunded or state.payment == REFUNDED
    return (
        state.payment != PENDING
        and not state.hold
        and not state.cancelled
        and (state.kind.stays or not is_given_back)
        and not state.refunded
        and not state.withdrawn
        and not state.asset_withdrawn
        and not state.unpaid
        and not state.replaced
        and state.expires_at in (None, NOW + SECOND)
    )


def status_by_hand(state: State) -> str:
    """CONTRACTS, "What is one fact on every face", read afresh: no line of it is the rule's own."""
    # Nobody waits for the payment of an order that is over, nor for what another product replaced.
    is_over = state.fully_refunded or state.payment == REFUNDED
    if state.replaced or state.cancelled or (is_over and not state.kind.stays):
        return "expired"
    if state.payment == PENDING or state.hold or (state.unpaid and not state.refunded):
        return "pending"
    return "available" if permitted_by_hand(state) and state.count.leaves_some else "expired"


@pytest.fixture(params=[43, pytest.param(times(11, drill=1), marks=pytest.mark.slow)])
def truth_table(db, request) -> dict[int, State]:
    """Some states, in drills all, each as one grant: the grant's number → its state.

    11 and 43 divide no number of values there is: every 43rd state has all pairs of them.
    """
    states = STATES[:: request.param]
    shop = OrderFactory().shop
    assets = {
        False: LinkFactory(shop=shop),
        True: LinkFactory(shop=shop, withdrawn_at=NOW),
    }
    orders = Order.objects.bulk_create(
        Order(
            shop=shop,
            number=number,
            placed_at=NOW,
            payment=state.payment,
            hold=state.hold,
            cancelled_at=NOW if state.cancelled else None,
            fully_refunded=state.fully_refunded,
            keeps_own_assets=state.kind.keeps_own,
        )
        for number, state in enumerate(states)
    )
    product = ProductFactory(shop=shop)
    lines = LineItem.objects.bulk_create(
        LineItem(order=order, product=product)
        for order, state in zip(orders, states, strict=True)
        if state.kind.has_line
    )
    line_of = {line.order_id: line for line in lines}
    grants = Grant.objects.bulk_create(
        Grant(
            order=order,
            line=line_of.get(order.pk),
            asset=assets[state.asset_withdrawn],
            limit=state.count.bought,
            bought=state.count.bought,
            used=state.count.used,
            canceled=state.count.canceled,
            refunded=state.refunded,
            unpaid=state.unpaid,
            replaced=state.replaced,
            withdrawn_at=NOW if state.withdrawn else None,
            expires_at=state.expires_at,
            created_at=NOW,
            updated_at=NOW,
        )
        for order, state in zip(orders, states, strict=True)
    )
    return {grant.pk: state for grant, state in zip(grants, states, strict=True)}


def test_the_rule_says_the_same_in_memory_in_sql_and_by_hand(truth_table):
    states = truth_table.values()
    by_hand = {state: status_by_hand(state) for state in states}
    grants = {truth_table[grant.pk]: grant for grant in Grant.objects.with_facts().all()}
    in_sql: dict[State, list[str]] = {state: [] for state in states}
    for word in ("available", "expired", "pending"):
        for number in Grant.objects.with_status(word, NOW).values_list("pk", flat=True):
            in_sql[truth_table[number]].append(word)
    available = Grant.objects.available(NOW).values_list("pk", flat=True)
    permitted = Grant.objects.permitted(NOW).values_list("pk", flat=True)

    assert {state: grant.status(NOW) for state, grant in grants.items()} == by_hand
    assert in_sql == {state: [word] for state, word in by_hand.items()}
    is_available = {state for state, word in by_hand.items() if word == "available"}
    assert {truth_table[number] for number in available} == is_available
    assert {state for state, grant in grants.items() if not grant.refusal(NOW)} == is_available
    is_permitted = {state for state in states if permitted_by_hand(state)}
    assert {truth_table[number] for number in permitted} == is_permitted
    assert {
        state for state, grant in grants.items() if not grant.refusal_of_right(NOW)
    } == is_permitted


@pytest.mark.parametrize("word", ["", "AVAILABLE", "completed", "available "])
@pytest.mark.django_db
def test_an_unknown_status_finds_nothing(word):
    GrantFactory()
    assert list(Grant.objects.with_status(word, NOW)) == []


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({}, None),
        ({"order__payment": PENDING}, Unavailable.PENDING),
        ({"order__cancelled_at": NOW}, Unavailable.CANCELED),
        ({"order__payment": REFUNDED}, Unavailable.REFUNDED),
        ({"order__fully_refunded": True}, Unavailable.REFUNDED),
        ({"refunded": True}, Unavailable.REFUNDED),
        ({"withdrawn_at": NOW}, Unavailable.WITHDRAWN),
        ({"asset__withdrawn_at": NOW}, Unavailable.WITHDRAWN),
        ({"expires_at": NOW}, Unavailable.PAST),
        ({"used": 10}, Unavailable.USED_UP),
        ({"used": 10, "expires_at": NOW}, Unavailable.PAST),
        ({"order__payment": PENDING, "order__cancelled_at": NOW}, Unavailable.CANCELED),
        ({"order__hold": Order.Hold.DISPUTE}, Unavailable.HELD),
        ({"order__hold": Order.Hold.RISK}, Unavailable.HELD),
        ({"order__hold": Order.Hold.RISK, "order__payment": PENDING}, Unavailable.PENDING),
        ({"order__hold": Order.Hold.RISK, "order__fully_refunded": True}, Unavailable.REFUNDED),
        ({"order__hold": Order.Hold.RISK, "order__cancelled_at": NOW}, Unavailable.CANCELED),
        ({"order__hold": Order.Hold.RISK, "used": 10}, Unavailable.HELD),
        ({"replaced": True}, Unavailable.REPLACED),
        ({"replaced": True, "order__payment": PENDING}, Unavailable.REPLACED),
        ({"unpaid": True}, Unavailable.PENDING),
        ({"unpaid": True, "refunded": True}, Unavailable.REFUNDED),
        ({"unpaid": True, "replaced": True}, Unavailable.REPLACED),
    ],
)
@pytest.mark.django_db
def test_a_refusal_names_its_reason(facts, reason):
    assert GrantFactory(**facts).refusal(NOW) == reason


@pytest.mark.parametrize(
    ("bought", "used", "canceled", "allowed", "remaining"),
    [
        (None, 7, 0, None, None),
        (10, 0, 0, 10, 10),
        (10, 4, 0, 10, 6),
        (20, 4, 10, 10, 6),
        (10, 10, 0, 10, 0),
        (3, 5, 0, 3, 0),  # lowered below what was used
        (10, 4, 10, 0, 0),
        (3, 0, 5, 0, 0),
    ],
)
def test_what_is_left_is_never_negative(bought, used, canceled, allowed, remaining):
    grant = Grant(bought=bought, used=used, canceled=canceled)
    assert (grant.allowed, grant.remaining) == (allowed, remaining)


@pytest.mark.django_db
def test_the_largest_counts_can_be_added_up_by_any_database():
    most = MAX_DOWNLOADS
    left = GrantFactory(limit=most, used=1)
    canceled = GrantFactory(limit=most, used=1, canceled=most)
    assert list(Grant.objects.available(NOW)) == [left]
    assert list(Grant.objects.with_status("expired", NOW)) == [canceled]


@pytest.mark.django_db
def test_grants_are_of_one_customer_in_one_shop():
    grant = GrantFactory()
    other = CustomerFactory(shop=grant.order.shop)
    assert list(Grant.objects.seen_by(Reader(grant.order.customer))) == [grant]
    assert list(Grant.objects.seen_by(Reader(other))) == []


@pytest.mark.django_db
def test_an_order_in_another_shop_than_its_customers_shows_nothing():
    stranger = CustomerFactory()
    GrantFactory(order=OrderFactory(customer=stranger))
    assert list(Grant.objects.seen_by(Reader(stranger))) == []


@pytest.mark.django_db
def test_facts_are_loaded_at_once(django_assert_num_queries):
    GrantFactory()
    with django_assert_num_queries(1):
        grant = Grant.objects.with_facts().get()
        assert grant.line.product.name == "My new Book"
        assert grant.status(NOW) == "available"


ALLOWANCES: list[tuple[dict[str, Any], Allowance]] = [
    # Bought: per unit × units, and what was added by hand once.
    ({"limit": 10}, Allowance(10, 0, refunded=False)),
    ({"limit": 10, "quantity": 3}, Allowance(30, 0, refunded=False)),
    ({"limit": 10, "quantity": 3, "added": 4}, Allowance(34, 0, refunded=False)),
    # Canceled: by the shop's own figure, by refunds, and by both only once.
    (
        {"limit": 10, "quantity": 3, "current_quantity": 3},
        Allowance(30, 0, refunded=False),
    ),
    (
        {"limit": 10, "quantity": 3, "current_quantity": 2},
        Allowance(30, 10, refunded=False),
    ),
    (
        {"limit": 10, "quantity": 3, "refunded_units": 1},
        Allowance(30, 10, refunded=False),
    ),
    (
        {"limit": 10, "quantity": 3, "current_quantity": 2, "refunded_units": 1},
        Allowance(30, 10, refunded=False),
    ),
    (
        {"limit": 10, "quantity": 3, "current_quantity": 2, "refunded_units": 2},
        Allowance(30, 20, refunded=False),
    ),
    (
        {"limit": 10, "quantity": 3, "current_quantity": 1, "refunded_units": 1},
        Allowance(30, 20, refunded=False),
    ),
    (
        {"limit": 10, "quantity": 3, "current_quantity": 3, "refunded_units": 1},
        Allowance(30, 10, refunded=False),
    ),
    # All units back: nothing that was added by hand is taken along, the line is closed instead.
    (
        {"limit": 10, "quantity": 3, "current_quantity": 0, "added": 4},
        Allowance(34, 30, refunded=True),
    ),
    ({"limit": 10, "quantity": 1, "refunded_units": 1}, Allowance(10, 10, refunded=True)),
    # More units back than there were, or more kept than were bought.
    ({"limit": 10, "quantity": 2, "refunded_units": 5}, Allowance(20, 20, refunded=True)),
    (
        {"limit": 10, "quantity": 2, "current_quantity": 5},
        Allowance(20, 0, refunded=False),
    ),
    # Unlimited has no count to cancel, but closes like any other.
    ({"limit": None, "quantity": 3, "added": 4}, Allowance(None, 0, refunded=False)),
    (
        {"limit": None, "quantity": 3, "current_quantity": 1},
        Allowance(None, 0, refunded=False),
    ),
    ({"limit": None, "quantity": 3, "refunded_units": 3}, Allowance(None, 0, refunded=True)),
    # Paid for in part: units that were added wait, and those taken out again are not paid ones.
    ({"limit": 10, "quantity": 3, "paid_units": 2}, Allowance(20, 0, refunded=False)),
    ({"limit": 10, "quantity": 3, "paid_units": 2, "added": 4}, Allowance(24, 0, refunded=False)),
    ({"limit": 10, "quantity": 3, "paid_units": 5}, Allowance(30, 0, refunded=False)),
    ({"limit": 10, "quantity": 3, "paid_units": 0}, Allowance(30, 0, refunded=False)),
    (
        {"limit": 10, "quantity": 3, "paid_units": 2, "current_quantity": 2},
        Allowance(20, 0, refunded=False),
    ),
    (
        {"limit": 10, "quantity": 3, "paid_units": 2, "current_quantity": 1},
        Allowance(20, 10, refunded=False),
    ),
    (
        {"limit": 10, "quantity": 3, "paid_units": 2, "current_quantity": 0},
        Allowance(20, 20, refunded=True),
    ),
    # GraphQL's Int ends here.
    (
        {"limit": MAX_DOWNLOADS, "quantity": 2},
        Allowance(2_147_483_647, 0, refunded=False),
    ),
    (
        {"limit": MAX_DOWNLOADS, "added": 1},
        Allowance(2_147_483_647, 0, refunded=False),
    ),
    (
        {"limit": MAX_DOWNLOADS, "quantity": 3, "refunded_units": 3},
        Allowance(2_147_483_647, 2_147_483_647, refunded=True),
    ),
]


@pytest.mark.parametrize(("facts", "expected"), ALLOWANCES)
def test_an_allowance_is_counted_from_the_facts(facts, expected):
    assert allowance(**facts) == expected


counts = st.integers(0, 1000)
sizes = st.integers(1, 1000)


@given(limit=sizes, quantity=sizes, current=st.none() | counts, back=counts, added=counts)
def test_no_more_is_canceled_than_was_bought_in_units(limit, quantity, current, back, added):
    counted = allowance(
        limit=limit,
        added=added,
        quantity=quantity,
        current_quantity=current,
        refunded_units=back,
    )
    assert counted.bought == limit * quantity + added
    assert 0 <= counted.canceled <= limit * quantity
    assert counted.canceled % limit == 0
    assert counted.refunded == (counted.canceled == limit * quantity)


@given(limit=st.none() | sizes, quantity=sizes, back=counts)
def test_units_back_count_alike_whoever_reports_them(limit, quantity, back):
    assume(back <= quantity)
    by_figure = allowance(limit=limit, quantity=quantity, current_quantity=quantity - back)
    by_refunds = allowance(limit=limit, quantity=quantity, refunded_units=back)
    by_both = allowance(
        limit=limit, quantity=quantity, current_quantity=quantity - back, refunded_units=back
    )
    assert by_figure == by_refunds == by_both


@given(limit=st.none() | sizes, quantity=sizes, added=counts, kept=counts)
def test_units_given_again_undo_what_was_canceled(limit, quantity, added, kept):
    untouched = allowance(limit=limit, added=added, quantity=quantity)
    assume(kept < quantity)
    lowered = allowance(limit=limit, added=added, quantity=quantity, current_quantity=kept)
    raised = allowance(limit=limit, added=added, quantity=quantity, current_quantity=quantity)
    assert lowered.canceled == (0 if limit is None else limit * (quantity - kept))
    assert raised == untouched


@given(limit=sizes, quantity=sizes, current=counts, back=counts)
def test_one_more_unit_back_never_cancels_less(limit, quantity, current, back):
    facts = {"limit": limit, "quantity": quantity, "current_quantity": current}
    before = allowance(**facts, refunded_units=back)
    after = allowance(**facts, refunded_units=back + 1)
    assert before.canceled <= after.canceled <= before.canceled + limit
    assert before.bought == after.bought


@pytest.mark.parametrize(
    ("reported", "paid_units", "is_open"),
    [
        ("partial", [1, 0], True),
        ("partial", [0, 0], False),
        ("partial", [], False),
        ("pending", [1], False),
        ("voided", [1], False),
    ],
)
def test_what_was_added_to_a_paid_order_leaves_it_open(reported, paid_units, is_open):
    assert is_open_by_line(reported, paid_units) is is_open
