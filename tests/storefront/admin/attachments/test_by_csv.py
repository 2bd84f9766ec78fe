"""The pages of attaching by CSV, as a browser sends them."""

import csv
from io import StringIO

import pytest
from webtest import Upload

from downloads.models import Attachment, KeptUpload, Membership
from tests.factories import LinkFactory, ProductFactory, ShopFactory
from tests.storefront.admin.rendered import sign_in

HERE = "/admin/downloads/product/attach-by-csv/"
WRONG = "sku,file,limit,days\nBOOK,Guide,4,\n'=HYPERLINK(1),Guide,,\n"


@pytest.fixture
def shop(db, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return ShopFactory(default_limit=10)


@pytest.fixture
def app(django_app, shop):
    sign_in(django_app, "manager", shop)
    ProductFactory(shop=shop, sku="BOOK", name="A book")
    LinkFactory(shop=shop, title="Guide")
    return django_app


def form_with(page, field):
    return next(form for form in page.forms.values() if field in form.fields)


def upload(app, text, **entered):
    form = form_with(app.get(HERE), "upload")
    form["upload"] = Upload("rows.csv", text.encode(), "text/csv")
    for name, value in entered.items():
        form[name].force_value(value)
    return form.submit(expect_errors=True).maybe_follow()


def test_the_list_of_files_leads_there_too(app):
    page = app.get("/admin/downloads/asset/").click("Attach by CSV")
    assert page.request.path == HERE


@pytest.mark.slow
def test_nothing_is_written_until_it_is_confirmed(app):
    page = app.get("/admin/downloads/product/").click("Attach by CSV")
    template = page.click("Download the template")
    assert template.text.startswith('\ufeff"sku","file","limit","days"')
    page = upload(app, "sku;file;limit;days\nBOOK;Guide;unlimited;30\n")
    assert "1 to attach" in page.text
    assert not Attachment.objects.exists()
    page = form_with(page, "seen").submit().follow()
    assert "1 attached, 0 changed, 0 unchanged, 0 refused." in page.text
    found = Attachment.objects.get()
    assert (found.limit, found.lifetime_days, found.inherits_limit) == (None, 30, False)
    assert "1 unchanged" in page.text
    assert not any("seen" in form.fields for form in page.forms.values())


def test_wrong_rows_are_named_and_handed_out_harmless(app):
    page = upload(app, WRONG)
    assert "Line 3" in page.text
    assert "No product of this shop has this SKU." in page.text
    refused = list(csv.reader(StringIO(page.click("download them as CSV").text)))
    reason = "No product of this shop has this SKU."
    assert refused[1:] == [["3", reason, "'=HYPERLINK(1)", "Guide", "", ""]]
    form = form_with(page, "seen")
    page = form.submit().follow()
    assert "Some rows are wrong, so nothing was attached." in page.text
    assert not Attachment.objects.exists()
    form = form_with(page, "seen")
    form["mode"] = "good"
    page = form.submit().follow()
    assert "1 attached, 0 changed, 0 unchanged, 1 refused." in page.text
    assert Attachment.objects.get().limit == 4


def test_a_file_that_is_none_or_too_large_is_refused_in_words(app, settings):
    assert "no column “file”" in upload(app, "sku,other\nA,B\n").text
    settings.ATTACH_CSV_MAX_BYTES = 10
    assert "at most 10 are taken" in upload(app, WRONG).text
    # Far beyond it nothing is read at all.
    assert upload(app, "x" * 1_200_000).status_int == 413
    settings.ATTACH_CSV_MAX_BYTES, settings.KEPT_UPLOADS_PER_PERSON = 1000, 0
    assert "could not be kept" in upload(app, WRONG).text
    assert not KeptUpload.objects.exists()


def test_another_shop_is_no_choice_and_no_page(app, shop):
    page = upload(app, WRONG)
    kept, other = KeptUpload.objects.get(), ShopFactory()
    assert "Select a valid choice" in upload(app, WRONG, shop=str(other.pk)).text
    token = form_with(page, "seen")["csrfmiddlewaretoken"].value
    sent = {"csrfmiddlewaretoken": token, "mode": "good", "seen": "0"}
    for end in ("", "refused/"):
        address = f"{HERE}{other.pk}/{kept.pk}/{end}"
        assert app.get(address, expect_errors=True).status_int == 404
    answer = app.post(f"{HERE}{other.pk}/{kept.pk}/", sent, expect_errors=True)
    assert answer.status_int == 404


def test_of_two_shops_one_is_chosen_and_a_supporters_is_no_choice(app, shop):
    user = Membership.objects.get().user
    other, third = ShopFactory(), ShopFactory()
    Membership.objects.create(shop=other, user=user, role="owner")
    Membership.objects.create(shop=third, user=user, role="support")
    choices = [value for value, *_rest in form_with(app.get(HERE), "upload")["shop"].options]
    assert set(choices) == {"", str(shop.pk), str(other.pk)}
    kept_page = upload(app, WRONG, shop=str(shop.pk))
    kept = KeptUpload.objects.get()
    assert kept_page.status_int == 200
    answer = app.get(f"{HERE}{third.pk}/{kept.pk}/", expect_errors=True)
    assert answer.status_int == 404


def test_another_persons_file_is_not_shown(app, shop):
    upload(app, WRONG)
    kept = KeptUpload.objects.get()
    sign_in(app, "owner", shop)
    page = app.get(f"{HERE}{shop.pk}/{kept.pk}/").follow()
    assert "This file is not kept any longer." in page.text
    assert app.get(f"{HERE}{shop.pk}/{kept.pk}/refused/", expect_errors=True).status_int == 404


def test_support_is_not_offered_it(django_app, shop):
    sign_in(django_app, "support", shop)
    assert "attach-by-csv" not in django_app.get("/admin/downloads/product/").text
    # Refused before its file is read.
    form = {"upload": Upload("rows.csv", WRONG.encode())}
    answer = django_app.post(HERE, form, expect_errors=True)
    assert answer.status_int == 403
    for address in (HERE, f"{HERE}template/"):
        assert django_app.get(address, expect_errors=True).status_int == 403


def test_queries_do_not_grow_with_rows(app, shop, django_assert_max_num_queries):
    guide = LinkFactory(shop=shop, title="Other")
    for number in range(40):
        ProductFactory(shop=shop, sku=f"SKU-{number}")
    rows = "".join(f"SKU-{number},{guide.title},,\n" for number in range(40))
    page = upload(app, "sku,file,limit,days\n" + rows)
    with django_assert_max_num_queries(30):
        form_with(page, "seen").submit()
    assert Attachment.objects.count() == 40
