"""Record products, their variants, and the shop's own name, from reports."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone

from downloads.audit.actors import PLATFORM, acting
from downloads.audit.entries import enter_audit
from downloads.fulfilment.bounds import require_few_variants
from downloads.fulfilment.changes import Outcome, assign, assign_each, rank
from downloads.fulfilment.recalculation import lock_shop
from downloads.fulfilment.rules.described import are_read, settle_early_orders, untold
from downloads.fulfilment.rules.resolution import READ, resolve
from downloads.fulfilment.rules.variants import Variants, by_variant, shares
from downloads.incoming import CatalogReport, ProductReport, ShopReport
from downloads.models import Product, RemovedProduct, Shop

# What a shop says of a product outranks what its orders' lines mention in passing.
MENTIONED, DESCRIBED = "1", "2"


@transaction.atomic
def record_product(shop: Shop, report: CatalogReport) -> Outcome:
    """Create or update every variant of a product from a report; return the outcome.

    The newest report stands. A variant it no longer names stays: buyers hold it.

    Raises:
        AboveLimit: it has more variants than `PRODUCT_MAX_VARIANTS`.
    """
    require_few_variants(report)
    shop = lock_shop(shop)
    described = _describe(
        shop,
        [(_rank(DESCRIBED, variant, report.reported_at), variant) for variant in report.variants],
    )
    settle_early_orders(described.opened, at=timezone.now())
    outcomes = described.outcomes
    if not outcomes - {Outcome.UNCHANGED}:
        return Outcome.UNCHANGED
    return Outcome.NEW if outcomes == {Outcome.NEW} else Outcome.CHANGED


def products_of_lines(
    shop: Shop,
    reports: Sequence[ProductReport],
    *,
    reported_at: datetime,
    known: Variants | None = None,
) -> list[Product]:
    """Get or create the product rows of lines' variants, in their order.

    Until the shop describes a product itself, the newest full order that mentions it does. What a
    merchant entered by hand stays. `known` are those there are of all these variants, null to have
    them asked for; under the shop's lock.
    """
    # As few statements as for one line: buyers' clicks wait while SQLite's one writer is taken.
    ranked = [
        (_rank(MENTIONED, report, reported_at), report)
        for report in reports
        if report.variant_id is not None
    ]
    named = _describe(shop, ranked, known=known).rows
    by_words = _without_number(shop, [report for report in reports if report.variant_id is None])
    return [
        by_words[_named(report)] if report.variant_id is None else named[report.variant_id]
        for report in reports
    ]


@transaction.atomic
def edit_product(product: Product, fields: Collection[str]) -> bool:
    """Save what a merchant changed; say whether the shop's next word of it replaces that.

    A merchant's words stand above what an order's lines mention, and below what the shop says.
    """
    lock_shop(product.shop)
    changed = set(fields)
    if changed and product.described_rank.startswith(MENTIONED):
        product.described_rank = ""
        changed.add("described_rank")
    product.save(update_fields=changed)
    if not READ.isdisjoint(changed):
        resolve(product.shop, [product])
    return bool(changed) and product.described_rank.startswith(DESCRIBED)


@transaction.atomic
def remove_product(shop: Shop, product_id: int, *, at: datetime) -> Outcome:
    """Mark a product as removed from the shop; return the outcome.

    Its buyers keep what they bought.
    """
    _row, is_news = RemovedProduct.objects.get_or_create(
        shop=shop, product_id=product_id, defaults={"removed_at": at}
    )
    return Outcome.CHANGED if is_news else Outcome.UNCHANGED


@acting(PLATFORM)
@transaction.atomic
def record_shop(shop: Shop, report: ShopReport) -> Outcome:
    """Update the shop's name, unless a newer report has another; return the outcome."""
    shop = lock_shop(shop)
    changed = False
    if shop.reported_at is None or (report.reported_at, report.name) > (
        shop.reported_at,
        shop.name,
    ):
        changed |= assign(shop, name=report.name, reported_at=report.reported_at)
    # The shop speaks to us again: the app is back.
    if shop.uninstalled_at is not None and report.reported_at > shop.uninstalled_at:
        changed |= assign(shop, uninstalled_at=None)
    return Outcome.CHANGED if changed else Outcome.UNCHANGED


