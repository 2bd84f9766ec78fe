"""What was attached before there were rules stays attached, and everybody is shown the same."""

import pytest

from downloads import fulfilment
from downloads.models import Attachment, Grant, Order, Product
from tests.downloads.there_and_back import TERMS, attached, shown
from tests.factories import NOW, AttachmentFactory, LineFactory, LinkFactory, OrderFactory

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]


def test_each_row_becomes_a_variants_attachment_and_everybody_sees_the_same(newest_again):
    before = newest_again.attached
    assert len(before) == len(TERMS)
    assert newest_again.attached_on_the_way_back == before
    assert attached(Attachment)[: len(before)] == before
    assert not Attachment.objects.exclude(source=None, is_left_out=False).exists()
    assert not Attachment.objects.filter(inherits_limit=True).exists()
    for order in Order.objects.all():
        fulfilment.settle(order, at=NOW)
    assert shown() == newest_again.shown
    # What the release before attached while this one started.
    other = Product.objects.get(variant_id=77)
    fresh = LineFactory(order=OrderFactory(shop_id=other.shop_id), product=other)
    fulfilment.settle(fresh.order, at=NOW)
    assert Grant.objects.get(line=fresh).bought is None


def test_a_default_of_the_shop_changes_nothing_that_was_attached_before():
    attachment = AttachmentFactory(limit=None)
    fulfilment.rules.apply_shop_defaults(attachment.product.shop)
    asset = LinkFactory(shop=attachment.product.shop)
    asset.limit, asset.inherits_limit = 3, False
    fulfilment.rules.set_default_terms(asset)
    assert Attachment.objects.get().limit is None
