"""Queries of attachments: what a rule matches, where an asset is attached, who lacks it yet."""

from dataclasses import dataclass

from django.db.models import Count, Exists, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from downloads.models import Asset, Attachment, AttachmentRule, LineItem, Product
from downloads.models.attachments import Fetches, terms_of

# As many as are shown of what a rule matches.
MOST_SHOWN = 20


@dataclass(frozen=True)
class Preview:
    """What a rule would match: how many products, the first of them, and how many get it new."""

    count: int
    fresh: int
    first: list[Product]


@dataclass(frozen=True)
class Applying:
    """What an empty field comes to, and whose word that is."""

    value: int | None
    source: str


def preview(rule: AttachmentRule) -> Preview:
    """Return what a rule matches, saved or not."""
    has = set(
        Attachment.objects.filter(asset=rule.asset_id, product__shop=rule.shop_id)
        .order_by()
        .values_list("product", flat=True)
    )
    count, fresh, first = 0, 0, list[Product]()
    for product in rule.products():
        count += 1
        fresh += product.pk not in has
        if len(first) < MOST_SHOWN:
            first.append(product)
    return Preview(count, fresh, first)


def with_file_counts(products: QuerySet[Product]) -> QuerySet[Product]:
    """Add `file_count` to products: how many files and links their buyers get."""
    given = Attachment.objects.given().filter(product=OuterRef("pk")).order_by()
    counted = given.values("product").annotate(count=Count("pk")).values("count")
    return products.annotate(file_count=Coalesce(Subquery(counted, output_field=IntegerField()), 0))


def without_files(products: QuerySet[Product], *, has_some: bool = False) -> QuerySet[Product]:
    """Return those of the products whose buyers get nothing, or those whose buyers do."""
    given = Exists(Attachment.objects.given().filter(product=OuterRef("pk")))
    return products.filter(given if has_some else ~given)


def lines_lacking(asset: Asset) -> QuerySet[LineItem]:
    """Return the purchases of what an asset is attached to that were not given it."""
    return LineItem.objects.lacking(asset)


def where_attached(asset: Asset) -> tuple[QuerySet[Attachment], QuerySet[AttachmentRule]]:
    """Return what is said of variants about an asset, and the rules that attach it."""
    rows = asset.attachments.own().select_related("product")
    return rows.order_by("product__name", "pk"), asset.rules.all()


def default_terms(asset: Asset) -> tuple[Applying, Applying]:
    """Return what applies to an attachment of an asset that says nothing itself."""
    applies: Fetches = terms_of(None, asset, asset.shop)
    return (
        Applying(applies.limit, "shop" if asset.inherits_limit else "file"),
        Applying(applies.lifetime_days, "shop" if asset.inherits_lifetime else "file"),
    )
