"""Which format a file is, told by itself."""

import gc
import sys

import pytest

from storefront.imports import formats
from storefront.imports.base import NotRecognised
from storefront.imports.plain import TEMPLATE
from tests.storefront.imports.reading import found, opened

SHOPIFY = "Name,Email,Financial Status,Paid at,Created at,Lineitem quantity,Lineitem name,\
Lineitem price,Lineitem sku,Id"
PERMISSIONS = "permission_id,download_id,product_id,order_id,order_key,user_email,user_id,\
downloads_remaining,access_granted,access_expires,download_count"
EDD_ORDERS = "Order ID,Email,Customer ID,Customer Name,Products (Verbose),Products (Raw),Currency,\
Amount,Payment Method,Transaction ID,Purchase Key,Date,Mode (Live or Test),Status"
EDD_SALES = "Product ID,User,Customer ID,Email,Name,Quantity,Item Amount,Tax,Currency,Order ID,\
Price ID,Date"
GUMROAD = "Purchase ID,Item Name,Buyer Name,Purchase Email,Buyer Email,Purchase Date,\
Purchase Time (UTC timezone),Sale Price ($),Refunded?,Fully Refunded?,Order Number,Quantity"
BAGISTO = "id,product_name,name,file_name,download_bought,download_used,status,customer_id,\
order_id,order_item_id"
HEADERS = {
    "Shopify's order export": SHOPIFY,
    "WooCommerce's table of download permissions": PERMISSIONS,
    "Easy Digital Downloads' export of orders": EDD_ORDERS,
    "Easy Digital Downloads' export of product sales": EDD_SALES,
    "Gumroad's export of sales": GUMROAD,
    "Bagisto's table of bought links": BAGISTO,
    "our own format": TEMPLATE.partition("\n")[0],
}


@pytest.mark.parametrize(("title", "header"), HEADERS.items(), ids=HEADERS)
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_table_is_recognised_by_its_columns(title, header, separator):
    assert opened(header.replace(",", separator) + "\n").title == title


def test_case_spaces_and_a_mark_at_the_beginning_do_not_count():
    header = "\ufeff" + SHOPIFY.upper().replace("LINEITEM ", "Lineitem_")
    assert opened(header).title == "Shopify's order export"


def test_what_tells_excel_the_separator_is_passed_over():
    rows = found("sep=;\norder_number;product;paid\n1;Book;yes\n")
    assert [(each.line, each.name, each.problem) for each in rows] == [(3, "1", "")]


def test_our_own_format_needs_two_columns():
    assert opened("order_number,sku\n1,BOOK\n").title == "our own format"


@pytest.mark.parametrize(
    ("header", "missing"),
    [
        (SHOPIFY.replace("Lineitem name", "Item"), "the column “lineitem name” is"),
        (GUMROAD.replace("Item Name", "Item"), "the column “item name” is"),
        (
            SHOPIFY.replace("Lineitem name", "Item").replace("Financial Status", "State"),
            "the columns “financial status”, “lineitem name” are",
        ),
    ],
)
def test_a_column_that_is_missing_is_named(header, missing):
    with pytest.raises(NotRecognised, match=missing):
        opened(header)


def test_another_table_is_named_by_its_columns():
    with pytest.raises(NotRecognised) as refused:
        opened("SKU,Name,Price\nA,B,3\n")
    assert "Its first line has the columns “sku”, “name”, “price”." in str(refused.value)


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("Order ID,Status,Grand Total,Pay Via,Channel Name,Customer,Email,Location,Date", "lines"),
        ("Date,Order #,Status,Customer,Product(s),Items sold,Coupon(s),Net Sales", "REST API"),
    ],
    ids=["Bagisto's grid", "WooCommerce's analytics"],
)
def test_an_export_of_no_use_is_known_and_says_what_to_take(header, words):
    with pytest.raises(NotRecognised, match=words):
        opened(header)


@pytest.mark.parametrize("content", [b"", b" \n", b"\0\0\0\0", b"PK\x03\x04\x14", b"<html></html>"])
def test_what_is_neither_is_refused(content):
    with pytest.raises(NotRecognised):
        opened(content)


def test_older_encodings_are_read_and_said():
    content = "order_number;product;email\n1;Bücher – Bände;ada@example.com\n".encode("cp1252")
    table_ = opened(content)
    assert table_.notes == [formats.READ_AS_WINDOWS]
    (order,) = table_.orders
    assert order.report.lines[0].product.name == "Bücher – Bände"


def test_utf_16_is_named():
    with pytest.raises(NotRecognised, match="save it as UTF-8"):
        opened("order_number,product\n1,Book\n".encode("utf-16"))


def test_rows_of_an_order_may_stand_apart():
    orders = found("order_number,product,paid\n2,A,yes\n1,B,no\n2,C,\n")
    assert [(each.name, each.line, len(each.report.lines)) for each in orders] == [
        ("2", 2, 2),
        ("1", 3, 1),
    ]


def test_a_row_of_no_order_is_refused_with_what_stood_there():
    (first, second) = found("order_number,product\n,Book\n2,Book\n")
    assert (first.problem, first.rows()) == ("it does not say which order it is of", [["", "Book"]])
    assert (second.problem, second.place) == ("", "line 3")


def test_the_first_of_two_columns_with_one_name_counts():
    (order,) = found("order_number,product,Product\n1,Book,Mug\n")
    assert order.report.lines[0].product.name == "Book"


def test_more_rows_than_any_order_has_are_refused(monkeypatch):
    monkeypatch.setattr(formats, "MOST_ROWS", 2)
    (order,) = found("order_number,product\n" + "1,Book\n" * 3)
    assert order.problem == "more than 2 rows of one order"


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b" \r\n\r\n", b"\xef\xbb\xbf\n"])
def test_a_file_without_anything_is_said_to_be_empty(content):
    with pytest.raises(NotRecognised, match=r"^The file is empty\.$"):
        opened(content)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"%PDF-1.7\n,;", "a PDF"),
        (b"PK\x03\x04,\n", "a spreadsheet or a ZIP file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "a spreadsheet"),
        (b"\x1f\x8b\x08", "compressed"),
    ],
)
def test_what_is_no_text_is_named(content, what):
    with pytest.raises(NotRecognised, match=f"it is {what}. Save it as CSV"):
        opened(content)


@pytest.mark.slow
def test_a_table_that_is_none_may_be_closed_at_once(tmp_path, monkeypatch):
    unraised = []
    gc.collect()  # what other tests left behind is none of this one's
    monkeypatch.setattr(sys, "unraisablehook", unraised.append)
    path = tmp_path / "wrong.csv"
    path.write_text("a,b\n1,2\n")
    try:
        with path.open("rb") as file:
            formats.open_orders(file)
    except NotRecognised:
        pass
    gc.collect()
    assert unraised == []
