"""What was bought, as the shop reported it."""

from typing import Any

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from downloads.bidi import isolate
from downloads.models.ascii_lower import AsciiLower, Email, EmailQuerySet
from downloads.models.customers import Customer, Reader
from downloads.models.reported import Reported
from downloads.models.shops import Shop

# `Order.is_by_hand`, in SQL.
BY_HAND = Q(platform_id=None)
# Where there is something for the merchant to know, or a test, or a part of another order.
WITH_NOTES = (
    ~Q(notes=[])
    | Q(is_token_taken=True)
    | Q(former_platform_id__isnull=False)
    | Q(is_test=True)
    | Q(parent_platform_id__isnull=False)
)


class OrderQuerySet(EmailQuerySet):
    def seen_by(self, reader: Reader) -> "OrderQuerySet":
        """Return the orders that somebody may see, in their own shop: it is decided here alone.

        A person sees their own, whatever address stands on them. Source: docs, "Who sees what".
        """
        shop = reader.customer.shop_id
        if reader.email:
            return self.of_owner(reader.email, shop=shop)
        return self.filter(shop=shop, customer__in=Customer.objects.of_person(reader.customer))

    def of_owner(self, email: Email, *, shop: Any) -> "OrderQuerySet":
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


class Order(Reported):
    """One purchase.

    `token_hash` is the SHA-256 of the shop's order-status token in lower-case hex, null when the
    order came without one. `ticket_revision` ends all page tickets when it is raised.
    `payment` is what the shop's policy makes of `reported_payment`; that, `hold` and
    `fully_refunded` are counted from the facts by `fulfilment.settle`. `announced_at` is set once
    it is decided that its buyer gets a mail, or gets none; `email_sent_at` is when the last one
    about it was sent.

    `email` is where mail about it goes: what the platform says (`reported_email`), or what a
    merchant put (`corrected_email`) in the place of what it said then (`corrected_from`).
    `keeps_own_assets` says that all its lines went back, and what is attached to the order stays.
    """

    shop_path = "shop"
    audited = ("number", "payment", "cancelled_at")

    class Payment(models.TextChoices):
        PENDING = "pending", _("Waiting for payment")
        PAID = "paid", _("Paid")
        REFUNDED = "refunded", _("Refunded")

    class Hold(models.TextChoices):
        NONE = "", _("Not held")
        DISPUTE = "dispute", _("The payment is disputed")
        RISK = "risk", _("High risk of fraud")

    PENDING, COMPLETED, CANCELED, CLOSED = "pending", "completed", "canceled", "closed"

    shop = models.ForeignKey(Shop, on_delete=models.PROTECT, related_name="orders")
    number = models.BigIntegerField(
        _("order number"),
        validators=[MinValueValidator(0)],
        help_text=_("As printed on the receipt."),
    )
    token_hash = models.CharField(max_length=64, null=True, unique=True, editable=False)  # noqa: DJ001
    ticket_revision = models.PositiveIntegerField(default=0, editable=False)
    customer = models.ForeignKey(
        Customer, on_delete=models.SET_NULL, null=True, blank=True, related_name="orders"
    )
    email = models.CharField(
        _("mail address"),
        max_length=254,
        blank=True,
        default="",
        db_default="",
        help_text=_("Where mail about this order goes."),
    )
    payment = models.CharField(max_length=10, choices=Payment.choices, default=Payment.PENDING)
    cancelled_at = models.DateTimeField(
        _("cancelled on"), null=True, blank=True, help_text=_("Set it to close the downloads.")
    )
    fully_refunded = models.BooleanField(default=False, editable=False)
    keeps_own_assets = models.BooleanField(default=False, db_default=False, editable=False)
    hold = models.CharField(max_length=10, choices=Hold.choices, blank=True, editable=False)
    released_at = models.DateTimeField(null=True, editable=False)
    grand_total = models.DecimalField(
        max_digits=20, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    currency = models.CharField(max_length=3, blank=True, help_text=_("Three letters, like EUR."))
    placed_at = models.DateTimeField(_("placed on"))
    announced_at = models.DateTimeField(null=True, editable=False)
    email_sent_at = models.DateTimeField(_("mail sent on"), null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = OrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        ordering = ("-placed_at", "-id")
        constraints = [
            models.UniqueConstraint(
                fields=("shop", "platform_id"), name="order_platform_id_is_unique_in_its_shop"
            ),
        ]
        indexes = [
            models.Index(fields=("shop", "number"), name="order_by_number"),
            models.Index("shop", AsciiLower("email"), name="order_by_address"),
            models.Index(fields=("-placed_at", "-id"), name="order_by_time"),
            models.Index(fields=("shop", "-placed_at", "-id"), name="order_by_shop_and_time"),
            # What is rare among many: each is a filter of the list.
            models.Index(
                fields=("payment", "-placed_at", "-id"),
                condition=~Q(payment="paid"),
                name="order_not_paid",
            ),
            models.Index(
                fields=("-placed_at", "-id"), condition=~Q(hold=""), name="order_that_waits"
            ),
            models.Index(
                fields=("-placed_at", "-id"), condition=WITH_NOTES, name="order_with_notes"
            ),
            models.Index(
                "wanted_token_hash",
                condition=models.Q(is_token_taken=True),
                name="order_by_wanted_token",
            ),
        ]

    def __str__(self) -> str:
        return gettext("Order {number}").format(number=isolate(self.shown_number))

    def is_audited(self) -> bool:
        """Say whether staff made it: what a platform reports is no act of theirs."""
        return self.is_by_hand

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
