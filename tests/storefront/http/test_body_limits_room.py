"""Files that there is no room for: refused unread where their request says how large they are."""

import shutil
from collections import namedtuple
from html import unescape
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from downloads import fulfilment
from downloads.models import Asset, KeptUpload, Membership
from storefront.http.body_limits import FORM_BYTES
from tests.factories import ShopFactory
from tests.storefront.http.asking import CountedInput, ask

ADD = "/admin/downloads/asset/add/"
BOUND = 5_000_000
# What stands behind the judgement of lengths: the CSRF check, which misses its token.
PASSED_ON = 403
Usage = namedtuple("Usage", "total used free")


@pytest.fixture(autouse=True)
def _bound(settings):
    settings.SHOP_STORAGE_BYTES = BOUND


@pytest.fixture
def shop(db):
    return ShopFactory(name="My store")


@pytest.fixture
def ada(shop):
    return signed_in("ada", shop)


@pytest.fixture
def boss(db):
    client = Client()
    client.force_login(get_user_model().objects.create_superuser("boss", "b@shop.example", "x"))
    return client


def signed_in(name, *shops):
    user = get_user_model().objects.create_user(name, is_staff=True)
    for shop in shops:
        Membership.objects.create(shop=shop, user=user, role="manager")
    client = Client()
    client.force_login(user)
    return client


def fill(shop, size_bytes):
    """Have a shop store this much, without that many bytes on the test's disk."""
    return Asset.objects.create(
        shop=shop,
        title="Large",
        file="assets/large",
        file_name="a",
        size_bytes=size_bytes,
        sha256="0" * 64,
    )


def send(client, path, size_bytes):
    """Declare a form around a file of this size; return the answer, unread or not."""
    cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
    body = CountedInput()
    length = str(size_bytes + FORM_BYTES)
    return ask(path, body=body, CONTENT_LENGTH=length, HTTP_COOKIE=cookies), body


def given(shop, content=b"bytes", **more):
    file = SimpleUploadedFile("a.pdf", content)
    return {
        "shop": shop.pk,
        "title": "A",
        "link": "",
        "stated_size": "",
        "file_name": "",
        "upload": file,
    } | more


def change(asset):
    return f"/admin/downloads/asset/{asset.pk}/change/"


def on_disk(settings):
    return [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


# --- Before it is read ---------------------------------------------------------------------------


def test_a_file_beyond_the_shops_bound_is_refused_unread(ada, shop):
    fill(shop, 4_000_000)
    reply, body = send(ada, ADD, 1_000_001)
    assert (reply.status, reply.is_closing, body.taken) == (507, True, 0)
    assert send(ada, ADD, 1_000_000)[0].status == PASSED_ON


def test_the_page_says_how_much_there_is_and_what_to_do(ada, shop):
    fill(shop, 4_000_000)
    answer = ada.post(ADD, given(shop, b"x" * 3_000_000))
    assert (answer.status_code, Asset.objects.count()) == (507, 1)
    page = unescape(answer.content.decode())
    assert "<h1>No room for this file</h1>" in page
    assert "has stored 4,000,000 of the 5,000,000 bytes that a shop may store in all" in page
    assert "There is room for a file of 1,000,000 bytes." in page
    assert "delete assets that no order needs, or ask whoever runs this service" in page


def test_a_new_asset_is_judged_by_the_emptiest_of_its_senders_shops(shop, db):
    fill(shop, BOUND)
    ShopFactory(name="Not hers")
    ada, bea = signed_in("ada", shop), signed_in("bea", shop, ShopFactory())
    assert send(ada, ADD, 1)[0].status == 507
    assert send(bea, ADD, BOUND)[0].status == PASSED_ON


def test_superusers_are_held_to_it_too(boss, shop):
    fill(shop, BOUND)
    assert send(boss, ADD, 1)[0].status == 507


def test_a_file_that_replaces_another_has_its_room(ada, shop):
    fill(shop, 1_000_000)
    asset = fill(shop, 4_000_000)
    assert send(ada, change(asset), 4_000_000)[0].status == PASSED_ON
    reply, body = send(ada, change(asset), 4_000_001)
    assert (reply.status, body.taken) == (507, 0)


def test_a_full_shop_still_changes_its_assets_words(ada, shop):
    asset = fill(shop, BOUND + 1)
    words = {"title": "Another", "link": "", "stated_size": "", "file_name": "book.pdf"}
    assert ada.post(change(asset), words).status_code == 302
    assert Asset.objects.get().title == "Another"


def test_a_file_beyond_the_disks_reserve_is_refused_unread(ada, monkeypatch, settings):
    settings.DISK_RESERVE_BYTES = 1_000
    settings.SHOP_STORAGE_BYTES = 0
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**12, 0, 2_000_000))
    reply, body = send(ada, ADD, 1_999_001)
    assert (reply.status, reply.is_closing, body.taken) == (507, True, 0)
    assert send(ada, ADD, 1_999_000)[0].status == PASSED_ON


