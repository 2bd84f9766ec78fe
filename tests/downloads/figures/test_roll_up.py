"""Figures by day: rolled up or rebuilt they are the same, whatever came late or went since."""

import threading
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection

from downloads import figures, fulfilment
from downloads.figures.days import day_of
from downloads.models import (
    AssetFigures,
    BuyerFigures,
    CountedDay,
    DailyFigures,
    DownloadEvent,
    FigureClock,
    Grant,
    Order,
)
from tests.downloads.clicking import ask, complete, cut_off, spend
from tests.factories import (
    NOW,
    CustomerFactory,
    EventFactory,
    GrantFactory,
    OrderFactory,
    RefundFactory,
    ShopFactory,
    make_file_grant,
)

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
TODAY = day_of(NOW)


@pytest.fixture
def grant() -> Grant:
    return make_file_grant()


def stored():
    """Return all figures, without keys and times, and without what is counted less often."""
    days = ("shop", "day", "orders", "downloads", "sent_bytes")
    assets = ("asset", "day", "downloads", "sent_bytes")
    buyers = ("shop", "days", "is_earlier", "buyers", "downloaded")
    return (
        sorted(DailyFigures.objects.values_list(*days)),
        sorted(map(str, AssetFigures.objects.values_list(*assets))),
        sorted(BuyerFigures.objects.filter(days__lte=30).values_list(*buyers)),
    )


def agree(at):
    """Roll up, rebuild, and return the figures that both agree on."""
    assert figures.roll_up(at=at)
    rolled = stored()
    figures.rebuild(at=at)
    assert stored() == rolled
    return rolled


def of_day(day=TODAY):
    row = DailyFigures.objects.get(day=day)
    return row.orders, row.downloads, row.sent_bytes


def of_buyers(days, *, is_earlier=False):
    row = BuyerFigures.objects.get(days=days, is_earlier=is_earlier)
    return row.buyers, row.downloaded


def test_a_day_is_counted(grant):
    complete(ask(grant, "one"), sent_bytes=1000)
    complete(ask(grant, "two"), sent_bytes=700)
    spend(GrantFactory(order=grant.order), "three")
    agree(NOW + MINUTE)
    assert of_day() == (1, 3, 1700)
    assert of_buyers(1) == (1, 1)
    fetched = AssetFigures.objects.get(asset=grant.asset)
    assert (fetched.downloads, fetched.sent_bytes) == (2, 1700)
    assert FigureClock.objects.get().as_of == NOW + MINUTE


def test_a_second_turn_finds_what_came_since(grant):
    agree(NOW)
    assert of_day() == (1, 0, 0)
    spend(grant, at=NOW + MINUTE)
    OrderFactory(shop=grant.order.shop)
    agree(NOW + 2 * MINUTE)
    assert of_day() == (2, 1, 0)


def test_an_order_of_an_earlier_day_that_comes_late_is_counted_there(grant):
    figures.roll_up(at=NOW)
    OrderFactory(shop=grant.order.shop, placed_at=NOW - 800 * DAY)
    agree(NOW + MINUTE)
    assert of_day(TODAY - 800 * DAY) == (1, 0, 0)


def test_a_line_that_commits_late_is_counted(grant):
    figures.roll_up(at=NOW + MINUTE)
    figures.roll_up(at=NOW + 5 * MINUTE)
    # Its moment is before both turns.
    spend(grant, at=NOW)
    agree(NOW + 6 * MINUTE)
    assert of_day() == (1, 1, 0)


def test_what_is_later_than_any_transaction_is_found_within_a_day(grant):
    figures.roll_up(at=NOW)
    figures.roll_up(at=NOW + 60 * MINUTE)
    figures.roll_up(at=NOW + 120 * MINUTE)
    spend(grant, at=NOW)
    figures.roll_up(at=NOW + 121 * MINUTE)
    assert of_day() == (1, 0, 0)
    figures.roll_up(at=NOW + DAY + 121 * MINUTE)
    assert of_day() == (1, 1, 0)


def test_bytes_that_go_on_past_midnight_move_to_the_day_of_the_last(grant):
    late = NOW.replace(hour=23, minute=50)
    opened = ask(grant, at=late)
    fulfilment.note_sent(opened, sent_bytes=400, at=late)
    agree(late)
    assert of_day() == (1, 1, 400)
    complete(opened, sent_bytes=600, at=late + 15 * MINUTE)
    agree(late + 16 * MINUTE)
    assert of_day() == (1, 1, 0)
    assert of_day(TODAY + DAY) == (0, 0, 1000)


def test_give_backs_and_refunds_take_nothing_away(grant):
    cut_off(ask(grant, "one"))
    spend(grant, "two")
    fulfilment.reset(grant, at=NOW)
    RefundFactory(shop=grant.order.shop)
    agree(NOW + MINUTE)
    assert of_day() == (1, 2, 0)
    # What was reset was downloaded all the same.
    assert of_buyers(7) == (1, 1)


