"""Imports of the admin in the background: checked, imported, broken off, tidied."""

from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from downloads.errors import BadInput
from downloads.models import Order
from storefront.imports import background
from storefront.imports.background import begin_import, import_in_background, proceed
from storefront.models import OrderImport
from tests.factories import ShopFactory

CONTENT = "order_number,paid,product,refunded_units\n1,yes,Book,\n2,yes,=1+1,some\n3,no,Mug,\n"


@pytest.fixture
def begin(db):
    def upload(content=CONTENT, *, is_for_good=False):
        return begin_import(
            ShopFactory(),
            ContentFile(content.encode(), name="orders.csv"),
            person=None,
            mails_buyers=False,
            is_for_good=is_for_good,
            at=timezone.now(),
        )

    return upload


def done(row):
    import_in_background.func(row.pk)
    row.refresh_from_db()
    return row


def test_a_file_is_checked_and_then_imported(begin):
    row = done(begin())
    assert (row.state, row.total, dict(row.counts)) == (
        "checked",
        3,
        {"new": 2, "changed": 0, "unchanged": 0, "refused": 1},
    )
    assert row.first_refused == "line 3 (2): refunded_units: expected a number, got “some”"
    assert Order.objects.count() == 0
    row = done(proceed(row, at=timezone.now()))
    assert (row.state, row.new, row.refused, row.ended_at is None) == ("done", 2, 1, False)
    assert sorted(Order.objects.values_list("number", flat=True)) == [1, 3]


def test_the_refused_rows_can_be_mended_and_imported(begin):
    row = done(begin(is_for_good=True))
    written = row.refused_file.read().decode()
    assert written == (
        '"line","order","reason","order_number","paid","product","refunded_units"\r\n'
        '"3","2","refunded_units: expected a number, got “some”","2","yes","\'=1+1","some"\r\n'
    )
    again = done(begin(written.replace('"some"', '"0"'), is_for_good=True))
    assert (again.new, again.refused) == (1, 0)
    assert Order.objects.get(number=2).lines.get().product.name == "=1+1"


def test_a_share_ends_and_the_next_goes_on(begin, monkeypatch):
    monkeypatch.setattr(background, "SHARE_SECONDS", -1)
    row = begin(is_for_good=True)
    counted = [sum(done(row).counts.values()) for _share in range(4)]
    assert (counted, row.state) == ([1, 2, 3, 3], "done")
    assert row.refused_file.read().count(b"\r\n") == 2


def test_what_was_stopped_goes_on_where_it_was(begin, monkeypatch):
    row = begin(is_for_good=True)
    monkeypatch.setattr(background, "open_orders", lambda file: 1 / 0)
    assert done(row).fault == "a fault of ours (ZeroDivisionError); the log has more"
    monkeypatch.undo()
    assert done(proceed(row, at=timezone.now())).state == "done"


@pytest.mark.parametrize("state", ["checking", "importing", "done"])
def test_what_is_under_way_or_done_is_not_begun_again(begin, state):
    row = begin()
    OrderImport.objects.update(state=state)
    with pytest.raises(BadInput):
        proceed(row, at=timezone.now())


def test_what_was_cut_off_goes_on(begin):
    row = begin()
    row = proceed(row, at=timezone.now() + timedelta(minutes=6))
    assert row.state == "checking"


def test_a_file_that_is_gone_is_named(begin):
    row = begin()
    row.file.storage.delete(row.file.name)
    assert done(row).fault == background.GONE


def test_what_is_none_is_named(begin):
    assert done(begin("a,b\n1,2\n")).fault.startswith("This is no format that is known here.")


def test_after_their_time_both_files_go(begin, settings, django_capture_on_commit_callbacks):
    row = done(begin())
    names = [row.file.name, row.refused_file.name]
    later = timezone.now() + timedelta(days=settings.IMPORT_RETENTION_DAYS)
    with django_capture_on_commit_callbacks(execute=True):
        assert background.forget_imports(at=later, at_most=9) == 1
    assert [row.file.storage.exists(name) for name in names] == [False, False]


def test_one_deleted_meanwhile_stops(begin):
    row = begin()
    OrderImport.objects.all().delete()
    assert import_in_background.func(row.pk) == "There is nothing to do."
