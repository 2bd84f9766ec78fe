"""Requests of staff for a link to choose a password, before it was looked up whose they are."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models

from downloads.encryption import seal, unseal
from downloads.tenancy import INSTALLATION


class PasswordRequestQuerySet(models.QuerySet["PasswordRequest"]):
    def past_retention(self, at: datetime) -> "PasswordRequestQuerySet":
        """Return those that nobody answered within `MAIL_GIVE_UP_HOURS`."""
        return self.filter(asked_at__lt=at - timedelta(hours=settings.MAIL_GIVE_UP_HOURS))


class PasswordRequest(models.Model):
    """A request for a link to choose a password, by a name or a mail address.

    Whose it is, if anybody's, is looked up afterwards, out of the asker's sight; then the row goes.
    What was entered is stored encrypted: people type passwords where a name is asked for.
    """

    shop_path = INSTALLATION

    sealed = models.TextField(editable=False)
    asked_at = models.DateTimeField()

    objects = PasswordRequestQuerySet.as_manager()

    class Meta:
        ordering = ("asked_at", "id")

    @classmethod
    def keep(cls, name: str, *, at: datetime) -> None:
        """Store a request. One query, whoever is meant."""
        cls.objects.create(sealed=seal(name), asked_at=at)

    def reveal(self) -> str:
        """Return what was entered.

        Raises:
            SealBroken: the key it was sealed with is no longer set.
        """
        return unseal(self.sealed)