@acting(PLATFORM)
@transaction.atomic
def note_uninstalled(shop: Shop, *, at: datetime) -> None:
    """Mark our app as uninstalled from the platform. Buyers keep their downloads."""
    if Shop.objects.filter(pk=shop.pk, uninstalled_at=None).update(uninstalled_at=at):
        before, after = {"uninstalled_at": None}, {"uninstalled_at": at}
        enter_audit("Changed", row=shop, before=before, after=after)


def _rank(source: str, report: ProductReport, reported_at: datetime) -> str:
    # Cut-down orders leave things out: the newest of those that say the most stands. A shop that
    # describes its product leaves out what is no longer so.
    words = vars(report).values()
    detail = sum(value is not None for value in words) if source == MENTIONED else 0
    return f"{source} {detail} {rank(reported_at, content=report)}"


class Described(NamedTuple):
    """Variants by number, what became of them, and those of earlier orders that rules match now."""

    rows: dict[int | None, Product]
    outcomes: set[Outcome]
    opened: list[Product]


def _describe(
    shop: Shop, ranked: Iterable[tuple[str, ProductReport]], *, known: Variants | None = None
) -> Described:
    """Bring variants to what the report of the highest rank says."""
    words: dict[int | None, dict[str, Any]] = {}
    for described_rank, report in ranked:
        before = words.get(report.variant_id)
        if before is None or described_rank > before["described_rank"]:
            words[report.variant_id] = _words(report) | {"described_rank": described_rank}
    rows = by_variant(shop, words) if known is None else _among(known, words)
    changes = [
        (rows[number], words[number]) for number in rows if _stands(words[number], rows[number])
    ]
    outcomes = {Outcome.CHANGED} if changes else set()
    if len(changes) < len(rows):
        outcomes.add(Outcome.UNCHANGED)
    changes = [*changes, *untold(rows, words, changes)]
    read = [product for product, values in changes if are_read(product, values)]
    mentioned = [each for each in read if each.described_rank.startswith(MENTIONED)]
    assign_each(changes)
    fresh = [
        Product(shop=shop, variant_id=number, **words[number])
        for number in words
        if number not in rows
    ]
    if fresh:
        outcomes.add(Outcome.NEW)
        # A merchant may enter the same variant by hand at this moment.
        Product.objects.bulk_create(fresh, ignore_conflicts=True)
        made = by_variant(shop, [product.variant_id for product in fresh])
        rows |= made
        resolve(shop, made.values(), are_new=True)
    grown = resolve(shop, read)
    return Described(rows, outcomes, [each for each in mentioned if each.pk in grown])


def _among(known: Variants, numbers: Iterable[int | None]) -> dict[int | None, Product]:
    return {number: known[number] for number in numbers if number in known}


def _stands(words: dict[str, Any], product: Product) -> bool:
    is_by_hand = not product.described_rank
    is_mentioned = words["described_rank"].startswith(MENTIONED)
    return words["described_rank"] > product.described_rank and not (is_by_hand and is_mentioned)


def _without_number(shop: Shop, reports: Sequence[ProductReport]) -> dict[tuple, Product]:
    # A line without a variant number (typed in at the till) is known by its description alone. A
    # merchant may have entered two alike: the first is taken.
    if not reports:
        return {}
    products = Product.objects.filter(shop=shop, variant_id=None).order_by("-created_at", "-pk")
    rows = {
        _named(product): product
        for some in shares({report.name for report in reports})
        for product in products.filter(name__in=some)
    }
    fresh = {
        _named(report): Product(shop=shop, **_words(report))
        for report in reversed(reports)
        if _named(report) not in rows
    }
    resolve(shop, Product.objects.bulk_create(fresh.values()), are_new=True)
    return rows | fresh


def _named(described: ProductReport | Product) -> tuple:
    return (described.name, described.variant_name, described.sku, described.product_id)


def _words(report: ProductReport) -> dict[str, Any]:
    return {
        "name": report.name,
        "variant_name": report.variant_name,
        "sku": report.sku,
        "product_id": report.product_id,
        "vendor": report.vendor,
        "product_type": report.product_type,
        # Words of two reports are not mixed: it would depend on which came first.
        "tags": list(report.tags or ()),
    }
