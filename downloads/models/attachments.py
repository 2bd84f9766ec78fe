"""Which files go with which products: attachments, the rules behind them, and which one wins.

There is one attachment for each variant and asset. What is said of the variant itself stands before
what is said of its product number, and that before rules, in their order. Limit and days come whole
from the winner.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from downloads.bidi import isolate
from downloads.models.catalog import Asset, Product, Terms
from downloads.models.matching import pattern, plain, same
from downloads.models.shops import Shop

# What JSON writes as it is.
_PLAIN_TAG = re.compile(r"[a-z0-9 _.,:+-]+")
# Rows in memory at a time.
AT_ONCE = 2000
LIMIT_ERROR = _("Enter at least 1, or nothing for unlimited.")
DAYS_ERROR = _("Enter at least 1 day, or nothing for no end.")


class AttachmentRule(Terms):
    """An asset with all variants of a product number, or with all products that conditions match.

    Later ones, too: a number may be of a product that was not seen yet. Whatever is not empty has
    to match. Those of a number stand before the others, and these by `position`.
    """

    shop_path = "shop"
    CONDITIONS = ("tag", "vendor", "product_type", "sku_pattern")
    audited = (
        *("asset", "product_number", *CONDITIONS, "position"),
        *("limit", "lifetime_days", "inherits_limit", "inherits_lifetime"),
    )

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="attachment_rules")
    asset = models.ForeignKey(
        Asset, on_delete=models.PROTECT, related_name="rules", verbose_name=_("file or link")
    )
    product_number = models.BigIntegerField(
        null=True,
        blank=True,
        help_text=_(
            "In the shop's own system: all variants of this product, later ones too. It may "
            "be one that was not seen here yet."
        ),
    )
    tag = models.CharField(max_length=255, blank=True)
    vendor = models.CharField(max_length=255, blank=True)
    product_type = models.CharField(_("type"), max_length=255, blank=True)
    sku_pattern = models.CharField(
        _("SKU"),
        max_length=255,
        blank=True,
        help_text=_(
            '"*" stands for any text and "?" for one sign: BOOK-* matches BOOK-1 and BOOK-2.'
        ),
    )
    position = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("file rule")
        verbose_name_plural = _("file rules")
        ordering = (F("product_number").asc(nulls_last=True), "position", "id")
        indexes = [models.Index(fields=("shop", "product_number"), name="rule_by_number")]
        constraints = [
            models.CheckConstraint(
                condition=Q(product_number__isnull=False)
                | ~Q(tag="", vendor="", product_type="", sku_pattern=""),
                name="rule_has_a_number_or_conditions",
                violation_error_message="Enter which products it is for: a product number, a tag, "
                "a vendor, a type or an SKU.",
            ),
            models.UniqueConstraint(
                fields=("shop", "product_number", "asset"),
                condition=Q(
                    product_number__isnull=False, tag="", vendor="", product_type="", sku_pattern=""
                ),
                name="rule_is_unique_per_number_and_asset",
                violation_error_message=_("This file is attached to this product number already."),
            ),
            models.CheckConstraint(
                condition=Q(limit__isnull=True) | Q(limit__gte=1),
                name="rule_limit_is_unlimited_or_at_least_one",
                violation_error_message=LIMIT_ERROR,
            ),
            models.CheckConstraint(
                condition=Q(lifetime_days__isnull=True) | Q(lifetime_days__gte=1),
                name="rule_lifetime_is_endless_or_at_least_a_day",
                violation_error_message=DAYS_ERROR,
            ),
        ]

    def __str__(self) -> str:
        return _("{asset} with {words}").format(asset=self.asset, words=self.words)

    @property
    def words(self) -> str:
        """What it matches, for people."""
        conditions = [
            (_("product"), self.product_number),
            *((_("tag"), self.tag), (_("vendor"), self.vendor)),
            *((_("type"), self.product_type), ("SKU", self.sku_pattern)),
        ]
        return ", ".join(f"{name} {isolate(value)}" for name, value in conditions if value)

    def matches(self, product: Product) -> bool:
        """Say whether a product of its shop is one that it is for; upper and lower case alike."""
        return (
            (self.product_number is None or product.product_id == self.product_number)
            and (not self.tag or same(self.tag, *product.tags))
            and (not self.vendor or same(self.vendor, product.vendor))
            and (not self.product_type or same(self.product_type, product.product_type))
            and (not self.sku_pattern or bool(pattern(self.sku_pattern).match(plain(product.sku))))
        )

    def products(self) -> Iterator[Product]:
        """Yield the products of its shop that it matches, whether it wins or not; saved or not."""
        rows = Product.objects.filter(shop=self.shop_id).order_by()
        if self.product_number is not None:
            rows = rows.filter(product_id=self.product_number)
        # Cases alike beyond ASCII are each database's own, and how JSON writes such letters.
        columns = (("vendor", self.vendor), ("product_type", self.product_type))
        words = {f"{name}__icontains": plain(word) for name, word in columns if word.isascii()}
        rows = rows.filter(**{name: word for name, word in words.items() if word})
        if _PLAIN_TAG.fullmatch(plain(self.tag)):
            rows = rows.annotate(tags_text=Cast("tags", models.TextField()))
            rows = rows.filter(tags_text__icontains=plain(self.tag))
        for product in rows.iterator(chunk_size=AT_ONCE):
            if self.matches(product):
                yield product


class Fetches(NamedTuple):
    """How often (null: unlimited) and for how many days (null: no end) a file may be fetched."""

    limit: int | None
    lifetime_days: int | None


def terms_of(row: Terms | None, asset: Asset, shop: Shop) -> Fetches:
    """Return what applies: what an attachment or rule says, else the file, else the shop."""
    rows = [each for each in (row, asset) if each is not None]
    limits = [each.limit for each in rows if not each.inherits_limit]
    days = [each.lifetime_days for each in rows if not each.inherits_lifetime]
    return Fetches([*limits, shop.default_limit][0], [*days, shop.default_lifetime_days][0])


def winners(product: Product, rules: Iterable[AttachmentRule]) -> dict[object, AttachmentRule]:
    """Return for each asset the first rule that matches a product; rules in their order."""
    found: dict[object, AttachmentRule] = {}
    for rule in rules:
        if rule.asset_id not in found and rule.matches(product):
            found[rule.asset_id] = rule
    return found


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    def given(self) -> "AttachmentQuerySet":
        """Return those that buyers get: without those that say "not this file"."""
        return self.filter(is_left_out=False)

    def own(self) -> "AttachmentQuerySet":
        """Return those that are said of the variant itself."""
        return self.filter(source=None)


class Attachment(Terms):
    """An asset that every buyer of a variant gets, with what applies to it.

    `source` is the rule it comes from; of one without, it is said of the variant itself, be it "not
    this file" (`is_left_out`). `fulfilment.resolve` writes those of rules, and nothing else does.
    """

    shop_path = "product__shop"
    audited = ("asset", "is_left_out", "limit", "lifetime_days")

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="attachments")
    asset = models.ForeignKey(
        Asset, on_delete=models.PROTECT, related_name="attachments", verbose_name=_("file or link")
    )
    source = models.ForeignKey(
        AttachmentRule,
        on_delete=models.CASCADE,
        null=True,
        editable=False,
        related_name="attachments",
    )
    is_left_out = models.BooleanField(
        _("not this file"),
        default=False,
        db_default=False,
        help_text=_("Buyers of this product do not get it, whatever rule attaches it."),
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("attached file or link")
        verbose_name_plural = _("attached files and links")
        ordering = (F("id").asc(),)
        constraints = [
            models.UniqueConstraint(
                fields=("product", "asset"),
                name="attachment_is_unique_per_product_and_asset",
                violation_error_message=_("This asset is attached to this product already."),
            ),
            models.CheckConstraint(
                condition=Q(limit__isnull=True) | Q(limit__gte=1),
                name="attachment_limit_is_unlimited_or_at_least_one",
                violation_error_message=LIMIT_ERROR,
            ),
            models.CheckConstraint(
                condition=Q(lifetime_days__isnull=True) | Q(lifetime_days__gte=1),
                name="attachment_lifetime_is_endless_or_at_least_a_day",
                violation_error_message=DAYS_ERROR,
            ),
            models.CheckConstraint(
                condition=Q(is_left_out=False) | Q(source__isnull=True),
                name="attachment_is_left_out_by_its_variant_alone",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.asset} with {self.product}"

    def is_audited(self) -> bool:
        """Say whether the trail tells of it: of a rule, it tells once."""
        return self.source_id is None
