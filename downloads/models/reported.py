"""What the reports of a platform leave on an order: its words, and which report stands."""

from django.db import models
from django.utils.translation import gettext_lazy as _

RECEIPT_NUMBER_LENGTH = 50
STATUS_LENGTH = 100
REMARK_TEST = _("This is a test order.")
REMARK_SUB_ORDER = _(
    "This is a part of another order, which has its downloads: it gives none of its own."
)
# The same whichever order and whose it is: nobody learns of another shop by it.
REMARK_TAKEN = _(
    "Its order-status token is that of another order, so it opens by the links that we send alone."
)
REMARK_FORMER = _(
    "Your shop has given this order's number to another order since. Both are kept apart here."
)
REMARK_SUCCESSOR = _(
    "Your shop gave this order a number that another order had before. Both are kept apart here."
)


class Reported(models.Model):
    """The columns of an order that only reports write, and what they come to for a merchant.

    `reported_payment` is what the platform says, empty for an order made by hand. `reported_rank`
    and `buyer_rank` say which report stands. A report that leaves something out, or has it
    unreadable, leaves it to the newest that says it: so `contact_rank`, `payment_rank` and
    `cancellation_rank`.

    `reported_status` is the platform's own word, where the shop's table says what that means;
    `status_ranks` says which report had each word, from the one on that `reported_payment` is of.
    `lines_rank` is of the newest list of lines that is complete.
    `former_platform_id` is the platform's number that it shares with another order of its shop, one
    after the other: the later one has it as its `platform_id`, the former has one of our own there,
    below 0. `is_token_taken` says that it came with a token which another order has,
    `wanted_token_hash`.
    `deleted_after` is the time of the last report known when the platform said, without a time,
    that the order is gone. `refunds_listed_at` is the time of the newest report whose list of
    refunds is complete, `refunds_fetched_at` when we asked for it, null if it was sent. `notes` are
    what could not be read of it, in words for the merchant.
    """

    class ReportedPayment(models.TextChoices):
        PENDING = "pending", _("Not paid yet")
        PARTIAL = "partial", _("Paid in part")
        AUTHORIZED = "authorized", _("Authorised, not captured")
        PAID = "paid", _("Paid")
        VOIDED = "voided", _("Given up before it was captured")
        REFUNDED = "refunded", _("All money given back")

    # As the receipt has it, where that is more than `number`'s digits; empty otherwise.
    receipt_number = models.CharField(
        max_length=RECEIPT_NUMBER_LENGTH, blank=True, default="", db_default="", editable=False
    )
    platform_id = models.BigIntegerField(null=True, blank=True, editable=False)
    # The platform's number that two orders had, one after the other.
    former_platform_id = models.BigIntegerField(null=True, editable=False)
    # The order that this one is a vendor's part of: a sub-order gives nothing of its own.
    parent_platform_id = models.BigIntegerField(null=True, editable=False)
    is_test = models.BooleanField(default=False, db_default=False, editable=False)
    is_token_taken = models.BooleanField(default=False, db_default=False, editable=False)
    wanted_token_hash = models.CharField(max_length=64, null=True, editable=False)  # noqa: DJ001
    token_rank = models.CharField(
        max_length=120, blank=True, default="", db_default="", editable=False
    )
    reported_email = models.CharField(
        max_length=254, blank=True, default="", db_default="", editable=False
    )
    corrected_email = models.CharField(
        max_length=254, blank=True, default="", db_default="", editable=False
    )
    corrected_from = models.CharField(
        max_length=254, blank=True, default="", db_default="", editable=False
    )
    deleted_after = models.DateTimeField(null=True, editable=False)
    reported_payment = models.CharField(
        max_length=10, choices=ReportedPayment.choices, blank=True, editable=False
    )
    reported_status = models.CharField(
        max_length=STATUS_LENGTH, blank=True, default="", db_default="", editable=False
    )
    reported_at = models.DateTimeField(null=True, blank=True, editable=False)
    reported_rank = models.CharField(max_length=120, blank=True, editable=False)
    buyer_rank = models.CharField(max_length=120, blank=True, editable=False)
    contact_rank = models.CharField(
        max_length=120, blank=True, default="", db_default="", editable=False
    )
    payment_rank = models.CharField(
        max_length=120, blank=True, default="", db_default="", editable=False
    )
    cancellation_rank = models.CharField(
        max_length=120, blank=True, default="", db_default="", editable=False
    )
    status_ranks = models.JSONField(default=dict, db_default={}, blank=True, editable=False)
    lines_rank = models.CharField(
        max_length=120, blank=True, default="", db_default="", editable=False
    )
    refunds_listed_at = models.DateTimeField(null=True, editable=False)
    refunds_fetched_at = models.DateTimeField(null=True, editable=False)
    notes = models.JSONField(default=list, db_default=[], blank=True, editable=False)

    number: int

    class Meta:
        abstract = True

    @property
    def shown_number(self) -> str:
        """The number as the receipt has it, for people."""
        return self.receipt_number or str(self.number)

    @property
    def is_sub_order(self) -> bool:
        """Whether it is a vendor's part of another order, and gives nothing of its own."""
        return self.parent_platform_id is not None

    @property
    def remarks(self) -> list[str]:
        """What a merchant should know of it: what could not be read, and what we did about it."""
        had_before = self.former_platform_id
        ours = {
            REMARK_TEST: self.is_test,
            REMARK_SUB_ORDER: self.is_sub_order,
            REMARK_TAKEN: self.is_token_taken,
            REMARK_SUCCESSOR: had_before is not None and had_before == self.platform_id,
            REMARK_FORMER: had_before is not None and had_before != self.platform_id,
        }
        return [str(words) for words, holds in ours.items() if holds] + list(self.notes)

    @property
    def is_by_hand(self) -> bool:
        """Whether a merchant made it, and no platform reports it."""
        return self.platform_id is None
