"""The lines of an order: which product, how many units."""

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from downloads.models.catalog import Asset, Product
from downloads.models.facts import RefundedLine
from downloads.models.orders import Order


class LineItemQuerySet(models.QuerySet["LineItem"]):
    def with_refunded_units(self) -> "LineItemQuerySet":
        """Annotate `refunded_units` and `dismissed_units`: what a line's refunds add up to.

        Those that count, and those that a merchant dismissed.
        """
        return self.annotate(
            refunded_units=_units_of_refunds(are_dismissed=False),
            dismissed_units=_units_of_refunds(are_dismissed=True),
        )

    def lacking(self, asset: Asset) -> "LineItemQuerySet":
        """Return the lines whose product has an asset attached, and that were not given it."""
        attached = self.filter(
            order__shop=asset.shop_id,
            order__parent_platform_id=None,
            product__attachments__asset=asset,
            product__attachments__is_left_out=False,
        )
        return attached.exclude(grants__asset=asset).order_by()


def _units_of_refunds(*, are_dismissed: bool) -> Coalesce:
    units = (
        RefundedLine.objects.filter(
            refund__shop=OuterRef("order__shop"),
            refund__order_platform_id=OuterRef("order__platform_id"),
            refund__is_gone=False,
            refund__dismissed_at__isnull=not are_dismissed,
            line_platform_id=OuterRef("platform_id"),
        )
        .values("line_platform_id")
        .annotate(units=Sum("quantity"))
        .values("units")
    )
    return Coalesce(Subquery(units), 0)


class LineItem(models.Model):
    """One line of an order.

    `quantity` is the most units the line ever had, `current_quantity` the units it has now
    (the shop's own figure, refunds already taken off), `paid_units` the most a report called paid,
    by what the shop's table makes of each `reported_units`: the most of each payment and status.
    `product_rank` says which report named a product last. Of a line that had several,
    `product_ranks` says so of each, by its variant's number. `kept_rank` says which report told
    the units it has now. `used_elsewhere` is how many downloads were spent before it moved here, of
    one that came before its product's files: what is attached later starts from there.
    """

    shop_path = "order__shop"
    audited = ("product", "quantity", "current_quantity")

    refunded_units: int  # only where `with_refunded_units` loaded them
    dismissed_units: int

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="lines")
    product_rank = models.CharField(
        max_length=120, blank=True, default="", db_default="", editable=False
    )
    product_ranks = models.JSONField(default=dict, db_default={}, blank=True, editable=False)
    position = models.PositiveIntegerField(default=0, editable=False)
    platform_id = models.BigIntegerField(null=True, blank=True, editable=False)
    quantity = models.PositiveIntegerField(default=1, validators=[MinValueValidator(1)])
    paid_units = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    reported_units = models.JSONField(default=dict, db_default={}, blank=True, editable=False)
    kept_rank = models.CharField(
        max_length=120, blank=True, default="", db_default="", editable=False
    )
    current_quantity = models.PositiveIntegerField(
        _("units kept"),
        null=True,
        blank=True,
        help_text=_("Lower it to give units back; raise it again to undo. Empty: all of them."),
    )

    used_elsewhere = models.PositiveIntegerField(default=0, db_default=0, editable=False)

    objects = LineItemQuerySet.as_manager()

    class Meta:
        verbose_name = _("line")
        verbose_name_plural = _("lines")
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
