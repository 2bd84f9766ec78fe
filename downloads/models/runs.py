"""Long work of the worker that staff began: what every run of it tells of itself."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models

# A run says that it goes on every few seconds; one that says nothing for so long was cut off.
SILENCE = timedelta(minutes=2)


class Run(models.Model):
    """Work that is done a share at a time. Each kind saves how far it is with what it did.

    `moved_at` is when it last went on; `fault` what stopped it.
    """

    FAILED = "failed"
    UNDER_WAY: ClassVar[Collection[str]]
    state: str

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    fault = models.TextField(blank=True)
    created_at = models.DateTimeField()
    moved_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True

    @property
    def is_running(self) -> bool:
        """Whether it goes on, or should."""
        return self.state in self.UNDER_WAY

    def is_cut_off(self, at: datetime) -> bool:
        """Say whether it ended without a word: with its worker, perhaps."""
        return self.is_running and self.moved_at <= at - SILENCE
