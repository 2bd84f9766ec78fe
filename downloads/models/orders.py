"""What was bought, as the shop reported it."""

from typing import Any

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from downloads.models.ascii_lower import AsciiLower, EmailQuerySet
from downloads.models.customers import Customer, Reader
from downloads.models.shops import Shop

RECEIPT_NUMBER_LENGTH = 50
STATUS_LENGTH = 100
REMARK_TEST = "This is a test order."
REMARK_SUB_ORDER = (
    "This is a part of another order, which has its downloads: it gives none of its own."
)
# The same whichever order and whose it is: nobody learns of another shop by it.
REMARK_TAKEN = (
    "Its order-status token is that of another order, so it opens by the links that we send alone."
)
REMARK_FORMER = (
    "Your shop has given this order's number to another order since. Both are kept apart here."
)
REMARK_SUCCESSOR = (
    "Your shop gave this order a number that another order had before. Both are kept apart here."
)
# `Order.is_by_hand`, in SQL.
BY_HAND = Q(platform_id=None)


class OrderQuerySet(EmailQuerySet):
    def seen_by(self, reader: Reader) -> "OrderQuerySet":
        """Return the orders that somebody may see, in their own shop: it is decided here alone.

        A person sees their own, whatever address stands on them. Source: docs, "Who sees what".
        """
        shop = reader.customer.shop_id
        if reader.email:
            return self.of_owner(reader.email, shop=shop)
        return self.filter(shop=shop, customer__in=Customer.objects.of_person(reader.customer))

    def of_owner(self, email: str, *, shop: Any) -> "OrderQuerySet":
        """Return what the confirmed owner of a mail address sees in a shop (one, or a reference).

        The orders with that contact address, whoever's, and all those of each person whose account
        has it. One who merely used it once keeps the others to themselves.
        """
        in_shop = Order.objects.filter(shop=shop).order_by()
        accounts = Customer.objects.filter(shop=shop).of_account(email)
        theirs = in_shop.with_email(email).values("pk")
        return self.filter(pk__in=theirs.union(in_shop.filter(customer__in=accounts).values("pk")))

    def open(self) -> "OrderQuerySet":
        """Return the orders whose buyers may download: paid, not held, cancelled or given back."""
        return self.filter(
            payment=Order.Payment.PAID,
            hold=Order.Hold.NONE,
            cancelled_at__isnull=True,
            fully_refunded=False,
        )

    def pending(self) -> "OrderQuerySet":
        """Return the orders that wait for their payment, or for the shop to check it."""
        is_held = Q(payment=Order.Payment.PAID) & ~Q(hold=Order.Hold.NONE)
        return self.filter(
            Q(payment=Order.Payment.PENDING) | is_held,
            cancelled_at__isnull=True,
            fully_refunded=False,
        )

    def open_for_own(self) -> "OrderQuerySet":
        """Return the orders whose own assets stay, though all their lines went back."""
        return self.filter(
            keeps_own_assets=True,
            payment__in=(Order.Payment.PAID, Order.Payment.REFUNDED),
            hold=Order.Hold.NONE,
            cancelled_at__isnull=True,
        )

    def pending_for_own(self) -> "OrderQuerySet":
        """Return the orders whose own assets would stay, and that wait for payment or the shop."""
        return self.filter(
            Q(payment=Order.Payment.PENDING) | ~Q(hold=Order.Hold.NONE),
            keeps_own_assets=True,
            cancelled_at__isnull=True,
        )


