"""Attaching by SKU: what each row of a table comes to, and what is written of it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from downloads import fulfilment
from downloads.errors import BadInput
from downloads.fulfilment.rules import SkuRow, Tally, attach_by_sku, judge_rows
from downloads.models import Attachment, AttachmentRule, AuditEntry, Grant
from tests.factories import (
    NOW,
    AttachmentFactory,
    LineFactory,
    LinkFactory,
    OrderFactory,
    ProductFactory,
    ShopFactory,
)


@pytest.fixture
def shop(db):
    return ShopFactory(default_limit=10)


def row(line=2, sku="BOOK", file="Guide", **terms):
    flags = {}
    if "limit" in terms:
        flags["inherits_limit"] = False
    if "lifetime_days" in terms:
        flags["inherits_lifetime"] = False
    return SkuRow(line, sku, file, **terms, **flags)


def tally_of(shop, rows):
    tally = Tally()
    for verdict in judge_rows(shop, rows):
        tally.add(verdict)
    return tally


def attach(shop, rows, *, is_all_or_nothing=True):
    digest = tally_of(shop, rows).digest
    return attach_by_sku(shop, rows, expected=digest, is_all_or_nothing=is_all_or_nothing)


def reasons(shop, *rows):
    return [verdict.reason for verdict in judge_rows(shop, rows)]


@pytest.mark.both_databases
def test_files_are_attached_by_title_and_by_file_name(shop):
    book, course = ProductFactory(shop=shop, sku="BOOK"), ProductFactory(shop=shop, sku="COURSE")
    guide = LinkFactory(shop=shop, title="Guide")
    file = LinkFactory(shop=shop, title="Other", file_name="guide.pdf")
    rows = [row(), row(3, "COURSE", "guide.pdf", limit=None, lifetime_days=30)]
    assert attach(shop, rows).counts == {"new": 2, "changed": 0, "same": 0, "refused": 0}
    found = Attachment.objects.get(product=book)
    assert (found.asset, found.limit, found.inherits_limit) == (guide, 10, True)
    found = Attachment.objects.get(product=course)
    assert (found.asset, found.limit, found.lifetime_days) == (file, None, 30)
    assert tally_of(shop, rows).counts["same"] == 2


@pytest.mark.both_databases
def test_terms_change_and_what_a_rule_attached_is_the_variants_own(shop):
    guide = LinkFactory(shop=shop, title="Guide")
    book = ProductFactory(shop=shop, sku="BOOK", tags=["pdf"])
    own = ProductFactory(shop=shop, sku="OWN")
    AttachmentFactory(product=own, asset=guide, limit=3)
    rule = AttachmentRule(shop=shop, asset=guide, tag="pdf", limit=2)
    fulfilment.rules.save_rule(rule)
    assert attach(shop, [row(limit=4), row(3, "OWN", limit=4)]).counts["changed"] == 2
    found = Attachment.objects.get(product=book)
    assert (found.source, found.limit) == (None, 4)
    assert Attachment.objects.get(product=own).limit == 4
    rule.limit = 7
    fulfilment.rules.save_rule(rule)
    assert Attachment.objects.get(product=book).limit == 4


def test_what_buyers_were_given_stays(shop):
    guide, book = LinkFactory(shop=shop, title="Guide"), ProductFactory(shop=shop, sku="BOOK")
    AttachmentFactory(product=book, asset=guide, limit=3)
    line = LineFactory(order=OrderFactory(shop=shop), product=book)
    fulfilment.settle(line.order, at=NOW)
    before = list(Grant.objects.values())
    attach(shop, [row(limit=9)])
    assert before
    assert list(Grant.objects.values()) == before


def test_each_wrong_row_has_its_reason(shop):
    ProductFactory(shop=shop, sku="BOOK")
    for _ in range(2):
        ProductFactory(shop=shop, sku="TWICE")
        LinkFactory(shop=shop, title="Alike")
    ProductFactory(sku="ELSEWHERE")
    LinkFactory(title="Theirs")
    LinkFactory(shop=shop, title="Guide")
    LinkFactory(shop=shop, title="Gone", withdrawn_at=NOW)
    left_out = LinkFactory(shop=shop, title="Left")
    fulfilment.rules.leave_out(ProductFactory(shop=shop, sku="OUT"), left_out)
    found = reasons(
        shop,
        row(2, sku=""),
        row(3, file=""),
        row(4, sku="ELSEWHERE"),
        row(5, sku="TWICE"),
        row(6, file="Theirs"),
        row(7, file="Alike"),
        row(8, file="Gone"),
        row(9, sku="OUT", file="Left"),
        row(10),
        row(11, limit=5),
        SkuRow(12, "BOOK", "Guide", problem="limit: no number"),
    )
    assert found == [
        "There is no SKU.",
        "There is no file.",
        "No product of this shop has this SKU.",
        "2 variants have this SKU.",
        "No file or link of this shop has this title or file name.",
        "2 files and links are called so.",
        "This file is withdrawn.",
        "This variant has “not this file”. Take that back on its page first.",
        "",
        "Line 10 says it of this SKU and file already.",
        "limit: no number",
    ]


def test_one_wrong_row_keeps_all_out_or_itself_alone(shop):
    ProductFactory(shop=shop, sku="BOOK")
    LinkFactory(shop=shop, title="Guide")
    rows = [row(), row(3, sku="NONE")]
    with pytest.raises(BadInput, match="nothing was attached"):
        attach(shop, rows)
    assert not Attachment.objects.exists()
    assert attach(shop, rows, is_all_or_nothing=False).counts["refused"] == 1
    assert Attachment.objects.count() == 1


def test_what_changed_since_the_preview_is_told_and_not_overwritten(shop):
    book, guide = ProductFactory(shop=shop, sku="BOOK"), LinkFactory(shop=shop, title="Guide")
    mine = AttachmentFactory(product=book, asset=guide, limit=3)
    seen = tally_of(shop, [row(limit=5)]).digest
    Attachment.objects.filter(pk=mine.pk).update(limit=4)
    with pytest.raises(BadInput, match="Something changed"):
        attach_by_sku(shop, [row(limit=5)], expected=seen, is_all_or_nothing=False)
    assert Attachment.objects.get().limit == 4


def test_the_trail_tells_of_each_file_before_and_after(shop):
    guide = LinkFactory(shop=shop, title="Guide")
    AttachmentFactory(product=ProductFactory(shop=shop, sku="BOOK"), asset=guide, limit=3)
    ProductFactory(shop=shop, sku="NEW")
    attach(shop, [row(limit=4), row(3, sku="NEW")])
    entry = AuditEntry.objects.get(what="Attached to products by SKU")
    assert (entry.shop_id, entry.subject_id) == (shop.pk, str(guide.pk))
    assert entry.before == {"limit_and_days": {"BOOK": [3, None]}}
    assert entry.after["products"] == 2
    assert entry.after["limit_and_days"]["BOOK"][0] == 4


@pytest.mark.both_databases
def test_a_thousand_rows_are_judged_in_three_queries(shop):
    guide = LinkFactory(shop=shop, title="Guide")
    AttachmentFactory(product=ProductFactory(shop=shop, sku="SKU-1"), asset=guide)
    for number in (2, 3):
        ProductFactory(shop=shop, sku=f"SKU-{number}")
    rows = [row(number + 2, sku=f"SKU-{number}") for number in range(2500)]
    with CaptureQueriesContext(
        connection,
    ) as queries:
        counts = tally_of(shop, rows).counts
    assert counts["refused"] == 2497
    assert len(queries) <= 9
