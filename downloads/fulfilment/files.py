"""File storage of assets: store, rename, check and open uploaded files."""

import errno
import hashlib
import mimetypes
from contextlib import AbstractContextManager, ExitStack, suppress

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import Storage
from django.db import transaction
from django.utils.translation import gettext as _

from downloads import room
from downloads.errors import BadInput, DiskFull, StorageDown
from downloads.file_names import safe_file_name
from downloads.models import Asset
from downloads.storage_slots import Taker, storage_slots

# Python's own table, whatever the machine's /etc/mime.types says, and what shops sell beside it.
TYPES = mimetypes.MimeTypes()
for _type, _ending in (
    ("application/epub+zip", ".epub"),
    ("application/vnd.amazon.mobi8-ebook", ".azw3"),
    ("application/x-mobipocket-ebook", ".mobi"),
    ("audio/flac", ".flac"),
    ("audio/mp4", ".m4a"),
    ("audio/mp4", ".m4b"),
    ("image/avif", ".avif"),
    ("image/webp", ".webp"),
):
    TYPES.add_type(_type, _ending)

# What a system says of a disk, and of a person's share of one, that is full.
FULL = {errno.ENOSPC, errno.EDQUOT}


def store_file(asset: Asset, upload: File) -> Asset:
    """Store an uploaded file as this asset's bytes and save the asset.

    Records size in bytes, SHA-256, content type and a safe name. A file the asset had before is
    removed once the new one is saved; when saving fails, the new one is.

    Raises:
        BadInput: empty, larger than `UPLOAD_MAX_BYTES`, or with a name that cannot be kept.
        NoRoom: it takes the shop beyond `SHOP_STORAGE_BYTES`.
        DiskFull: it takes what is kept free of the storage's disk.
    """
    name = safe_file_name(upload.name or "")
    check_size(upload.size)
    check_room(asset, upload)
    asset.file_name = name
    asset.content_type = content_type_of(name)
    asset.size_bytes = upload.size
    asset.sha256 = _sha256(upload)
    asset.link = ""
    storage = asset.file.storage
    earlier = Asset.objects.filter(pk=asset.pk).values_list("file", flat=True).first()
    stored = write_file(storage, asset.file.field.generate_filename(asset, name), upload)
    try:
        asset.file.name = stored
        with transaction.atomic():
            room.claim_room(asset)
            asset.save()
    except BaseException:
        storage.delete(stored)
        raise
    _remove_after_commit(asset, earlier)
    return asset


def rename_file(asset: Asset, name: str) -> Asset:
    """Save another name for this asset's file, and the content type of its extension.

    Raises:
        BadInput: nothing is left of the name, or it holds a path.
    """
    if "/" in name or "\\" in name:
        raise BadInput(_("A file's name has no / and no \\ in it."))
    asset.file_name = safe_file_name(name)
    asset.content_type = content_type_of(asset.file_name)
    asset.save(update_fields=["file_name", "content_type"])
    return asset


def store_link(asset: Asset, *, size_bytes: int | None) -> Asset:
    """Save this asset as a link; a file it had before is removed.

    `size_bytes` is what the merchant says of it, null for unknown.
    """
    earlier = Asset.objects.filter(pk=asset.pk).values_list("file", flat=True).first()
    asset.file.name = ""
    asset.file_name = asset.content_type = asset.sha256 = ""
    asset.size_bytes = size_bytes
    asset.save()
    _remove_after_commit(asset, earlier)
    return asset


def delete_asset(asset: Asset) -> None:
    """Delete an asset that no order holds, with its file."""
    stored = asset.file.name
    asset.delete()
    _remove_after_commit(asset, stored)


def _remove_after_commit(asset: Asset, stored: str | None) -> None:
    # A file goes only once no row can name it any more.
    if stored:
        transaction.on_commit(lambda: asset.file.storage.delete(stored))


def content_type_of(name: str) -> str:
    """Return the content type by a name's extension; never what an uploader claims."""
    content_type, packing = TYPES.guess_type(name)
    return (not packing and content_type) or "application/octet-stream"


def check_size(size_bytes: int | None) -> None:
    """Refuse a file that is empty or larger than the setting allows.

    Raises:
        BadInput: with the size and the bound.
    """
    if not size_bytes:
        raise BadInput(_("The file is empty (0 bytes). Choose it again once it has content."))
    if size_bytes > settings.UPLOAD_MAX_BYTES:
        raise BadInput(
            _(
                "The file has {size:,} bytes; at most {most:,} are accepted (the "
                "setting UPLOAD_MAX_BYTES)."
            ).format(size=size_bytes, most=settings.UPLOAD_MAX_BYTES)
        )


def check_room(asset: Asset, upload: File) -> None:
    """Refuse a file for which its shop or the storage's disk has no room.

    Other files may be stored before this one is: `store_file` asks once more.

    Raises:
        NoRoom: it takes the shop beyond `SHOP_STORAGE_BYTES`.
        DiskFull: it takes what is kept free of the storage's disk.
    """
    room.require_room(asset.shop, upload.size, replaces=asset)
    storage = asset.file.storage
    room.require_disk(storage, room.bytes_to_write(storage, upload))


def write_file(storage: Storage, name: str, upload: File) -> str:
    """Write an upload to a storage, whole or not at all; return the name it has there.

    Raises:
        DiskFull: the disk took no more in the midst of it.
    """
    try:
        return storage.save(name, upload)
    except BaseException as error:
        with suppress(OSError):
            storage.delete(name)
        if isinstance(error, OSError) and error.errno in FULL:
            raise DiskFull from error
        raise


def require_file(asset: Asset) -> None:
    """Verify that an asset's file is complete and readable. A link needs none.

    Raises:
        StorageDown: missing, cut short, or the storage does not answer.
    """
    if asset.kind == Asset.FILE:
        open_file(asset).close()


def open_file(asset: Asset, *, taker: Taker | None = None) -> "StoredFile":
    """Open an asset's bytes for reading; the caller closes them.

    Raises:
        StorageDown: missing, cut short, or the storage does not answer.
        TooManyAtOnce: this taker has as many open as one may.
    """
    with ExitStack() as stack:
        stack.enter_context(storage_slots.taken(taker))
        try:
            stored = asset.file.storage.open(str(asset.file.name), "rb")
            stack.callback(stored.close)
            size_bytes = stored.size
        except OSError as error:
            raise StorageDown from error
        if size_bytes != asset.size_bytes:
            raise StorageDown
        return StoredFile(stored, stack.pop_all())


class StoredFile(AbstractContextManager["StoredFile"]):
    """An open file, with its storage slot, which it holds until it is closed."""

    def __init__(self, stored: File, stack: ExitStack) -> None:
        self._stored = stored
        self._stack = stack

    def read_from(self, start: int) -> None:
        """Seek to a byte.

        Raises:
            StorageDown: the storage does not answer.
        """
        try:
            self._stored.seek(start)
        except OSError as error:
            raise StorageDown from error

    def read(self, length: int) -> bytes:
        """Return the next bytes, at least one and at most `length`.

        Raises:
            StorageDown: there are none, or the storage does not answer.
        """
        try:
            block = self._stored.read(length)
        except OSError as error:
            raise StorageDown from error
        if not block:
            raise StorageDown
        return block

    def close(self) -> None:
        """Close the file and free its place; again does nothing."""
        self._stack.close()

    def __exit__(self, *error: object) -> None:
        self.close()


def _sha256(upload: File) -> str:
    digest = hashlib.sha256()
    for chunk in upload.chunks():
        digest.update(chunk)
    upload.seek(0)
    return digest.hexdigest()
