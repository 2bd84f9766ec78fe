"""What was bought, as the shop reported it."""

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce

from downloads.models.catalog import Product
from downloads.models.facts import RefundedLine
from downloads.models.shops import Customer, Shop

# `Order.is_by_hand`, in SQL.
BY_HAND = Q(platform_id=None)


class OrderQuerySet(models.QuerySet["Order"]):
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


class Order(models.Model):
    """One purchase.

    `token_hash` is the SHA-256 of the shop's order-status token in lower-case hex, null when the
    order came without one. `ticket_revision` ends all page tickets when it is raised.
    `reported_payment` is what the platform says, empty for an order made by hand. `payment` is
    what the shop's policy makes of it; that, `hold` and `fully_refunded` are counted from the
    facts by `fulfilment.settle`. `reported_rank` and `buyer_rank` say which report stands.
    `announced_at` is set once it is decided that its buyer gets a mail, or gets none;
    `email_sent_at` is when the last one about it was sent.
    """

    shop_path = "shop"
    audited = ("number", "payment", "cancelled_at")

    class Payment(models.TextChoices):
        PENDING = "pending", "Not paid yet"
        PAID = "paid", "Paid"
        REFUNDED = "refunded", "All money given back"

    class ReportedPayment(models.TextChoices):
        PENDING = "pending", "Not paid yet"
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
    platform_id = models.BigIntegerField(null=True, blank=True, editable=False)
    token_hash = models.CharField(max_length=64, null=True, unique=True, editable=False)  # noqa: DJ001
    ticket_revision = models.PositiveIntegerField(default=0, editable=False)
    customer = models.ForeignKey(
        Customer, on_delete=models.SET_NULL, null=True, blank=True, related_name="orders"
    )
    payment = models.CharField(max_length=10, choices=Payment.choices, default=Payment.PENDING)
    cancelled_at = models.DateTimeField(
        "cancelled on", null=True, blank=True, help_text="Set it to close the downloads."
    )
    fully_refunded = models.BooleanField(default=False, editable=False)
    hold = models.CharField(max_length=10, choices=Hold.choices, blank=True, editable=False)
    released_at = models.DateTimeField(null=True, editable=False)
    reported_payment = models.CharField(
        max_length=10, choices=ReportedPayment.choices, blank=True, editable=False
    )
    grand_total = models.DecimalField(
        max_digits=20, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    currency = models.CharField(max_length=3, blank=True, help_text="Three letters, like EUR.")
    placed_at = models.DateTimeField("placed on")
    reported_at = models.DateTimeField(null=True, blank=True, editable=False)
    reported_rank = models.CharField(max_length=120, blank=True, editable=False)
    buyer_rank = models.CharField(max_length=120, blank=True, editable=False)
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
        indexes = [models.Index(fields=("shop", "number"), name="order_by_number")]

    def __str__(self) -> str:
        return f"Order {self.number}"

    def is_audited(self) -> bool:
        """Say whether staff made it: what a platform reports is no act of theirs."""
        return self.is_by_hand

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


class LineItemQuerySet(models.QuerySet["LineItem"]):
    def with_refunded_units(self) -> "LineItemQuerySet":
        """Annotate `refunded_units`: how many units all refunds of a line add up to."""
        units = (
            RefundedLine.objects.filter(
                refund__shop=OuterRef("order__shop"),
                refund__order_platform_id=OuterRef("order__platform_id"),
                line_platform_id=OuterRef("platform_id"),
            )
            .values("line_platform_id")
            .annotate(units=Sum("quantity"))
            .values("units")
        )
        return self.annotate(refunded_units=Coalesce(Subquery(units), 0))


class LineItem(models.Model):
    """One line of an order.

    `quantity` is the most units the line ever had, `current_quantity` the units it has now
    (the shop's own figure, refunds already taken off).
    """

    shop_path = "order__shop"
    audited = ("product", "quantity", "current_quantity")

    refunded_units: int  # only where `with_refunded_units` loaded it

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveIntegerField(default=0, editable=False)
    platform_id = models.BigIntegerField(null=True, blank=True, editable=False)
    quantity = models.PositiveIntegerField(default=1, validators=[MinValueValidator(1)])
    current_quantity = models.PositiveIntegerField(
        "units kept",
        null=True,
        blank=True,
        help_text="Lower it to give units back; raise it again to undo. Empty: all of them.",
    )

    objects = LineItemQuerySet.as_manager()

    class Meta:
        ordering = ("order", "position", "platform_id", "id")
        constraints = [
            models.UniqueConstraint(
                fields=("order", "platform_id"), name="line_platform_id_is_unique_in_its_order"
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=1), name="line_quantity_is_at_least_one"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.product}"

    def is_audited(self) -> bool:
        """Say whether a merchant entered it by hand."""
        return self.platform_id is None
