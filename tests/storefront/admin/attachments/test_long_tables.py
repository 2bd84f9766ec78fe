"""The pages of a CSV that is too long for one request, as a browser sends them."""

import csv
from datetime import timedelta
from io import StringIO

import pytest
from webtest import Upload

from downloads.models import Attachment, AttachmentTable, KeptUpload
from downloads.models.runs import SILENCE
from storefront.admin.attachments import csv_forms
from storefront.backfills import attaching
from tests.factories import LinkFactory, ProductFactory, ShopFactory
from tests.storefront.admin.rendered import sign_in

HERE = "/admin/downloads/product/attach-by-csv/"
HEAD = "sku,file,limit,days\n"
GOOD = f"{HEAD}BOOK,Guide,4,\nPEN,Guide,,\n"
WRONG = f"{GOOD}'=HYPERLINK(1),Guide,,\n"


@pytest.fixture
def shop(db, settings, tmp_path, monkeypatch):
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr(csv_forms, "MOST_AT_ONCE", 1)
    return ShopFactory(default_limit=10)


@pytest.fixture
def app(django_app, shop):
    sign_in(django_app, "manager", shop)
    for sku in ("BOOK", "PEN"):
        ProductFactory(shop=shop, sku=sku)
    LinkFactory(shop=shop, title="Guide")
    return django_app


def form_with(page, field):
    return next(form for form in page.forms.values() if field in form.fields)


def upload(app, text):
    form = form_with(app.get(HERE), "upload")
    form["upload"] = Upload("rows.csv", text.encode(), "text/csv")
    return form.submit().follow()


def work(app, page):
    attaching.attach_in_background.func(AttachmentTable.objects.get().pk)
    return app.get(page.request.path)


def test_progress_preview_confirmation_and_report(app):
    page = upload(app, GOOD)
    assert "Being checked" in page.text
    assert page.html.find("progress")["max"] == "3"
    assert page.html.find("meta", {"http-equiv": "refresh"})
    assert not KeptUpload.objects.exists()
    page = work(app, page)
    assert "2 to attach" in page.text
    assert not page.html.find("meta", {"http-equiv": "refresh"})
    assert not Attachment.objects.exists()
    page = form_with(page, "seen").submit().follow()
    assert "Being attached" in page.text
    page = work(app, page)
    assert ("Done" in page.text, "2 written" in page.text) == (True, True)
    assert sorted(Attachment.objects.values_list("limit", flat=True)) == [4, 10]
    assert not any("seen" in form.fields for form in page.forms.values())


def test_wrong_rows_are_named_and_handed_out_harmless(app):
    page = work(app, upload(app, WRONG))
    assert "Line 4" in page.text
    reason = "No product of this shop has this SKU."
    assert reason in page.text
    refused = list(csv.reader(StringIO(page.click("download them as CSV").text)))
    assert refused[1:] == [["4", reason, "'=HYPERLINK(1)", "Guide", "", ""]]
    page = form_with(page, "seen").submit().follow()
    assert "Some rows are wrong, so nothing was attached." in page.text
    form = form_with(page, "seen")
    form["mode"] = "good"
    page = work(app, form.submit().follow())
    assert "2 written" in page.text
    assert Attachment.objects.count() == 2


def test_what_was_cut_off_goes_on_by_the_button(app):
    page = upload(app, GOOD)
    table = AttachmentTable.objects.get()
    AttachmentTable.objects.update(moved_at=table.moved_at - SILENCE - timedelta(seconds=1))
    page = app.get(page.request.path)
    assert "Stopped" in page.text
    form = next(form for form in page.forms.values() if "Let it go on" in form.text)
    page = work(app, form.submit().follow())
    assert "2 to attach" in page.text


def test_what_cannot_be_read_says_why(app, settings):
    settings.ATTACH_CSV_MAX_ROWS = 2
    page = work(app, upload(app, WRONG))
    assert "The file has more than 2 rows. Cut it in two." in page.text


def test_another_shops_table_is_no_page_and_support_gets_none(app, shop):
    page = upload(app, GOOD)
    addresses = [page.request.path, f"{page.request.path}refused/"]
    sign_in(app, "owner", ShopFactory())
    for address in addresses:
        assert app.get(address, expect_errors=True).status_int == 404
    token = form_with(app.get(HERE), "upload")["csrfmiddlewaretoken"].value
    sent = {"csrfmiddlewaretoken": token, "mode": "good", "seen": "0"}
    assert app.post(addresses[0], sent, expect_errors=True).status_int == 404
    sign_in(app, "support", shop)
    for address in addresses:
        assert app.get(address, expect_errors=True).status_int == 403
    assert AttachmentTable.objects.get().state == "checking"


def test_queries_do_not_grow_with_rows(app, shop, django_assert_max_num_queries):
    for number in range(40):
        ProductFactory(shop=shop, sku=f"SKU-{number}")
    page = upload(app, HEAD + "".join(f"SKU-{number},Guide,,\n" for number in range(40)))
    with django_assert_max_num_queries(12):
        app.get(page.request.path)
    work(app, page)
    with django_assert_max_num_queries(12):
        app.get(page.request.path)
