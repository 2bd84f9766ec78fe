"""Numbers and tokens that two orders name, heard in every order."""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from downloads import lookups
from downloads.fulfilment import (
    orders,
    record_dispute,
    record_order,
    record_refund,
    record_risk,
    spend,
)
from downloads.incoming import CustomerReport, OrderReport
from downloads.models import Dispute, Grant, Order, Refund, RiskAssessment, Shop
from downloads.tokens import hash_token
from tests.downloads.reported import (
    dispute_report,
    line_report,
    order_report,
    refund_report,
    risk_report,
)
from tests.factories import NOW, AttachmentFactory, OrderFactory, ProductFactory, ShopFactory
from tests.invariants.messages.lattice import only_end
from tests.invariants.messages.states import state_of

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
A, B, C = ("a" * 32, "b" * 32, "c" * 32)
ADA, BOB, CID = (
    CustomerReport(number, f"{name}@example.com")
    for number, name in ((501, "ada"), (502, "bob"), (503, "cid"))
)


@pytest.fixture
def shop() -> Shop:
    return a_shop()


def a_shop() -> Shop:
    shop = ShopFactory()
    for number in (1, 2, 3):
        AttachmentFactory(product=ProductFactory(shop=shop, variant_id=1000 + number))
    return shop


def say(shop: Shop, report: OrderReport) -> Order:
    return record_order(shop, report, at=NOW).order


def hear(shop: Shop, *reports: OrderReport) -> None:
    """Say these in all orders, which must come to one end; leave the shop there."""
    only_end(reports, apply=partial(say, shop), state=partial(state_of, shop))
    for report in reports:
        say(shop, report)


def tokens() -> dict[int | None, tuple[str | None, bool]]:
    return {
        order.platform_id: (order.token_hash, order.is_token_taken) for order in Order.objects.all()
    }


# --- Tokens --------------------------------------------------------------------------------------


def test_a_token_is_the_order_s_that_was_placed_first(shop):
    hear(
        shop,
        order_report(platform_id=2, token=A, placed_at=NOW),
        order_report(platform_id=1, token=A, placed_at=NOW + DAY),
        order_report(platform_id=3, token=A, placed_at=NOW + DAY),
    )
    assert tokens() == {2: (hash_token(A), False), 1: (None, True), 3: (None, True)}


def test_of_two_placed_at_once_the_smaller_number_has_it(shop):
    hear(shop, order_report(platform_id=2, token=A), order_report(platform_id=1, token=A))
    assert tokens() == {1: (hash_token(A), False), 2: (None, True)}


def test_another_shops_token_stays_there_whenever_it_was_placed(shop):
    say(a_shop(), order_report(platform_id=2, token=A, placed_at=NOW))
    say(shop, order_report(platform_id=1, token=A, placed_at=NOW - DAY))
    assert tokens() == {2: (hash_token(A), False), 1: (None, True)}


def test_an_order_without_its_token_is_taken_in_whole(shop):
    say(shop, order_report(platform_id=1, token=A))
    order = say(shop, order_report(platform_id=2, token=A, customer=BOB))
    assert (order.status, order.customer.platform_id, order.grants.count()) == (
        "completed",
        502,
        1,
    )
    assert lookups.order_for_page(A).order.platform_id == 1


def test_the_remark_on_a_token_is_the_same_whoever_has_it(shop):
    say(shop, order_report(platform_id=1, token=A))
    ours = say(shop, order_report(platform_id=2, token=A))
    theirs = say(a_shop(), order_report(platform_id=3, token=A))
    assert ours.remarks == theirs.remarks
    assert [words for words in ours.remarks if "token" in words] == ours.remarks != []


def test_a_remark_on_a_token_outlives_later_reports_and_their_notes(shop):
    say(shop, order_report(platform_id=1, token=A))
    say(shop, order_report(platform_id=2, token=A))
    order = say(
        shop, order_report(platform_id=2, token=A, at=NOW + DAY, notes=("total: not read",))
    )
    assert len(order.remarks) == 2
    assert order.remarks[1] == "total: not read"


