"""News to staff: downloads used up, and the figures of the week; who wants them gets each once."""

from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest
from django.contrib.auth.models import User

from downloads import fulfilment, lookups
from downloads.models import (
    DailyFigures,
    DownloadEvent,
    FigureClock,
    Grant,
    Mail,
    Membership,
    Role,
    Shop,
)
from tests.factories import NOW, GrantFactory, OrderFactory, ShopFactory
from tests.racing import at_once

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
# A Monday, at seven.
MONDAY = datetime(2026, 3, 2, 7, tzinfo=UTC)
READERS = ["ada@example.com", "grace@example.com"]


def join(shop, email, role, **values):
    name = f"{email or 'mute'} of {shop.pk}"
    user = User.objects.create_user(name, email=email, is_staff=True, **values)
    Membership.objects.create(shop=shop, user=user, role=role)


@pytest.fixture
def shop(db):
    """Ada owns it, grace manages it; the others are told nothing. Another shop wants all too."""
    shop = ShopFactory(mails_used_up=True, mails_figures=True)
    join(shop, "ada@example.com", Role.OWNER)
    join(shop, "grace@example.com", Role.MANAGER)
    join(shop, "eve@example.com", Role.SUPPORT)
    join(shop, "", Role.OWNER)
    join(shop, "gone@example.com", Role.OWNER, is_active=False)
    other = ShopFactory(mails_used_up=True, mails_figures=True)
    join(other, "other@example.com", Role.OWNER)
    return shop


@pytest.fixture
def counted(shop):
    """The worker has counted up to now. The other shop was told."""
    Shop.objects.exclude(pk=shop.pk).update(figures_told_on=date(2026, 3, 2))
    return FigureClock.objects.create(pk=1, seen_until=MONDAY, next_at=MONDAY, as_of=MONDAY)


def used_up(shop, *, at=NOW - HOUR, used=3, bought=3, **values):
    grant = GrantFactory(order=OrderFactory(shop=shop), line=None, limit=3, **values)
    Grant.objects.filter(pk=grant.pk).update(used=used, bought=bought)
    DownloadEvent.objects.create(grant=grant, kind="charged", downloads=1, at=at)
    return grant


def mailed(kind=Mail.Kind.USED_UP):
    return list(Mail.objects.filter(kind=kind).order_by("pk").values_list("email", flat=True))


# --- Used up -------------------------------------------------------------------------------------


def test_the_owners_and_managers_of_that_shop_are_told(shop):
    used_up(shop)
    assert fulfilment.tell_of_used_up(at=NOW) == 2
    assert mailed() == READERS
    assert fulfilment.tell_of_used_up(at=NOW) == 0


def test_a_shop_that_wants_none_gets_none(shop):
    Shop.objects.update(mails_used_up=False)
    used_up(shop)
    assert fulfilment.tell_of_used_up(at=NOW) == 0


@pytest.mark.parametrize(
    "values",
    [{"used": 2}, {"refunded": True}, {"withdrawn_at": NOW - DAY}, {"expires_at": NOW - MINUTE}],
)
def test_what_is_not_used_up_or_would_not_open_is_no_news(shop, values):
    used_up(shop, **values)
    assert fulfilment.tell_of_used_up(at=NOW) == 0


def test_once_a_day_with_what_is_new(shop):
    first = used_up(shop)
    fulfilment.tell_of_used_up(at=NOW)
    second = used_up(shop, at=NOW)
    assert fulfilment.tell_of_used_up(at=NOW + DAY - MINUTE) == 0
    assert fulfilment.tell_of_used_up(at=NOW + DAY) == 2
    mails = Mail.objects.filter(email=READERS[0]).order_by("pk")
    shown = [[grant.pk for grant in lookups.used_up_for_mail(mail, at=NOW + DAY)] for mail in mails]
    assert shown == [[first.pk], [second.pk]]
    assert fulfilment.tell_of_used_up(at=NOW + 3 * DAY) == 0


