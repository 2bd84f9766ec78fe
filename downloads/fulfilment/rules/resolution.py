"""Resolve rules into attachments: one for each variant and asset, the winner's.

Called by whatever changes a rule, a default, or what rules read of products. All that gives
downloads reads its rows, and so asks no rule.
"""

from collections.abc import Collection, Iterable, Iterator
from itertools import islice

from django.db.models import Q

from downloads.models import Asset, Attachment, AttachmentRule, Product, Shop
from downloads.models.attachments import terms_of, winners

# Values in one statement, far below what one takes.
BATCH = 500
# What rules read of a product.
READ = frozenset({"product_id", "sku", "vendor", "tags", "product_type"})


def resolve(shop: Shop, products: Iterable[Product], *, are_new: bool = False) -> set[object]:
    """Bring the attachments of products in line with the shop's rules; say whose grew.

    Under the shop's lock. What is said of a variant itself stays as it is, and so does every grant.
    """
    grown: set[object] = set()
    for batch in _batches(products):
        rules = rules_for(shop, batch)
        # To what is new nothing is attached yet.
        if rules or not are_new:
            grown |= _resolve(shop, batch, rules)
    return grown


def _resolve(
    shop: Shop, products: Collection[Product], rules: Collection[AttachmentRule]
) -> set[object]:
    stored = list(Attachment.objects.filter(product__in=products).order_by())
    own = {(row.product_id, row.asset_id) for row in stored if row.source_id is None}
    former = {(row.product_id, row.asset_id): row for row in stored if row.source_id is not None}
    wanted = [
        _attachment(product, rule, shop)
        for product in products
        for rule in winners(product, rules).values()
        if (product.pk, rule.asset_id) not in own
    ]
    kept, fresh, changed = set(), [], []
    for row in wanted:
        before = former.get((row.product_id, row.asset_id))
        if before is None:
            fresh.append(row)
            continue
        kept.add(before.pk)
        if content_of(before) != content_of(row):
            row.pk, row.created_at = before.pk, before.created_at
            changed.append(row)
    gone = [row.pk for row in former.values() if row.pk not in kept]
    if gone:
        Attachment.objects.filter(pk__in=gone)._raw_delete(Attachment.objects.db)
    Attachment.objects.bulk_create(fresh)
    if changed:
        Attachment.objects.bulk_update(changed, CONTENT)
    return {row.product_id for row in fresh}


def rules_for(shop: Shop, products: Collection[Product]) -> list[AttachmentRule]:
    """Return the shop's rules that may match one of these products, in their order."""
    numbers = {product.product_id for product in products} - {None}
    which = Q(product_number=None) | Q(product_number__in=numbers)
    return list(AttachmentRule.objects.filter(which, shop=shop).select_related("asset"))


def refresh_terms(shop: Shop, *, asset: Asset | None = None) -> None:
    """Bring what inherits its terms in line with the defaults of the shop, or of one asset."""
    rows = Attachment.objects.filter(asset__shop=shop).order_by()
    assets = [asset] if asset else Asset.objects.filter(shop=shop, attachments__in=rows).distinct()
    for each in assets:
        applies = terms_of(None, each, shop)
        of_asset = rows.filter(asset=each)
        for inherits, name in (("inherits_limit", "limit"), ("inherits_lifetime", "lifetime_days")):
            value = getattr(applies, name)
            inheriting = of_asset.filter(**{inherits: True})
            inheriting.exclude(**{name: value}).update(**{name: value})


CONTENT = ("source", "limit", "lifetime_days", "inherits_limit", "inherits_lifetime")


def content_of(row: Attachment) -> tuple[object, ...]:
    """Return what an attachment says: whose word it is, and its terms."""
    return (
        row.source_id,
        row.limit,
        row.lifetime_days,
        row.inherits_limit,
        row.inherits_lifetime,
    )


def _attachment(product: Product, rule: AttachmentRule, shop: Shop) -> Attachment:
    limit, days = terms_of(rule, rule.asset, shop)
    return Attachment(
        product=product,
        asset=rule.asset,
        source=rule,
        limit=limit,
        lifetime_days=days,
        inherits_limit=rule.inherits_limit,
        inherits_lifetime=rule.inherits_lifetime,
    )


def _batches(products: Iterable[Product]) -> Iterator[list[Product]]:
    rows = iter(products)
    while batch := list(islice(rows, BATCH)):
        yield batch
