import re

import pytest
from django.urls import reverse

from downloads.brand import trials
from downloads.models import AuditEntry, Grant, Mail, Order, Shop
from downloads.models.shops import LANGUAGES
from storefront.mail.messages import compose
from tests.factories import NOW, ShopFactory
from tests.storefront.admin.rendered import address, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    return ShopFactory(name="My <store>", accent="#1f5fd0", support="help@my-store.example")


@pytest.fixture
def preview(django_app, shop):
    def look(act, role="support", **query):
        sign_in(django_app, role, shop)
        return django_app.get(own(act, shop), query)

    return look


def own(act, shop):
    return reverse(f"admin:shop_{act}", args=[shop.pk])


def rows():
    return [model.objects.count() for model in (Order, Grant, Mail)]


def test_the_page_is_shown_without_a_form_that_spends(preview):
    page = preview("page")
    assert "My &lt;store&gt;" in page.text
    assert "Field guide" in page.text
    assert page.html.select("form") == []
    assert {button.get("disabled") for button in page.html.select("button")} == {""}
    assert rows() == [0, 0, 0]


@pytest.mark.parametrize("language", [code for code, _name in LANGUAGES])
def test_the_mail_is_shown_in_each_language_with_nothing_inline(preview, django_app, language):
    page = preview("mail", language=language)
    assert "style=" not in page.text
    assert "help@my-store.example" in page.text
    part = page.html.select_one(f'.mail-page div[lang="{language}"]')
    assert part["dir"] == ("rtl" if language in ("ar", "he") else "ltr")
    sheet = django_app.get(page.html.select("link[rel=stylesheet]")[-1]["href"])
    assert sheet.content_type == "text/css"
    styled = {name for tag in page.html.select("[class^=mail-]") for name in tag["class"]}
    assert styled - {"mail-page"} == set(re.findall(r"\.(mail-\d+) \{", sheet.text))
    assert rows() == [0, 0, 0]


def test_a_language_that_there_is_not_is_the_shops_own(preview):
    assert "Your downloads from" in preview("mail", language="tlh").text


def test_a_test_mail_is_sent_to_who_asks(django_app, shop):
    user = sign_in(django_app, "manager", shop)
    user.email = "ada@example.com"
    user.save()
    page = django_app.get(address(Shop, "change", shop.pk))
    page = page.forms["test-mail"].submit().follow()
    assert "A test mail goes to" in page.text
    mail = Mail.objects.get()
    assert (mail.kind, mail.email, mail.order) == (Mail.Kind.TEST, "ada@example.com", None)
    assert compose(mail, at=NOW).subject == "Your downloads from My <store>, order 1050"
    assert AuditEntry.objects.filter(what=trials.SENT).count() == 1
    page = page.forms["test-mail"].submit().follow()
    assert "on its way already" in page.text


def test_a_shop_sends_so_many_within_an_hour(shop, settings):
    settings.TEST_MAILS_PER_HOUR = 1
    trials.send_test_mail(shop, "ada@example.com", at=NOW)
    with pytest.raises(trials.BadInput, match="has sent 1 test mails"):
        trials.send_test_mail(shop, "eve@example.com", at=NOW)


def test_support_sends_none(django_app, shop):
    sign_in(django_app, "support", shop)
    page = django_app.get(address(Shop, "change", shop.pk))
    assert "test-mail" not in page.forms
    token = page.forms["site-search"]["csrfmiddlewaretoken"].value
    url = own("test_mail", shop)
    assert django_app.post(url, {"csrfmiddlewaretoken": token}, status=403)
    assert not Mail.objects.exists()


def test_another_shops_is_as_one_that_is_not_there(django_app, shop):
    sign_in(django_app, "owner", shop)
    other = ShopFactory()
    for act in ("page", "mail"):
        django_app.get(own(act, other), status=404)
