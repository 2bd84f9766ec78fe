"""Temporary uploads of refused forms, kept a while so that nothing is uploaded twice."""

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from downloads import room
from downloads.errors import DiskFull, NotFound
from downloads.file_names import safe_file_name
from downloads.fulfilment.files import write_file
from downloads.models import KeptUpload

AT_ONCE = 100


def keep_upload(upload: File, *, person: Any, at: datetime) -> KeptUpload | None:
    """Keep the file of a refused form for a person, in place of their oldest beyond the limit.

    None where the installation keeps none, or has no room on its disk. What is past its time goes
    along.
    """
    most = settings.KEPT_UPLOADS_PER_PERSON
    if not most:
        return None
    kept = KeptUpload(
        person=person,
        file_name=safe_file_name(upload.name or ""),
        size_bytes=upload.size,
        kept_at=at,
    )
    upload.seek(0)
    storage = kept.file.storage
    name = kept.file.field.generate_filename(kept, kept.file_name)
    try:
        room.require_disk(storage, room.bytes_to_write(storage, upload))
        kept.file.name = write_file(storage, name, upload)
    except DiskFull:
        return None
    try:
        kept.save()
    except BaseException:
        storage.delete(kept.file.name)
        raise
    own = KeptUpload.objects.filter(person=person).order_by("-kept_at", "-id")
    _forget(own[most:])
    forget_kept_uploads(at=at)
    return kept


def require_kept_upload(number: uuid.UUID, *, person: Any, at: datetime) -> KeptUpload:
    """Return a kept upload by its number, for the person who sent it.

    Raises:
        NotFound: nothing, or no longer, or for somebody else.
    """
    fresh = Q(kept_at__gt=at - timedelta(hours=settings.KEPT_UPLOAD_HOURS))
    kept = KeptUpload.objects.filter(fresh, pk=number, person=person).first()
    if kept is None or not kept.file.storage.exists(str(kept.file.name)):
        raise NotFound(_("This file is not kept any longer."))
    return kept


def forget_kept_upload(kept: KeptUpload) -> None:
    """Delete a kept upload that was used, or is not wanted."""
    _forget([kept])


def forget_kept_uploads(*, at: datetime, at_most: int = AT_ONCE) -> int:
    """Delete kept uploads that are past their time or nobody's; return how many."""
    return _forget(KeptUpload.objects.past_retention(at)[:at_most])


def _forget(uploads: Iterable[KeptUpload]) -> int:
    done = 0
    for kept in uploads:
        stored = str(kept.file.name)
        done += KeptUpload.objects.filter(pk=kept.pk).delete()[0]
        # A file goes only once no row can name it any more.
        transaction.on_commit(partial(kept.file.storage.delete, stored))
    return done
