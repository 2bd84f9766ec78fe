"""Storage quota of a shop, and the free space that uploads leave on the storage's disk.

A shop has stored what its assets' files have together. A file's size is judged before it is read,
by what its request declares, and again as it is stored: then under the shop's lock, so that two
files at once do not pass the bound together. Files of refused forms are no shop's; the disk's
reserve holds for them too.
"""

import os
import shutil
from pathlib import Path

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import Storage
from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from downloads.errors import DiskFull, NoRoom
from downloads.models import Asset, Shop

IS_FILE = ~Q(file="")


def stored_bytes(shop: Shop) -> int:
    """Return how many bytes the files of a shop's assets have together."""
    return _sum_of(Asset.objects.filter(shop=shop))


def require_room(shop: Shop, size_bytes: int, *, replaces: Asset | None = None) -> None:
    """Refuse a file that takes a shop beyond `SHOP_STORAGE_BYTES`.

    `replaces` names the asset whose file goes for it. One that is no larger than the file it
    replaces is taken even where the bound was lowered since: it makes nothing worse.

    Raises:
        NoRoom: with what is stored and what may be.
    """
    bound = settings.SHOP_STORAGE_BYTES
    if not bound:
        return
    stored = stored_bytes(shop)
    earlier = _sum_of(Asset.objects.filter(pk=replaces.pk)) if replaces else 0
    largest = max(bound - stored + earlier, earlier)
    if size_bytes > largest:
        raise NoRoom(shop, stored=stored, bound=bound, largest=largest)


def require_room_in_one(shops: QuerySet[Shop], size_bytes: int) -> None:
    """Refuse a file that none of these shops has room for: which it is for is not known yet.

    Raises:
        NoRoom: with what is stored in the emptiest of them and what may be.
    """
    if not settings.SHOP_STORAGE_BYTES:
        return
    size = Sum("assets__size_bytes", filter=~Q(assets__file=""))
    emptiest = shops.annotate(stored=Coalesce(size, 0)).order_by("stored", "pk").first()
    if emptiest is not None:
        require_room(emptiest, size_bytes)


def claim_room(asset: Asset) -> None:
    """Refuse an asset that is about to be saved if its file takes the shop beyond its bound.

    Called in the transaction that saves it. Until that ends no other file is saved for the shop.

    Raises:
        NoRoom: with what is stored and what may be.
    """
    if settings.SHOP_STORAGE_BYTES:
        # Of no use but for the lock. A sum over rows cannot be locked itself: new rows escape it.
        Shop.objects.select_for_update(no_key=True).get(pk=asset.shop_id)
        require_room(asset.shop, asset.size_bytes or 0, replaces=asset)


def require_disk(storage: Storage, size_bytes: int) -> None:
    """Refuse bytes that leave the storage's disk with less than `DISK_RESERVE_BYTES` free.

    A storage without a disk here, such as an object store, takes all.

    Raises:
        DiskFull: it would.
    """
    place = _place_of(storage)
    if not settings.DISK_RESERVE_BYTES or place is None:
        return
    if shutil.disk_usage(place).free - size_bytes < settings.DISK_RESERVE_BYTES:
        raise DiskFull


def free_bytes(storage: Storage) -> int | None:
    """Return how many bytes the storage's disk has free; None for a storage without one here."""
    place = _place_of(storage)
    return None if place is None else shutil.disk_usage(place).free


def bytes_to_write(storage: Storage, upload: File) -> int:
    """Return how many bytes storing an upload takes of the disk beyond those it takes already."""
    place, taken_in = _place_of(storage), getattr(upload, "temporary_file_path", None)
    if place is None or taken_in is None:
        return upload.size
    # On one disk it is moved, not copied.
    is_moved = os.stat(taken_in()).st_dev == place.stat().st_dev
    return 0 if is_moved else upload.size


def _sum_of(assets: QuerySet[Asset]) -> int:
    stored = assets.filter(IS_FILE).aggregate(stored=Sum("size_bytes"))["stored"]
    return int(stored or 0)


def _place_of(storage: Storage) -> Path | None:
    """Return a folder on the storage's disk that is there: its own is made by its first file."""
    try:
        place = Path(storage.path("assets"))
    except NotImplementedError:
        return None
    return next((folder for folder in (place, *place.parents) if folder.exists()), None)