def test_buyers_are_people_and_no_sum_of_days():
    shop = OrderFactory().shop
    ada = CustomerFactory(shop=shop)
    for days in (0, 1, 2, 40):
        order = OrderFactory(shop=shop, customer=ada, placed_at=NOW - days * DAY)
    OrderFactory(shop=shop, customer=None)
    spend(GrantFactory(order=order))
    agree(NOW)
    assert of_buyers(1) == (3, 0)
    assert of_buyers(30) == (3, 0)
    assert of_buyers(30, is_earlier=True) == (1, 1)
    assert of_buyers(365) == (3, 1)


def test_an_erased_buyer_stays_counted(grant):
    spend(grant)
    before = agree(NOW)
    fulfilment.erase_customer(grant.order.customer, at=NOW + MINUTE)
    assert agree(NOW + 2 * DAY)[0] == before[0]
    assert of_buyers(30) == (1, 1)


def test_what_retention_takes_from_the_ledger_stays_in_the_figures(grant):
    complete(ask(grant), sent_bytes=1000)
    before = agree(NOW)
    later = NOW + 366 * DAY
    assert fulfilment.prune_ledger(at=later) == 2
    assert agree(later)[:2] == before[:2]
    assert of_day() == (1, 1, 1000)


def test_the_sum_that_retention_leaves_is_no_download_of_its_day(grant):
    figures.roll_up(at=NOW)
    EventFactory(grant=grant, kind=DownloadEvent.Kind.CARRIED, downloads=7, at=NOW)
    agree(NOW + MINUTE)
    assert of_day() == (1, 0, 0)


def test_an_order_that_is_deleted_goes_from_its_day_within_a_day():
    order = OrderFactory()
    agree(NOW)
    order.delete()
    agree(NOW + DAY)
    assert not DailyFigures.objects.exists()


def test_a_turn_is_bounded_and_the_newest_days_come_first(settings, grant):
    settings.FIGURES_TURN_SECONDS = 0
    for days in (1, 2, 3):
        OrderFactory(shop=grant.order.shop, placed_at=NOW - days * DAY)
    Order.objects.update(created_at=NOW - DAY)
    assert not figures.roll_up(at=NOW)
    days = DailyFigures.objects.order_by("-day").values_list("day", flat=True)
    assert list(days) == [TODAY, TODAY - DAY]
    assert FigureClock.objects.get().as_of is None
    assert [figures.roll_up(at=NOW) for _ in range(2)] == [False, True]
    assert len(days.all()) == 4
    assert FigureClock.objects.get().as_of == NOW


def test_long_periods_are_counted_less_often(grant):
    figures.roll_up(at=NOW)
    OrderFactory(shop=grant.order.shop)
    figures.roll_up(at=NOW + MINUTE)
    assert [of_buyers(days)[0] for days in (1, 7, 30, 90, 365)] == [2, 2, 2, 1, 1]
    figures.roll_up(at=NOW + 15 * MINUTE)
    assert [of_buyers(days)[0] for days in (90, 365)] == [2, 2]


def test_a_day_ends_where_the_installation_is(settings):
    settings.TIME_ZONE = "Asia/Tokyo"
    OrderFactory(placed_at=NOW.replace(hour=16))
    agree(NOW + DAY)
    assert of_day(TODAY + DAY)[0] == 1


@pytest.mark.slow
def test_a_day_ends_where_its_shop_is(grant):
    late = NOW.replace(hour=16)
    OrderFactory(shop=ShopFactory(time_zone="Asia/Tokyo"), placed_at=late)
    there = make_file_grant(order=OrderFactory(shop__time_zone="America/Los_Angeles"))
    midnight = NOW.replace(hour=2) + DAY
    spend(there, at=midnight)
    agree(NOW + DAY)
    assert of_day(TODAY + DAY) == (1, 0, 0)
    assert sorted(DailyFigures.objects.filter(day=TODAY).values_list("orders", "downloads")) == [
        (1, 0),
        (1, 1),
    ]


def test_a_turn_without_news_writes_no_figure(grant, django_assert_max_num_queries):
    for minutes in (0, 1, 30, 60):
        figures.roll_up(at=NOW + minutes * MINUTE)
    before = list(DailyFigures.objects.values())
    with django_assert_max_num_queries(40):
        figures.roll_up(at=NOW + 61 * MINUTE)
    assert list(DailyFigures.objects.values()) == before
    assert not CountedDay.objects.filter(is_stale=True).exists()


def test_the_command_counts_anew(grant, capsys):
    spend(grant)
    agree(NOW)
    DailyFigures.objects.update(downloads=99)
    call_command("rebuild_figures")
    assert "were counted" in capsys.readouterr().out
    assert DailyFigures.objects.get(day=TODAY).downloads == 1


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_several_workers_at_once_count_the_same(grant):
    spend(grant)
    figures.roll_up(at=NOW)
    spend(grant, "other", at=NOW + MINUTE)
    errors = []

    def work():
        try:
            figures.roll_up(at=NOW + 2 * MINUTE)
        except Exception as error:  # noqa: BLE001 (told below)
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert errors == []
    assert of_day()[1] == 2
    assert figures.rebuild(at=NOW + 3 * MINUTE) == 1
