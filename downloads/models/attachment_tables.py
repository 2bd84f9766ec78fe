"""Tables of files to attach by SKU that are too long for one request: their rows, judged."""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, OuterRef, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from downloads.models.attachments import Attachment
from downloads.models.catalog import FILE_NAME_MAX_LENGTH, Asset, Product, Terms
from downloads.models.runs import Run
from downloads.models.shops import Shop


def table_key(table: "AttachmentTable", filename: str) -> str:
    """Name a stored file. The uploaded name never reaches the disk."""
    return f"tables/{uuid.uuid4().hex}"


class AttachmentTableQuerySet(models.QuerySet["AttachmentTable"]):
    def past_retention(self, at: datetime) -> "AttachmentTableQuerySet":
        """Return those uploaded `IMPORT_RETENTION_DAYS` ago."""
        return self.filter(created_at__lte=at - timedelta(days=settings.IMPORT_RETENTION_DAYS))


class AttachmentTable(Run):
    """One file of rows: judged first, row by row, and written once that is confirmed.

    `read` is how many of its rows are judged and `last_row` the last one written, each saved with
    the rows themselves. The counts are of what they come to. The file goes once all is judged.
    """

    shop_path = "shop"

    class State(models.TextChoices):
        CHECKING = "checking", _("Being checked")
        CHECKED = "checked", _("Checked")
        WRITING = "writing", _("Being attached")
        DONE = "done", _("Done")
        FAILED = "failed", _("Stopped")

    COUNTED = ("new", "changed", "same", "refused")
    UNDER_WAY = (State.CHECKING, State.WRITING)

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+")
    file = models.FileField(upload_to=table_key, max_length=200, blank=True)
    file_name = models.CharField(max_length=FILE_NAME_MAX_LENGTH)
    size_bytes = models.PositiveBigIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.CHECKING)
    is_all_or_nothing = models.BooleanField(null=True)
    notes = models.JSONField(default=list, blank=True)
    # About as many as the file has lines, until all are judged.
    total = models.PositiveIntegerField()
    read = models.PositiveIntegerField(default=0)
    new = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    same = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    written = models.PositiveIntegerField(default=0)
    last_row = models.BigIntegerField(default=0)

    objects = AttachmentTableQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        indexes = [models.Index(fields=("created_at",), name="attachment_table_by_age")]

    def __str__(self) -> str:
        return f"{self.file_name} of {self.shop}"

    @property
    def counts(self) -> dict[str, int]:
        """How many rows come to what."""
        return {name: getattr(self, name) for name in self.COUNTED}

    @property
    def to_write(self) -> int:
        """How many rows change something."""
        return self.new + self.changed


class AttachmentTableRowQuerySet(models.QuerySet["AttachmentTableRow"]):
    def to_write(self) -> "AttachmentTableRowQuerySet":
        """Return the rows that change something."""
        return self.filter(outcome__in=("new", "changed"))

    def holding(self, shop: Shop) -> "AttachmentTableRowQuerySet":
        """Return the rows of a shop that come to what they came to when they were judged."""
        # A variant has few files, and a file may have all variants: found by the variant, whatever
        # the database last counted. So no index on the file fits.
        of_variant = Attachment.objects.filter(product=OuterRef("product")).order_by()
        stored = of_variant.alias(file=Coalesce("asset", "asset")).filter(file=OuterRef("asset"))
        as_it_was = stored.filter(pk=OuterRef("had"), is_left_out=False).alias(
            was_limit=Coalesce(OuterRef("had_limit"), 0),
            was_days=Coalesce(OuterRef("had_lifetime_days"), 0),
            is_limit=Coalesce("limit", 0),
            is_days=Coalesce("lifetime_days", 0),
        )
        unchanged = as_it_was.filter(is_limit=F("was_limit"), is_days=F("was_days"))
        # Asked of each row by itself: as joins, which EXISTS is to PostgreSQL, all that the shop
        # sells would be gone through for a few rows.
        rows = self.filter(
            product__shop=shop,
            product__sku=F("sku"),
            asset__shop=shop,
            asset__withdrawn_at=None,
        ).alias(
            stored=models.Subquery(stored.values("pk")[:1]),
            unchanged=models.Subquery(unchanged.values("pk")[:1]),
        )
        rows = rows.filter(Q(had=None, stored=None) | Q(had__isnull=False, unchanged__isnull=False))
        return rows.filter(_applies(shop, "limit"), _applies(shop, "lifetime_days"))


def _applies(shop: Shop, name: str) -> Q:
    """Return that what a row inherits is still what the file or the shop says."""
    flag = {"limit": "inherits_limit", "lifetime_days": "inherits_lifetime"}[name]
    default = getattr(shop, f"default_{name}")
    of_shop = Q(**{name: default})
    # A comparison with NULL is unknown, and unknown is not true.
    of_asset = Q(**{name: F(f"asset__{name}")}) | Q(
        **{f"{name}__isnull": True, f"asset__{name}__isnull": True}
    )
    inherited = Q(**{f"asset__{flag}": True}) & of_shop | Q(**{f"asset__{flag}": False}) & of_asset
    return Q(**{flag: False}) | inherited


class AttachmentTableRow(Terms):
    """A row of the file, what it comes to, and what stood in its place (`had`, an attachment).

    Of one that was refused there is the reason, and what stood in the file. A product or file may
    be gone by the time it is written.
    """

    shop_path = "table__shop"

    table = models.ForeignKey(
        AttachmentTable, on_delete=models.CASCADE, db_index=False, related_name="rows"
    )
    line = models.PositiveIntegerField()
    sku = models.TextField(blank=True)
    file = models.TextField(blank=True)
    texts = models.JSONField(default=list, blank=True)
    outcome = models.CharField(max_length=10)
    reason = models.TextField(blank=True)
    product = models.ForeignKey(
        Product,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        null=True,
        related_name="+",
    )
    asset = models.ForeignKey(
        Asset,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        null=True,
        related_name="+",
    )
    had = models.BigIntegerField(null=True)
    had_limit = models.PositiveIntegerField(null=True)
    had_lifetime_days = models.PositiveIntegerField(null=True)

    objects = AttachmentTableRowQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        indexes = [
            models.Index(fields=("table", "outcome", "id"), name="attachment_row_by_outcome"),
            models.Index(fields=("table", "product", "asset"), name="attachment_row_by_pair"),
        ]

    def __str__(self) -> str:
        return f"Line {self.line}"
