"""What waited opens once it is matched, and nothing else does."""

import pytest

from downloads import fulfilment, lookups
from downloads.errors import BadInput
from downloads.models import AuditEntry, Grant, Mail, Order
from tests.factories import (
    NOW,
    AttachmentFactory,
    LineFactory,
    OrderFactory,
    ProductFactory,
    ShopFactory,
)


@pytest.fixture
def shop(db):
    return ShopFactory()


@pytest.fixture
def book(shop):
    """A product with a file."""
    return AttachmentFactory(product__shop=shop, limit=3).product


def bare_line(shop, **product):
    order = OrderFactory(shop=shop, platform_id=Order.objects.count() + 7000)
    product = ProductFactory(shop=shop, **product)
    line = LineFactory(order=order, product=product, platform_id=1, quantity=2)
    fulfilment.settle(order, at=NOW)
    return line


def test_a_line_without_a_number_opens(shop, book):
    line, other = bare_line(shop, variant_id=None), bare_line(shop, variant_id=None)
    fulfilment.match_line(line, book, at=NOW)
    grant = Grant.objects.with_facts().get()
    assert (grant.order, grant.line, grant.bought) == (line.order, line, 6)
    assert grant.status(NOW) == "available"
    assert lookups.missing_of(line.order) == []
    assert [each.line for each in lookups.missing_of(other.order)] == [other]


def test_it_stands_in_the_audit_trail_once(shop, book):
    line = bare_line(shop, variant_id=None, name="Old")
    fulfilment.match_line(line, book, at=NOW)
    (entry,) = AuditEntry.objects.filter(what="Matched to a product")
    assert (entry.before, entry.after) == ({"product": "Old"}, {"product": str(book)})
    assert entry.shop_id == shop.pk


def test_a_line_whose_product_is_known_is_not_matched(shop, book):
    line = bare_line(shop)
    with pytest.raises(BadInput, match="give that product its files"):
        fulfilment.match_line(line, book, at=NOW)
    line.refresh_from_db()
    assert line.product != book


@pytest.mark.parametrize("act", ["match_line", "share_files"])
@pytest.mark.parametrize("whose", ["another shop's", "one without files"])
def test_a_product_that_cannot_open_it_is_refused(shop, act, whose):
    line = bare_line(shop, variant_id=None)
    other = AttachmentFactory().product if whose == "another shop's" else ProductFactory(shop=shop)
    given = line if act == "match_line" else line.product
    with pytest.raises(BadInput):
        getattr(fulfilment, act)(given, other, at=NOW)
    assert Grant.objects.count() == 0


def test_a_products_files_are_given_to_all_its_buyers(shop, book):
    first = bare_line(shop)
    second = LineFactory(order__shop=shop, product=first.product)
    AttachmentFactory(product=book, limit=None, lifetime_days=30)
    shared = fulfilment.share_files(first.product, book, at=NOW)
    assert (shared.assets, shared.grants) == (2, 4)
    assert set(Grant.objects.values_list("line", "limit", "lifetime_days")) == {
        (line.pk, *kept) for line in (first, second) for kept in ((3, None), (None, 30))
    }
    assert shared.mails == Mail.objects.count()


def test_what_it_has_already_stays_as_it_is(shop, book):
    line, asset = bare_line(shop), book.attachments.get().asset
    fulfilment.attach_to_product(line.product, asset, limit=9, at=NOW)
    shared = fulfilment.share_files(line.product, book, at=NOW)
    assert (shared.assets, line.product.attachments.get().limit) == (0, 9)
