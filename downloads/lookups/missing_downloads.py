"""Orders that are paid and have nothing to download, why, and whose files they may have meant."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from downloads.models import Attachment, Grant, LineItem, Order, Product
from downloads.models.lines import LineItemQuerySet
from downloads.models.orders import BY_HAND

# As many as are shown of one order, looked at for them, and proposed for one of its lines.
MOST_LINES = 20
MOST_PRODUCTS = 200
MOST_PROPOSED = 3


class Missing(StrEnum):
    """Why a line that was paid for brings nothing."""

    PRODUCT = "product"  # the shop named no variant number, so that no product is known by it
    VARIANT = "variant"  # another variant of the same product has files
    FILES = "files"


@dataclass
class BareLine:
    """A line that brings nothing, why, and the products with files it may be, the likeliest first.

    `is_of_this_order` says that a match is one of this line: its product has no number by which
    other orders would name it.
    """

    line: LineItem
    why: Missing
    proposed: list[Product] = field(default_factory=list)

    @property
    def is_of_this_order(self) -> bool:
        return self.line.product.variant_id is None


def without_downloads(orders: QuerySet[Order], why: Missing | None = None) -> QuerySet[Order]:
    """Return those of the orders that are open and give nothing, for any reason or for one.

    A grant that was revoked or is over was something once. What was replaced or given back does
    not count: the other lines were still paid for.
    """
    kept = Grant.objects.filter(order=OuterRef("pk"), replaced=False, refunded=False)
    paid = orders.filter(pk__in=Order.objects.open().values("pk"))
    own = paid.filter(is_test=False, parent_platform_id=None)
    lines = bare_lines().filter(order=OuterRef("pk"))
    return own.filter(~Exists(kept), Exists(lines if why is None else lines.filter(_is(why))))


def bare_lines() -> LineItemQuerySet:
    """Return the lines that were kept and bring nothing."""
    lines = LineItem.objects.with_refunded_units().exclude(current_quantity=0)
    bringing = Grant.objects.filter(line=OuterRef("pk"), replaced=False)
    is_left: Any = Q(refunded_units__lt=F("quantity"))
    return lines.filter(~Exists(bringing), is_left).order_by()


def missing_of(order: Order) -> list[BareLine]:
    """Return the lines of an order for which it stands among `without_downloads`.

    Empty where it does not. Four queries at most, however many lines.
    """
    if not without_downloads(Order.objects.filter(pk=order.pk)).exists():
        return []
    bare = bare_lines().filter(order=order).select_related("product")
    lines = list(bare.order_by("position", "pk")[:MOST_LINES])
    siblings = _siblings(order, lines)
    found = [BareLine(line, _why(line, order, siblings)) for line in lines]
    candidates = _candidates(order, [line.product for line in lines])
    for each in found:
        each.proposed = _likeliest(each.line.product, candidates)
    return found


def _why(line: LineItem, order: Order, siblings: set[int | None]) -> Missing:
    if line.product.variant_id is None and not order.is_by_hand:
        return Missing.PRODUCT
    return Missing.VARIANT if line.product.product_id in siblings else Missing.FILES


def _is(why: Missing) -> Q:
    """Say in SQL what `_why` says of a line."""
    unknown = Q(product__variant_id=None) & ~Q(order__in=Order.objects.filter(BY_HAND).values("pk"))
    alike = Attachment.objects.given().filter(
        product__shop=OuterRef("product__shop"), product__product_id=OuterRef("product__product_id")
    )
    match why:
        case Missing.PRODUCT:
            return unknown
        case Missing.VARIANT:
            return ~unknown & Q(Exists(alike))
        case Missing.FILES:
            return ~unknown & ~Q(Exists(alike))


def _siblings(order: Order, lines: Iterable[LineItem]) -> set[int | None]:
    """Return the platform's numbers of those products of which some variant has files."""
    numbers = {line.product.product_id for line in lines} - {None}
    rows = Attachment.objects.given().filter(
        product__shop=order.shop_id, product__product_id__in=numbers
    )
    return set(rows.order_by().values_list("product__product_id", flat=True)) if numbers else set()


def _candidates(order: Order, products: list[Product]) -> list[Product]:
    """Return the shop's products with files that have something in common with these."""
    skus = {product.sku for product in products if product.sku}
    names = {product.name for product in products}
    numbers = {product.product_id for product in products if product.product_id is not None}
    alike = Q(sku__in=skus) | Q(name__in=names) | Q(product_id__in=numbers)
    attached = Attachment.objects.given().order_by().values("product")
    with_files = Product.objects.filter(shop=order.shop_id, pk__in=attached)
    found = with_files.filter(alike).exclude(pk__in=[product.pk for product in products])
    return list(found[:MOST_PRODUCTS]) if products else []


def _likeliest(product: Product, candidates: list[Product]) -> list[Product]:
    """Return what a product may be: of the same SKU, else the same name and variant, else akin."""
    found = [each for alike in LIKENESS for each in candidates if alike(product, each)]
    return list(dict.fromkeys(found))[:MOST_PROPOSED]


def _named(product: Product) -> tuple[str, str]:
    return product.name.casefold(), (product.variant_name or "").casefold()


LIKENESS = (
    lambda one, other: bool(one.sku) and one.sku == other.sku,
    lambda one, other: _named(one) == _named(other),
    lambda one, other: one.product_id is not None and one.product_id == other.product_id,
    lambda one, other: one.name == other.name,
)
