"""Files of orders that staff import in the admin: what became of each."""

import uuid
from collections import Counter
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from downloads.bidi import isolate
from downloads.models import Shop
from downloads.models.catalog import FILE_NAME_MAX_LENGTH

# A run says that it goes on every few seconds; one that says nothing for so long has been cut off.
SILENCE = timedelta(minutes=5)


def file_key(order_import: "OrderImport", filename: str) -> str:
    """Name a stored file. The uploaded name never reaches the disk."""
    return f"imports/{uuid.uuid4().hex}"


class OrderImportQuerySet(models.QuerySet["OrderImport"]):
    def past_retention(self, at: datetime) -> "OrderImportQuerySet":
        """Return those uploaded `IMPORT_RETENTION_DAYS` ago."""
        return self.filter(created_at__lte=at - timedelta(days=settings.IMPORT_RETENTION_DAYS))


class OrderImport(models.Model):
    """One file: looked through first, with everything undone, and imported once that is wanted.

    The counts are those of the run that was last, and begin anew with each. `total` is null where
    it is not known yet. `fault` says what ended a run before its end. `refused_file` has the rows
    that were refused, empty where none was.
    """

    shop_path = "shop"
    audited = ("file_name", "mails_buyers")

    class State(models.TextChoices):
        CHECKING = "checking", _("Being checked")
        CHECKED = "checked", _("Checked")
        IMPORTING = "importing", _("Being imported")
        DONE = "done", _("Imported")
        FAILED = "failed", _("Stopped")

    COUNTED = ("new", "changed", "unchanged", "refused")
    UNDER_WAY = (State.CHECKING, State.IMPORTING)

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="order_imports")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("by"),
    )
    file = models.FileField(upload_to=file_key, max_length=200, editable=False)
    file_name = models.CharField(max_length=FILE_NAME_MAX_LENGTH, editable=False)
    size_bytes = models.PositiveBigIntegerField(editable=False)
    mails_buyers = models.BooleanField(
        _("mail the buyers"),
        default=False,
        help_text=_("Every buyer of a new, paid order with something to download gets a mail."),
    )
    state = models.CharField(
        max_length=10, choices=State.choices, default=State.CHECKING, editable=False
    )
    # Whether its last run was to stay.
    is_for_good = models.BooleanField(default=False, editable=False)
    format_title = models.CharField(_("recognised as"), max_length=100, blank=True, editable=False)
    total = models.PositiveIntegerField(_("orders in it"), null=True, editable=False)
    new = models.PositiveIntegerField(default=0, editable=False)
    changed = models.PositiveIntegerField(default=0, editable=False)
    unchanged = models.PositiveIntegerField(default=0, editable=False)
    refused = models.PositiveIntegerField(default=0, editable=False)
    noted = models.PositiveIntegerField(_("with notes"), default=0, editable=False)
    first_refused = models.TextField(_("first one refused"), blank=True, editable=False)
    notes = models.JSONField(default=list, blank=True, editable=False)
    fault = models.TextField(_("what stopped it"), blank=True, editable=False)
    refused_file = models.FileField(upload_to=file_key, max_length=200, blank=True, editable=False)
    created_at = models.DateTimeField(_("uploaded on"), auto_now_add=True)
    moved_at = models.DateTimeField(editable=False)
    ended_at = models.DateTimeField(_("ended on"), null=True, editable=False)

    objects = OrderImportQuerySet.as_manager()

    class Meta:
        verbose_name = _("import of orders")
        verbose_name_plural = _("imports of orders")
        ordering = ("-created_at", "-id")
        indexes = [models.Index(fields=("created_at",), name="import_by_age")]

    def __str__(self) -> str:
        return isolate(self.file_name)

    @property
    def counts(self) -> Counter[str]:
        """How many orders came to what, in the run that was last."""
        return Counter({name: getattr(self, name) for name in self.COUNTED})

    @property
    def is_under_way(self) -> bool:
        """Whether a run of it goes on, or should."""
        return self.state in self.UNDER_WAY

    def is_cut_off(self, at: datetime) -> bool:
        """Say whether its run ended without a word: with its worker, perhaps."""
        return self.is_under_way and self.moved_at <= at - SILENCE