def test_an_order_that_gets_a_token_of_its_own_has_no_remark(shop):
    say(shop, order_report(platform_id=1, token=A))
    say(shop, order_report(platform_id=2, token=A))
    order = say(shop, order_report(platform_id=2, token=B, at=NOW + DAY))
    assert (order.token_hash, order.remarks) == (hash_token(B), [])


def test_a_token_that_its_first_holder_gives_up_is_the_next_ones(shop):
    """Whichever came first: of those that name it by now, the order that was placed first."""
    hear(
        shop,
        order_report(platform_id=1, token=A),
        order_report(platform_id=1, token=B, at=NOW + DAY),
        order_report(platform_id=3, token=A),
        order_report(platform_id=2, token=A),
    )
    a, b = hash_token(A), hash_token(B)
    assert tokens() == {1: (b, False), 2: (a, False), 3: (None, True)}
    assert lookups.order_for_page(A).order.platform_id == 2


def test_a_token_goes_on_by_the_newest_report_that_names_one(shop):
    hear(
        shop,
        order_report(platform_id=1, token=A),
        order_report(platform_id=1, token=B, at=NOW + DAY),
        order_report(platform_id=1, token=None, at=NOW + 2 * DAY),
        order_report(platform_id=2, token=B),
    )
    assert tokens() == {1: (hash_token(B), False), 2: (None, True)}


def test_two_orders_that_exchange_their_tokens_have_the_others(shop):
    hear(
        shop,
        order_report(platform_id=1, token=A),
        order_report(platform_id=2, token=B),
        order_report(platform_id=1, token=B, at=NOW + DAY),
        order_report(platform_id=2, token=A, at=NOW + DAY),
    )
    assert tokens() == {1: (hash_token(B), False), 2: (hash_token(A), False)}


def test_an_order_that_turns_out_to_be_placed_later_gives_its_token_up(shop):
    hear(
        shop,
        order_report(platform_id=1, token=A),
        order_report(platform_id=2, token=A, placed_at=NOW + DAY),
        order_report(platform_id=1, token=None, placed_at=NOW + 2 * DAY, at=NOW + DAY),
    )
    assert tokens() == {1: (None, True), 2: (hash_token(A), False)}


def test_a_token_that_another_shop_has_is_not_handed_on_here(shop):
    say(a_shop(), order_report(platform_id=9, token=A))
    say(shop, order_report(platform_id=1, token=A))
    say(shop, order_report(platform_id=1, token=B, at=NOW + DAY))
    assert tokens() == {9: (hash_token(A), False), 1: (hash_token(B), False)}


def test_a_token_of_before_stays_until_a_newer_report(shop):
    say(shop, order_report(platform_id=1, token=A, at=NOW + DAY))
    say(shop, order_report(platform_id=2, token=A))
    Order.objects.update(token_rank="")
    say(shop, order_report(platform_id=1, token=B))
    assert tokens() == {1: (hash_token(A), False), 2: (None, True)}
    say(shop, order_report(platform_id=1, token=B, at=NOW + 2 * DAY))
    assert tokens() == {1: (hash_token(B), False), 2: (hash_token(A), False)}


# --- A number used again -------------------------------------------------------------------------

FIRST = order_report(line_report(1), token=A, customer=ADA, refunds=(refund_report(1, {9: 1}),))
SECOND = order_report(
    line_report(2), token=B, customer=BOB, placed_at=NOW + DAY, at=NOW + DAY, number=2
)
THIRD = order_report(line_report(3), token=C, customer=CID, placed_at=NOW + 2 * DAY, at=NOW)


