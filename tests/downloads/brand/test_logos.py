import io
import os
import zlib

import pytest
from django.core.files.base import ContentFile
from PIL import Image

from downloads.brand.logos import (
    delete_shop,
    logo_content,
    logo_for_mail,
    read_logo,
    remove_logo,
    store_logo,
)
from downloads.errors import BadInput, StorageDown
from tests.downloads.brand.test_headers import KINDS, picture
from tests.factories import ShopFactory


def read(content):
    return read_logo(ContentFile(content))


def noise(size):
    return Image.frombytes("RGB", size, os.urandom(3 * size[0] * size[1]))


def written(image, kind, **options):
    content = io.BytesIO()
    image.save(content, kind, **options)
    return content.getvalue()


@pytest.mark.parametrize("kind", KINDS)
def test_a_logo_is_written_anew_as_a_small_png(kind):
    logo = read(written(noise((1000, 400)), kind))
    with Image.open(io.BytesIO(logo.content)) as image:
        assert (image.format, image.size) == ("PNG", (400, 160))
    assert (logo.width, logo.height) == (400, 160)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16"])
def test_every_kind_of_pixels_is_taken(mode):
    kind = "JPEG" if mode == "CMYK" else "PNG"
    assert read(written(Image.new(mode, (20, 10)), kind)).width == 20


def test_nothing_of_the_original_is_kept_but_its_pixels():
    secret = b"somewhere at home"
    for content in (
        picture("JPEG", comment=secret, exif=b"Exif\0\0" + secret, icc_profile=secret),
        picture("PNG", icc_profile=secret) + secret,
        picture("GIF", comment=secret) + b"<script>" + secret,
    ):
        assert secret in content or b"ICC" in content or b"iCCP" in content
        logo = read(content)
        assert secret not in logo.content
        with Image.open(io.BytesIO(logo.content)) as image:
            assert not set(image.info) - {"transparency"}


def test_a_logo_is_at_most_as_large_as_a_mail_carries(settings):
    settings.LOGO_SENT_BYTES = 10_000
    assert len(read(written(noise((480, 160)), "PNG")).content) <= 10_000


@pytest.mark.parametrize(
    "content",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<?xml version='1.0'?><svg/>",
        b"<script>alert(1)</script>",
        b"%PDF-1.7",
        b"BM" + bytes(60),
        b"\x00\x00\x01\x00" + bytes(60),
    ],
)
def test_what_is_no_picture_is_refused(content):
    with pytest.raises(BadInput, match="no picture that we take"):
        read(content)


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_picture_is_refused(kind):
    content = written(noise((60, 25)), kind)
    for length in range(30, len(content) - 40, max(1, len(content) // 40)):
        with pytest.raises(BadInput):
            read(content[:length])


def header_only(width, height):
    """Return a PNG that says it is that large, and holds a few bytes."""

    def chunk(name, body):
        return len(body).to_bytes(4) + name + body + zlib.crc32(name + body).to_bytes(4)

    size = width.to_bytes(4) + height.to_bytes(4)
    head = chunk(b"IHDR", size + b"\x08\x06\0\0\0")
    return (
        b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(9))) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    "content",
    [
        header_only(20_000, 20_000),
        header_only(2**31 - 1, 2**31 - 1),
        b"GIF89a" + b"\xff\xff\xff\xff" + bytes(60),
        b"RIFF0000WEBPVP8X" + bytes(8) + b"\xff" * 6 + bytes(60),
        b"\xff\xd8\xff\xc0\x00\x11\x08\xff\xff\xff\xff" + bytes(60),
    ],
    ids=["png", "png-without-end", "gif", "webp", "jpeg"],
)
def test_a_bomb_is_refused_by_its_header_alone(content, monkeypatch):
    monkeypatch.setattr(Image, "open", lambda *args, **kwargs: pytest.fail("was decoded"))
    with pytest.raises(BadInput, match="pixels; at most 16,000,000"):
        read(content)


def test_a_gif_whose_frame_is_larger_than_it_says_is_refused():
    content = bytearray(picture("GIF"))
    at = content.index(b"\x2c") + 1
    content[at + 4 : at + 8] = b"\xff\xff\xff\xff"
    with pytest.raises(BadInput):
        read(bytes(content))


def test_an_empty_file_and_one_too_large_are_refused(settings):
    settings.LOGO_MAX_BYTES = 10
    with pytest.raises(BadInput, match="empty"):
        read(b"")
    with pytest.raises(BadInput, match="has 11 bytes; at most 10"):
        read(bytes(11))


def test_a_new_logo_takes_the_place_of_the_old_one(db, django_capture_on_commit_callbacks):
    shop = ShopFactory()
    with django_capture_on_commit_callbacks(execute=True):
        store_logo(shop, read(picture("PNG")))
    first = shop.logo.name
    with django_capture_on_commit_callbacks(execute=True):
        store_logo(shop, read(picture("GIF")))
    shop.refresh_from_db()
    assert shop.logo.name != first
    assert not shop.logo.storage.exists(first)
    assert logo_for_mail(shop) == logo_content(shop.logo.name)
    assert (shop.logo_width, shop.logo_height) == (60, 25)


@pytest.mark.parametrize("take", [remove_logo, delete_shop])
def test_its_file_goes_with_it(db, django_capture_on_commit_callbacks, take):
    shop = ShopFactory()
    store_logo(shop, read(picture("PNG")))
    stored, storage = shop.logo.name, shop.logo.storage
    with django_capture_on_commit_callbacks(execute=True):
        take(shop)
    assert not storage.exists(stored)


def test_a_mail_goes_without_a_logo_that_cannot_be_read(db):
    shop = ShopFactory(logo="logos/gone")
    assert logo_for_mail(shop) is None
    with pytest.raises(StorageDown):
        logo_content("logos/gone")
    assert logo_for_mail(ShopFactory()) is None
