from datetime import UTC, datetime, timedelta, timezone

import pytest

from downloads.fulfilment import (
    Outcome,
    record_dispute,
    record_order,
    record_refund,
    record_risk,
    release,
)
from downloads.incoming import DisputeReport, RefundReport, RiskReport
from downloads.models import (
    Dispute,
    Grant,
    Order,
    Refund,
    RefundedLine,
    RiskAssessment,
    Shop,
)
from tests.downloads.reported import (
    dispute_report,
    in_any_order,
    line_report,
    order_report,
    refund_report,
    risk_report,
)
from tests.factories import NOW, AttachmentFactory, ProductFactory, ShopFactory

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
LATER = NOW + HOUR
ORDER = 7001


@pytest.fixture
def shop() -> Shop:
    """A shop that holds high risk and gives ten downloads of each of its books."""
    shop = ShopFactory(holds_high_risk=True)
    for number in (1, 2):
        AttachmentFactory(product=ProductFactory(shop=shop, variant_id=1000 + number))
    return shop


def place(shop: Shop, order: int = ORDER, quantity: int = 3) -> Order:
    report = order_report(line_report(1, quantity), line_report(2), platform_id=order)
    return record_order(shop, report, at=NOW).order


def refund(shop: Shop, report: RefundReport, order: int = ORDER) -> bool:
    return record_refund(shop, order, report, at=LATER)


def dispute(shop: Shop, *reports: DisputeReport, order: int = ORDER) -> None:
    for report in reports:
        record_dispute(shop, order, report, at=LATER)


def assess(shop: Shop, *reports: RiskReport, order: int = ORDER) -> None:
    for report in reports:
        record_risk(shop, order, report, at=LATER)


def status(order: int = ORDER) -> str:
    return Order.objects.get(platform_id=order).status


def canceled() -> list[int]:
    return list(Grant.objects.order_by("line__platform_id").values_list("canceled", flat=True))


# --- Refunds -------------------------------------------------------------------------------------


def test_a_refund_waits_for_its_order(shop):
    assert refund(shop, refund_report(1, {1: 2})) is True
    assert Order.objects.count() == 0
    place(shop)
    assert canceled() == [20, 0]


def test_a_refund_told_again_is_no_news(shop):
    refund(shop, refund_report(1, {1: 2}))
    assert refund(shop, refund_report(1, {1: 2})) is False
    assert (Refund.objects.count(), RefundedLine.objects.count()) == (1, 1)


@pytest.mark.slow
@pytest.mark.parametrize("units", in_any_order({1: 2}, {1: 1, 2: 1}, {}))
def test_a_refund_told_in_parts_comes_to_the_most_of_each_line(shop, units):
    place(shop)
    for part in units:
        refund(shop, refund_report(1, part))
    lines = RefundedLine.objects.order_by("line_platform_id")
    assert list(lines.values_list("line_platform_id", "quantity")) == [(1, 2), (2, 1)]
    assert canceled() == [20, 10]


def test_more_units_of_a_known_refund_are_news_and_fewer_are_not(shop):
    refund(shop, refund_report(1, {1: 1}))
    assert refund(shop, refund_report(1, {1: 2})) is True
    assert refund(shop, refund_report(1, {1: 1})) is False
    assert RefundedLine.objects.get().quantity == 2


def test_lines_told_later_make_money_alone_a_refund_of_items(shop):
    Shop.objects.update(amount_refunds=Shop.AmountRefunds.REVOKE)
    place(shop)
    refund(shop, refund_report(1, {}))
    assert status() == "closed"
    refund(shop, refund_report(1, {2: 1}))
    assert (status(), canceled()) == ("completed", [0, 10])


def test_a_refund_is_of_one_order_of_one_shop(shop):
    place(shop)
    place(shop, order=7002)
    refund(shop, refund_report(1, {1: 3, 2: 1}))
    refund(ShopFactory(), refund_report(1, {1: 3, 2: 1}), order=7002)
    assert (status(ORDER), status(7002)) == ("closed", "completed")


def test_more_units_back_than_there_were_close_the_line_alone(shop):
    place(shop)
    refund(shop, refund_report(1, {1: 2**31 - 1}))
    assert (canceled(), status()) == ([30, 0], "completed")


def test_very_many_units_add_up(shop):
    place(shop, quantity=2**31 - 1)
    for number in range(3):
        refund(shop, refund_report(number, {1: 2**31 - 1}))
    assert canceled() == [2**31 - 1, 0]


def test_a_refund_of_an_order_made_by_hand_finds_none(shop):
    place(shop)
    Order.objects.update(platform_id=None)
    refund(shop, refund_report(1, {1: 3, 2: 1}))
    assert Order.objects.get().status == "completed"