class Order(models.Model):
    """One purchase.

    `token_hash` is the SHA-256 of the shop's order-status token in lower-case hex, null when the
    order came without one. `ticket_revision` ends all page tickets when it is raised.
    `reported_payment` is what the platform says, empty for an order made by hand. `payment` is
    what the shop's policy makes of it; that, `hold` and `fully_refunded` are counted from the
    facts by `fulfilment.settle`. `reported_rank` and `buyer_rank` say which report stands.
    A report that leaves something out, or has it unreadable, leaves it to the newest that says it:
    so `contact_rank`, `payment_rank` and `cancellation_rank`. `announced_at` is set once it is
    decided that its buyer gets a mail, or gets none; `email_sent_at` is when the last one about it
    was sent.

    `email` is where mail about it goes: what the platform says (`reported_email`), or what a
    merchant put (`corrected_email`) in the place of what it said then (`corrected_from`).
    `reported_status` is the platform's own word, where the shop's table says what that means.
    `former_platform_id` is the platform's number that it shares with another order of its shop, one
    after the other: the later one has it as its `platform_id`, the former has one of our own there,
    below 0. `is_token_taken` says that it came with a token which another order has.
    `deleted_after` is the time of the last report known when the platform said, without a time,
    that the order is gone. `refunds_listed_at` is the time of the newest report whose list of
    refunds is complete. `notes` are what could not be read of it, in words for the merchant.
    `keeps_own_assets` says that all its lines went back, and what is attached to the order stays.
    """

    shop_path = "shop"
    audited = ("number", "payment", "cancelled_at")

    class Payment(models.TextChoices):
        PENDING = "pending", "Not paid yet"
        PAID = "paid", "Paid"
        REFUNDED = "refunded", "All money given back"

    class ReportedPayment(models.TextChoices):
        PENDING = "pending", "Not paid yet"
        PARTIAL = "partial", "Paid in part"
        AUTHORIZED = "authorized", "Authorised, not captured"
        PAID = "paid", "Paid"
        VOIDED = "voided", "Given up before it was captured"
        REFUNDED = "refunded", "All money given back"

    class Hold(models.TextChoices):
        NONE = "", "Not held"
        DISPUTE = "dispute", "The payment is disputed"
        RISK = "risk", "High risk of fraud"

    PENDING, COMPLETED, CANCELED, CLOSED = "pending", "completed", "canceled", "closed"

    shop = models.ForeignKey(Shop, on_delete=models.PROTECT, related_name="orders")
    number = models.BigIntegerField(
        "order number", validators=[MinValueValidator(0)], help_text="As printed on the receipt."
    )
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
    token_hash = models.CharField(max_length=64, null=True, unique=True, editable=False)  # noqa: DJ001
    is_token_taken = models.BooleanField(default=False, db_default=False, editable=False)
    ticket_revision = models.PositiveIntegerField(default=0, editable=False)
    customer = models.ForeignKey(
        Customer, on_delete=models.SET_NULL, null=True, blank=True, related_name="orders"
    )
    email = models.CharField(
        "mail address",
        max_length=254,
        blank=True,
        default="",
        db_default="",
        help_text="Where mail about this order goes.",
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
    payment = models.CharField(max_length=10, choices=Payment.choices, default=Payment.PENDING)
    cancelled_at = models.DateTimeField(
        "cancelled on", null=True, blank=True, help_text="Set it to close the downloads."
    )
    deleted_after = models.DateTimeField(null=True, editable=False)
    fully_refunded = models.BooleanField(default=False, editable=False)
    keeps_own_assets = models.BooleanField(default=False, db_default=False, editable=False)
    hold = models.CharField(max_length=10, choices=Hold.choices, blank=True, editable=False)
    released_at = models.DateTimeField(null=True, editable=False)
    reported_payment = models.CharField(
        max_length=10, choices=ReportedPayment.choices, blank=True, editable=False
    )
    reported_status = models.CharField(
        max_length=STATUS_LENGTH, blank=True, default="", db_default="", editable=False
    )
    grand_total = models.DecimalField(
        max_digits=20, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    currency = models.CharField(max_length=3, blank=True, help_text="Three letters, like EUR.")
    placed_at = models.DateTimeField("placed on")
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
    refunds_listed_at = models.DateTimeField(null=True, editable=False)
    notes = models.JSONField(default=list, db_default=[], blank=True, editable=False)
    announced_at = models.DateTimeField(null=True, editable=False)
    email_sent_at = models.DateTimeField("mail sent on", null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = OrderQuerySet.as_manager()

    class Meta:
        ordering = ("-placed_at", "-id")
        constraints = [
            models.UniqueConstraint(
                fields=("shop", "platform_id"), name="order_platform_id_is_unique_in_its_shop"
            ),
        ]
        indexes = [
            models.Index(fields=("shop", "number"), name="order_by_number"),
            models.Index("shop", AsciiLower("email"), name="order_by_address"),
        ]

    def __str__(self) -> str:
        return f"Order {self.shown_number}"

    def is_audited(self) -> bool:
        """Say whether staff made it: what a platform reports is no act of theirs."""
        return self.is_by_hand

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
        return [words for words, holds in ours.items() if holds] + list(self.notes)

    @property
    def is_by_hand(self) -> bool:
        """Whether a merchant made it, and no platform reports it."""
        return self.platform_id is None

    @property
    def status(self) -> str:
        """`pending`, `completed`, `canceled` or `closed` (fully refunded)."""
        if self.cancelled_at is not None:
            return self.CANCELED
        if self.fully_refunded or self.payment == self.Payment.REFUNDED:
            return self.CLOSED
        is_paid = self.payment == self.Payment.PAID
        return self.COMPLETED if is_paid and not self.is_held else self.PENDING

    @property
    def is_held(self) -> bool:
        """Whether it is paid, and waits for the shop to check that payment."""
        return self.payment == self.Payment.PAID and self.hold != self.Hold.NONE
