import hashlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from downloads.models import Asset, Delivery, DownloadEvent, Grant
from tests.factories import (
    NOW,
    GrantFactory,
    LinkFactory,
    ShopFactory,
    make_file,
    make_file_grant,
)

ADD = "/admin/downloads/asset/add/"
NO_LINK = {"link": "", "stated_size": ""}


@pytest.fixture
def shop(db):
    return ShopFactory()


def add(staff, shop, **fields):
    return staff.post(ADD, {"shop": shop.pk, "title": "My book"} | NO_LINK | fields)


def test_an_upload_is_stored_with_its_facts(staff, shop):
    upload = SimpleUploadedFile("Mein Büch.epub", b"words" * 100, content_type="text/html")
    assert add(staff, shop, upload=upload).status_code == 302
    asset = Asset.objects.get()
    assert (asset.file_name, asset.size_bytes, asset.content_type, asset.sha256, asset.link) == (
        "Mein Büch.epub",
        500,
        "application/epub+zip",
        hashlib.sha256(b"words" * 100).hexdigest(),
        "",
    )
    assert asset.file.read() == b"words" * 100


def test_a_link_is_stored_with_the_size_the_merchant_states(staff, shop):
    add(staff, shop, link="https://files.example.org/a.pdf", stated_size="1.5 gb")
    asset = Asset.objects.get()
    assert (asset.link, asset.size_bytes) == ("https://files.example.org/a.pdf", 1_500_000_000)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({}, "Choose a file or enter a link: one of the two."),
        (
            {"link": "https://a.example.org/", "upload": SimpleUploadedFile("a.txt", b"a")},
            "Choose a file or enter a link: one of the two.",
        ),
        ({"link": "javascript:alert(1)"}, "The link must begin with https://."),
        (
            {"link": "https://127.0.0.1/a"},
            "The link must lead to a public website, not to a local or private address.",
        ),
        (
            {"link": "https://a.example.org/", "stated_size": "big"},
            'Enter a number and a unit, like "10MB" or "1.5GB".',
        ),
        ({"upload": SimpleUploadedFile("a.txt", b"")}, "The submitted file is empty."),
        (
            {"upload": SimpleUploadedFile("\u202e", b"a")},
            "The file needs a name. Rename it and upload it again.",
        ),
        (
            {"link": "https://a.example.org/", "stated_size": "1,500 GB"},
            '"1,500 GB" can be read in two ways. Write "1.5 GB" or "1500 GB".',
        ),
    ],
)
def test_what_cannot_be_an_asset_is_refused_in_words(staff, shop, errors_of, fields, error):
    response = add(staff, shop, **fields)
    assert (response.status_code, errors_of(response)) == (200, [error])
    assert not Asset.objects.exists()


def test_a_new_file_replaces_the_old_one(staff, shop, django_capture_on_commit_callbacks):
    asset = make_file(shop, b"old")
    old = asset.file.name
    with django_capture_on_commit_callbacks(execute=True):
        staff.post(
            f"/admin/downloads/asset/{asset.pk}/change/",
            {"title": "New", "upload": SimpleUploadedFile("b.epub", b"newer")} | NO_LINK,
        )
    asset.refresh_from_db()
    assert (asset.title, asset.size_bytes, asset.file.read()) == ("New", 5, b"newer")
    assert not asset.file.storage.exists(old)


def test_a_new_title_alone_leaves_the_file(staff, shop):
    asset = make_file(shop, b"bytes")
    staff.post(f"/admin/downloads/asset/{asset.pk}/change/", {"title": "New"} | NO_LINK)
    asset.refresh_from_db()
    assert (asset.title, asset.file.read()) == ("New", b"bytes")


def test_an_asset_deleted_takes_its_file_along(staff, shop, django_capture_on_commit_callbacks):
    asset = make_file(shop)
    with django_capture_on_commit_callbacks(execute=True):
        staff.post(f"/admin/downloads/asset/{asset.pk}/delete/", {"post": "yes"})
    assert not Asset.objects.exists()
    assert not asset.file.storage.exists(asset.file.name)


def test_an_asset_that_orders_hold_is_not_deleted(staff):
    grant = GrantFactory()
    url = f"/admin/downloads/asset/{grant.asset_id}/delete/"
    page = staff.get(url).content.decode()
    assert "<li>1 order</li><li>1 " in page
    assert "permission" not in page
    staff.post(url, {"post": "yes"})
    assert Asset.objects.filter(pk=grant.asset_id).exists()


def test_staff_check_a_file_and_nothing_is_counted(staff):
    grant = make_file_grant(b"bytes")
    response = staff.get(f"/admin/downloads/asset/{grant.asset_id}/file/")
    assert b"".join(response.streaming_content) == b"bytes"
    part = staff.get(
        f"/admin/downloads/asset/{grant.asset_id}/file/", headers={"range": "bytes=3-"}
    )
    assert (part.status_code, part.getvalue()) == (206, b"es")
    grant.refresh_from_db()
    counted = (grant.used, Delivery.objects.count(), DownloadEvent.objects.count())
    assert counted == (0, 0, 0)


