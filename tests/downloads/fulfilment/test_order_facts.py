from datetime import UTC, datetime, timedelta, timezone

import pytest

from downloads.fulfilment import (
    Outcome,
    dismiss_dispute,
    dismiss_refund,
    record_dispute,
    record_order,
    record_refund,
    record_risk,
    release,
    replace_disputes,
    restore_dispute,
    restore_refund,
)
from downloads.incoming import DisputeReport, RiskReport
from downloads.models import (
    AuditEntry,
    Dispute,
    Grant,
    Order,
    Refund,
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
from tests.factories import NOW, AttachmentFactory, DisputeFactory, ProductFactory, ShopFactory

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


def dispute(shop: Shop, *reports: DisputeReport, order: int = ORDER) -> None:
    for report in reports:
        record_dispute(shop, order, report, at=LATER)


def assess(shop: Shop, *reports: RiskReport, order: int = ORDER) -> None:
    for report in reports:
        record_risk(shop, order, report, at=LATER)


def status(order: int = ORDER) -> str:
    return Order.objects.get(platform_id=order).status


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


# --- Disputes that the platform takes back -------------------------------------------------------


def stands() -> dict[int, bool]:
    return {dispute.platform_id: not dispute.is_gone for dispute in Dispute.objects.all()}


@pytest.mark.parametrize("state", ["open", "lost"])
def test_a_dispute_that_the_whole_list_lacks_is_gone(shop, state):
    place(shop)
    dispute(shop, dispute_report(state, 801), dispute_report("won", 802))
    assert replace_disputes(shop, [802], asked_at=LATER + HOUR, at=LATER + HOUR) == 1
    assert (stands(), status()) == ({801: False, 802: True}, "completed")
    assert replace_disputes(shop, [802], asked_at=LATER + HOUR, at=LATER + HOUR) == 0


def test_what_was_noted_after_we_asked_for_the_list_stays(shop):
    place(shop)
    long_ago = DisputeFactory(shop=shop, platform_id=800, order_platform_id=ORDER, state="won")
    assert long_ago.noted_at is None
    # However late the platform says that it was opened: that is another clock.
    dispute(shop, dispute_report("open", 801, opened=NOW - 9 * HOUR))
    assert replace_disputes(shop, [], asked_at=LATER, at=LATER + HOUR) == 1
    assert (stands(), status()) == ({800: False, 801: True}, "pending")


def test_a_dispute_that_is_listed_or_goes_on_is_back(shop):
    place(shop)
    dispute(shop, dispute_report("open", 801), dispute_report("open", 802))
    replace_disputes(shop, [], asked_at=LATER + HOUR, at=LATER + HOUR)
    dispute(shop, dispute_report("open", 801), dispute_report("open", 802))
    assert stands() == {801: False, 802: False}
    assert replace_disputes(shop, [801], asked_at=LATER + HOUR, at=LATER + HOUR) == 1
    dispute(shop, dispute_report("lost", 802, decided=LATER))
    assert (stands(), status()) == ({801: True, 802: True}, "closed")


def test_a_list_of_one_shop_says_nothing_of_another(shop):
    dispute(shop, dispute_report("open"))
    assert replace_disputes(ShopFactory(), [], asked_at=LATER + HOUR, at=LATER + HOUR) == 0
    assert stands() == {801: True}


def test_a_dispute_that_is_gone_does_not_move_a_release(shop):
    order = place(shop)
    far = LATER + 9 * HOUR
    dispute(shop, dispute_report("open", 801, opened=far), dispute_report("open", 802))
    replace_disputes(shop, [802], asked_at=far, at=far)
    release(order, at=LATER)
    assert Order.objects.get().released_at == LATER


# --- What a merchant says was a mistake ----------------------------------------------------------


def trail() -> list[str]:
    told = AuditEntry.objects.exclude(what="Added").order_by("id")
    return list(told.values_list("what", flat=True))


@pytest.mark.parametrize("state", ["open", "lost"])
def test_a_dismissed_dispute_counts_for_nothing_until_it_is_restored(shop, state):
    place(shop)
    dispute(shop, dispute_report(state))
    row = Dispute.objects.get()
    for _ in range(2):
        dismiss_dispute(row, at=LATER)
        assert status() == "completed"
    dispute(shop, dispute_report("lost", decided=LATER))
    assert status() == "completed"
    restore_dispute(row, at=LATER)
    restore_dispute(row, at=LATER)
    assert status() == "closed"
    said = [what.split(":")[0] for what in trail()]
    assert (said[0], said[-1]) == ("Dismissed", "Restored")


@pytest.mark.parametrize("kept", [3, 1, None], ids=["not taken off", "taken off", "not said"])
def test_a_dismissed_refund_gives_its_units_back(shop, kept):
    """Whether or not the platform's own figure has the refund taken off."""
    report = order_report(line_report(1, 3, kept), line_report(2), platform_id=ORDER)
    record_order(shop, report, at=NOW)
    record_refund(shop, ORDER, refund_report(1, {1: 2}), at=LATER)
    grant = Grant.objects.get(line__platform_id=1)
    assert (grant.canceled, grant.bought) == (20, 30)
    row = Refund.objects.get()
    dismiss_refund(row, at=LATER)
    grant.refresh_from_db()
    assert (grant.canceled, trail()) == (0, ["Dismissed: Refund 1"])
    restore_refund(row, at=LATER)
    grant.refresh_from_db()
    assert (grant.canceled, trail()[-1]) == (20, "Restored: Refund 1")
    entry = AuditEntry.objects.order_by("id").last()
    assert (entry.subject, entry.shop_id) == ("Order 1050", shop.pk)


def test_an_order_whose_whole_refund_was_a_mistake_is_paid(shop):
    report = order_report(line_report(1, 3, 0), platform_id=ORDER, payment="refunded")
    record_order(shop, report, at=NOW)
    record_refund(shop, ORDER, refund_report(1, {1: 3}), at=LATER)
    assert status() == "closed"
    dismiss_refund(Refund.objects.get(), at=LATER)
    assert status() == "completed"
    restore_refund(Refund.objects.get(), at=LATER)
    assert status() == "closed"


def test_of_two_refunds_one_a_mistake_the_other_closes_its_line(shop):
    lines = (line_report(1, 3, 0), line_report(2, 1, 0))
    record_order(shop, order_report(*lines, payment="refunded"), at=NOW)
    for number, units in ((1, {1: 3}), (2, {2: 1})):
        record_refund(shop, ORDER, refund_report(number, units), at=LATER)
    dismiss_refund(Refund.objects.get(platform_id=1), at=LATER)
    rows = Grant.objects.with_facts().order_by("line__platform_id")
    assert [grant.status(NOW) for grant in rows] == ["available", "expired"]


def test_money_back_by_mistake_closes_nothing(shop):
    Shop.objects.update(amount_refunds=Shop.AmountRefunds.REVOKE)
    place(shop)
    record_refund(shop, ORDER, refund_report(1, {}), at=LATER)
    assert status() == "closed"
    dismiss_refund(Refund.objects.get(), at=LATER)
    assert status() == "completed"


def test_a_dismissed_refund_that_changes_stays_dismissed_and_it_is_noted(shop):
    place(shop)
    record_refund(shop, ORDER, refund_report(1, {1: 1}), at=LATER)
    dismiss_refund(Refund.objects.get(), at=LATER)
    record_refund(shop, ORDER, refund_report(1, {1: 1}), at=LATER)
    assert trail() == ["Dismissed: Refund 1"]
    record_refund(shop, ORDER, refund_report(1, {1: 3, 2: 1}), at=LATER)
    assert (status(), Refund.objects.get().dismissed_at) == ("completed", LATER)
    assert trail()[1:] == ["The shop changed Refund 1, which stays dismissed"]


def test_a_fact_may_be_dismissed_before_its_order_is_there(shop):
    record_refund(shop, ORDER, refund_report(1, {1: 3, 2: 1}), at=LATER)
    dismiss_refund(Refund.objects.get(), at=LATER)
    place(shop)
    assert status() == "completed"
