"""Figures of each shop by day, rolled up from the ledger: what the start page adds up.

They are derived: `manage.py rebuild_figures` makes them anew. What they count may be deleted later
(the ledger's lines past their retention, a buyer's name); the figures of that day stay.
"""

from django.db import models

from downloads.models.catalog import Asset
from downloads.models.shops import Shop
from downloads.tenancy import INSTALLATION


class FigureClock(models.Model):
    """How far the roll-up has come: one row.

    `seen_until` is up to when the ledger was looked through for days to count. Orders are
    looked through by their keys: all up to `settled_order` are seen for good, and those up to
    `next_order`, the largest at `next_at`, will be once that is long enough ago. `as_of` is when
    nothing was left to count.
    """

    shop_path = INSTALLATION

    seen_until = models.DateTimeField()
    settled_order = models.BigIntegerField(default=0)
    next_order = models.BigIntegerField(default=0)
    next_at = models.DateTimeField()
    as_of = models.DateTimeField(null=True)


class CountedDay(models.Model):
    """A day of which there are figures. `is_stale` has it counted again, for all shops at once."""

    shop_path = INSTALLATION

    day = models.DateField(unique=True)
    is_stale = models.BooleanField(default=True)
    counted_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=("day",), condition=models.Q(is_stale=True), name="counted_day_to_count"
            ),
        ]


class DailyFigures(models.Model):
    """What happened in a shop on a day, in its own time zone (`TIME_ZONE`).

    `orders` were placed on it, `downloads` counted on it, and `sent_bytes` are of the answers that
    ended on it.
    """

    shop_path = "shop"

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+", db_index=False)
    day = models.DateField(db_index=True)
    orders = models.PositiveBigIntegerField(default=0)
    downloads = models.PositiveBigIntegerField(default=0)
    sent_bytes = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("shop", "day"), name="figures_are_one_per_shop_and_day")
        ]


class AssetFigures(models.Model):
    """How often an asset was downloaded on a day, and how many bytes of it were sent."""

    shop_path = "shop"

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+", db_index=False)
    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="+")
    day = models.DateField()
    downloads = models.PositiveBigIntegerField(default=0)
    sent_bytes = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=("day", "asset"), name="figures_are_one_per_asset_and_day"
            )
        ]
        indexes = [models.Index(fields=("shop", "day"), name="asset_figures_by_shop_and_day")]


class BuyerFigures(models.Model):
    """How many buyers ordered in a period, and how many of them downloaded something.

    People are no sum of days: who ordered on two of them is one. `days` is the period's length up
    to today; `is_earlier` is the period of that length before it.
    """

    shop_path = "shop"

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+", db_index=False)
    days = models.PositiveIntegerField()
    is_earlier = models.BooleanField(default=False)
    buyers = models.PositiveBigIntegerField(default=0)
    downloaded = models.PositiveBigIntegerField(default=0)
    counted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=("shop", "days", "is_earlier"),
                name="buyer_figures_are_one_per_shop_and_period",
            )
        ]


class FirstSteps(models.Model):
    """The first steps of a new shop, put away by somebody of its staff."""

    shop_path = "shop"

    shop = models.OneToOneField(Shop, on_delete=models.CASCADE, related_name="first_steps")
    dismissed_at = models.DateTimeField()
