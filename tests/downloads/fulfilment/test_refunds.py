from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from downloads.fulfilment import record_order, record_refund
from downloads.incoming import OrderReport, RefundReport
from downloads.models import Grant, Order, Refund, RefundedLine, Shop
from tests.downloads.reported import in_any_order, line_report, order_report, refund_report
from tests.factories import NOW, AttachmentFactory, ProductFactory, RefundFactory, ShopFactory
from tests.invariants.messages.lattice import only_end, undone
from tests.invariants.messages.states import state_of
from tests.system.harness.processes import times

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
LATER = NOW + HOUR
HOURS = [NOW + n * HOUR for n in range(5)]
ORDER = 7001


@pytest.fixture
def shop() -> Shop:
    """A shop that gives ten downloads of each of its books."""
    shop = ShopFactory()
    for number in (1, 2):
        AttachmentFactory(product=ProductFactory(shop=shop, variant_id=1000 + number))
    return shop


def place(shop: Shop, order: int = ORDER, quantity: int = 3) -> Order:
    report = order_report(line_report(1, quantity), line_report(2), platform_id=order)
    return record_order(shop, report, at=NOW).order


def refund(shop: Shop, report: RefundReport, order: int = ORDER) -> bool:
    return record_refund(shop, order, report, at=LATER)


def refunded(number: int, units: dict[int, int], at: datetime) -> RefundReport:
    return RefundReport(number, at, units)


def listing(at: datetime, *refunds: RefundReport, **fields: Any) -> OrderReport:
    """Report an order with all its refunds."""
    lines = (line_report(1, 3), line_report(2))
    told = {"refunds": refunds, "are_refunds_complete": True} | fields
    return order_report(*lines, at=at, platform_id=ORDER, **told)


def hear(shop: Shop, report: OrderReport | RefundReport, at: datetime = NOW) -> Any:
    if isinstance(report, RefundReport):
        return record_refund(shop, ORDER, report, at=at)
    return record_order(shop, report, at=at).outcome


def ends(shop: Shop, *reports: OrderReport | RefundReport) -> None:
    """Say this in all orders, which must come to one end; leave the shop there."""
    only_end(reports, apply=partial(hear, shop), state=partial(state_of, shop))
    for report in reports:
        hear(shop, report)


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
@pytest.mark.parametrize("units", in_any_order({1: 2}, {2: 1}, {}))
def test_of_a_refund_told_in_three_ways_at_one_moment_most_units_stand(shop, units):
    place(shop)
    for part in units:
        refund(shop, refund_report(1, part))
    assert canceled() == [20, 0]


def test_at_one_moment_more_units_are_news_and_fewer_are_not(shop):
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


# --- What the newest report says -----------------------------------------------------------------


def test_a_refund_that_a_later_report_lessens_gives_units_again(shop):
    report = refunded(1, {1: 2, 2: 1}, HOURS[1])
    ends(shop, listing(HOURS[2], report), listing(HOURS[3], refunded(1, {1: 1}, HOURS[1])))
    assert canceled() == [10, 0]
    assert list(RefundedLine.objects.values_list("line_platform_id", "quantity")) == [(1, 1)]


def test_a_refund_without_lines_now_gives_all_units_again_and_counts_nothing_anew(shop):
    hear(shop, listing(HOURS[1], refunded(7, {1: 3, 2: 1}, HOURS[1])))
    Grant.objects.filter(line__platform_id=1).update(used=4)
    assert status() == "closed"
    hear(shop, listing(HOURS[2], refunded(7, {}, HOURS[2])))
    grant = Grant.objects.with_facts().get(line__platform_id=1)
    assert (status(), grant.used, grant.remaining) == ("completed", 4, 26)


@pytest.mark.parametrize("is_complete", [True, False])
def test_a_report_in_which_a_refund_has_changed_is_news(shop, is_complete):
    def said(at: datetime, units: dict[int, int]) -> str:
        report = listing(at, refunded(1, units, NOW), are_refunds_complete=is_complete)
        return hear(shop, report)

    said(HOURS[1], {1: 2})
    assert said(HOURS[2], {1: 1}) == "changed"
    assert refund(shop, refunded(1, {1: 3}, HOURS[1])) is False
    assert canceled() == [10, 0]


def test_what_was_fetched_stands_above_what_was_sent_at_that_time(shop):
    hear(shop, listing(HOURS[1], refunded(1, {1: 3}, NOW)))
    fetched = listing(HOURS[1], refunded(1, {1: 1}, NOW), fetched_at=HOURS[2])
    hear(shop, fetched, at=HOURS[2])
    hear(shop, listing(HOURS[1], refunded(1, {1: 3}, NOW)), at=HOURS[3])
    assert canceled() == [10, 0]


