"""What was bought, as the shop reported it, and what was given back."""

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q, Sum
from django.db.models.functions import Coalesce

from downloads.models.catalog import Product
from downloads.models.shops import Customer, Shop


class OrderQuerySet(models.QuerySet["Order"]):
    def open(self) -> "OrderQuerySet":
        """Return the orders whose buyers may download: paid, not cancelled, not given back."""
        return self.filter(
            payment=Order.Payment.PAID, cancelled_at__isnull=True, fully_refunded=False
        )

    def unpaid(self) -> "OrderQuerySet":
        """Return the orders that still wait for their payment."""
        return self.filter(
            payment=Order.Payment.PENDING, cancelled_at__isnull=True, fully_refunded=False
        )


class Order(models.Model):
    """One purchase.

    `token_hash` is the SHA-256 of the shop's order-status token in lower-case hex, null when the
    order came without one. `ticket_revision` ends all page tickets when it is raised.
    `fully_refunded` is counted from the facts by `fulfilment.settle`, never by hand.
    """

    class Payment(models.TextChoices):
        PENDING = "pending", "Not paid yet"
        PAID = "paid", "Paid"
        REFUNDED = "refunded", "All money given back"

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
    grand_total = models.DecimalField(
        max_digits=20, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    currency = models.CharField(max_length=3, blank=True, help_text="Three letters, like EUR.")
    placed_at = models.DateTimeField("placed on")
    reported_at = models.DateTimeField(null=True, blank=True, editable=False)
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

    @property
    def status(self) -> str:
        """`pending`, `completed`, `canceled` or `closed` (fully refunded)."""
        if self.cancelled_at is not None:
            return self.CANCELED
        if self.fully_refunded or self.payment == self.Payment.REFUNDED:
            return self.CLOSED
        return self.COMPLETED if self.payment == self.Payment.PAID else self.PENDING


class LineItemQuerySet(models.QuerySet["LineItem"]):
    def with_refunded_units(self) -> "LineItemQuerySet":
        """Annotate `refunded_units`: how many units all refunds of a line add up to."""
        return self.annotate(refunded_units=Coalesce(Sum("refunded_lines__quantity"), 0))


class LineItem(models.Model):
    """One line of an order.

    `quantity` is the most units the line ever had, `current_quantity` the units it has now
    (the shop's own figure, refunds already taken off).
    """

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


class Refund(models.Model):
    """Units that went back. An order's refunds are a set: one platform id counts once."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="refunds")
    platform_id = models.BigIntegerField()
    refunded_at = models.DateTimeField()

    class Meta:
        ordering = ("refunded_at", "id")
        constraints = [
            models.UniqueConstraint(
                fields=("order", "platform_id"), name="refund_counts_once_in_its_order"
            ),
        ]

    def __str__(self) -> str:
        return f"Refund {self.platform_id}"


class RefundedLine(models.Model):
    """How many units of one line a refund took back."""

    refund = models.ForeignKey(Refund, on_delete=models.CASCADE, related_name="lines")
    line = models.ForeignKey(LineItem, on_delete=models.CASCADE, related_name="refunded_lines")
    quantity = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=("refund", "line"), name="refunded_line_is_unique_in_its_refund"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.line_id}"
