"""Bulk operations of Shopify's GraphQL API: rows below rows, in any order."""

import json
from datetime import UTC, datetime
from itertools import permutations

import pytest

from tests.storefront.imports.reading import found, opened, reports

ORDER = {
    "id": "gid://shopify/Order/17",
    "name": "#1001",
    "createdAt": "2025-06-15T10:30:00Z",
    "updatedAt": "2025-06-16T10:30:00Z",
    "displayFinancialStatus": "PAID",
    "email": "ada@example.com",
    "currencyCode": "EUR",
    "totalPriceSet": {"shopMoney": {"amount": "20.00", "currencyCode": "EUR"}},
    "customer": {"id": "gid://shopify/Customer/5", "email": "ada@example.com", "firstName": "Ada"},
    "refunds": [{"id": "gid://shopify/Refund/3", "createdAt": "2025-06-16T10:00:00Z"}],
}
LINE = {
    "id": "gid://shopify/LineItem/170",
    "title": "My new Book",
    "variantTitle": "Signed",
    "sku": "BOOK-1",
    "quantity": 2,
    "currentQuantity": 1,
    "product": {"id": "gid://shopify/Product/7"},
    "variant": {"id": "gid://shopify/ProductVariant/70"},
    "__parentId": "gid://shopify/Order/17",
}
OTHER = {"id": "gid://shopify/LineItem/171", "title": "Mug", "quantity": 1} | {
    "__parentId": "gid://shopify/Order/17"
}
REFUND_LINE = {
    "quantity": 1,
    "lineItem": {"id": "gid://shopify/LineItem/170"},
    "__parentId": "gid://shopify/Refund/3",
}


def jsonl(*rows):
    return "".join(json.dumps(row) + "\n" for row in rows)


@pytest.mark.parametrize("rows", [*permutations([ORDER, LINE, OTHER])])
def test_an_order_is_the_same_in_whatever_order_its_rows_stand(rows):
    (report,) = reports(jsonl(*rows))
    assert (report.platform_id, report.number, report.payment) == (17, 1001, "paid")
    assert report.reported_at == datetime(2025, 6, 16, 10, 30, tzinfo=UTC)
    assert (report.customer.platform_id, report.currency) == (5, "EUR")
    lines = {line.platform_id: line for line in report.lines}
    assert (lines[170].quantity, lines[170].current_quantity) == (2, 1)
    product = lines[170].product
    assert (product.product_id, product.variant_id, product.variant_name) == (7, 70, "Signed")
    assert (lines[171].product.variant_id, lines[171].current_quantity) == (None, None)


def test_rows_below_rows_below_an_order_are_its_own():
    refund = ORDER["refunds"][0] | {"__parentId": ORDER["id"]}
    order = {name: value for name, value in ORDER.items() if name != "refunds"}
    (report,) = reports(jsonl(REFUND_LINE, order, refund, LINE))
    assert [(each.platform_id, each.units) for each in report.refunds] == [(3, {170: 1})]


def test_of_several_refunds_each_has_its_own_rows():
    order = {name: value for name, value in ORDER.items() if name != "refunds"}
    rows = []
    for number, line in ((3, LINE), (4, OTHER)):
        refund = {"id": f"gid://shopify/Refund/{number}", "createdAt": "2025-06-16T10:00:00Z"}
        rows.append(refund | {"__parentId": ORDER["id"]})
        row = {"quantity": 1, "lineItem": {"id": line["id"]}}
        rows.append(row | {"__parentId": refund["id"]})
    (report,) = reports(jsonl(order, LINE, OTHER, *rows))
    assert {each.platform_id: each.units for each in report.refunds} == {3: {170: 1}, 4: {171: 1}}


def test_connections_inside_a_row_are_read_too():
    nested = ORDER | {"lineItems": {"edges": [{"node": LINE}]}}
    (report,) = reports(json.dumps(nested))
    assert [line.platform_id for line in report.lines] == [170]


def test_a_single_order_is_recognised():
    assert opened(json.dumps(ORDER, indent=2)).title.startswith("orders of a bulk operation")


def test_what_is_broken_is_named_by_its_line_and_the_others_come():
    second = ORDER | {"id": "gid://shopify/Order/18", "name": "#1002"}
    rows = found(jsonl(ORDER) + '{"id": oops}\n' + jsonl(second, LINE))
    assert [(each.place, each.name, each.problem) for each in rows] == [
        ("line 1", "#1001", ""),
        ("line 2", "line 2", "not JSON at column 8: Expecting value"),
        ("line 3", "#1002", ""),
    ]


def test_a_row_whose_order_is_missing_is_refused():
    (one, lost) = found(jsonl(ORDER, LINE | {"__parentId": "gid://shopify/Order/99"}))
    assert one.problem == ""
    assert lost.problem == (
        "the row that it stands below (gid://shopify/Order/99) is not in the file"
    )


def test_rows_of_something_else_are_refused():
    (product,) = found(jsonl({"id": "gid://shopify/Product/7", "title": "Book"}))
    assert product.problem == (
        "order.id: expected gid://shopify/Order/…, got 'gid://shopify/Product/7'"
    )
