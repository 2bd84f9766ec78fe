"""What every credential has: an end that may be set, one that may be sudden, and its last use."""

from datetime import datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from downloads.audit.entries import enter_audit
from downloads.prepared_statements import Slot

USED_AT_PRECISION = timedelta(hours=1)


class CredentialQuerySet(models.QuerySet):
    def usable(self, at: datetime | Slot) -> Self:
        """Return the credentials that are neither revoked nor past their end."""
        return self.filter(
            Q(expires_at__isnull=True) | Q(expires_at__gt=at), revoked_at__isnull=True
        )

    def ended_before(self, end: datetime) -> Self:
        """Return those that ended before a moment, by themselves or revoked."""
        return self.filter(Q(expires_at__lt=end) | Q(revoked_at__lt=end))

    def past_retention(self, at: datetime) -> Self:
        """Return those that ended `ENDED_KEY_DAYS` ago or more."""
        return self.ended_before(at - timedelta(days=settings.ENDED_KEY_DAYS))

    def revoke(self, at: datetime) -> int:
        """Close these at once; return how many were open. Each is entered in the audit trail."""
        with transaction.atomic():
            is_open = self.filter(revoked_at__isnull=True)
            rows: list[Any] = list(is_open.select_for_update(of=("self",), no_key=True))
            for row in rows:
                enter_audit(
                    "Revoked", row=row, before={"revoked_at": None}, after={"revoked_at": at}
                )
            # Under the lock: nobody else closes them.
            numbers = [row.pk for row in rows]
            return self.model._default_manager.filter(pk__in=numbers).update(revoked_at=at)


class Credential(models.Model):
    """`used_at` is true to the hour. Each kind has a `CredentialQuerySet` for its `objects`."""

    expires_at = models.DateTimeField(_("ends on"), null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    used_at = models.DateTimeField(_("last used"), null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True
        ordering = ("-created_at", "-id")

    def is_usable(self, at: datetime) -> bool:
        """Say whether it is neither revoked nor past its end."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > at)

    def note_use(self, at: datetime) -> None:
        """Keep when it was used, to the hour: a crowd does not queue for this one row."""
        stale_since = at - USED_AT_PRECISION
        if self.used_at is None or self.used_at < stale_since:
            stale = Q(used_at__isnull=True) | Q(used_at__lt=stale_since)
            type(self)._default_manager.filter(stale, pk=self.pk).update(used_at=at)
