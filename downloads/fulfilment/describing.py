"""Take in what a shop says of its products and of itself."""

from datetime import datetime
from typing import Any

from django.db import transaction

from downloads.actors import PLATFORM, acting
from downloads.fulfilment.assigning import assign
from downloads.fulfilment.auditing import enter_audit
from downloads.fulfilment.outcomes import Outcome
from downloads.fulfilment.ranking import rank
from downloads.fulfilment.settling import lock_shop
from downloads.models import Product, RemovedProduct, Shop
from downloads.reports import CatalogReport, ProductReport, ShopReport

# What a shop says of a product outranks what its orders' lines mention in passing.
MENTIONED, DESCRIBED = "1", "2"


@transaction.atomic
def record_product(shop: Shop, report: CatalogReport) -> Outcome:
    """Bring every variant of a product to what the shop says, or make it; return the outcome.

    The newest report stands. A variant it no longer names stays: buyers hold it.
    """
    shop = lock_shop(shop)
    outcomes = {
        _describe(shop, variant, described_rank=_rank(DESCRIBED, variant, report.reported_at))[1]
        for variant in report.variants
    }
    if not outcomes - {Outcome.UNCHANGED}:
        return Outcome.UNCHANGED
    return Outcome.NEW if outcomes == {Outcome.NEW} else Outcome.CHANGED


def product_of_line(shop: Shop, report: ProductReport, *, reported_at: datetime) -> Product:
    """Find the row of a line's variant, or make it from what the line says.

    Until the shop describes the product itself, the newest full order that mentions it does. What a
    merchant entered by hand stays.
    """
    if report.variant_id is not None:
        return _describe(shop, report, described_rank=_rank(MENTIONED, report, reported_at))[0]
    # A line without a variant number (typed in at the till) is known by its description
    # alone. A merchant may have entered two alike: the first is taken.
    named = {name: getattr(report, name) for name in ("name", "variant_name", "sku", "product_id")}
    alike = Product.objects.filter(shop=shop, variant_id=None, **named)
    return alike.order_by("created_at", "pk").first() or Product.objects.create(
        shop=shop, **_words(report)
    )


@transaction.atomic
def remove_product(shop: Shop, product_id: int, *, at: datetime) -> Outcome:
    """Note that the shop no longer sells a product; return the outcome.

    Its buyers keep what they bought.
    """
    _row, is_news = RemovedProduct.objects.get_or_create(
        shop=shop, product_id=product_id, defaults={"removed_at": at}
    )
    return Outcome.CHANGED if is_news else Outcome.UNCHANGED


@acting(PLATFORM)
@transaction.atomic
def record_shop(shop: Shop, report: ShopReport) -> Outcome:
    """Take over the shop's own name, unless a newer report has said another; return the outcome."""
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
    """Note that the merchant removed our app from the platform. Buyers keep their downloads."""
    if Shop.objects.filter(pk=shop.pk, uninstalled_at=None).update(uninstalled_at=at):
        before, after = {"uninstalled_at": None}, {"uninstalled_at": at}
        enter_audit("Changed", row=shop, before=before, after=after)


def _rank(source: str, report: ProductReport, reported_at: datetime) -> str:
    # Cut-down orders leave things out: the newest of those that say the most stands. A shop that
    # describes its product leaves out what is no longer so.
    words = vars(report).values()
    said = sum(value is not None for value in words) if source == MENTIONED else 0
    return f"{source} {said} {rank(reported_at, content=report)}"


def _describe(shop: Shop, report: ProductReport, *, described_rank: str) -> tuple[Product, Outcome]:
    words = _words(report) | {"described_rank": described_rank}
    product, is_new = Product.objects.get_or_create(
        shop=shop, variant_id=report.variant_id, defaults=words
    )
    if is_new:
        return product, Outcome.NEW
    is_by_hand = not product.described_rank
    is_mentioned = described_rank.startswith(MENTIONED)
    if described_rank <= product.described_rank or (is_by_hand and is_mentioned):
        return product, Outcome.UNCHANGED
    return product, Outcome.CHANGED if assign(product, **words) else Outcome.UNCHANGED


def _words(report: ProductReport) -> dict[str, Any]:
    return {
        "name": report.name,
        "variant_name": report.variant_name,
        "sku": report.sku,
        "product_id": report.product_id,
        "vendor": report.vendor,
        # Words of two reports are not mixed: it would depend on which came first.
        "tags": list(report.tags or ()),
    }
