import hashlib
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from downloads import fulfilment
from downloads.errors import BadInput, StorageDown
from downloads.models import Asset, Shop
from tests.factories import LinkFactory, ShopFactory, make_file, make_file_grant


@pytest.fixture
def shop(db) -> Shop:
    return ShopFactory()


def store(shop: Shop, content: bytes = b"content", name: str = "book.pdf") -> Asset:
    return fulfilment.store_file(Asset(shop=shop, title="A book"), ContentFile(content, name=name))


@pytest.fixture
def on_disk(settings):
    """Return a function that lists every stored file, by its path under the uploads."""

    def names() -> list[str]:
        root = Path(settings.MEDIA_ROOT)
        return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())

    return names


# --- What is kept --------------------------------------------------------------------------------


def test_a_stored_file_is_known_by_size_and_checksum(shop):
    content = bytes(range(256)) * 1000
    asset = store(shop, content)
    asset.refresh_from_db()
    assert asset.kind == Asset.FILE
    assert (asset.size_bytes, asset.file_name, asset.link) == (256_000, "book.pdf", "")
    assert asset.sha256 == hashlib.sha256(content).hexdigest()
    with fulfilment.open_file(asset) as stored:
        assert stored.read(len(content)) == content


def test_an_upload_from_a_browser_is_stored_whole(shop):
    upload = SimpleUploadedFile("book.pdf", b"x" * 100_000)
    upload.read(10)
    asset = fulfilment.store_file(Asset(shop=shop, title="A book"), upload)
    assert asset.file.size == 100_000
    assert asset.sha256 == hashlib.sha256(b"x" * 100_000).hexdigest()


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("book.pdf", "application/pdf"),
        ("BOOK.PDF", "application/pdf"),
        ("all.zip", "application/zip"),
        ("song.mp3", "audio/mpeg"),
        ("page.html", "text/html"),
        ("book", "application/octet-stream"),
        ("book.unknown-kind", "application/octet-stream"),
        # Packed text is no text.
        ("notes.txt.gz", "application/octet-stream"),
    ],
)
def test_a_type_follows_from_the_name(shop, name, content_type):
    assert store(shop, name=name).content_type == content_type


def test_the_uploaded_name_never_reaches_the_disk(shop, on_disk):
    asset = store(shop, name="../../My secret plan.pdf")
    (path,) = on_disk()
    assert path == asset.file.name
    folder, _slash, name = path.partition("/")
    assert folder == "assets"
    assert len(name) == 32
    assert set(name) <= set("0123456789abcdef")
    assert asset.file_name == "My secret plan.pdf"


def test_a_link_that_becomes_a_file_is_no_link_any_more(shop):
    asset = LinkFactory(shop=shop)
    fulfilment.store_file(asset, ContentFile(b"content", name="book.pdf"))
    asset.refresh_from_db()
    assert (asset.kind, asset.link, asset.size_bytes) == (Asset.FILE, "", 7)


# --- What is refused -----------------------------------------------------------------------------


def test_an_empty_file_is_refused(shop, on_disk):
    with pytest.raises(BadInput) as refusal:
        store(shop, b"")
    assert str(refusal.value) == (
        "The file is empty (0 bytes). Choose it again once it has content."
    )
    assert (Asset.objects.count(), on_disk()) == (0, [])


def test_a_file_above_the_bound_is_refused(shop, on_disk, settings):
    settings.UPLOAD_MAX_BYTES = 1_000
    with pytest.raises(BadInput) as refusal:
        store(shop, b"x" * 1_001)
    assert str(refusal.value) == (
        "The file has 1,001 bytes; at most 1,000 are accepted (the setting UPLOAD_MAX_BYTES)."
    )
    assert (Asset.objects.count(), on_disk()) == (0, [])


def test_a_file_at_the_bound_is_stored(shop, settings):
    settings.UPLOAD_MAX_BYTES = 1_000
    assert store(shop, b"x" * 1_000).size_bytes == 1_000


def test_a_name_that_cannot_be_kept_leaves_the_asset_as_it_was(shop, on_disk):
    asset = make_file(shop)
    before, files = Asset.objects.values().get(), on_disk()
    with pytest.raises(BadInput):
        fulfilment.store_file(asset, ContentFile(b"new", name="\u202e"))
    assert (Asset.objects.values().get(), on_disk()) == (before, files)


# --- Replacing -----------------------------------------------------------------------------------


def test_the_earlier_file_goes_after_the_commit_only(
    shop, on_disk, django_capture_on_commit_callbacks
):
    asset = make_file(shop)
    earlier = asset.file.name
    with django_capture_on_commit_callbacks(execute=False) as callbacks:
        fulfilment.store_file(asset, ContentFile(b"new", name="new.pdf"))
    assert on_disk() == sorted([earlier, asset.file.name])
    for callback in callbacks:
        callback()
    assert on_disk() == [asset.file.name]
    with fulfilment.open_file(Asset.objects.get()) as stored:
        assert stored.read(100) == b"new"