def test_a_refund_from_before_ranks_were_kept_is_replaced_by_what_is_told_of_it(shop):
    place(shop)
    RefundFactory(shop=shop, platform_id=1, units={1: 3}, refunded_at=HOURS[2])
    hear(shop, listing(HOURS[1]))
    assert canceled() == [30, 0]
    hear(shop, listing(HOURS[3], refunded(1, {1: 1}, HOURS[2])))
    assert canceled() == [10, 0]


# --- Lists that are complete ---------------------------------------------------------------------


def test_a_complete_list_without_it_takes_a_refund_back(shop):
    taken = refunded(7, {1: 3, 2: 1}, HOURS[1])
    ends(shop, listing(HOURS[0]), listing(HOURS[1], taken), listing(HOURS[2]))
    assert (status(), canceled()) == ("completed", [0, 0])
    hear(shop, listing(HOURS[3], taken))
    assert status() == "closed"


def test_taken_back_is_news_and_leaves_the_count_as_it_was(shop):
    hear(shop, listing(HOURS[1], refunded(7, {1: 3}, HOURS[1])))
    Grant.objects.filter(line__platform_id=1).update(used=4)
    assert hear(shop, listing(HOURS[2])) == "changed"
    assert Grant.objects.get(line__platform_id=1).used == 4
    assert hear(shop, listing(HOURS[2])) == "unchanged"


def test_a_list_that_is_not_complete_takes_nothing_back(shop):
    taken = refunded(7, {1: 3}, HOURS[1])
    ends(shop, listing(HOURS[1], taken), listing(HOURS[2], are_refunds_complete=False))
    assert canceled() == [30, 0]


@pytest.mark.parametrize("hour", [0, 1])
def test_a_late_older_message_about_a_refund_taken_back_opens_nothing(shop, hour):
    told = (refunded(7, {1: 3}, HOURS[0]), refunded(7, {1: 2}, HOURS[hour]))
    ends(shop, *told, listing(HOURS[1]))
    assert (canceled(), Refund.objects.get().is_gone) == ([0, 0], True)


def test_a_refund_that_is_newer_than_a_late_list_stays(shop):
    ends(shop, listing(HOURS[0]), refunded(7, {1: 3}, HOURS[2]), listing(HOURS[1]))
    assert canceled() == [30, 0]


def test_of_two_lists_of_one_moment_the_one_with_the_refund_stands(shop):
    ends(shop, listing(HOURS[1]), listing(HOURS[1], refunded(7, {1: 3}, HOURS[1])))
    assert canceled() == [30, 0]


def test_a_complete_list_of_one_order_says_nothing_of_another(shop):
    place(shop, order=7002)
    refund(shop, refunded(7, {1: 3}, HOURS[0]), order=7002)
    hear(shop, listing(HOURS[1]))
    assert Refund.objects.get().is_gone is False


# --- Lists that we asked for ---------------------------------------------------------------------


@pytest.mark.parametrize("hour", [0, 4])
def test_a_fetched_list_takes_back_what_we_had_noted_before_we_asked(shop, hour):
    """However late the platform's clock says that it happened."""
    place(shop)
    record_refund(shop, ORDER, refunded(7, {1: 3}, HOURS[hour]), at=HOURS[1])
    record_refund(shop, ORDER, refunded(8, {2: 1}, HOURS[4]), at=HOURS[3])
    hear(shop, listing(HOURS[1], fetched_at=HOURS[2]), at=HOURS[3])
    assert canceled() == [0, 10]
    # The same message again is no news.
    record_refund(shop, ORDER, refunded(7, {1: 3}, HOURS[hour]), at=HOURS[4])
    assert canceled() == [0, 10]


def test_a_fetched_list_takes_back_what_was_noted_long_ago(shop):
    place(shop)
    RefundFactory(shop=shop, units={1: 3}, refunded_at=HOURS[4])
    hear(shop, listing(HOURS[1], fetched_at=HOURS[2]), at=HOURS[2])
    assert canceled() == [0, 0]


@pytest.mark.parametrize("is_reversed", [True, False])
def test_of_two_fetched_lists_of_one_moment_the_later_stands(shop, is_reversed):
    lists = [
        listing(HOURS[1], fetched_at=HOURS[2]),
        listing(HOURS[1], refunded(7, {1: 3}, NOW), fetched_at=HOURS[3]),
    ]
    for report in reversed(lists) if is_reversed else lists:
        hear(shop, report, at=HOURS[4])
    assert canceled() == [30, 0]


