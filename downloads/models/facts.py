"""What a shop reports beside its orders: refunds, disputes, risk, products it no longer sells.

Each is keyed by the platform's own numbers and not by our rows, so that a fact may arrive before
the order it is about and wait for it.
"""

from typing import Self

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from downloads.models.shops import Shop


class FactQuerySet(models.QuerySet):
    def of_order(self, shop: Shop, platform_id: int | None) -> Self:
        """Return the facts about one order of a shop; none for an order made by hand."""
        if platform_id is None:
            return self.none()
        return self.filter(shop=shop, order_platform_id=platform_id)


class RetractableQuerySet(FactQuerySet):
    def effective(self) -> Self:
        """Return those that count: neither taken back nor dismissed."""
        return self.filter(is_gone=False, dismissed_at__isnull=True)

    def mistaken(self) -> Self:
        """Return those that the platform has, and a merchant dismissed."""
        return self.filter(is_gone=False, dismissed_at__isnull=False)

    def money_alone(self) -> Self:
        """Return the refunds that gave money back, and no units."""
        return self.filter(lines__isnull=True)


class OrderFact(models.Model):
    """What every fact about an order has: the shop, and the order's number on its platform."""

    shop_path = "shop"

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+")
    order_platform_id = models.BigIntegerField()

    class Meta:
        abstract = True


class Retractable(OrderFact):
    """A fact that can be taken back, by the platform (`is_gone`) or by a merchant (`dismissed_at`).

    `noted_at` is when we heard what stands of it, by our clock; null: before that was kept.
    """

    noted_at = models.DateTimeField(null=True)
    is_gone = models.BooleanField(default=False, db_default=False)
    dismissed_at = models.DateTimeField(null=True)

    objects = RetractableQuerySet.as_manager()

    class Meta:
        abstract = True


class Refund(Retractable):
    """Something that went back. An order's refunds are a set: one platform id counts once.

    A refund without lines gave money back, and no units. `reported_rank` says which report its
    lines are from.
    """

    platform_id = models.BigIntegerField()
    refunded_at = models.DateTimeField()
    reported_rank = models.CharField(max_length=120, blank=True, default="", db_default="")

    class Meta:
        ordering = ("refunded_at", "id")
        constraints = [
            models.UniqueConstraint(
                fields=("shop", "order_platform_id", "platform_id"),
                name="refund_counts_once_in_its_order",
            ),
        ]

    def __str__(self) -> str:
        return _("Refund {number}").format(number=self.platform_id)


class RefundedLine(models.Model):
    """How many units of one line a refund took back."""

    shop_path = "refund__shop"

    refund = models.ForeignKey(Refund, on_delete=models.CASCADE, related_name="lines")
    line_platform_id = models.BigIntegerField()
    quantity = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=("refund", "line_platform_id"), name="refunded_line_is_unique_in_its_refund"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × line {self.line_platform_id}"


class Dispute(Retractable):
    """A payment that the buyer's bank takes back, for good or until it is decided.

    `decided_at` is null until then, and may stay so.
    """

    class State(models.TextChoices):
        OPEN = "open", gettext_lazy("Not decided yet")
        WON = "won", gettext_lazy("Won: the shop keeps the money")
        LOST = "lost", gettext_lazy("Lost: the money went back")

    platform_id = models.BigIntegerField()
    state = models.CharField(max_length=4, choices=State.choices)
    opened_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("opened_at", "id")
        constraints = [
            models.UniqueConstraint(
                fields=("shop", "platform_id"), name="dispute_is_unique_in_its_shop"
            ),
        ]

    def __str__(self) -> str:
        return _("Dispute {number}: {state}").format(
            number=self.platform_id, state=self.get_state_display()
        )


class RiskAssessment(OrderFact):
    """What the platform itself thinks of an order; the newest assessment stands."""

    is_high = models.BooleanField()
    assessed_at = models.DateTimeField()

    objects = FactQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=("shop", "order_platform_id"), name="risk_is_assessed_once_in_its_order"
            ),
        ]

    def __str__(self) -> str:
        return _("High risk") if self.is_high else _("Low risk")


class RemovedProduct(models.Model):
    """A product the shop has deleted. Its buyers keep what they bought."""

    shop_path = "shop"

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+")
    product_id = models.BigIntegerField()
    removed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=("shop", "product_id"), name="product_is_removed_once_in_its_shop"
            ),
        ]

    def __str__(self) -> str:
        return _("Removed product {number}").format(number=self.product_id)
