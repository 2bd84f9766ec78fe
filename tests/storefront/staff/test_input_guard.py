"""What the guard refuses, and what it leaves a fault of ours."""

import pytest
from django.contrib.auth.models import User
from django.db import DataError, OperationalError, ProgrammingError
from django.test import Client
from django.urls import resolve

from downloads.models import Order
from storefront.admin.orders.admin import OrderAdmin
from storefront.http.errors import RequestRefused
from storefront.staff.input_guard import (
    NOT_ASKED,
    NOT_TEXT,
    OUT_OF_RANGE,
    is_storable,
    refuse_unfit,
)
from tests.factories import AttachmentFactory, DeliveryFactory, OrderFactory, ShopFactory
from tests.invariants.isolation.asking import form_on

ORDERS = "/admin/downloads/order/"


@pytest.fixture
def staff(db):
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.create_superuser("merchant"))
    return client


@pytest.mark.parametrize(
    "url",
    [
        f"{ORDERS}?payment=%00",
        f"{ORDERS}?q=a%00b",
        f"{ORDERS}?a%00b=1",
        f"{ORDERS}%00/change/",
        f"{ORDERS}a%00/delete/",
        "/admin/downloads/plan/%00/change/",
        "/admin/autocomplete/?term=%00",
        f"{ORDERS}add/?number=%00",
        "/admin/login/?next=%00",
    ],
)
def test_a_zero_byte_in_an_address_is_refused_in_a_sentence(staff, url):
    response = staff.get(url)
    assert (response.status_code, str(NOT_TEXT) in response.content.decode()) == (400, True)


def test_a_zero_byte_that_is_posted_is_refused_and_nothing_is_written(staff):
    order = OrderFactory()
    chosen = {"action": "delete_selected", "_selected_action": f"{order.pk}\0", "index": 0}
    response = staff.post(ORDERS, chosen)
    assert (response.status_code, str(NOT_TEXT) in response.content.decode()) == (400, True)
    assert Order.objects.filter(pk=order.pk).exists()


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        (f"{ORDERS}?placed_at__year=99999", "This list cannot be asked so"),
        (f"{ORDERS}?number__regex=(", NOT_ASKED),
        (f"{ORDERS}?customer__email__startswith=x", NOT_ASKED),
        (f"{ORDERS}?nothing=x", "This list cannot be asked so"),
        (f"{ORDERS}add/?shop=x", "The request names a row by something that is no number of any."),
        (f"{ORDERS}add/?placed_at=x", "“placed on” cannot begin so."),
        (f"{ORDERS}add/?_to_field=x", NOT_ASKED),
    ],
)
def test_what_cannot_be_asked_is_refused_in_a_sentence(staff, caplog, url, sentence):
    response = staff.get(url)
    assert (response.status_code, str(sentence) in response.content.decode()) == (400, True)
    assert [each for each in caplog.records if each.exc_info] == []


def test_a_form_begins_with_what_its_address_says(staff):
    order = OrderFactory()
    asked = f"?shop={order.shop_id}&number=1050&placed_at=2026-03-01+12:30"
    page = staff.get(f"{ORDERS}add/{asked}").content.decode()
    assert f'<option value="{order.shop_id}" selected>' in page
    assert 'value="1050"' in page
    assert 'value="2026-03-01"' in page
    assert 'value="12:30:00"' in page


def test_a_page_that_does_not_exist_leads_to_the_whole_list(staff, monkeypatch):
    monkeypatch.setattr(OrderAdmin, "list_per_page", 1)
    OrderFactory()
    OrderFactory()
    response = staff.get(f"{ORDERS}?p=7")
    assert response.status_code == 400
    assert f'<a href="{ORDERS}">' in response.content.decode()