def test_who_may_not_save_the_asset_is_not_told_of_room(shop):
    fill(shop, BOUND)
    assert send(signed_in("ada", ShopFactory()), change(fill(shop, 1)), 2)[0].status == 403
    assert send(Client(), ADD, 1)[0].status == 302


# --- Once it is read -----------------------------------------------------------------------------


def test_a_small_file_is_refused_by_the_form_and_not_kept(ada, shop, settings):
    fill(shop, BOUND - 4)
    answer = ada.post(ADD, given(shop))
    assert answer.status_code == 200
    assert "There is room for a file of 4 bytes." in answer.content.decode()
    assert (Asset.objects.count(), KeptUpload.objects.count()) == (1, 0)
    assert on_disk(settings) == []
    assert ada.post(ADD, given(shop, b"four")).status_code == 302


def test_the_form_judges_the_shop_that_was_chosen(shop):
    other = ShopFactory(name="Another store")
    bea = signed_in("bea", shop, other)
    fill(shop, BOUND)
    answer = bea.post(ADD, given(shop))
    assert "There is room for a file of 0 bytes." in answer.content.decode()
    assert bea.post(ADD, given(other)).status_code == 302


def test_a_full_disk_is_the_forms_error_too(ada, shop, monkeypatch, settings):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**12, 0, 1024**3))
    answer = ada.post(ADD, given(shop))
    assert "The disk that files are stored on has no room" in answer.content.decode()
    assert (Asset.objects.count(), KeptUpload.objects.count(), on_disk(settings)) == (0, 0, [])


def test_who_was_overtaken_by_another_file_is_told_on_a_page(ada, shop, monkeypatch, settings):
    check = fulfilment.files.check_room

    def check_and_be_overtaken(*args):
        check(*args)
        if not Asset.objects.exists():
            fill(shop, BOUND)

    monkeypatch.setattr(fulfilment.files, "check_room", check_and_be_overtaken)
    answer = ada.post(ADD, given(shop))
    assert answer.status_code == 507
    assert "No room for this file" in answer.content.decode()
    assert on_disk(settings) == []
    assert not Asset.objects.filter(title="A").exists()


# --- What the form tells -------------------------------------------------------------------------


def test_the_form_tells_how_much_is_used(ada, shop, settings):
    asset = fill(shop, 3_200_000)
    words = "The shop&#x27;s files take 3.2\u202fMB of the 5\u202fMB they may."
    for path in (ADD, change(asset)):
        page = ada.get(path).content.decode().replace("'", "&#x27;")
        assert words in page
    settings.SHOP_STORAGE_BYTES = 0
    assert "files take" not in ada.get(ADD).content.decode()


def test_the_form_of_no_shop_yet_tells_nothing(shop):
    bea = signed_in("bea", shop, ShopFactory())
    assert "files take" not in bea.get(ADD).content.decode()


def test_a_kept_file_finds_the_room_it_then_has(ada, shop):
    fill(shop, BOUND - 4)
    answer = ada.post(ADD, given(shop, b"four", title=""))
    assert "which was kept" in answer.content.decode()
    fill(shop, 1)
    mark = answer.content.decode().partition('name="upload-kept" value="')[2].partition('"')[0]
    again = given(shop) | {"upload-kept": unescape(mark)}
    del again["upload"]
    page = ada.post(ADD, again).content.decode()
    assert "There is room for a file of 3 bytes." in page
    assert "which was kept" in page
