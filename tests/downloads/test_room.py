"""What a shop may store in all, and what is left free of the storage's disk."""

import errno
import shutil
from collections import namedtuple
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, Storage
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.db import transaction

from downloads import fulfilment, room
from downloads.errors import DiskFull, NoRoom
from downloads.models import Asset, KeptUpload, Shop
from tests.factories import LinkFactory, ShopFactory, make_file
from tests.racing import at_once

Usage = namedtuple("Usage", "total used free")
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def shop(db) -> Shop:
    return ShopFactory(name="My store")


@pytest.fixture
def on_disk(settings):
    """Return a function that lists every stored file."""
    return lambda: [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


@pytest.fixture
def free(monkeypatch):
    """Return a function that sets how many bytes are free on every disk."""

    def leave(size_bytes: int) -> None:
        monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**12, 0, size_bytes))

    return leave


def store(shop, size_bytes):
    content = ContentFile(b"x" * size_bytes, name="book.pdf")
    return fulfilment.store_file(Asset(shop=shop, title="A book"), content)


def replace(asset, size_bytes):
    return fulfilment.store_file(asset, ContentFile(b"y" * size_bytes, name="new.pdf"))


# --- What a shop may store -----------------------------------------------------------------------


def test_a_shop_stores_up_to_its_bound_and_no_byte_more(shop, settings, on_disk):
    settings.SHOP_STORAGE_BYTES = 1_000
    store(shop, 600)
    with pytest.raises(NoRoom) as refusal:
        store(shop, 401)
    assert str(refusal.value) == (
        f"{shop} has stored 600 of the 1,000 bytes that a shop may store in all (the setting "
        "SHOP_STORAGE_BYTES). There is room for a file of 400 bytes."
    )
    assert (Asset.objects.count(), len(on_disk())) == (1, 1)
    store(shop, 400)
    assert room.stored_bytes(shop) == 1_000


def test_no_bound_is_no_bound(shop, settings, django_assert_num_queries):
    assert settings.SHOP_STORAGE_BYTES == 0
    with django_assert_num_queries(0):
        room.require_room(shop, 10**18)
        room.require_room_in_one(Shop.objects.all(), 10**18)


def test_others_shops_and_links_take_no_room(shop, settings):
    settings.SHOP_STORAGE_BYTES = 1_000
    store(ShopFactory(), 1_000)
    LinkFactory(shop=shop, size_bytes=10**12)
    assert store(shop, 1_000).size_bytes == 1_000


def test_a_file_is_replaced_within_the_room_its_own_leaves(shop, settings):
    settings.SHOP_STORAGE_BYTES = 1_000
    store(shop, 400)
    asset = store(shop, 600)
    replace(asset, 600)
    with pytest.raises(NoRoom):
        replace(asset, 601)
    with Asset.objects.get(pk=asset.pk).file as kept:
        assert kept.read() == b"y" * 600


def test_a_lowered_bound_takes_what_makes_it_no_worse(shop, settings):
    asset = store(shop, 600)
    settings.SHOP_STORAGE_BYTES = 100
    with pytest.raises(NoRoom):
        replace(asset, 601)
    replace(asset, 599)
    with pytest.raises(NoRoom) as refusal:
        store(shop, 1)
    assert "There is room for a file of 0 bytes." in str(refusal.value)


def test_a_deleted_asset_leaves_its_room(shop, settings):
    settings.SHOP_STORAGE_BYTES = 1_000
    asset = store(shop, 1_000)
    fulfilment.delete_asset(asset)
    store(shop, 1_000)


def test_a_file_of_no_shop_yet_is_judged_by_the_emptiest(shop, settings):
    settings.SHOP_STORAGE_BYTES = 1_000
    store(shop, 900)
    other = ShopFactory()
    LinkFactory(shop=other, size_bytes=10**12)
    room.require_room_in_one(Shop.objects.all(), 1_000)
    store(other, 700)
    with pytest.raises(NoRoom, match="room for a file of 300 bytes"):
        room.require_room_in_one(Shop.objects.all(), 301)
    room.require_room_in_one(Shop.objects.none(), 301)