def test_a_missing_file_is_said_plainly(staff, shop):
    asset = make_file(shop)
    asset.file.storage.delete(asset.file.name)
    response = staff.get(f"/admin/downloads/asset/{asset.pk}/file/")
    assert response.status_code == 503
    assert "This file cannot be read just now." in response.content.decode()


def test_a_file_is_for_staff_who_may_see_assets(shop, clerk):
    asset = make_file(shop)
    url = f"/admin/downloads/asset/{asset.pk}/file/"
    assert Client().get(url).status_code == 302
    assert clerk("view_order").get(url).status_code == 404
    assert clerk("view_asset").get(url).status_code == 200


def test_withdraw_and_restore_close_and_open_every_order(staff, messages_of):
    grant = GrantFactory()
    selected = {"_selected_action": grant.asset_id}
    url = "/admin/downloads/asset/"
    response = staff.post(url, selected | {"action": "withdraw"}, follow=True)
    assert messages_of(response) == ["1 withdrawn; nobody can download it until you restore it."]
    assert Grant.objects.with_facts().get().status(NOW) == "expired"
    staff.post(url, selected | {"action": "restore"})
    assert Grant.objects.with_facts().get().status(NOW) == "available"


def test_a_links_exact_size_outlives_a_new_title(staff, shop):
    asset = LinkFactory(shop=shop, size_bytes=1_250_000_000)
    staff.post(
        f"/admin/downloads/asset/{asset.pk}/change/",
        {"title": "New", "link": asset.link, "stated_size": "1.2GB"},
    )
    asset.refresh_from_db()
    assert (asset.title, asset.size_bytes) == ("New", 1_250_000_000)


def test_a_size_is_told_as_it_was_understood(staff, shop, messages_of):
    url = "https://files.example.org/a.pdf"
    fields = {"shop": shop.pk, "title": "My book", "link": url, "stated_size": "1,500 MB"}
    response = staff.post(ADD, fields, follow=True)
    assert "Size understood as 1.5\u202fGB." in messages_of(response)
    assert Asset.objects.get().size_bytes == 1_500_000_000


def test_a_link_to_a_preview_is_taken_and_told(staff, shop, messages_of):
    fields = {"shop": shop.pk, "title": "My book", "stated_size": ""}
    url = "https://www.dropbox.com/s/abc/book.pdf?dl=0"
    told = (
        "Your buyers will see a page of Dropbox first. This form downloads at once: "
        "https://www.dropbox.com/s/abc/book.pdf?dl=1"
    )
    response = staff.post(ADD, fields | {"link": url}, follow=True)
    assert told in messages_of(response)
    asset = Asset.objects.get()
    assert asset.link == url
    change = f"/admin/downloads/asset/{asset.pk}/change/"
    again = staff.post(change, {"title": "New", "link": url, "stated_size": ""}, follow=True)
    assert told not in messages_of(again)


def test_a_files_name_is_edited_and_its_type_follows(staff, shop, errors_of):
    asset = make_file(shop, b"bytes")
    change = f"/admin/downloads/asset/{asset.pk}/change/"
    fields = {"title": "My book"} | NO_LINK
    for name in ("a/b.pdf", "a\\b.pdf"):
        response = staff.post(change, fields | {"file_name": name})
        assert errors_of(response) == ["A file's name has no / and no \\ in it."]
    response = staff.post(change, fields | {"file_name": "\u202e"})
    assert errors_of(response) == ["Enter a name with letters or digits in it."]
    assert staff.post(change, fields | {"file_name": 'Für "Elise".mp3'}).status_code == 302
    asset.refresh_from_db()
    assert (asset.file_name, asset.content_type) == ('Für "Elise".mp3', "audio/mpeg")
    assert staff.post(change, fields | {"file_name": ""}).status_code == 302
    asset.refresh_from_db()
    assert (asset.file_name, asset.file.read()) == ('Für "Elise".mp3', b"bytes")


def test_a_new_file_brings_its_name_unless_one_is_entered(staff, shop):
    asset = make_file(shop, b"old")
    change = f"/admin/downloads/asset/{asset.pk}/change/"
    fields = {"title": "My book", "file_name": asset.file_name} | NO_LINK
    staff.post(change, fields | {"upload": SimpleUploadedFile("b.epub", b"new")})
    asset.refresh_from_db()
    assert (asset.file_name, asset.file.read()) == ("b.epub", b"new")
    named = {"file_name": "c.epub", "upload": SimpleUploadedFile("d.epub", b"newer")}
    staff.post(change, fields | named)
    asset.refresh_from_db()
    assert (asset.file_name, asset.file.read()) == ("c.epub", b"newer")
