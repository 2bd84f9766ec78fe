"""A file sent with a form that was refused: kept, offered again, and used once, as browsers do."""

from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from webtest import Upload

from downloads.models import Asset, KeptUpload, Membership
from tests.factories import ShopFactory, make_file

ADD = "/admin/downloads/asset/add/"
GONE = "The file of your last try is not kept any longer. Choose it again."


@pytest.fixture
def shop(db):
    return ShopFactory()


@pytest.fixture
def browser(django_app_factory, shop):
    """Return a function that signs a manager of the shop in, in a browser of their own."""

    def sign_in(name="ada"):
        user, is_new = User.objects.get_or_create(username=name, is_staff=True)
        if is_new:
            Membership.objects.create(shop=shop, user=user, role="manager")
        client = Client()
        client.force_login(user)
        app = django_app_factory(csrf_checks=True)
        app.set_cookie("sessionid", client.cookies[django_settings.SESSION_COOKIE_NAME].value)
        return app

    return sign_in


def asset_form(page):
    return page.forms["asset_form"]


def filled(page, shop, **fields):
    """Return the form as somebody fills it in; the shop's box finds its choices by a script."""
    form = asset_form(page)
    form["shop"].force_value(str(shop.pk) if shop else "")
    for name, value in fields.items():
        form[name] = value
    return form


def refused(app, shop, name="Für & Elise.mp3", content=b"bytes"):
    """Send a file without a title; return the page that asks for it."""
    page = filled(app.get(ADD), shop, upload=Upload(name, content)).submit("_save")
    assert (page.status_code, Asset.objects.count()) == (200, 0)
    assert "This field is required." in page
    return page


@pytest.mark.slow
def test_a_refused_form_keeps_its_file_and_takes_it_the_next_time(browser, shop):
    page = refused(browser(), shop)
    assert "Use <bdi>Für &amp; Elise.mp3</bdi> (5\u202fB), which was kept" in page
    done = filled(page, shop, title="Für Elise").submit("_save")
    assert done.status_code == 302
    asset = Asset.objects.get()
    assert (asset.file_name, asset.file.read(), asset.content_type) == (
        "Für & Elise.mp3",
        b"bytes",
        "audio/mpeg",
    )
    assert not KeptUpload.objects.exists()


@pytest.mark.slow
def test_it_stays_over_several_refusals(browser, shop):
    page = refused(browser(), shop)
    page = filled(page, None, title="").submit("_save")
    assert KeptUpload.objects.count() == 1
    assert filled(page, shop, title="Für Elise").submit("_save").status_code == 302
    assert Asset.objects.get().file.read() == b"bytes"


@pytest.mark.slow
def test_another_file_takes_its_place(browser, shop):
    page = refused(browser(), shop)
    page = filled(page, shop, upload=Upload("b.epub", b"other")).submit("_save")
    assert KeptUpload.objects.get().file_name == "b.epub"
    form = filled(page, shop, title="New", upload=Upload("c.epub", b"third"))
    assert form.submit("_save").status_code == 302
    assert (Asset.objects.get().file_name, KeptUpload.objects.count()) == ("c.epub", 0)


@pytest.mark.slow
def test_who_wants_a_link_after_all_leaves_it_out(browser, shop):
    page = refused(browser(), shop)
    form = filled(page, shop, title="My book", link="https://a.example.org/")
    page = form.submit("_save")
    assert "Choose a file or enter a link: one of the two." in page
    form = filled(page, shop)
    form["upload-kept"] = False
    assert form.submit("_save").status_code == 302
    assert (Asset.objects.get().link, Asset.objects.get().file.name) == (
        "https://a.example.org/",
        "",
    )


def test_a_file_that_itself_is_refused_is_not_kept(browser, shop):
    page = filled(browser().get(ADD), shop, upload=Upload("a.txt", b"")).submit("_save")
    assert "upload-kept" not in page
    assert not KeptUpload.objects.exists()


@pytest.mark.slow
def test_the_form_for_a_change_keeps_it_too(browser, shop):
    asset = make_file(shop, b"old")
    url = f"/admin/downloads/asset/{asset.pk}/change/"
    form = asset_form(browser().get(url))
    form["title"], form["upload"] = "", Upload("b.epub", b"new")
    form = asset_form(form.submit("_save"))
    form["title"] = "New"
    assert form.submit("_save").status_code == 302
    asset.refresh_from_db()
    assert (asset.file_name, asset.file.read()) == ("b.epub", b"new")


@pytest.mark.slow
def test_nobody_else_uses_it_and_no_mark_is_made_up(browser, shop):
    mark = asset_form(refused(browser(), shop))["upload-kept"]._value
    kept = KeptUpload.objects.get()
    client = Client()
    client.force_login(User.objects.create_superuser("eve"))
    given = {"shop": shop.pk, "title": "Mine", "link": "", "stated_size": ""}
    for forged in (mark, kept.pk.hex, str(kept.pk), f"{mark}x", "x"):
        page = client.post(ADD, given | {"upload-kept": forged}).content.decode()
        assert GONE in page
    assert (Asset.objects.count(), KeptUpload.objects.count()) == (0, 1)


@pytest.mark.slow
def test_what_is_kept_no_longer_is_said_so(browser, shop, monkeypatch):
    page = refused(browser(), shop)
    KeptUpload.objects.update(kept_at=timezone.now() - timedelta(hours=25))
    page = filled(page, shop, title="Für Elise").submit("_save")
    assert (GONE in page, "upload-kept" in page, Asset.objects.count()) == (True, False, 0)