def test_what_another_file_took_meanwhile_is_taken_into_account(
    shop, settings, on_disk, monkeypatch
):
    settings.SHOP_STORAGE_BYTES = 1_000
    save = FileSystemStorage.save

    def save_after_another(self, *given, **named):
        monkeypatch.setattr(FileSystemStorage, "save", save)
        store(shop, 600)
        return save(self, *given, **named)

    monkeypatch.setattr(FileSystemStorage, "save", save_after_another)
    with pytest.raises(NoRoom), transaction.atomic():
        store(shop, 600)
    assert len(on_disk()) == 1


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_files_at_once_do_not_pass_the_bound_together(settings, on_disk, monkeypatch):
    settings.SHOP_STORAGE_BYTES = 1_000
    shop = ShopFactory()
    # All are judged before the first is saved.
    monkeypatch.setattr(fulfilment.files, "check_room", lambda *_: None)

    def send():
        try:
            return store(shop, 300).size_bytes
        except NoRoom:
            return None

    stored = at_once(*[send] * 8)
    assert sorted(stored, key=str) == [300, 300, 300, None, None, None, None, None]
    assert (room.stored_bytes(shop), len(on_disk())) == (900, 3)


# --- The disk ------------------------------------------------------------------------------------


def test_the_disks_reserve_is_left_free(shop, settings, free, on_disk):
    settings.DISK_RESERVE_BYTES = 1_000
    free(1_099)
    with pytest.raises(DiskFull) as refusal:
        store(shop, 100)
    assert str(refusal.value) == (
        "The disk that files are stored on has no room for this file: what is free there is kept "
        "in reserve (the setting DISK_RESERVE_BYTES)."
    )
    assert (Asset.objects.count(), on_disk()) == (0, [])
    free(1_100)
    assert store(shop, 100).size_bytes == 100


def test_no_reserve_is_none(shop, settings, free):
    settings.DISK_RESERVE_BYTES = 0
    free(0)
    assert store(shop, 100).size_bytes == 100


def test_an_upload_on_the_same_disk_is_moved_and_takes_no_more_of_it(
    shop, settings, free, tmp_path
):
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    settings.DISK_RESERVE_BYTES = 1_000
    free(1_000)
    with TemporaryUploadedFile("book.pdf", "", 100, None) as upload:
        upload.write(b"x" * 100)
        upload.seek(0)
        assert fulfilment.store_file(Asset(shop=shop, title="A"), upload).size_bytes == 100
    free(999)
    with pytest.raises(DiskFull):
        room.require_disk(FileSystemStorage(), 0)


def test_a_storage_without_a_disk_takes_all(settings, free):
    free(0)
    storage = Storage()
    room.require_disk(storage, 10**12)
    assert room.bytes_to_write(storage, ContentFile(b"12345")) == 5


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_disk_that_fills_in_the_midst_keeps_no_half(shop, on_disk, monkeypatch, number):
    before = make_file(shop, b"before")
    chunks = ContentFile.chunks

    def broken(self, *given):
        if self.size != 10:
            yield from chunks(self, *given)
            return
        yield b"x" * 5
        raise OSError(number, "no more")

    monkeypatch.setattr(fulfilment.files, "_sha256", lambda _: "0" * 64)
    monkeypatch.setattr(ContentFile, "chunks", broken)
    with pytest.raises(DiskFull):
        replace(before, 10)
    assert [path.read_bytes() for path in on_disk()] == [b"before"]


def test_a_storage_that_fails_otherwise_says_so_itself(shop, on_disk, monkeypatch):
    def broken(self, *given):
        yield b"x" * 5
        raise OSError(errno.EIO, "gone")

    monkeypatch.setattr(fulfilment.files, "_sha256", lambda _: "0" * 64)
    monkeypatch.setattr(ContentFile, "chunks", broken)
    with pytest.raises(OSError, match="gone"):
        store(shop, 10)
    assert on_disk() == []


def test_a_refused_form_keeps_no_file_on_a_full_disk(db, settings, free, on_disk):
    person = get_user_model().objects.create_user("ada")
    settings.DISK_RESERVE_BYTES = 1_000
    free(1_004)
    upload = ContentFile(b"bytes", name="a.pdf")
    assert fulfilment.keep_upload(upload, person=person, at=NOW) is None
    assert (KeptUpload.objects.count(), on_disk()) == (0, [])
    free(1_005)
    assert fulfilment.keep_upload(upload, person=person, at=NOW) is not None
