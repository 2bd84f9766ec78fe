"""Bulk attaching by SKU: each row of a table judged first, then written all or the good ones.

The same judgement makes the preview and, under the shop's lock, what is written.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from downloads.audit.entries import enter_audit
from downloads.errors import BadInput
from downloads.fulfilment.recalculation import lock_shop
from downloads.fulfilment.rules.resolution import BATCH, CONTENT, content_of
from downloads.models import Asset, Attachment, Product, Shop
from downloads.models.attachments import terms_of

ROWS_AT_ONCE = 1000
# A product and a file, by their keys.
Pair = tuple[object, object]
# A limit and days.
Terms = tuple[int | None, int | None]
Before = Callable[[Collection[Any]], dict[Pair, int]]
NEW, CHANGED, SAME, REFUSED = "new", "changed", "same", "refused"


@dataclass(frozen=True)
class SkuRow:
    """What a row of the table wants: a file for the variant with an SKU, on these terms.

    `problem` is why its cells could not be read, `texts` what stood there of the terms.
    """

    line: int
    sku: str
    file: str
    limit: int | None = None
    lifetime_days: int | None = None
    inherits_limit: bool = True
    inherits_lifetime: bool = True
    problem: str = ""
    texts: tuple[str, str] = ("", "")


@dataclass(frozen=True)
class Verdict:
    """What would come of a row: the attachment as it would stand and as it stood, or a reason."""

    row: SkuRow
    outcome: str
    reason: str = ""
    attachment: Attachment | None = None
    before: Terms | None = None


class Tally:
    """How many rows came to what, and a digest that changes with any of them."""

    def __init__(self) -> None:
        self.counts = dict.fromkeys((NEW, CHANGED, SAME, REFUSED), 0)
        self._digest = hashlib.sha256()

    def add(self, verdict: Verdict) -> None:
        """Count a verdict."""
        self.counts[verdict.outcome] += 1
        row = verdict.attachment
        pair = (row.product_id, row.asset_id, row.limit, row.lifetime_days) if row else ()
        facts = (verdict.row.line, verdict.outcome, verdict.reason if not row else "", *pair)
        self._digest.update(repr((*facts, verdict.before)).encode(errors="replace"))

    @property
    def digest(self) -> str:
        """What the rows come to, in short: the same for the same facts."""
        return self._digest.hexdigest()


def nothing(products: Collection[Any]) -> dict[Pair, int]:
    """Return that nothing was said before the first row."""
    return {}


def judge_rows(
    shop: Shop, rows: Iterable[SkuRow], *, before: Before = nothing
) -> Iterator[Verdict]:
    """Yield what would come of each row as things stand; three queries for a thousand rows.

    `before` returns the lines that said something of these products in rows before the first.
    """
    seen: dict[Pair, int] = {}
    waiting = iter(rows)
    while batch := list(islice(waiting, ROWS_AT_ONCE)):
        products, assets = _products(shop, batch), _assets(shop, batch)
        only = [each[0].pk for each in products.values() if len(each) == 1]
        seen |= before(only)
        yield from _judge(shop, batch, products, assets, seen)


@transaction.atomic
def attach_by_sku(
    shop: Shop, rows: Iterable[SkuRow], *, expected: str, is_all_or_nothing: bool
) -> Tally:
    """Attach what the good rows say, or nothing where one is wrong; return how many came to what.

    `expected` is the digest of the preview. Earlier orders stay as they are until they are settled.

    Raises:
        BadInput: something changed since the preview, or a row is wrong and all were to be right.
    """
    shop = lock_shop(shop)
    tally, good = Tally(), list[Verdict]()
    for verdict in judge_rows(shop, rows):
        tally.add(verdict)
        if verdict.outcome in (NEW, CHANGED):
            good.append(verdict)
    if tally.digest != expected:
        raise BadInput(_("Something changed since this was checked. Nothing was attached."))
    if is_all_or_nothing and tally.counts[REFUSED]:
        raise BadInput(_("Some rows are wrong, so nothing was attached."))
    rows_of = {
        outcome: [each.attachment for each in good if each.outcome == outcome and each.attachment]
        for outcome in (NEW, CHANGED)
    }
    Attachment.objects.bulk_create(rows_of[NEW], batch_size=BATCH)
    Attachment.objects.bulk_update(rows_of[CHANGED], CONTENT, batch_size=BATCH)
    _enter(good)
    return tally


def _products(shop: Shop, batch: list[SkuRow]) -> dict[str | None, list[Product]]:
    found = defaultdict[str | None, list[Product]](list)
    skus = {row.sku for row in batch if row.sku and not row.problem}
    for product in Product.objects.filter(shop=shop, sku__in=skus).order_by("pk"):
        found[product.sku].append(product)
    return found


def _assets(shop: Shop, batch: list[SkuRow]) -> dict[str, list[Asset]]:
    found = defaultdict[str, list[Asset]](list)
    names = {row.file for row in batch if row.file and not row.problem}
    which = Q(title__in=names) | Q(file_name__in=names)
    for asset in Asset.objects.filter(which, shop=shop).order_by("pk"):
        for name in {asset.title, asset.file_name} & names:
            found[name].append(asset)
    return found


def _judge(
    shop: Shop,
    batch: list[SkuRow],
    products: dict[str | None, list[Product]],
    assets: dict[str, list[Asset]],
    seen: dict[Pair, int],
) -> Iterator[Verdict]:
    only = [each[0].pk for each in products.values() if len(each) == 1]
    wanted = {asset.pk for each in assets.values() for asset in each}
    rows = Attachment.objects.filter(product__in=only, asset__in=wanted).order_by()
    stored = {(row.product_id, row.asset_id): row for row in rows}
    for row in batch:
        reason = row.problem or _wrong(row, products, assets)
        if not reason:
            product = products[row.sku][0]
            asset = next(each for each in assets[row.file] if each.withdrawn_at is None)
            first = seen.setdefault((product.pk, asset.pk), row.line)
            before = stored.get((product.pk, asset.pk))
            if first != row.line:
                reason = _("Line %(line)s says it of this SKU and file already.") % {"line": first}
            elif before is not None and before.is_left_out:
                reason = _("This variant has “not this file”. Take that back on its page first.")
        if reason:
            yield Verdict(row, REFUSED, reason)
        else:
            yield _verdict(shop, row, product, asset, before)


def _wrong(
    row: SkuRow, products: dict[str | None, list[Product]], assets: dict[str, list[Asset]]
) -> str:
    if not row.sku:
        return _("There is no SKU.")
    if not row.file:
        return _("There is no file.")
    variants = products.get(row.sku, [])
    if not variants:
        return _("No product of this shop has this SKU.")
    if len(variants) > 1:
        return _("%(count)s variants have this SKU.") % {"count": len(variants)}
    called = assets.get(row.file, [])
    offered = [each for each in called if each.withdrawn_at is None]
    if called and not offered:
        return _("This file is withdrawn.")
    if not offered:
        return _("No file or link of this shop has this title or file name.")
    if len(offered) > 1:
        return _("%(count)s files and links are called so.") % {"count": len(offered)}
    return ""


def _verdict(
    shop: Shop, row: SkuRow, product: Product, asset: Asset, before: Attachment | None
) -> Verdict:
    wish = Attachment(
        product=product,
        asset=asset,
        limit=row.limit,
        lifetime_days=row.lifetime_days,
        inherits_limit=row.inherits_limit,
        inherits_lifetime=row.inherits_lifetime,
    )
    wish.limit, wish.lifetime_days = terms_of(wish, asset, shop)
    if before is None:
        return Verdict(row, NEW, attachment=wish)
    is_same = content_of(before) == content_of(wish)
    wish.pk, wish.created_at = before.pk, before.created_at
    outcome = SAME if is_same else CHANGED
    return Verdict(row, outcome, attachment=wish, before=(before.limit, before.lifetime_days))


def _enter(good: list[Verdict]) -> None:
    """Enter one line for each file, with what was said of the first variants and is said now."""
    of_asset = defaultdict[Asset, list[tuple[Verdict, Attachment]]](list)
    for each in good:
        if each.attachment is not None:
            of_asset[each.attachment.asset].append((each, each.attachment))
    for asset, pairs in of_asset.items():
        first = pairs[:BATCH]
        former = {each.row.sku: each.before for each, _row in first if each.before is not None}
        terms = {each.row.sku: (row.limit, row.lifetime_days) for each, row in first}
        enter_attached(asset, count=len(pairs), terms=terms, former=former)


def enter_attached(
    asset: Asset,
    *,
    count: int,
    terms: Mapping[str, Terms],
    former: Mapping[str, Terms],
) -> None:
    """Enter that a file was attached to so many variants, with the terms of the first by SKU."""
    after = {"products": count, "limit_and_days": terms}
    before = {"limit_and_days": former} if former else None
    enter_audit("Attached to products by SKU", row=asset, before=before, after=after)