# --- Disputes ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "expected"), [("open", "pending"), ("won", "completed"), ("lost", "closed")]
)
@pytest.mark.parametrize("is_first", [True, False])
def test_a_dispute_decides_over_its_order_whichever_comes_first(shop, state, expected, is_first):
    if is_first:
        dispute(shop, dispute_report(state))
    place(shop)
    if not is_first:
        dispute(shop, dispute_report(state))
    assert status() == expected
    word = {"pending": "pending", "completed": "available", "closed": "expired"}[expected]
    assert {grant.status(NOW) for grant in Grant.objects.with_facts()} == {word}


@pytest.mark.slow
@pytest.mark.parametrize(("decided", "expected"), [("won", "completed"), ("lost", "closed")])
@pytest.mark.parametrize("is_reversed", [True, False])
def test_a_decision_stands_whichever_message_comes_last(shop, decided, expected, is_reversed):
    place(shop)
    told = [dispute_report("open"), dispute_report(decided, decided=LATER)]
    dispute(shop, *(reversed(told) if is_reversed else told))
    assert status() == expected
    assert Dispute.objects.values_list("state", "decided_at").get() == (decided, LATER)


@pytest.mark.slow
@pytest.mark.parametrize(
    "told",
    in_any_order(
        dispute_report("open"),
        dispute_report("lost", decided=NOW),
        dispute_report("won", decided=LATER),
    ),
)
def test_the_later_of_two_decisions_stands(shop, told):
    place(shop)
    dispute(shop, *told)
    assert status() == "completed"


@pytest.mark.slow
@pytest.mark.parametrize(
    "told",
    in_any_order(
        dispute_report("open"),
        dispute_report("lost"),
        dispute_report("won"),
    ),
)
def test_of_two_decisions_without_a_time_the_loss_stands(shop, told):
    place(shop)
    dispute(shop, *told)
    assert status() == "closed"


def test_one_lost_of_two_disputes_closes(shop):
    place(shop)
    dispute(shop, dispute_report("won", 801), dispute_report("lost", 802))
    assert status() == "closed"


def test_one_open_of_two_disputes_holds(shop):
    place(shop)
    dispute(shop, dispute_report("won", 801), dispute_report("open", 802))
    assert status() == "pending"


def test_a_dispute_in_one_shop_says_nothing_of_another(shop):
    place(shop)
    dispute(ShopFactory(), dispute_report("lost"))
    assert status() == "completed"


# --- Risk ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_first", [True, False])
def test_a_high_risk_holds_its_order_whichever_comes_first(shop, is_first):
    if is_first:
        assess(shop, risk_report())
    place(shop)
    if not is_first:
        assess(shop, risk_report())
    assert status() == "pending"


@pytest.mark.slow
@pytest.mark.parametrize(
    "told",
    in_any_order(
        risk_report(is_high=False, at=NOW),
        risk_report(is_high=True, at=LATER),
        risk_report(is_high=False, at=LATER + HOUR),
    ),
)
def test_the_newest_assessment_stands(shop, told):
    place(shop)
    assess(shop, *told)
    assert status() == "completed"
    risk = RiskAssessment.objects.get()
    assert (risk.is_high, risk.assessed_at) == (False, LATER + HOUR)


@pytest.mark.parametrize("is_reversed", [True, False])
def test_of_two_assessments_at_one_moment_the_high_one_stands(shop, is_reversed):
    place(shop)
    assess(shop, *(risk_report(is_high=is_high) for is_high in (is_reversed, not is_reversed)))
    assert status() == "pending"


def test_a_risk_is_kept_where_the_policy_holds_nothing(shop):
    Shop.objects.update(holds_high_risk=False)
    place(shop)
    assess(shop, risk_report())
    assert (status(), RiskAssessment.objects.get().is_high) == ("completed", True)


# --- Releases ------------------------------------------------------------------------------------


def test_a_later_dispute_holds_a_released_order_again(shop):
    order = place(shop)
    assess(shop, risk_report())
    release(order, at=LATER)
    assert status() == "completed"
    dispute(shop, dispute_report("open", opened=LATER + HOUR))
    assert status() == "pending"
    release(order, at=LATER + 2 * HOUR)
    assert status() == "completed"


def test_the_same_assessment_told_again_leaves_a_released_order_open(shop):
    order = place(shop)
    assess(shop, risk_report())
    release(order, at=LATER)
    assess(shop, risk_report())
    assert status() == "completed"


def test_a_time_in_another_zone_is_the_same_time(shop):
    place(shop)
    west = timezone(timedelta(hours=-8))
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    dispute(
        shop,
        dispute_report("won", decided=noon + HOUR),
        dispute_report("lost", decided=noon.astimezone(west)),
        dispute_report("lost", decided=(noon + timedelta(minutes=59)).astimezone(west)),
    )
    assert status() == "completed"


def test_a_dispute_is_news_when_it_begins_and_when_it_is_decided(shop):
    told = [
        dispute_report("open"),
        dispute_report("open"),
        dispute_report("won", decided=LATER),
        dispute_report("open"),
    ]
    outcomes = [record_dispute(shop, ORDER, report, at=NOW) for report in told]
    assert outcomes == [Outcome.NEW, Outcome.UNCHANGED, Outcome.CHANGED, Outcome.UNCHANGED]