@pytest.mark.parametrize("asked_at", [None, HOURS[2]])
@pytest.mark.parametrize("happened_at", [NOW, HOURS[1], HOURS[2]])
def test_a_refund_that_cannot_be_read_whole_opens_nothing_whatever_the_clocks(
    shop, happened_at, asked_at
):
    """Also where it is said to have happened after the report that told of it."""
    place(shop)
    whole = refunded(7, {1: 3}, happened_at)
    cut = replace(whole, units={1: 1}, is_whole=False)
    incomplete = {"are_refunds_complete": False, "fetched_at": asked_at}
    ends(shop, listing(HOURS[0], whole), listing(HOURS[1], cut, **incomplete))
    assert canceled() == [30, 0]
    ends(shop, listing(HOURS[3], refunded(7, {1: 2}, happened_at)))
    assert canceled() == [20, 0]


@pytest.mark.parametrize("is_in_both", [False, True])
@pytest.mark.parametrize("is_in_fetched", [False, True])
def test_a_list_that_was_sent_says_nothing_against_a_fetched_one_of_its_time(
    shop, is_in_fetched, is_in_both
):
    place(shop)
    some = (refunded(7, {1: 3}, NOW),)
    sent = listing(HOURS[1], *(some if is_in_both or not is_in_fetched else ()))
    fetched = listing(HOURS[1], *(some if is_in_fetched else ()), fetched_at=HOURS[2])
    ends(shop, sent, fetched, listing(HOURS[0], *some))
    assert canceled() == [30 if is_in_fetched else 0, 0]


@pytest.mark.parametrize("is_sent", [False, True])
def test_a_refund_that_a_fetch_took_back_and_a_later_one_lists_is_there_again(shop, is_sent):
    """Also where it happened after the time that the platform gives its order."""
    place(shop)
    back = refunded(7, {1: 3}, HOURS[3])
    record_refund(shop, ORDER, back, at=NOW)
    hear(shop, listing(HOURS[1], fetched_at=HOURS[1]), at=HOURS[1])
    assert canceled() == [0, 0]
    asked_at = None if is_sent else HOURS[2]
    hear(shop, listing(HOURS[1], back, fetched_at=asked_at), at=HOURS[3])
    assert canceled() == [0 if is_sent else 30, 0]
    # What was asked for before is older, whenever it is taken in.
    hear(shop, listing(HOURS[1], fetched_at=HOURS[1] + HOUR / 2), at=HOURS[4])
    assert canceled() == [0 if is_sent else 30, 0]
    hear(shop, listing(HOURS[1], fetched_at=HOURS[4]), at=HOURS[4])
    assert canceled() == [0, 0]


# --- Any history ---------------------------------------------------------------------------------

moments = st.sampled_from(HOURS[:3])
told = st.builds(
    refunded,
    st.integers(1, 2),
    st.dictionaries(st.integers(1, 2), st.integers(1, 3), max_size=2),
    moments,
)
listed = st.lists(told, max_size=2, unique_by=lambda report: report.platform_id)
reports = st.builds(
    lambda at, refunds, is_complete: listing(at, *refunds, are_refunds_complete=is_complete),
    moments,
    listed,
    st.booleans(),
)
histories = st.lists(told | reports, min_size=2, max_size=6)


def stand_by_hand(history: list[Any]) -> dict[int, bool]:
    """Say which refunds stand, from the issue's words: newest of all first, and what is listed."""
    said: dict[int, list[tuple[datetime, int]]] = {}
    lists = []
    for report in history:
        if isinstance(report, RefundReport):
            said.setdefault(report.platform_id, []).append((report.refunded_at, 0))
            continue
        for each in report.refunds:
            how = 2 if report.are_refunds_complete else 0
            said.setdefault(each.platform_id, []).append((report.reported_at, how))
        if report.are_refunds_complete:
            lists.append((report.reported_at, {each.platform_id for each in report.refunds}))
    return {
        number: not any((at, 1) > max(moments) and number not in has for at, has in lists)
        for number, moments in said.items()
    }


@pytest.mark.parametrize(
    "examples",
    [
        pytest.param(6, marks=pytest.mark.sampled),
        pytest.param(times(25, drill=60), marks=pytest.mark.slow),
    ],
)
def test_any_history_of_refunds_ends_alike_however_it_is_shuffled(shop, examples):
    @hypothesis_settings(
        max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(history=histories, data=st.data())
    def end_alike(history: list[Any], data: st.DataObject) -> None:
        found = []
        for order in (history, data.draw(st.permutations(history + history[:2]))):
            with undone():
                for report in order:
                    hear(shop, report)
                found.append(state_of(shop))
                rows = Refund.objects.values_list("platform_id", "is_gone")
                assert {number: not gone for number, gone in rows} == stand_by_hand(history)
        assert found[0] == found[1]

    end_alike()
