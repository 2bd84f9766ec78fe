"""Each platform is asked once a day, one at a time."""

from datetime import UTC, datetime, timedelta

import pytest
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from downloads.models import Order
from storefront.management.chores import CHORES
from storefront.models import PlatformAccess
from storefront.reconciliation import daily
from storefront.reconciliation.daily import begin_next, reconcile_daily
from storefront.reconciling import reconcile_in_background
from tests.factories import NOW, ShopFactory
from tests.invariants.reconciliation.conftest import give_access

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
IMMEDIATE = {"default": {"BACKEND": "django_tasks.backends.dummy.DummyBackend"}}


@pytest.fixture
def access(shop):
    return PlatformAccess.objects.get()


def begun():
    rows = DBTaskResult.objects.filter(task_path=reconcile_daily.module_path)
    return [row.args_kwargs["args"][0] for row in rows.order_by("enqueued_at")]


def make_older(by):
    """Let what was enqueued have been enqueued and done so much earlier."""
    DBTaskResult.objects.update(
        enqueued_at=NOW - by, finished_at=NOW - by, status=TaskResultStatus.SUCCESSFUL
    )


def test_it_is_begun_once_a_day(access):
    assert begin_next(at=NOW) == access.pk
    assert begin_next(at=NOW) is None
    make_older(DAY - HOUR)
    assert begin_next(at=NOW) is None
    make_older(DAY + HOUR)
    assert begin_next(at=NOW) == access.pk


def test_one_is_begun_at_a_time_the_longest_waiting_first(access):
    others = [give_access(ShopFactory(), access.source, access.address) for _number in range(2)]
    PlatformAccess.objects.filter(pk=access.pk).update(last_run_at=NOW)
    PlatformAccess.objects.filter(pk=others[0].pk).update(last_run_at=NOW - HOUR)
    order = [begin_next(at=NOW) for _sweep in range(4)]
    assert order == [others[1].pk, others[0].pk, access.pk, None]
    assert begun() == order[:3]


@pytest.mark.parametrize("status", ["READY", "RUNNING"])
def test_one_that_is_asked_just_now_is_left(access, status):
    reconcile_in_background.enqueue(access.pk)
    DBTaskResult.objects.update(status=TaskResultStatus[status], started_at=NOW)
    assert begin_next(at=NOW) is None
    if status == "RUNNING":
        # Its worker died over it.
        assert begin_next(at=NOW + 2 * HOUR) == access.pk


@pytest.mark.parametrize("off", ["setting", "backend"])
def test_it_can_be_switched_off_and_needs_our_own_queue(access, settings, off):
    if off == "setting":
        settings.RECONCILE_DAYS = 0
    else:
        settings.TASKS = IMMEDIATE
    assert begin_next(at=NOW) is None


def test_the_worker_looks_for_it_in_every_round(access):
    CHORES["beginning the daily reconciliations"](NOW)
    assert begun() == [access.pk]


def test_one_begun_by_two_workers_is_begun_once(access):
    begin_next(at=NOW)
    assert daily._begin(access.pk, NOW) is False
    assert daily._begin(0, NOW) is False


def test_an_edit_that_moved_no_time_is_read_again(access, platform, order_of):
    recent = {"created_at": (NOW - DAY).isoformat(), "date_created_gmt": f"{NOW - DAY:%FT%T}"}
    old = {"created_at": "2020-01-01T00:00:00Z", "date_created_gmt": "2020-01-01T00:00:00"}
    platform.orders = {50: order_of(**recent), 51: order_of(51, **old)}
    PlatformAccess.objects.update(complete_from=NOW - HOUR)
    said = reconcile_daily.call(access.pk)
    # Nothing changed since the last run, and of the two one was placed within the last days.
    assert "1 of 1 recent orders" in said
    assert list(Order.objects.values_list("platform_id", flat=True)) == [50]
    access.refresh_from_db()
    assert (access.last_run_was_complete, access.complete_from) == (True, NOW)


def test_one_never_asked_before_is_asked_for_the_last_days_alone(access, platform, order_of):
    changed = {"created_at": "2020-01-01T00:00:00Z", "date_created_gmt": "2020-01-01T00:00:00"}
    moved = NOW - timedelta(days=29)
    changed |= {"updated_at": moved.isoformat(), "date_modified_gmt": f"{moved:%FT%T}"}
    before = {"updated_at": "2020-01-01T00:00:00Z", "date_modified_gmt": "2020-01-01T00:00:00"}
    platform.orders = {50: order_of(**changed), 51: order_of(51, **changed | before)}
    reconcile_daily.call(access.pk)
    assert list(Order.objects.values_list("platform_id", flat=True)) == [50]
    access.refresh_from_db()
    assert access.complete_from is None


def test_an_access_deleted_meanwhile_is_nothing(db):
    assert reconcile_daily.call(0) == "The access was deleted."


def test_the_days_are_a_setting(access, platform, order_of, settings):
    settings.RECONCILE_DAYS = 3
    reconcile_daily.call(access.pk)
    name = "created_at_min" if "created_at_min" in str(platform.asked) else "after"
    asked = {query[name] for _path, query in platform.asked if name in query}
    since = [datetime.fromisoformat(moment).replace(tzinfo=UTC) for moment in asked]
    assert since == [(NOW - 3 * DAY).replace(microsecond=0)]