def test_a_replacement_rolled_back_leaves_the_earlier_file(
    shop, on_disk, django_capture_on_commit_callbacks
):
    asset = make_file(shop, b"earlier")
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        fulfilment.store_file(asset, ContentFile(b"new", name="new.pdf"))
        transaction.set_rollback(True)
    with fulfilment.open_file(Asset.objects.get()) as stored:
        assert stored.read(100) == b"earlier"


def test_a_failing_save_takes_the_new_file_along(shop, on_disk):
    asset = make_file(shop)
    before, files = Asset.objects.values().get(), on_disk()
    asset.title = None
    with pytest.raises(IntegrityError), transaction.atomic():
        fulfilment.store_file(asset, ContentFile(b"new", name="new.pdf"))
    assert (Asset.objects.values().get(), on_disk()) == (before, files)


def test_a_failing_first_save_leaves_no_file(shop, on_disk):
    with pytest.raises(IntegrityError), transaction.atomic():
        fulfilment.store_file(Asset(shop=shop, title=None), ContentFile(b"new", name="new.pdf"))
    assert (Asset.objects.count(), on_disk()) == (0, [])


# --- Links and deletions -------------------------------------------------------------------------


def test_a_file_that_becomes_a_link_goes_after_the_commit_only(
    shop, on_disk, django_capture_on_commit_callbacks
):
    asset = make_file(shop)
    earlier = asset.file.name
    asset.link = "https://example.com/book.pdf"
    with django_capture_on_commit_callbacks(execute=False) as callbacks:
        fulfilment.store_link(asset, size_bytes=None)
    assert on_disk() == [earlier]
    for callback in callbacks:
        callback()
    assert on_disk() == []
    asset.refresh_from_db()
    assert (asset.kind, asset.link) == (Asset.LINK, "https://example.com/book.pdf")
    assert (asset.size_bytes, asset.sha256, asset.file_name, asset.content_type) == (
        None,
        "",
        "",
        "",
    )


def test_a_new_link_is_saved_with_the_size_the_merchant_says(shop):
    asset = Asset(shop=shop, title="A link", link="https://example.com/book.pdf")
    fulfilment.store_link(asset, size_bytes=10_000_000)
    asset.refresh_from_db()
    assert (asset.kind, asset.size_bytes) == (Asset.LINK, 10_000_000)


def test_a_link_of_nothing_keeps_the_file(shop, on_disk):
    asset = make_file(shop)
    before, files = Asset.objects.values().get(), on_disk()
    with pytest.raises(IntegrityError), transaction.atomic():
        fulfilment.store_link(asset, size_bytes=None)
    assert (Asset.objects.values().get(), on_disk()) == (before, files)


def test_a_deleted_asset_takes_its_file_along_after_the_commit(
    shop, on_disk, django_capture_on_commit_callbacks
):
    asset, other = make_file(shop), make_file(shop)
    with django_capture_on_commit_callbacks(execute=False) as callbacks:
        fulfilment.delete_asset(asset)
    assert len(on_disk()) == 2
    for callback in callbacks:
        callback()
    assert on_disk() == [other.file.name]
    assert Asset.objects.get() == other


def test_an_asset_that_an_order_holds_is_kept_with_its_file(
    on_disk, django_capture_on_commit_callbacks, db
):
    grant = make_file_grant()
    with (
        django_capture_on_commit_callbacks(execute=True),
        pytest.raises(ProtectedError),
    ):
        fulfilment.delete_asset(grant.asset)
    assert on_disk() == [grant.asset.file.name]
    assert Asset.objects.get() == grant.asset


# --- Reading -------------------------------------------------------------------------------------


def test_a_missing_file_is_the_storages_fault(shop):
    asset = make_file(shop)
    Path(asset.file.path).unlink()
    for ask in (fulfilment.open_file, fulfilment.require_file):
        with pytest.raises(StorageDown) as refusal:
            ask(asset)
        assert str(refusal.value) == StorageDown.MESSAGE


def test_a_link_needs_no_file(shop):
    assert fulfilment.require_file(LinkFactory(shop=shop)) is None


# --- Names ---------------------------------------------------------------------------------------


def test_a_renamed_file_is_of_the_type_its_name_promises(shop):
    asset = store(shop, name="book.pdf")
    fulfilment.rename_file(asset, '  The "Book".epub')
    asset.refresh_from_db()
    assert (asset.file_name, asset.content_type) == ('The "Book".epub', "application/epub+zip")
    assert asset.file.read() == b"content"


@pytest.mark.parametrize("name", ["", "..", "a/b.pdf", "a\\b.pdf", "\u202e"])
def test_a_file_is_not_renamed_to_nothing_nor_to_a_path(shop, name):
    asset = store(shop, name="book.pdf")
    with pytest.raises(BadInput):
        fulfilment.rename_file(asset, name)
    assert Asset.objects.get().file_name == "book.pdf"
