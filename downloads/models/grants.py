"""THE RULE: who may download what, how often, until when. It stands here and nowhere else.

Once for the database and once for a row in memory; a truth table over every state pins the two.
"""

from datetime import datetime

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.lookups import IsNull
from django.utils.translation import gettext_lazy as _

from downloads.errors import Unavailable
from downloads.models.catalog import LIFETIME_BOUNDS, LIMIT_BOUNDS, MAX_DOWNLOADS, Asset, Product
from downloads.models.customers import Reader
from downloads.models.lines import LineItem
from downloads.models.orders import Order, OrderQuerySet
from downloads.prepared_statements import Slot


def order_refusals(order: Order, *, for_own: bool = False) -> list[str]:
    """Return all that keeps an order's downloads shut, constants of `Unavailable`.

    `for_own`: those of the assets that were attached to the order itself.
    """
    is_given_back = order.fully_refunded or order.payment == Order.Payment.REFUNDED
    shut_by = (
        (order.cancelled_at is not None, Unavailable.CANCELED),
        (is_given_back and not (for_own and order.keeps_own_assets), Unavailable.REFUNDED),
        (order.payment == Order.Payment.PENDING, Unavailable.PENDING),
        (order.hold != Order.Hold.NONE, Unavailable.HELD),
    )
    return [reason for holds, reason in shut_by if holds]


def _of_order_among(orders: OrderQuerySet, for_own: OrderQuerySet) -> Exists:
    """Say in SQL that a grant's order is among these, or, of an order's own asset, among those."""
    # One subquery by the order's number: with two joined by OR PostgreSQL reads all open orders.
    own = for_own.filter(IsNull(OuterRef("line_id"), True))
    return Exists((orders | own).filter(pk=OuterRef("order_id")))


class GrantQuerySet(models.QuerySet["Grant"]):
    def seen_by(self, reader: Reader) -> "GrantQuerySet":
        """Return the grants of the orders that somebody may see, and of no other."""
        return self.filter(order__in=Order.objects.seen_by(reader).values("pk"))

    def permitted(self, at: datetime | Slot) -> "GrantQuerySet":
        """Return the grants that hold at `at`, whatever their count says.

        No condition joins another table: a filter across a join makes Django write
        `UPDATE … WHERE id IN (SELECT … JOIN …)`, and then two rivals for the last download both
        win on PostgreSQL. Other tables are asked by subqueries of their own.
        """
        return self.filter(
            Q(expires_at__isnull=True) | Q(expires_at__gt=at),
            _of_order_among(Order.objects.open(), Order.objects.open_for_own()),
            asset__in=Asset.objects.filter(withdrawn_at__isnull=True).values("pk"),
            withdrawn_at__isnull=True,
            refunded=False,
            unpaid=False,
            replaced=False,
        )

    def available(self, at: datetime | Slot) -> "GrantQuerySet":
        """Return the grants with a download left at `at`."""
        return self.permitted(at).filter(
            # A difference of two counts fits any integer; their sum does not.
            Q(bought__isnull=True) | Q(used__lt=F("bought") - F("canceled"))
        )

    def with_status(self, status: str, at: datetime) -> "GrantQuerySet":
        """Return the grants whose `status(at)` is `status`; none for an unknown one."""
        available = Q(pk__in=Grant.objects.available(at).values("pk"))
        # One line may wait for its payment in an order that is open; nobody waits for a former one.
        is_open = _of_order_among(Order.objects.open(), Order.objects.open_for_own())
        waits = _of_order_among(Order.objects.pending(), Order.objects.pending_for_own())
        unpaid = Q(is_open, unpaid=True, refunded=False)
        pending = Q(Q(waits) | unpaid, replaced=False)
        match status:
            case Grant.AVAILABLE:
                return self.filter(available)
            case Grant.PENDING:
                return self.filter(pending)
            case Grant.EXPIRED:
                return self.exclude(available).exclude(pending)
        return self.none()

    def downloaded(self) -> "GrantQuerySet":
        """Return the grants that something was downloaded by, also when they were reset since.

        Where Deliveries are past their time, the ledger tells: by the reset, or by its sum.
        """
        every = Grant.objects.order_by()
        delivered = every.filter(deliveries__isnull=False).values("pk")
        past = every.filter(Q(events__reason="reset") | Q(events__kind="carried")).values("pk")
        return self.filter(Q(used__gt=0) | Q(pk__in=delivered) | Q(pk__in=past))

    def with_rights(self) -> "GrantQuerySet":
        """Load what `refusal` reads, and what is handed over: order and asset."""
        return self.select_related("order", "asset")

    def with_facts(self) -> "GrantQuerySet":
        """Load what the faces show beside: line and product."""
        return self.with_rights().select_related("line__product", "product")


