"""The audit trail: who changed what of a shop's settings, keys and staff. Only ever added to."""

from typing import Any, NoReturn

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from downloads.bidi import isolate
from downloads.models.shops import Shop


class TrailIsFixed(Exception):
    """Something tried to change or delete an entry. The database would refuse it too."""

    def __init__(self) -> None:
        super().__init__("The audit trail is only ever added to.")


class AuditEntryQuerySet(models.QuerySet["AuditEntry"]):
    """Entries to read. Whatever would change or delete one raises `TrailIsFixed`."""

    def update(self, **values: Any) -> NoReturn:
        raise TrailIsFixed

    def delete(self) -> NoReturn:
        raise TrailIsFixed

    def bulk_update(self, *given: Any, **named: Any) -> NoReturn:
        raise TrailIsFixed


class AuditEntry(models.Model):
    """One act. The database itself refuses to change or delete it (triggers).

    `shop` is null where an act concerns the whole installation, and may lead to a shop that is
    gone: the trail outlives what it tells of. `before` and `after` hold the columns that changed,
    by name; never a secret. `address` is where the request came from, empty without one,
    and `request_id` what our answer and our log call it.
    """

    shop_path = "shop"

    at = models.DateTimeField()
    shop = models.ForeignKey(
        Shop, on_delete=models.DO_NOTHING, db_constraint=False, null=True, related_name="+"
    )
    actor = models.CharField(_("by"), max_length=200)
    address = models.CharField(_("from"), max_length=64, blank=True)
    program = models.CharField(max_length=200, blank=True)
    request_id = models.CharField(
        _("number of the request"), max_length=64, blank=True, default="", db_default=""
    )
    what = models.CharField(max_length=200)
    subject_type = models.CharField(_("kind"), max_length=100, blank=True)
    subject_id = models.CharField(_("number"), max_length=64, blank=True)
    subject = models.CharField(_("about"), max_length=300, blank=True)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)

    objects = AuditEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("entry of the audit trail")
        verbose_name_plural = _("entries of the audit trail")
        ordering = ("-at", "-id")
        indexes = [
            models.Index(fields=("subject_type", "subject_id", "at"), name="audit_by_subject"),
            models.Index(fields=("shop", "at"), name="audit_by_shop"),
            models.Index(fields=("-at", "-id"), name="audit_by_time"),
            models.Index(
                fields=("request_id",),
                condition=~models.Q(request_id=""),
                name="audit_by_request",
            ),
        ]

    def __str__(self) -> str:
        return f"{timezone.localtime(self.at):%Y-%m-%d %H:%M}: {isolate(self.what)}"

    def save(self, *given: Any, **named: Any) -> None:
        if not self._state.adding:
            raise TrailIsFixed
        super().save(*given, **named)

    def delete(self, *given: Any, **named: Any) -> NoReturn:
        raise TrailIsFixed
