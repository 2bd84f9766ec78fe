"""What a large order costs: buyers' clicks wait while SQLite's one writer takes it in."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from downloads.fulfilment import record_order, record_refund
from downloads.incoming import LineReport, OrderReport, ProductReport
from downloads.models import Attachment, Grant, LineItem, Product
from tests.downloads.reported import order_report, refund_report
from tests.factories import NOW, LinkFactory, ShopFactory

pytestmark = pytest.mark.django_db

LINES = 900
# One statement a line would be ten times as many.
STATEMENTS = 90
NUMBERS = range(1, LINES + 1)


def product(number: int) -> ProductReport:
    return ProductReport(name=f"Pattern {number}", product_id=900, variant_id=number)


def large(*, at=NOW, quantity: int = 1, known: bool = True) -> OrderReport:
    """An order of many lines, of variants with a number or of words alone."""
    sold = [product(n) if known else replace(product(n), variant_id=None) for n in NUMBERS]
    lines = [LineReport(n, each, quantity=quantity) for n, each in zip(NUMBERS, sold, strict=True)]
    return order_report(*lines, at=at)


@pytest.fixture
def few():
    """Fail where what runs inside takes a statement a line."""
    captured = CaptureQueriesContext(connection)
    with captured:
        yield
    assert len(captured) < STATEMENTS, [each["sql"][:80] for each in captured][:200]


@pytest.fixture
def shop():
    return ShopFactory()


@pytest.fixture
def bought(shop):
    """A shop of which an order was taken in, each of its lines with a file."""
    asset = LinkFactory(shop=shop)
    record_order(shop, replace(large(), platform_id=7), at=NOW)
    rows = [Attachment(product=row, asset=asset, limit=3) for row in Product.objects.all()]
    Attachment.objects.bulk_create(rows)
    record_order(shop, large(quantity=2), at=NOW)
    return shop


@pytest.mark.slow
@pytest.mark.parametrize("known", [True, False])
def test_of_products_never_seen(shop, few, known):
    record_order(shop, large(known=known), at=NOW)

    assert Product.objects.count() == LineItem.objects.count() == LINES


@pytest.mark.slow
def test_of_products_that_have_files(bought, few):
    # A newer order describes what is only mentioned anew.
    record_order(bought, replace(large(at=NOW + timedelta(hours=1)), platform_id=99), at=NOW)

    assert Grant.objects.filter(order__platform_id=99, bought=3).count() == LINES


@pytest.mark.slow
def test_every_quantity_changed(bought, few):
    record_order(bought, large(at=NOW + timedelta(hours=1), quantity=5), at=NOW)

    assert Grant.objects.filter(bought=15).count() == LINES


@pytest.mark.slow
def test_every_line_refunded(bought, few):
    order = large().platform_id
    record_refund(bought, order, refund_report(1, dict.fromkeys(NUMBERS, 1)), at=NOW)

    assert Grant.objects.filter(canceled=3).count() == LINES
