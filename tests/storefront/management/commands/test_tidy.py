"""`manage.py tidy`: in batches, resumable, within a budget, and a dry run that deletes nothing."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection, transaction
from django.db.models import Sum

from downloads import fulfilment
from downloads.lookups import ledger as audits
from downloads.models import Delivery, DownloadEvent, Grant, Message
from storefront.management import tidying
from storefront.management.commands import tidy as command
from tests.downloads.clicking import ask, complete, ledger, refused, spend
from tests.factories import (
    NOW,
    DeliveryFactory,
    EventFactory,
    MessageFactory,
    make_file_grant,
)
from tests.racing import at_once
from tests.tidied import tidy

pytestmark = pytest.mark.django_db
DAY, YEAR = timedelta(days=1), timedelta(days=365)
racing = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture
def run(frozen):
    """Return a function that runs the command at a moment and returns its lines by kind."""

    def one(at=NOW, *, stderr=None, **options):
        frozen(at)
        said = StringIO()
        call_command("tidy", stdout=said, stderr=stderr or StringIO(), **options)
        return dict(line.split(": ", 1) for line in said.getvalue().splitlines())

    return one


def old_deliveries(grant, years, each):
    """Spread downloads over so many years before `NOW`, each with its lines in the ledger."""
    newest = NOW - 9 * DAY
    times = [newest - year * YEAR - day * DAY for year in range(years) for day in range(each)]
    Delivery.objects.bulk_create(
        Delivery(
            grant=grant, nonce=f"{number}", opened_at=at, closes_at=at + DAY, size_bytes=1000,
            sent_bytes=1000, is_kept=True,
        )
        for number, at in enumerate(times)
    )  # fmt: skip
    DownloadEvent.objects.bulk_create(
        DownloadEvent(grant=grant, delivery=each, kind="charged", downloads=1, at=each.opened_at)
        for each in Delivery.objects.all()
    )
    Grant.objects.filter(pk=grant.pk).update(used=len(times))


def test_of_eleven_years_of_downloads_the_last_is_kept_and_every_counter_agrees(run):
    grant = make_file_grant()
    old_deliveries(grant, years=11, each=10)
    assert (Delivery.objects.count(), audits.counters_off()) == (110, [])
    said = run()
    assert (said["deliveries"], said["the ledger"]) == ("100 deleted", "100 deleted")
    assert all(each.opened_at > NOW - YEAR for each in Delivery.objects.all())
    assert (Delivery.objects.count(), audits.counters_off()) == (10, [])
    assert Grant.objects.get().used == 110
    assert DownloadEvent.objects.aggregate(Sum("downloads")) == {"downloads__sum": 110}
    run(NOW + 2 * YEAR)
    assert (Delivery.objects.count(), audits.counters_off()) == (0, [])
    assert ledger(grant) == [("carried", 110, None, "")]


def test_a_dry_run_tells_what_would_go_and_since_when_and_deletes_nothing(run):
    old_deliveries(make_file_grant(), years=11, each=1)
    said = run(dry_run=True)
    assert said["deliveries"] == "10 would be deleted, the oldest of 2016-02-24"
    assert said["messages"] == "0 would be deleted"
    assert (Delivery.objects.count(), DownloadEvent.objects.count()) == (11, 11)
    with connection.execute_wrapper(only_reads):
        run(dry_run=True)


def only_reads(execute, sql, params, many, context):
    assert sql.startswith("SELECT"), sql
    return execute(sql, params, many, context)


def test_a_dry_run_promises_what_a_run_does(run):
    old_deliveries(make_file_grant(), years=11, each=1)
    MessageFactory(state="applied", received_at=NOW - YEAR)
    promised = {kind: said.split()[0] for kind, said in run(dry_run=True).items()}
    assert promised == {kind: said.split()[0] for kind, said in run().items()}


# --- Bounds --------------------------------------------------------------------------------------


def test_a_run_ends_with_its_budget_and_the_next_goes_on(run, settings):
    settings.TIDY_BATCH_ROWS, settings.TIDY_MAX_ROWS = 2, 5
    for number in range(8):
        MessageFactory(state="applied", received_at=NOW - YEAR, delivery_id=f"{number}")
    assert run()["messages"] == "5 deleted; more is left for the next run"
    assert Message.objects.count() == 3
    assert run()["messages"] == "3 deleted"


def test_a_run_ends_with_its_time(run, settings, monkeypatch):
    settings.TIDY_BATCH_ROWS, settings.TIDY_MAX_SECONDS = 2, 10
    for number in range(8):
        MessageFactory(state="applied", received_at=NOW - YEAR, delivery_id=f"{number}")
    passes = iter(range(0, 1000, 4))
    monkeypatch.setattr(tidying.time, "monotonic", lambda: next(passes))
    assert run()["messages"] == "2 deleted; more is left for the next run"


def test_with_all_it_goes_on_to_the_end(run, settings):
    settings.TIDY_BATCH_ROWS, settings.TIDY_MAX_ROWS = 2, 5
    for number in range(8):
        MessageFactory(state="applied", received_at=NOW - YEAR, delivery_id=f"{number}")
    assert run(all=True)["messages"] == "8 deleted"


def test_one_killed_between_batches_has_kept_what_it_did(run, settings, monkeypatch):
    settings.TIDY_BATCH_ROWS = 2
    for number in range(8):
        MessageFactory(state="applied", received_at=NOW - YEAR, delivery_id=f"{number}")
    real, left = fulfilment.forget_rows, iter(range(2))

    def killed(rows, *, at_most):
        if rows.model is Message and next(left, None) is None:
            raise KeyboardInterrupt
        return real(rows, at_most=at_most)

    with monkeypatch.context() as patch:
        patch.setattr(fulfilment, "forget_rows", killed)
        with pytest.raises(CommandError, match="Stopped") as stopped:
            run()
    assert (stopped.value.returncode, Message.objects.count()) == (130, 4)
    assert run()["messages"] == "4 deleted"


def test_one_kind_that_fails_keeps_none_of_the_others(run, monkeypatch):
    MessageFactory(state="applied", received_at=NOW - YEAR)

    def fail(**_):
        raise OperationalError("disk full")

    monkeypatch.setattr(fulfilment, "forget_deliveries", fail)
    with pytest.raises(CommandError) as failed:
        run()
    assert str(failed.value) == "Not tidied up, for the reasons above: deliveries."
    assert not Message.objects.exists()


def test_long_work_says_how_far_it_is(run, settings, monkeypatch):
    settings.TIDY_BATCH_ROWS = 2
    monkeypatch.setattr(command, "PROGRESS_SECONDS", 0)
    for number in range(3):
        MessageFactory(state="applied", received_at=NOW - YEAR, delivery_id=f"{number}")
    told = StringIO()
    run(stderr=told)
    assert told.getvalue() == "messages: 2 so far\nmessages: 3 so far\n"


# --- Clicks --------------------------------------------------------------------------------------


def test_a_click_is_refused_in_the_same_words_with_its_delivery_and_without(settings):
    settings.DELIVERY_RETENTION_DAYS = 1
    grant = make_file_grant()
    spend(grant, at=NOW)
    late = NOW + 2 * DAY + timedelta(seconds=1)
    reason = refused(grant, at=late).reason
    complete_all(grant)
    assert tidy(Delivery, at=late) == 1
    assert refused(grant, at=late).reason == reason == "link_past"


def complete_all(grant):
    Delivery.objects.filter(grant=grant).update(is_kept=True)


def test_a_click_whose_address_still_holds_is_not_counted_twice(settings):
    settings.DELIVERY_RETENTION_DAYS = 1
    grant = make_file_grant(limit=5)
    spend(grant, valid_until=NOW + 90 * DAY)
    complete_all(grant)
    # The setting was lowered since, and says nothing of addresses that were handed out before.
    settings.DOWNLOAD_URL_SECONDS = 60
    assert tidy(Delivery, at=NOW + 80 * DAY) == 0
    at = NOW + 80 * DAY
    assert refused(grant, at=at, valid_until=NOW + 90 * DAY).reason == "click_over"
    assert Grant.objects.get(pk=grant.pk).used == 1


@pytest.mark.slow
@racing
def test_answers_under_way_and_resumes_are_left_alone_while_others_go(settings):
    """Forty Deliveries, half of them old; each of the young is resumed while three runs tidy."""
    settings.DELIVERY_RETENTION_DAYS, settings.TIDY_BATCH_ROWS = 1, 3
    grant = make_file_grant(limit=None)
    at = NOW + 10 * DAY
    for number in range(20):
        DeliveryFactory(
            grant=grant, nonce=f"old {number}", size_bytes=1000, valid_until=NOW, is_kept=True
        )
        EventFactory(grant=grant, delivery=Delivery.objects.latest("pk"))
        spend(grant, f"new {number}", at=at, valid_until=at + DAY)
    Grant.objects.filter(pk=grant.pk).update(used=40)

    def resume():
        for number in range(20):
            opened = ask(grant, f"new {number}", at=at, valid_until=at + DAY)
            complete(opened, sent_bytes=100, at=at)

    gone = at_once(resume, resume, *[lambda: tidy(Delivery, at=at)] * 3)[2:]
    assert sum(gone) == 20
    left = Delivery.objects.values_list("nonce", "sent_bytes", "streams")
    assert sorted(left) == sorted((f"new {number}", 200, 0) for number in range(20))
    assert (Grant.objects.get(pk=grant.pk).used, audits.counters_off()) == (40, [])


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite writes one at a time")
@racing
def test_what_somebody_is_changing_is_not_waited_for():
    DeliveryFactory(valid_until=NOW)
    held = DeliveryFactory(valid_until=NOW)
    with transaction.atomic():
        Delivery.objects.filter(pk=held.pk).update(sent_bytes=1)
        [gone] = at_once(lambda: tidy(Delivery, at=NOW + 2 * YEAR))
    assert (gone, Delivery.objects.get()) == (1, held)
