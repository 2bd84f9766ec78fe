"""What staff note about an order, and to which other addresses they had its mail sent."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from downloads.models.orders import Order

LONGEST_NOTE = 2_000


class StaffNote(models.Model):
    """A note for colleagues, or the addresses of an act that concerns one.

    The audit trail outlives a buyer's erasure and names no address; what it says of a correction or
    of a mail sent elsewhere leads here. Erased with the order's buyer.
    """

    shop_path = "order__shop"
    is_person = True
    audited = ()

    class Kind(models.TextChoices):
        NOTE = "note", _("Note")
        CORRECTED = "corrected", _("Mail address corrected")
        FORWARDED = "forwarded", _("Mail sent once to another address")

    # What anybody's mail address can be entered by.
    ADDRESSED = (Kind.CORRECTED, Kind.FORWARDED)

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="staff_notes")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.NOTE)
    author = models.CharField(_("by"), max_length=200)
    text = models.TextField(blank=True, default="", max_length=LONGEST_NOTE)
    former_email = models.CharField(max_length=254, blank=True, default="")
    email = models.CharField(max_length=254, blank=True, default="")
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        ordering = ("-at", "-id")
        indexes = [
            models.Index(fields=("author", "at"), name="staff_note_by_author"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"
