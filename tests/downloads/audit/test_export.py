"""The audit trail as files: whole, in order, and harmless to whoever opens them."""

import csv
import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from downloads.audit.actors import Actor, acting
from downloads.audit.entries import enter_audit
from downloads.audit.export import csv_lines
from downloads.models import AuditEntry
from tests.factories import NOW, ShopFactory

pytestmark = pytest.mark.django_db

ADA = Actor("ada", "203.0.113.9", "Firefox")
HEAD = "at,shop,actor,address,program,what,kind,number,about,before,after"


@pytest.fixture
def shop(frozen):
    frozen(NOW)
    with acting(ADA):
        shop = ShopFactory(name="My store", domain="my-store.example")
        shop.default_limit = 20
        shop.save(update_fields=["default_limit"])
    return shop


def export(**options):
    said = StringIO()
    call_command("export_audit", stdout=said, **options)
    return said.getvalue()


def test_each_entry_is_one_object_a_line(shop):
    lines = export(format="jsonl").splitlines()
    assert len(lines) == 2
    assert json.loads(lines[1]) == {
        "at": "2026-03-01T12:00:00+00:00",
        "shop": "my-store.example",
        "actor": "ada",
        "address": "203.0.113.9",
        "program": "Firefox",
        "what": "Changed",
        "kind": "downloads.shop",
        "number": str(shop.pk),
        "about": "My store",
        "before": {"default_limit": 10},
        "after": {"default_limit": 20},
    }


def test_the_table_has_the_same_cells(shop):
    head, *rows = csv.reader(StringIO(export()))
    assert ",".join(head) == HEAD
    last = dict(zip(head, rows[-1], strict=True))
    first = json.loads(export(format="jsonl").splitlines()[-1])
    assert (
        last | {"before": json.loads(last["before"]), "after": json.loads(last["after"])} == first
    )


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r", "\n", "  =", "\t="])
def test_no_cell_is_a_formula(begin):
    ShopFactory(name=f"{begin}1+1")
    AuditEntry.objects.create(at=NOW, actor=f"{begin}cmd", what=f"{begin}A1", subject=f"{begin}2")
    for row in csv.reader(StringIO(export(), newline="")):
        for cell in row:
            assert not cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


def test_a_shops_own_is_exported_alone(shop):
    enter_audit("Theirs", shop=ShopFactory().pk)
    whole, own = export(format="jsonl"), export(format="jsonl", shop="my-store.example")
    assert ("Theirs" in whole, "Theirs" in own, len(own.splitlines())) == (True, False, 2)


def test_a_shop_that_is_gone_is_a_number(shop):
    number = shop.pk
    shop.delete()
    shops = [json.loads(line)["shop"] for line in export(format="jsonl").splitlines()]
    assert shops == [f"shop {number}, gone"] * 3


@pytest.mark.parametrize(
    ("since", "count"),
    [
        ("2026-03-01", 2),
        ("2026-03-02", 0),
        ("2026-03-01T12:00", 2),
        ("2026-03-01T12:00:01", 0),
        ("2026-03-01T13:00:00+02:00", 2),
    ],
)
def test_only_what_came_since(shop, since, count):
    assert len(export(format="jsonl", since=since).splitlines()) == count


@pytest.mark.parametrize("since", ["yesterday", "2026-02-30", "2026-03-01T25:00"])
def test_what_is_no_time_is_refused(db, since):
    with pytest.raises(CommandError, match="is no time"):
        export(since=since)


def test_a_shop_there_is_not_is_named(shop):
    with pytest.raises(CommandError, match=r"my-store\.example"):
        export(shop="other.example")


@pytest.mark.slow
def test_many_entries_are_two_queries(shop):
    AuditEntry.objects.bulk_create(
        AuditEntry(at=NOW, shop=shop, actor="ada", what="Locked") for _ in range(5_000)
    )
    with CaptureQueriesContext(connection) as queries:
        assert sum(1 for _ in csv_lines(AuditEntry.objects.all())) == 5_003
    assert len(queries) == 2
