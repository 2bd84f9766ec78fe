"""What was attached before there were rules stays attached, and everybody is shown the same."""

import json
import re

import pytest

from downloads import fulfilment, lookups
from downloads.models import Attachment, Grant, Order
from storefront.rest.customer_account_orders_schema import shape_of
from tests.factories import NOW, AttachmentFactory, LineFactory, LinkFactory, OrderFactory
from tests.migrating import migrate_to, migrate_to_newest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]
TOKEN = "0c732eb6fd9802a0821a9d29888baee8"
BEFORE = "0037_reported_units"
COLUMNS = ("id", "product_id", "asset_id", "limit", "lifetime_days", "created_at")
TERMS = [(None, None), (3, None), (None, 7), (2, 30)]


def shown():
    """Return what the face shows of the order, addresses of a click apart, and every count."""
    face = json.dumps(shape_of(lookups.order_for_page(TOKEN), at=NOW), default=str)
    face = re.sub(r"/downloads/[^\"]+", "", face)
    return face, list(Grant.objects.order_by("pk").values())


def rows(model):
    return list(model.objects.order_by("pk").values_list(*COLUMNS))


def test_each_row_becomes_a_variants_attachment_and_everybody_sees_the_same():
    line = LineFactory(quantity=2, order=OrderFactory(token=TOKEN))
    for limit, days in TERMS:
        AttachmentFactory(product=line.product, limit=limit, lifetime_days=days)
    fulfilment.settle(line.order, at=NOW)
    before, attached = shown(), rows(Attachment)
    earlier = migrate_to("downloads", BEFORE)
    assert rows(earlier.get_model("downloads", "Attachment")) == attached
    # As the release before makes one, while this one starts.
    other = earlier.get_model("downloads", "Product").objects.create(
        shop_id=line.order.shop_id, name="Other", variant_id=77
    )
    earlier.get_model("downloads", "Attachment").objects.create(
        product=other, asset_id=attached[0][2], limit=None
    )
    migrate_to_newest()
    assert rows(Attachment)[: len(attached)] == attached
    assert not Attachment.objects.exclude(source=None, is_left_out=False).exists()
    assert not Attachment.objects.filter(inherits_limit=True).exists()
    for order in Order.objects.all():
        fulfilment.settle(order, at=NOW)
    assert shown() == before
    fresh = LineFactory(order=OrderFactory(shop=line.order.shop), product_id=other.pk)
    fulfilment.settle(fresh.order, at=NOW)
    assert Grant.objects.get(line=fresh).bought is None


def test_a_default_of_the_shop_changes_nothing_that_was_attached_before():
    attachment = AttachmentFactory(limit=None)
    fulfilment.rules.apply_shop_defaults(attachment.product.shop)
    asset = LinkFactory(shop=attachment.product.shop)
    asset.limit, asset.inherits_limit = 3, False
    fulfilment.rules.set_default_terms(asset)
    assert Attachment.objects.get().limit is None