@pytest.mark.slow
@pytest.mark.parametrize("fault", [ValueError, OverflowError, DataError, KeyError])
@pytest.mark.parametrize("query", ["", "?payment=paid"])
def test_a_fault_of_ours_stays_one(staff, monkeypatch, fault, query):
    def fail(*_given):
        raise fault("ours")

    OrderFactory()
    monkeypatch.setattr(OrderAdmin, "status", fail)
    assert staff.get(f"{ORDERS}{query}").status_code == 500


def put_to_database(request, sql, error):
    """Ask something in a request to which the database answers with an error."""
    request.resolver_match = resolve(request.path)

    def execute(*_given):
        raise error

    refuse_unfit(request, execute, sql, (), False, {})


@pytest.mark.parametrize("error", [DataError("x"), OverflowError("x"), ValueError("x")])
@pytest.mark.parametrize("url", [f"{ORDERS}?shop=1", f"{ORDERS}1/change/"])
def test_a_value_that_fits_no_question_is_refused(rf, url, error):
    with pytest.raises(RequestRefused) as refusal:
        put_to_database(rf.get(url), "SELECT 1", error)
    assert str(refusal.value) == OUT_OF_RANGE


@pytest.mark.parametrize(
    ("url", "sql", "error"),
    [
        (ORDERS, "SELECT 1", DataError("of nothing that was asked")),
        (f"{ORDERS}?shop=1", "UPDATE x", DataError("of what is written")),
        (f"{ORDERS}?shop=1", "INSERT INTO x", OverflowError("of what is written")),
        (f"{ORDERS}?shop=1", "SELECT 1", ProgrammingError("of a question put wrongly")),
        (f"{ORDERS}?shop=1", "SELECT 1", OperationalError("of a database that is gone")),
    ],
)
def test_what_is_no_matter_of_a_value_stays_a_fault(rf, url, sql, error):
    with pytest.raises(type(error)):
        put_to_database(rf.get(url), sql, error)


def test_what_a_verb_refuses_after_the_form_is_said_in_its_words(staff):
    """Two of the staff attach the same asset: the second form was right when it was judged."""
    attachment = AttachmentFactory()
    product = attachment.product
    url = f"/admin/downloads/product/{product.pk}/change/"
    form = form_on(staff.get(url)) | {
        "attachments-TOTAL_FORMS": "1",
        "attachments-INITIAL_FORMS": "0",
        "attachments-0-id": "",
        "attachments-0-asset": str(attachment.asset_id),
    }
    response = staff.post(url, form)
    assert response.status_code == 400
    assert "is attached to this product already." in response.content.decode()


@pytest.mark.slow
@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
@pytest.mark.parametrize("day", ["0001-01-01", "1899-12-31", "3000-01-01", "9999-12-31"])
def test_a_form_takes_no_time_that_a_database_may_not_hold(staff, settings, zone, day):
    settings.TIME_ZONE = zone
    url = f"{ORDERS}add/"
    clock = "23:59:59" if day.startswith("9") else "00:00:00"
    form = form_on(staff.get(url)) | {"number": "5", "placed_at_0": day, "placed_at_1": clock}
    response = staff.post(url, form | {"shop": str(ShopFactory().pk)})
    assert response.status_code == 200
    assert "Enter a year from 1900 to 2999." in response.content.decode()
    assert not Order.objects.exists()


@pytest.mark.slow
def test_a_broken_count_of_rows_breaks_no_page(staff):
    grant = DeliveryFactory().grant
    url = f"/admin/downloads/grant/{grant.pk}/change/"
    form = form_on(staff.get(url)) | {"deliveries-INITIAL_FORMS": "x"}
    assert staff.post(url, form).status_code < 500


def test_other_pages_keep_answers_of_their_own(client, db):
    assert client.get("/orders/%00").status_code == 404


@pytest.mark.parametrize("text", ["\0", "a\0", "\ud800", "a\udc80b"])
def test_no_database_takes(text):
    assert not is_storable(text)


@pytest.mark.parametrize("text", ["", "a", "ä", "\ufffd", "\U0001f600", "\ud7ff", "\ue000", "\n"])
def test_databases_take(text):
    assert is_storable(text)
