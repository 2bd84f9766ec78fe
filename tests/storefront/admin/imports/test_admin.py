"""Imports of orders in the admin: who may, what is refused at once, and what a page shows."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django_tasks_db.models import DBTaskResult

from downloads.models import Order
from storefront.imports.background import import_in_background
from storefront.imports.plain import TEMPLATE
from storefront.models import OrderImport
from tests.factories import ShopFactory

ADD = "/admin/storefront/orderimport/add/"
CONTENT = "order_number,paid,product,refunded_units\n1,yes,Book,\n2,yes,Mug,some\n"


@pytest.fixture
def send(staff):
    def upload(content=CONTENT, **fields):
        file = SimpleUploadedFile("orders.csv", content.encode())
        shop = ShopFactory()
        return staff.post(ADD, {"shop": shop.pk, "upload": file} | fields)

    return upload


def page(staff, row):
    return staff.get(reverse("admin:storefront_orderimport_change", args=[row.pk]))


def work(row):
    import_in_background.func(row.pk)


def test_a_file_is_checked_shown_and_imported(send, staff):
    response = send()
    row = OrderImport.objects.get()
    assert response["Location"] == f"/admin/storefront/orderimport/{row.pk}/change/"
    assert DBTaskResult.objects.count() == 1
    waiting = page(staff, row)
    assert b'<meta http-equiv="refresh" content="2">' in waiting.content
    work(row)
    checked = page(staff, row).content.decode()
    assert "Import these orders" in checked
    assert 'http-equiv="refresh"' not in checked
    assert "line 3 (2): refunded_units: expected a number" in checked
    assert Order.objects.count() == 0
    staff.post(reverse("admin:import_proceed", args=[row.pk]))
    work(row)
    assert "Import these orders" not in page(staff, row).content.decode()
    assert Order.objects.get().number == 1


def test_the_refused_rows_come_as_a_file(send, staff):
    send(at_once="on")
    row = OrderImport.objects.get()
    address = reverse("admin:import_refused", args=[row.pk])
    assert staff.get(address).status_code == 404
    work(row)
    response = staff.get(address)
    assert response["Content-Disposition"] == 'attachment; filename="refused.csv"'
    assert b'"2","yes","Mug","some"' in b"".join(response.streaming_content)


def test_the_template_can_be_had(staff):
    response = staff.get(reverse("admin:import_template"))
    assert response.content.decode("utf-8-sig") == TEMPLATE


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("sku,name\n1,2\n", "This is no format that is known here."),
        (
            "Purchase ID,Purchase Email,Buyer Email,Purchase Date,Sale Price ($),Refunded?\n",
            "missing",
        ),
        ("{", "not JSON"),
    ],
)
def test_what_cannot_be_imported_is_refused_with_its_form(send, content, words):
    response = send(content)
    assert words in response.content.decode()
    assert not OrderImport.objects.exists()


def test_a_file_too_large_is_refused(send, settings):
    settings.IMPORT_MAX_BYTES = 10
    assert "at most 10 are taken" in send().content.decode()


def test_a_body_too_large_is_refused_unread(staff, settings):
    settings.IMPORT_MAX_BYTES = 10
    file = SimpleUploadedFile("orders.csv", b"x" * 1_100_000)
    assert staff.post(ADD, {"upload": file}).status_code == 413


def test_who_may_not_import_sends_nothing(clerk):
    client = clerk("downloads.view_order")
    file = SimpleUploadedFile("orders.csv", CONTENT.encode())
    assert client.post(ADD, {"shop": ShopFactory().pk, "upload": file}).status_code == 403
    assert client.get(reverse("admin:import_template")).status_code == 403


def test_another_shops_import_is_not_there(send, clerk):
    client = clerk("storefront.view_orderimport", "storefront.change_orderimport")
    send()
    row = OrderImport.objects.get()
    row.shop.memberships.all().delete()
    for name in ("import_proceed", "import_refused"):
        address = reverse(f"admin:{name}", args=[row.pk])
        assert client.post(address).status_code == 404


def test_who_has_buyers_mailed_is_told_of_whom_not(staff, settings):
    settings.MAIL_ORDER_DAYS = 12
    assert "orders older than 12 days." in staff.get(ADD).content.decode()
