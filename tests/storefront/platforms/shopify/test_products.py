"""Products by GraphQL say what their webhooks say, with every variant."""

import pytest

from storefront.platforms.client import Connection, NotTaken, PlatformFault, Refused
from storefront.platforms.shopify import products, remote, reports
from tests.factories import NOW
from tests.invariants.reconciliation.in_process import PLENTY, serve
from tests.invariants.reconciliation.shopify import TOKEN, ShopifyShop


def product_of(number, variants=2):
    """Return a product as a webhook prints it."""
    first = number * 10_000
    rows = [
        {"id": first + each, "title": f"No {each}", "sku": f"S{each}"} for each in range(variants)
    ]
    return {
        "id": number,
        "title": f"Book {number}",
        "vendor": "A house",
        "product_type": "Books",
        "tags": "paper, thick",
        "created_at": "2026-01-01T00:00:00+00:00",
        "updated_at": "2026-02-01T00:00:00+00:00",
        "variants": rows,
    }


@pytest.fixture
def platform(monkeypatch):
    standin = ShopifyShop(**PLENTY)
    serve(standin, monkeypatch)
    return standin


@pytest.fixture
def line(platform):
    with remote.connect(platform.address, key="", secret=TOKEN) as opened:
        yield opened


def all_of(line: Connection) -> list:
    found, cursor = [], ""
    while True:
        page = products.read_products(line, None, cursor)
        found += page.rows
        if not (cursor := page.cursor):
            return found


@pytest.mark.parametrize("variants", [1, 25, 26, 275, 276, 2048])
def test_it_says_what_its_webhook_says(platform, line, variants):
    sent = product_of(7, variants)
    platform.products[7] = sent
    [row] = all_of(line)
    assert reports.read_product(row) == reports.read_product(sent)


def test_all_pages_are_read(platform, line):
    platform.products = {number: product_of(number) for number in range(1, 61)}
    assert [row["id"] for row in all_of(line)] == list(range(1, 61))


def test_a_cursor_past_its_time_is_not_taken(platform, line):
    with pytest.raises(NotTaken, match="Invalid cursor"):
        products.read_products(line, NOW, "gone")


def test_a_missing_right_is_told_as_such(platform, line):
    platform.refused.add("products")
    with pytest.raises(Refused, match="Access denied for products field"):
        products.read_products(line, None, "")


def test_what_is_gone_is_told_by_its_number(platform, line):
    platform.products[7] = product_of(7)
    numbers = list(range(1, 301))
    assert products.lacking(line, numbers) == set(numbers) - {7}
    assert products.lacking(line, []) == set()


@pytest.mark.parametrize("document", [None, [], {}, {"data": None}, {"data": {"products": []}}])
def test_what_is_no_answer_is_no_empty_shop(platform, line, document, monkeypatch):
    monkeypatch.setattr(products, "execute", lambda *given, **named: document or {})
    with pytest.raises(PlatformFault):
        products.read_products(line, None, "")