def test_a_number_used_again_is_another_order(shop):
    late = replace(FIRST, reported_at=NOW + 3 * DAY, grand_total=7)
    hear(shop, FIRST, SECOND, THIRD, late)
    orders = {order.token_hash: order for order in Order.objects.all()}
    first, second, third = (orders[hash_token(token)] for token in (A, B, C))
    assert (third.platform_id, first.former_platform_id, second.former_platform_id) == (
        7001,
        7001,
        7001,
    )
    assert len({first.platform_id, second.platform_id}) == 2
    assert max(first.platform_id, second.platform_id) < 0
    assert [order.customer.platform_id for order in (first, second, third)] == [501, 502, 503]
    assert [order.lines.get().platform_id for order in (first, second, third)] == [1, 2, 3]
    assert (first.grand_total, third.grand_total) == (7, None)
    assert "number" in first.remarks[0]
    assert "number" in third.remarks[0]
    assert first.remarks != third.remarks


def test_the_former_order_keeps_its_counts_facts_and_page(shop):
    first = say(shop, FIRST)
    spend(Grant.objects.with_rights().get(), nonce="1", valid_until=NOW + DAY, at=NOW)
    record_refund(shop, 7001, refund_report(2, {}), at=NOW)
    record_dispute(shop, 7001, dispute_report("open"), at=NOW)
    record_risk(shop, 7001, risk_report(), at=NOW)
    second = say(shop, SECOND)
    first.refresh_from_db()
    for fact in (Refund, Dispute, RiskAssessment):
        numbers = set(fact.objects.values_list("order_platform_id", flat=True))
        assert numbers == {first.platform_id}
    assert (first.grants.get().used, second.grants.get().used) == (1, 0)
    assert lookups.order_for_page(A).order == first
    assert (first.hold, second.hold) == ("dispute", "")


@pytest.mark.parametrize(
    "alike",
    [
        {"token": A},
        {"token": None},
        {"customer": ADA},
        {"customer": replace(ADA, email="new@example.com")},
        {"customer": CustomerReport(None, ADA.email)},
        {"customer": None},
        {"placed_at": NOW},
    ],
)
def test_one_that_shares_token_buyer_or_time_is_the_same_order(shop, alike):
    differing: dict[str, Any] = {"token": B, "customer": BOB, "placed_at": NOW + DAY}
    say(shop, FIRST)
    say(shop, order_report(**differing | alike, at=NOW + DAY))
    assert Order.objects.values_list("platform_id", "former_platform_id").get() == (7001, None)


def test_guests_are_told_apart_by_their_addresses(shop):
    guests = [CustomerReport(email=each.email) for each in (ADA, BOB)]
    say(shop, replace(FIRST, customer=guests[0]))
    say(shop, replace(SECOND, customer=guests[1]))
    assert Order.objects.count() == 2


def overtaken(monkeypatch, other):
    """Let somebody do something between the lock of a report's order and its INSERT, once."""
    lock, waiting = orders.lock_for_report, [other]

    def lock_and_be_overtaken(shop, report):
        known = lock(shop, report)
        if waiting:
            waiting.pop()()
        return known

    monkeypatch.setattr(orders, "lock_for_report", lock_and_be_overtaken)


def test_a_new_order_whose_token_another_shop_took_at_this_moment_goes_without(monkeypatch):
    shop = ShopFactory()
    other = ShopFactory()
    report = order_report(platform_id=2, token="a" * 32)

    def take():
        OrderFactory(shop=other, platform_id=1, token="a" * 32)

    overtaken(monkeypatch, take)
    record_order(shop, report, at=NOW)
    order = Order.objects.get(shop=shop)
    assert (order.token_hash, order.is_token_taken) == (None, True)
    assert order.wanted_token_hash == report.token_hash


def test_a_new_order_whose_number_was_taken_at_this_moment_is_that_one(monkeypatch):
    shop = ShopFactory()
    overtaken(monkeypatch, lambda: OrderFactory(shop=shop, platform_id=2, customer=None, number=7))
    report = order_report(platform_id=2, token="a" * 32)
    assert record_order(shop, report, at=NOW).outcome != "new"
    order = Order.objects.get(shop=shop)
    assert (order.number, order.token_hash) == (report.number, report.token_hash)
