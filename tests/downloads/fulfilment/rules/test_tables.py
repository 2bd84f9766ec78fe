"""Long tables of files to attach: judged in steps, written at once or the good rows alone."""

from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from downloads.fulfilment import rules
from downloads.fulfilment.rules import SkuRow, Tally, attach_by_sku, judge_rows
from downloads.models import (
    Asset,
    Attachment,
    AttachmentRule,
    AttachmentTable,
    AttachmentTableRow,
    AuditEntry,
    Product,
    Shop,
)
from tests.factories import NOW, LinkFactory, ProductFactory, ShopFactory

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
SOLD = 6


@pytest.fixture
def shop(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    shop = ShopFactory(default_limit=10)
    for number in range(SOLD):
        ProductFactory(shop=shop, sku=f"SKU-{number}", product_id=9 if number == 5 else None)
    LinkFactory(shop=shop, title="Guide")
    LinkFactory(shop=shop, title="Gone", withdrawn_at=NOW)
    rules.save_rule(
        AttachmentRule(shop=shop, asset=Asset.objects.get(title="Guide"), product_number=9, limit=4)
    )
    return shop


def said(line, sku, **terms):
    return SkuRow(line, sku, "Guide", **terms)


# New ones with terms of theirs and inherited ones; one by a rule so far; wrong ones; one twice.
ROWS = [
    said(2, "SKU-0", limit=3, inherits_limit=False),
    said(3, "SKU-1"),
    said(4, "NONE"),
    said(5, "SKU-2", lifetime_days=5, inherits_lifetime=False),
    SkuRow(6, "SKU-3", "Gone"),
    said(7, "SKU-0"),
    said(8, "SKU-5"),
    said(9, "SKU-4", problem="limit: wrong", texts=("x", "")),
]


def judged(shop, some=ROWS, *, at_once=3):
    table = rules.keep_table(
        shop, ContentFile(b"sku,file\n", name="rows.csv"), person=None, total=9, at=NOW
    )
    for start in range(0, len(some), at_once):
        assert rules.judge_more(table, some[start : start + at_once], at=NOW) is not None
    AttachmentTable.objects.update(state="writing")
    return AttachmentTable.objects.select_related("shop").get()


def attached():
    columns = ("product__sku", "source", "limit", "lifetime_days", "inherits_limit", "is_left_out")
    return sorted(Attachment.objects.values_list(*columns), key=str)


def told():
    return list(AuditEntry.objects.order_by("pk").values("what", "before", "after", "subject"))


def write_in_steps(table, at_most=2):
    while rules.write_more(table, at_most=at_most, at=NOW):
        pass
    table.refresh_from_db()
    return table


def test_rows_are_judged_as_at_once(shop):
    table = judged(shop)
    expected = [(v.row.line, v.outcome, v.reason) for v in judge_rows(shop, ROWS)]
    assert list(table.rows.values_list("line", "outcome", "reason")) == expected
    assert (table.counts, table.read) == ({"new": 3, "changed": 1, "same": 0, "refused": 4}, 8)
    assert table.rows.get(line=9).texts == ["x", ""]
    assert table.rows.get(line=7).reason == "Line 2 says it of this SKU and file already."


@pytest.mark.parametrize("write", [write_in_steps, lambda table: rules.write_all(table, at=NOW)])
def test_the_same_is_written_and_told_as_while_one_waits(shop, write):
    tally = Tally()
    for verdict in judge_rows(shop, ROWS):
        tally.add(verdict)
    with transaction.atomic():
        before = AuditEntry.objects.count()
        attach_by_sku(shop, ROWS, expected=tally.digest, is_all_or_nothing=False)
        expected, entries = attached(), told()[before:]
        transaction.set_rollback(True)
    table = judged(shop)
    before = AuditEntry.objects.count()
    write(table)
    assert attached() == expected
    found = told()[before:]
    terms = {sku: each for entry in found for sku, each in entry["after"]["limit_and_days"].items()}
    assert terms == entries[0]["after"]["limit_and_days"]
    assert sum(entry["after"]["products"] for entry in found) == 4
    assert found[-1]["before"] == entries[0]["before"]
    table.refresh_from_db()
    assert (table.written, table.refused) == (4, 4)


CHANGES = {
    "another SKU": lambda: Product.objects.filter(sku="SKU-1").update(sku="OTHER"),
    "a product gone": lambda: Product.objects.filter(sku="SKU-1").delete(),
    "left out": lambda: rules.leave_out(
        Product.objects.get(sku="SKU-1"), Asset.objects.get(title="Guide")
    ),
    "attached": lambda: Attachment.objects.create(
        product=Product.objects.get(sku="SKU-1"), asset=Asset.objects.get(title="Guide"), limit=1
    ),
    "other terms of the shop": lambda: Shop.objects.update(default_limit=11),
    "other terms of the file": lambda: Asset.objects.update(limit=9, inherits_limit=False),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_changed_since_is_refused_and_of_all_nothing_is_written(shop, change):
    table = judged(shop)
    CHANGES[change]()
    before = attached()
    assert not rules.write_all(table, at=NOW)
    assert attached() == before
    table = write_in_steps(table)
    row = table.rows.get(line=3)
    assert (row.outcome, row.reason) == ("refused", "Something changed since this was checked.")
    # Those with terms of their own are written, whatever the shop or the file says.
    assert Attachment.objects.get(product__sku="SKU-0").limit == 3
    assert sum(table.counts.values()) == 8
    assert table.written == table.to_write


def test_a_withdrawn_file_is_attached_to_nothing(shop):
    table = judged(shop)
    Asset.objects.update(withdrawn_at=NOW)
    before = attached()
    assert not rules.write_all(table, at=NOW)
    assert write_in_steps(table).written == 0
    assert attached() == before


def test_who_comes_second_writes_nothing_twice(shop):
    table, other = judged(shop), AttachmentTable.objects.get()
    assert rules.write_more(table, at_most=2, at=NOW)
    assert rules.write_more(other, at_most=3, at=NOW)
    assert (other.written, other.last_row) == (2, table.last_row)
    assert write_in_steps(other).written == 4
    before = attached()
    assert write_in_steps(table).written == 4
    assert rules.judge_more(other, ROWS, at=NOW) is None
    assert attached() == before
    assert AttachmentTableRow.objects.count() == len(ROWS)


def test_statements_of_writing_all_do_not_grow_with_rows(shop):
    counts = []
    for count in (2, 6):
        AttachmentTable.objects.all().delete()
        table = judged(shop, [said(n, f"SKU-{n}", limit=count) for n in range(count)])
        with CaptureQueriesContext(connection) as asked:
            assert rules.write_all(table, at=NOW)
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 14


def test_what_is_past_its_time_goes_with_its_file_and_rows(shop, settings, monkeypatch):
    table = judged(shop)
    stored = table.file.storage
    late = NOW + timedelta(days=settings.IMPORT_RETENTION_DAYS)
    assert rules.forget_tables(at=late - timedelta(seconds=1), at_most=100) == 0
    assert rules.forget_tables(at=late, at_most=5) == 5
    assert rules.forget_tables(at=late, at_most=5) == 3
    assert stored.exists(str(table.file.name))
    assert rules.forget_tables(at=late, at_most=5) == 1
    assert rules.forget_tables(at=late, at_most=5) == 0
    assert not AttachmentTable.objects.exists()
