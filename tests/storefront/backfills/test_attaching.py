"""Long CSV files of files to attach: shares, kills, what changed meanwhile."""

from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.db import OperationalError, connection
from django.utils import timezone

from downloads.errors import BadInput
from downloads.fulfilment import rules
from downloads.models import Asset, Attachment, AttachmentTable, AttachmentTableRow, AuditEntry
from downloads.models.runs import SILENCE
from storefront.backfills import attaching, runs
from tests.factories import LinkFactory, ProductFactory, ShopFactory

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
COUNT = 25
HEAD = "sku,file,limit,days\n"
GOOD = HEAD + "".join(f"SKU-{n},Guide,{n + 1},\n" for n in range(COUNT))
WRONG = GOOD + "NONE,Guide,,\n"


@pytest.fixture(autouse=True)
def _ten_at_once(monkeypatch):
    monkeypatch.setitem(attaching.ROWS_AT_ONCE, connection.vendor, 10)
    monkeypatch.setitem(runs.PAUSES, connection.vendor, 0)


@pytest.fixture
def shop(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    shop = ShopFactory()
    for number in range(COUNT):
        ProductFactory(shop=shop, sku=f"SKU-{number}")
    LinkFactory(shop=shop, title="Guide")
    return shop


def begin(shop, text):
    upload = ContentFile(text.encode(), name="rows.csv")
    total = text.count("\n")
    return attaching.begin_table(shop, upload, person=None, total=total, at=timezone.now())


def go_on(table):
    attaching.attach_in_background.func(table.pk)
    table.refresh_from_db()
    return table


def confirm(table, *, is_all=True):
    attaching.confirm(table, is_all_or_nothing=is_all, at=timezone.now())
    table.refresh_from_db()
    return table


def test_nothing_is_written_until_it_is_confirmed(shop):
    table = begin(shop, GOOD)
    stored, name = table.file.storage, str(table.file.name)
    assert (table.state, table.total, stored.exists(name)) == ("checking", COUNT + 1, True)
    table = go_on(table)
    assert (table.state, table.new, table.read, table.total) == ("checked", COUNT, COUNT, COUNT)
    assert not Attachment.objects.exists()
    assert go_on(table).state == "checked"
    table = go_on(confirm(table))
    assert (table.state, table.written) == ("done", COUNT)
    limits = Attachment.objects.order_by("limit").values_list("limit", flat=True)
    assert list(limits) == list(range(1, COUNT + 1))
    told = list(AuditEntry.objects.order_by("pk").values_list("what", flat=True))
    assert told[1:] == [
        "Confirmed a CSV of files",
        "Attached to products by SKU",
        "Attached a CSV of files",
    ]


def test_all_or_nothing_takes_no_wrong_row_and_the_good_ones_alone_leave_it_out(shop):
    table = go_on(begin(shop, WRONG))
    with pytest.raises(BadInput, match="Some rows are wrong, so nothing was attached"):
        confirm(table)
    table = go_on(confirm(table, is_all=False))
    assert (table.state, table.written, table.refused) == ("done", COUNT, 1)
    with pytest.raises(BadInput, match="under way already"):
        confirm(table, is_all=False)


def test_shares_end_and_the_next_goes_on(shop, monkeypatch):
    monkeypatch.setattr(runs, "SHARE_SECONDS", -1)
    table = begin(shop, WRONG)
    assert [go_on(table).read for _share in range(4)] == [10, 20, 26, 26]
    assert table.state == "checked"
    confirm(table, is_all=False)
    assert [go_on(table).written for _share in range(4)] == [10, 20, 25, 25]
    assert table.state == "done"


@pytest.mark.parametrize("killed_after", [0, 1, 2])
@pytest.mark.parametrize("step", ["judge_more", "write_more", "write_all"])
def test_a_run_that_was_killed_goes_on_where_it_was(shop, monkeypatch, step, killed_after):
    table, steps, do = begin(shop, GOOD), iter(range(killed_after)), getattr(rules, step)

    def do_or_die(*given, **named):
        if next(steps, None) is None:
            raise KeyboardInterrupt
        return do(*given, **named)

    if step != "judge_more":
        table = confirm(go_on(table), is_all=step == "write_all")
    with monkeypatch.context() as patch:
        patch.setattr(rules, step, do_or_die)
        if not (step == "write_all" and killed_after):
            with pytest.raises(KeyboardInterrupt):
                attaching.attach_in_background.func(table.pk)
    table.refresh_from_db()
    assert table.is_running
    if step == "write_all":
        assert not Attachment.objects.exists()
    assert attaching.resume_cut_off(at=timezone.now()) == 0
    later = timezone.now() + SILENCE + timedelta(seconds=1)
    assert attaching.resume_cut_off(at=later) == 1
    table = go_on(table)
    if step == "judge_more":
        table = go_on(confirm(table))
    assert (table.state, Attachment.objects.count(), table.written) == ("done", COUNT, COUNT)
    assert AttachmentTableRow.objects.count() == COUNT


def test_an_outage_is_gone_on_with_and_a_fault_stops_it(shop, monkeypatch):
    table = begin(shop, GOOD)

    def fail(*given, **named):
        raise OperationalError

    with monkeypatch.context() as patch:
        patch.setattr(rules, "judge_more", fail)
        with pytest.raises(OperationalError):
            attaching.attach_in_background.func(table.pk)
    assert AttachmentTable.objects.get().is_running
    with monkeypatch.context() as patch:
        patch.setattr(rules, "judge_more", lambda *given, **named: 1 / 0)
        assert (go_on(table).state, table.fault) == ("failed", "ZeroDivisionError")
    assert attaching.resume(table, at=timezone.now())
    assert go_on(table).state == "checked"


def test_what_changed_since_stops_all_or_nothing_in_words(shop):
    table = confirm(go_on(begin(shop, GOOD)))
    Asset.objects.update(withdrawn_at=timezone.now())
    assert (go_on(table).state, table.fault) == ("failed", attaching.UPLOAD_AGAIN)
    assert not Attachment.objects.exists()


def test_a_file_that_cannot_be_read_or_is_gone_stops_it_in_words(shop, settings):
    settings.ATTACH_CSV_MAX_ROWS = 12
    table = go_on(begin(shop, GOOD))
    assert (table.state, table.read) == ("failed", 10)
    assert "more than 12 rows" in table.fault
    table.file.storage.delete(table.file.name)
    assert attaching.resume(table, at=timezone.now())
    assert go_on(table).fault == attaching.GONE


def test_one_that_is_deleted_ends(shop):
    table = begin(shop, GOOD)
    AttachmentTable.objects.all().delete()
    assert attaching.attach_in_background.func(table.pk) == "There is nothing to do."
