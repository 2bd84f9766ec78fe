"""Logo upload: judged by its header, decoded once, written anew as a small PNG."""

import io
import struct
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile, File
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from PIL import Image, ImageOps

from downloads import room
from downloads.brand.headers import header_of
from downloads.errors import BadInput, StorageDown
from downloads.fulfilment.files import write_file
from downloads.models import Shop
from downloads.storage_slots import storage_slots

# Twice as large as it is shown, for screens of fine dots.
WIDEST, HIGHEST = 480, 160
SCALE = 2
COLOURS = 256
SMALLER = 0.8
# What Pillow raises on a broken image, by kind and by version.
BROKEN = (OSError, SyntaxError, ValueError, EOFError, IndexError, TypeError, KeyError, struct.error)
NO_IMAGE = gettext_lazy(
    "This is no picture that we take. Choose a PNG, JPEG, WebP or GIF; an SVG has to be exported "
    "as a PNG first."
)
DAMAGED = gettext_lazy("This picture is damaged: it cannot be read to its end. Export it anew.")
# They hold what is less than transparent as well, so that a palette is enough to know it by.
_PLAIN = {"1", "L", "LA", "P", "PA", "RGB", "RGBA"}


@dataclass(frozen=True)
class Logo:
    """A logo as it is kept: a PNG without anything but its pixels."""

    content: bytes
    width: int
    height: int


def read_logo(upload: File) -> Logo:
    """Read an uploaded picture and write it anew; nothing of the original's bytes is kept.

    Raises:
        BadInput: no picture, too large in bytes or pixels, or damaged.
    """
    if not upload.size:
        raise BadInput(_("The file is empty (0 bytes). Choose a picture."))
    if upload.size > settings.LOGO_MAX_BYTES:
        raise BadInput(
            _(
                "The logo has {size:,} bytes; at most {most:,} are accepted (the setting "
                "LOGO_MAX_BYTES)."
            ).format(size=upload.size, most=settings.LOGO_MAX_BYTES)
        )
    upload.seek(0)
    content = upload.read()
    found = header_of(content)
    if found is None:
        raise BadInput(NO_IMAGE)
    kind, size = found
    _check_pixels(size)
    try:
        with Image.open(io.BytesIO(content), formats=[kind]) as image:
            # A GIF's first frame may be larger than its header says.
            _check_pixels(image.size)
            return _written(_pixels_of(image))
    except (*BROKEN, Image.DecompressionBombError) as error:
        raise BadInput(DAMAGED) from error


def store_logo(shop: Shop, logo: Logo) -> None:
    """Store a shop's logo and save its row; the one it had before is removed afterwards.

    Raises:
        DiskFull: it takes what is kept free of the storage's disk.
    """
    storage = shop.logo.storage
    upload = ContentFile(logo.content)
    room.require_disk(storage, len(logo.content))
    earlier = shop.logo.name
    stored = write_file(storage, shop.logo.field.generate_filename(shop, "logo"), upload)
    try:
        _save_logo(shop, stored, logo.width, logo.height)
    except BaseException:
        storage.delete(stored)
        raise
    _remove_after_commit(shop, earlier)


def remove_logo(shop: Shop) -> None:
    """Take a shop's logo away, with its file."""
    earlier = shop.logo.name
    _save_logo(shop, "", None, None)
    _remove_after_commit(shop, earlier)


def delete_shop(shop: Shop) -> None:
    """Delete a shop that nothing uses, with its logo's file."""
    stored = shop.logo.name
    shop.delete()
    _remove_after_commit(shop, stored)


def logo_content(name: str) -> bytes:
    """Return the bytes of a stored logo.

    Raises:
        StorageDown: it is not there, or the storage does not answer.
    """
    storage = Shop._meta.get_field("logo").storage
    with storage_slots.taken():
        try:
            with storage.open(name, "rb") as stored:
                return stored.read(settings.LOGO_SENT_BYTES)
        except OSError as error:
            raise StorageDown from error


def logo_for_mail(shop: Shop) -> bytes | None:
    """Return a shop's logo, or None where it has none or the storage does not answer."""
    if shop.logo:
        # A mail without its picture is better than none.
        with suppress(StorageDown):
            return logo_content(str(shop.logo.name))
    return None


def _check_pixels(size: tuple[int, int]) -> None:
    width, height = size
    if width * height > settings.LOGO_MAX_PIXELS:
        raise BadInput(
            _(
                "The logo has {width:,} × {height:,} pixels; at most {most:,} in all are "
                "accepted (the setting LOGO_MAX_PIXELS). Make it smaller and send it again."
            ).format(width=width, height=height, most=settings.LOGO_MAX_PIXELS)
        )


def _pixels_of(image: Image.Image) -> Image.Image:
    """Return an image's pixels alone, the right way up and as small as it is shown."""
    image.load()
    turned = ImageOps.exif_transpose(image)
    plain = turned if turned.mode in _PLAIN else turned.convert("RGB")
    plain = plain.convert("RGBA")
    plain.thumbnail((WIDEST, HIGHEST), Image.Resampling.LANCZOS)
    alone = Image.new("RGBA", plain.size)
    alone.paste(plain)
    return alone


def _written(image: Image.Image) -> Logo:
    """Write an image as a PNG of at most `LOGO_SENT_BYTES`: with fewer colours, then smaller."""
    content = _png_of(image)
    while len(content) > settings.LOGO_SENT_BYTES:
        content = _png_of(image.quantize(COLOURS, method=Image.Quantize.FASTOCTREE))
        if len(content) > settings.LOGO_SENT_BYTES:
            smaller = [max(1, int(length * SMALLER)) for length in image.size]
            image = image.resize((smaller[0], smaller[1]), Image.Resampling.LANCZOS)
    return Logo(content, *image.size)


def _png_of(image: Image.Image) -> bytes:
    written = io.BytesIO()
    image.save(written, "PNG", optimize=True)
    return written.getvalue()


def _save_logo(shop: Shop, name: str, width: Any, height: Any) -> None:
    shop.logo.name = name
    shop.logo_width, shop.logo_height = width, height
    with transaction.atomic():
        shop.save(update_fields=["logo", "logo_width", "logo_height"])


def _remove_after_commit(shop: Shop, stored: str | None) -> None:
    if stored:
        transaction.on_commit(lambda: shop.logo.storage.delete(stored))