def test_it_waits_until_somebody_can_be_mailed(shop):
    used_up(shop)
    User.objects.update(email="")
    assert fulfilment.tell_of_used_up(at=NOW) == 0
    User.objects.filter(memberships__shop=shop).update(email="ada@example.com")
    assert fulfilment.tell_of_used_up(at=NOW) == 1


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_workers_at_once_tell_it_once(shop):
    used_up(shop)
    at_once(*[partial(fulfilment.tell_of_used_up, at=NOW)] * 4)
    assert mailed() == READERS


@pytest.mark.parametrize("kind", [Mail.Kind.USED_UP, Mail.Kind.FIGURES])
def test_a_kill_before_the_mails_are_written_leaves_it_to_the_next(
    shop, counted, monkeypatch, kind
):
    used_up(shop, at=MONDAY - HOUR)
    tell = {"used_up": fulfilment.tell_of_used_up, "figures": fulfilment.tell_figures}[kind]
    with monkeypatch.context() as patch:
        patch.setattr(Mail.objects, "bulk_create", lambda mails: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            tell(at=MONDAY)
    assert mailed(kind) == []
    assert tell(at=MONDAY) == 2


# --- The week ------------------------------------------------------------------------------------


def test_the_week_is_told_once(shop, counted):
    assert fulfilment.tell_figures(at=MONDAY) == 2
    assert mailed(Mail.Kind.FIGURES) == READERS
    for later in (MONDAY, MONDAY + DAY, MONDAY + 6 * DAY):
        assert fulfilment.tell_figures(at=later) == 0
    FigureClock.objects.update(as_of=MONDAY + 7 * DAY)
    assert fulfilment.tell_figures(at=MONDAY + 7 * DAY) == 3  # the other shop's, too


def test_not_before_it_was_counted(shop, counted):
    FigureClock.objects.update(as_of=MONDAY - 8 * HOUR)
    assert fulfilment.tell_figures(at=MONDAY) == 0
    FigureClock.objects.all().delete()
    assert fulfilment.tell_figures(at=MONDAY) == 0


def test_in_the_morning_of_the_shops_own_zone(shop, counted):
    Shop.objects.filter(pk=shop.pk).update(time_zone="America/New_York")
    FigureClock.objects.update(as_of=MONDAY + DAY)
    # Five hours later, there: the week of which the mail tells has not ended before.
    Shop.objects.filter(pk=shop.pk).update(figures_told_on=date(2026, 2, 23))
    assert fulfilment.tell_figures(at=MONDAY) == 0
    assert fulfilment.tell_figures(at=MONDAY + 4 * HOUR - MINUTE) == 0
    assert fulfilment.tell_figures(at=MONDAY + 4 * HOUR) == 2


def test_a_shop_that_wants_no_figures_gets_none(shop, counted):
    Shop.objects.update(mails_figures=False)
    assert fulfilment.tell_figures(at=MONDAY) == 0


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_workers_at_once_tell_the_week_once(shop, counted):
    at_once(*[partial(fulfilment.tell_figures, at=MONDAY)] * 4)
    assert mailed(Mail.Kind.FIGURES) == READERS


def test_the_figures_are_of_that_week_and_shop_alone(shop, counted):
    other = Shop.objects.exclude(pk=shop.pk).get()
    for whose, day, orders in (
        (shop, date(2026, 2, 15), 1000),
        (shop, date(2026, 2, 16), 7),
        (shop, date(2026, 2, 23), 2),
        (shop, date(2026, 3, 1), 3),
        (shop, date(2026, 3, 2), 1000),
        (other, date(2026, 2, 25), 1000),
    ):
        DailyFigures.objects.create(shop=whose, day=day, orders=orders, downloads=2 * orders)
    fulfilment.tell_figures(at=MONDAY)
    week = lookups.week_for_mail(Mail.objects.filter(shop=shop).first())
    assert (week.first, week.last) == (date(2026, 2, 23), date(2026, 3, 1))
    assert (week.now.orders, week.now.downloads, week.before.orders) == (5, 10, 7)
