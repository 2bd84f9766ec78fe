"""The demo's year of business: the same for the same seed, and true to the rules."""

from collections import Counter

import pytest
from django.core.management import call_command
from django.db import transaction

from downloads import fulfilment, lookups
from downloads.lookups import ledger
from downloads.models import DailyFigures, DataRequest, Grant, Mail, Message, Order
from storefront.demo.busy import make_busy_year
from tests.factories import NOW, ShopFactory

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
COUNT = 600


@pytest.fixture(scope="module")
def made(django_db_setup, django_db_blocker):
    """A shop's year, made once for all that look at it; what a test does to it is undone."""
    with django_db_blocker.unblock(), transaction.atomic():
        shop = ShopFactory(name="Busy")
        make_busy_year(shop, at=NOW, count=COUNT)
        yield shop
        transaction.set_rollback(True)


@pytest.fixture
def shop(made, db):
    return made


def drawn():
    orders = Order.objects.order_by("number").values_list("number", "placed_at", "payment", "email")
    return list(orders), list(Grant.objects.order_by("pk").values_list("used", flat=True))


def test_each_screen_has_something_to_show(shop):
    statuses = Counter(order.status for order in Order.objects.all())
    assert set(statuses) == {"completed", "pending", "canceled", "closed"}
    assert statuses["completed"] > COUNT * 0.8
    assert Order.objects.exclude(hold="").exists()
    assert lookups.without_downloads(Order.objects.all()).exists()
    assert set(Message.objects.values_list("state", flat=True)) == {"applied", "set_aside"}
    assert Mail.objects.came_back_last().exists()
    assert DataRequest.objects.filter(answered_at=None).count() == 2
    assert sum(DailyFigures.objects.values_list("orders", flat=True)) == COUNT
    assert not Order.objects.filter(placed_at__gt=NOW).exists()


def test_its_counters_agree_with_the_ledger(shop):
    assert ledger.counters_off() == []


def test_counting_an_order_anew_changes_nothing(shop):
    columns = ("payment", "hold", "fully_refunded", "cancelled_at")
    before = list(Order.objects.order_by("pk").values(*columns))
    counts = list(Grant.objects.order_by("pk").values("used", "bought", "refunded"))
    odd = Order.objects.exclude(hold="") | Order.objects.exclude(fully_refunded=False)
    for order in [*odd, *Order.objects.all()[:: COUNT // 20]]:
        fulfilment.settle(order, at=NOW)
    assert list(Order.objects.order_by("pk").values(*columns)) == before
    assert list(Grant.objects.order_by("pk").values("used", "bought", "refunded")) == counts


def test_it_is_made_once_and_always_the_same(shop):
    first = drawn()
    make_busy_year(shop, at=NOW, count=COUNT)
    assert drawn() == first


def test_the_demo_is_not_busy_unless_asked(capsys):
    before = Order.objects.count()
    call_command("demo", "--no-serve", "--json")
    assert 0 < Order.objects.count() - before < 100