class Grant(models.Model):
    """One order's right to one asset, with its download counter.

    `limit` is copied from the attachment when it is made: an UPDATE need not look elsewhere.
    `added` and `extended_days` are what staff allowed beside it. `bought` and `canceled` are
    counted from the facts by `fulfilment.settle`; `used` moves by a click alone, `given_back` is
    what came back by itself. Without a line it is an order-level asset; another came with
    `product`, and is `replaced` once its line names another. `unpaid`: its line is not paid yet.
    """

    shop_path = "order__shop"
    audited = ()

    AVAILABLE, EXPIRED, PENDING = "available", "expired", "pending"

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="grants")
    line = models.ForeignKey(
        LineItem, on_delete=models.PROTECT, null=True, blank=True, related_name="grants"
    )
    product = models.ForeignKey(
        Product, on_delete=models.PROTECT, null=True, editable=False, related_name="grants"
    )
    asset = models.ForeignKey(
        Asset, on_delete=models.PROTECT, related_name="grants", verbose_name=_("file or link")
    )
    limit = models.PositiveIntegerField(
        _("downloads per item"),
        null=True,
        blank=True,
        validators=LIMIT_BOUNDS,
        help_text=_("For each item bought. Leave empty for unlimited."),
    )
    added = models.PositiveIntegerField(default=0)
    extended_days = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    bought = models.PositiveIntegerField(null=True, blank=True)
    used = models.PositiveIntegerField(default=0)
    canceled = models.PositiveIntegerField(default=0)
    given_back = models.PositiveIntegerField(default=0)
    refunded = models.BooleanField(default=False)
    unpaid = models.BooleanField(default=False, db_default=False, editable=False)
    replaced = models.BooleanField(default=False, db_default=False, editable=False)
    lifetime_days = models.PositiveIntegerField(
        _("days"),
        null=True,
        blank=True,
        validators=LIFETIME_BOUNDS,
        help_text=_("Days from the moment the customer may download. Leave empty for no end."),
    )
    expires_at = models.DateTimeField(_("ends on"), null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    # What a click had opened, where it was read in the same round trip (`grant_with_click`).
    seen_click: object = None

    objects = GrantQuerySet.as_manager()

    class Meta:
        verbose_name = _("download")
        verbose_name_plural = _("downloads")
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(
                fields=("order", "line", "asset"),
                condition=Q(line__isnull=False),
                name="grant_is_unique_per_line_and_asset",
            ),
            models.UniqueConstraint(
                fields=("order", "asset"),
                condition=Q(line__isnull=True),
                name="grant_is_unique_per_order_and_own_asset",
            ),
            models.CheckConstraint(condition=Q(used__gte=0), name="grant_used_is_not_negative"),
            models.CheckConstraint(
                condition=Q(bought__isnull=True) | Q(bought__gte=1, bought__lte=MAX_DOWNLOADS),
                name="grant_bought_is_unlimited_or_at_least_one",
            ),
            models.CheckConstraint(
                condition=Q(limit__isnull=True, bought__isnull=True)
                # A comparison with NULL is unknown, and a check lets the unknown pass.
                | Q(limit__isnull=False, limit__gte=1, bought__isnull=False),
                name="grant_is_unlimited_in_limit_and_bought_alike",
            ),
        ]

    def __str__(self) -> str:
        return _("{asset} of {order}").format(asset=self.asset, order=self.order)

    @property
    def bought_product(self) -> Product | None:
        """The product it came with; null for an order-level asset. Needs `with_facts`."""
        if self.line is None:
            return None
        return self.line.product if self.product is None else self.product

    @property
    def allowed(self) -> int | None:
        """How many downloads are allowed after cancellations; null for unlimited."""
        return None if self.bought is None else max(0, self.bought - self.canceled)

    @property
    def remaining(self) -> int | None:
        """How many downloads are left; null for unlimited."""
        return None if self.bought is None else max(0, self.bought - self.used - self.canceled)

    def status(self, at: datetime) -> str:
        """Return `available`, `expired` or `pending`. Needs `order` and `asset` loaded."""
        if (refusal := self.refusal(at)) is None:
            return self.AVAILABLE
        return self.PENDING if refusal in Unavailable.WAITING else self.EXPIRED

    def refusal(self, at: datetime) -> str | None:
        """Return why nothing can be downloaded, a constant of `Unavailable`, or None."""
        return self.refusal_of_right(at) or (Unavailable.USED_UP if self.remaining == 0 else None)

    def refusal_of_right(self, at: datetime) -> str | None:
        """Return why the right does not hold, whatever the count says, or None."""
        return [*self._refusals_of_right(at), None][0]

    def refusals(self, at: datetime) -> list[str]:
        """Return all that holds it shut, constants of `Unavailable`: `refusal` is the first.

        Each once. What a refund took off the count is told as the refund alone.
        """
        gone = 0 if self.refunded else self.canceled
        left = self.bought is None or self.bought - self.used > gone
        reasons = [*self._refusals_of_right(at), *([] if left else [Unavailable.USED_UP])]
        return list(dict.fromkeys(reasons))

    def _refusals_of_right(self, at: datetime) -> list[str]:
        # Whatever becomes of the order, what another product took the place of stays closed.
        reasons = [Unavailable.REPLACED] if self.replaced else []
        reasons += order_refusals(self.order, for_own=self.line_id is None)
        if self.refunded:
            reasons.append(Unavailable.REFUNDED)
        if self.unpaid:
            reasons.append(Unavailable.PENDING)
        if self.withdrawn_at or self.asset.withdrawn_at:
            reasons.append(Unavailable.WITHDRAWN)
        if self.expires_at is not None and self.expires_at <= at:
            reasons.append(Unavailable.PAST)
        return reasons
