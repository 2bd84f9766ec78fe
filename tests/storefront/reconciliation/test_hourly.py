"""Each platform is asked once an hour by a worker, and its webhooks are looked after."""

from datetime import timedelta

import pytest
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from downloads.models import Order
from storefront.management.chores import CHORES
from storefront.models import PlatformAccess
from storefront.reconciliation import busy, hourly
from storefront.reconciliation.daily import begin_next, reconcile_daily
from storefront.reconciliation.hourly import begin_due, reconcile_hourly
from storefront.reconciling import reconcile_in_background
from tests.factories import NOW, ShopFactory
from tests.invariants.reconciliation.conftest import give_access

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
IMMEDIATE = {"default": {"BACKEND": "django_tasks.backends.dummy.DummyBackend"}}


@pytest.fixture
def access(shop, settings):
    settings.PUBLIC_BASE_URL = "https://downloads.example"
    return PlatformAccess.objects.get()


def begun():
    rows = DBTaskResult.objects.filter(task_path=reconcile_hourly.module_path)
    return [row.args_kwargs["args"][0] for row in rows]


def end(at):
    """Let what was begun be over, and its run noted."""
    DBTaskResult.objects.update(status=TaskResultStatus.SUCCESSFUL, finished_at=at)
    PlatformAccess.objects.update(last_run_at=at)


def test_it_is_begun_once_an_hour(access):
    assert begin_due(at=NOW) == [access.pk]
    assert begin_due(at=NOW) == []
    end(NOW)
    assert begin_due(at=NOW + 59 * MINUTE) == []
    assert begin_due(at=NOW + HOUR) == [access.pk]


def test_each_shop_has_its_own(access):
    other = give_access(ShopFactory(), access.source, access.address)
    assert begin_due(at=NOW) == [access.pk, other.pk]


def test_begun_by_two_workers_it_is_begun_once(access):
    assert hourly._begin(access.pk, NOW) is True
    assert hourly._begin(access.pk, NOW) is False
    end(NOW)
    # One that read the row before the other's run was over.
    assert hourly._begin(access.pk, NOW + MINUTE) is False
    assert hourly._begin(0, NOW) is False
    assert begun() == [access.pk]


@pytest.mark.parametrize("asks", [reconcile_in_background, reconcile_daily])
def test_one_that_is_asked_just_now_is_left(access, asks):
    asks.enqueue(access.pk)
    assert begin_due(at=NOW) == []


def test_a_day_begins_no_second_run_beside_an_hours(access):
    begin_due(at=NOW)
    assert begin_next(at=NOW) is None


def test_a_worker_killed_over_it_loses_nothing(access, platform, order_of):
    platform.orders[50] = order_of()
    begin_due(at=NOW)
    DBTaskResult.objects.update(status=TaskResultStatus.RUNNING, started_at=NOW)
    assert begin_due(at=NOW + HOUR / 2) == []
    # Nothing was noted of the run that was cut off: the next one takes up where it began.
    assert begin_due(at=NOW + 2 * HOUR) == [access.pk]
    reconcile_hourly.call(access.pk)
    assert Order.objects.get().platform_id == 50
    access.refresh_from_db()
    assert access.complete_from is not None


@pytest.mark.parametrize("off", ["setting", "backend"])
def test_it_can_be_switched_off_and_needs_our_own_queue(access, settings, off):
    if off == "setting":
        settings.RECONCILE_MINUTES = 0
    else:
        settings.TASKS = IMMEDIATE
    assert begin_due(at=NOW) == []


def test_the_worker_looks_for_it_in_every_round(access, settings):
    settings.RECONCILE_DAYS = 0
    for deed in ("beginning the daily reconciliations", "beginning the hourly reconciliations"):
        CHORES[deed](NOW)
    assert begun() == [access.pk]


def test_lost_webhooks_are_made_again_where_we_made_them(access, platform, source):
    PlatformAccess.objects.update(connected_at=NOW)
    reconcile_hourly.call(access.pk)
    made = platform.subscriptions if source == "shopify" else platform.webhooks
    access.refresh_from_db()
    assert len(made) == len(access.topics.split()) > 0
    made.clear()
    reconcile_hourly.call(access.pk)
    assert len(made) == len(access.topics.split())
    access.refresh_from_db()
    assert set(access.lost_topics.split()) == set(access.topics.split())


def test_a_platform_that_lets_us_in_no_more_is_noted_once_for_both(access, platform, source):
    # Neither stand-in knows this.
    access.seal_in(secret="not the secret at all", key="ck_" if source == "woocommerce" else "")
    access.save()
    reconcile_hourly.call(access.pk)
    access.refresh_from_db()
    assert access.fault
    assert access.last_run_was_complete is False


def test_an_access_deleted_meanwhile_is_nothing(db):
    assert reconcile_hourly.call(0) == "The access was deleted."


def test_the_names_in_the_queue_are_those_of_the_tasks():
    tasks = (reconcile_in_background, reconcile_daily, reconcile_hourly)
    assert {each.module_path for each in tasks} == set(busy.RUNS)
