"""Attach an asset to many variants or product numbers at once."""

from collections.abc import Collection, Iterable

from django.db import transaction

from downloads.audit.entries import enter_audit
from downloads.errors import BadInput
from downloads.fulfilment.recalculation import lock_shop
from downloads.fulfilment.rules.resolution import BATCH, resolve
from downloads.fulfilment.rules.verbs import OTHER_SHOP
from downloads.models import Asset, Attachment, AttachmentRule, Product, Shop
from downloads.models.attachments import terms_of


@transaction.atomic
def attach_to_each(
    shop: Shop,
    asset: Asset,
    products: Iterable[Product],
    *,
    limit: int | None,
    lifetime_days: int | None,
    inherits_limit: bool = False,
    inherits_lifetime: bool = False,
) -> int:
    """Attach an asset to each of these variants; return to how many it was not attached so far.

    What is said of a variant already stays. Earlier orders stay as they are until they are settled.

    Raises:
        BadInput: another shop's asset.
    """
    shop = lock_shop(shop)
    if asset.shop_id != shop.pk:
        raise BadInput(OTHER_SHOP)
    wish = Attachment(
        asset=asset,
        limit=limit,
        lifetime_days=lifetime_days,
        inherits_limit=inherits_limit,
        inherits_lifetime=inherits_lifetime,
    )
    applies = terms_of(wish, asset, shop)
    own = Attachment.objects.own().filter(asset=asset).values("product")
    wanted = list(Product.objects.filter(shop=shop, pk__in=[each.pk for each in products]))
    taken = set(own.filter(product__in=wanted).values_list("product", flat=True))
    fresh = [each for each in wanted if each.pk not in taken]
    Attachment.objects.filter(product__in=fresh, asset=asset).delete()
    Attachment.objects.bulk_create(
        [
            Attachment(
                product=product,
                asset=asset,
                limit=applies.limit,
                lifetime_days=applies.lifetime_days,
                inherits_limit=inherits_limit,
                inherits_lifetime=inherits_lifetime,
            )
            for product in fresh
        ],
        batch_size=BATCH,
    )
    if fresh:
        after = {"products": len(fresh), "limit": applies.limit}
        enter_audit("Attached to products", row=asset, after=after)
    return len(fresh)


@transaction.atomic
def attach_to_numbers(
    shop: Shop,
    asset: Asset,
    numbers: Collection[int],
    *,
    limit: int | None,
    lifetime_days: int | None,
    inherits_limit: bool = False,
    inherits_lifetime: bool = False,
) -> int:
    """Attach an asset to each of these product numbers; return to how many it was not so far.

    Raises:
        BadInput: another shop's asset.
    """
    shop = lock_shop(shop)
    if asset.shop_id != shop.pk:
        raise BadInput(OTHER_SHOP)
    of_number = {"tag": "", "vendor": "", "product_type": "", "sku_pattern": ""}
    rules = AttachmentRule.objects.filter(shop=shop, asset=asset, **of_number)
    known: set[int | None] = set(rules.values_list("product_number", flat=True))
    fresh = [
        AttachmentRule(
            shop=shop,
            asset=asset,
            product_number=number,
            limit=limit,
            lifetime_days=lifetime_days,
            inherits_limit=inherits_limit,
            inherits_lifetime=inherits_lifetime,
        )
        for number in sorted(set(numbers) - known)
    ]
    AttachmentRule.objects.bulk_create(fresh, batch_size=BATCH)
    for start in range(0, len(fresh), BATCH):
        some = [rule.product_number for rule in fresh[start : start + BATCH]]
        resolve(shop, Product.objects.filter(shop=shop, product_id__in=some))
    if fresh:
        after = {"product_numbers": [rule.product_number for rule in fresh[:BATCH]], "limit": limit}
        enter_audit("Attached to product numbers", row=asset, after=after)
    return len(fresh)
