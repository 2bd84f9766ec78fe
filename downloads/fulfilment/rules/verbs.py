"""Save, move and delete rules; leave a variant out; set defaults."""

from collections.abc import Collection, Iterable

from django.conf import settings
from django.db import transaction
from django.db.models import Max, Q
from django.utils.translation import gettext_lazy as _

from downloads.audit.entries import enter_audit
from downloads.errors import BadInput
from downloads.fulfilment.recalculation import lock_shop
from downloads.fulfilment.rules.resolution import refresh_terms, resolve
from downloads.models import Asset, Attachment, AttachmentRule, Product, Shop

OTHER_SHOP = _("This asset belongs to another shop.")
SAME = _("This file has a rule for just these products already. Change that one.")
TOO_WIDE = _("This matches {} variants; a rule may match {} at most. Say more of what is to match.")
TOO_MANY = _("This shop has {} rules already; more than {} are not kept. Delete one first.")


def check_rule(rule: AttachmentRule) -> None:
    """Refuse a rule that cannot be saved.

    Raises:
        BadInput: another shop's asset, one that there is already, or more rules than the shop may
            have.
    """
    if rule.asset.shop_id != rule.shop_id:
        raise BadInput(OTHER_SHOP)
    own = {name: getattr(rule, name) for name in ("product_number", *AttachmentRule.CONDITIONS)}
    alike = AttachmentRule.objects.filter(shop=rule.shop_id, asset=rule.asset_id, **own)
    # Of two that were alike before, either stays as it is and takes other terms.
    if alike.exists() and not alike.filter(pk=rule.pk).exists():
        raise BadInput(SAME)
    if rule.pk is None and rule.product_number is None:
        count = AttachmentRule.objects.filter(shop=rule.shop_id, product_number=None).count()
        if count >= settings.SHOP_MAX_RULES:
            raise BadInput(TOO_MANY.format(count, settings.SHOP_MAX_RULES))


def check_width(count: int) -> None:
    """Refuse a rule that matches more variants than are written in one transaction.

    Raises:
        BadInput: with both numbers.
    """
    if count > settings.RULE_MAX_VARIANTS:
        raise BadInput(TOO_WIDE.format(f"{count:,}", f"{settings.RULE_MAX_VARIANTS:,}"))


@transaction.atomic
def save_rule(rule: AttachmentRule) -> AttachmentRule:
    """Save a new or changed rule, the last one in order where it is new, and attach by it.

    Earlier orders stay as they are until they are settled.

    Raises:
        BadInput: another shop's asset, more rules than the shop may have, or more variants than a
            rule may match.
    """
    shop = lock_shop(rule.shop)
    check_rule(rule)
    if rule.pk is None and rule.product_number is None:
        others = AttachmentRule.objects.filter(shop=shop, product_number=None)
        rule.position = (others.aggregate(last=Max("position"))["last"] or 0) + 1
    rule.save()
    concerned = _concerned([rule])
    check_width(len(concerned))
    resolve(shop, concerned)
    return rule


@transaction.atomic
def delete_rules(shop: Shop, rules: Collection[AttachmentRule]) -> None:
    """Attach nothing more by these rules of a shop. What buyers were given stays theirs."""
    shop = lock_shop(shop)
    former = list(Product.objects.filter(attachments__source__in=rules).distinct())
    for rule in rules:
        rule.delete()
    resolve(shop, former)


@transaction.atomic
def move_rule(rule: AttachmentRule, *, up: bool) -> bool:
    """Exchange a rule with the one above or below; say whether there was one."""
    shop = lock_shop(rule.shop)
    rules = list(AttachmentRule.objects.filter(shop=shop, product_number=None))
    place = next((n for n, each in enumerate(rules) if each.pk == rule.pk), None)
    other = -1 if place is None else place + (-1 if up else 1)
    if place is None or not 0 <= other < len(rules):
        return False
    rules[place], rules[other] = rules[other], rules[place]
    for position, each in enumerate(rules, start=1):
        if each.position != position:
            each.position = position
            # Which ones only made room is not told.
            each.save() if each.pk == rule.pk else AttachmentRule.objects.filter(pk=each.pk).update(
                position=position
            )
    resolve(shop, _concerned([rules[place], rules[other]]))
    return True


@transaction.atomic
def leave_out(product: Product, asset: Asset) -> Attachment:
    """Give an asset to no buyer of a variant, whatever rule attaches it.

    Raises:
        BadInput: another shop's asset.
    """
    lock_shop(product.shop)
    if asset.shop_id != product.shop_id:
        raise BadInput(OTHER_SHOP)
    row = product.attachments.filter(asset=asset).first() or Attachment(
        product=product, asset=asset
    )
    row.source, row.is_left_out = None, True
    row.save()
    return row


@transaction.atomic
def set_default_terms(asset: Asset) -> None:
    """Save an asset's own limit and days, which what is attached inherits for later buyers."""
    shop = lock_shop(asset.shop)
    names = ("limit", "lifetime_days", "inherits_limit", "inherits_lifetime")
    before = Asset.objects.filter(pk=asset.pk).values(*names).get()
    asset.save(update_fields=names)
    after = {name: getattr(asset, name) for name in names}
    if after != before:
        enter_audit("Changed the file's defaults", row=asset, before=before, after=after)
        refresh_terms(shop, asset=asset)


@transaction.atomic
def apply_shop_defaults(shop: Shop) -> None:
    """Bring what inherits from the shop in line with its defaults, which were just saved."""
    refresh_terms(lock_shop(shop))


@transaction.atomic
def resolve_products(shop: Shop, products: Iterable[Product]) -> None:
    """Attach to products what the shop's rules say of them as they stand now."""
    resolve(lock_shop(shop), products)


def _concerned(rules: Collection[AttachmentRule]) -> list[Product]:
    """Return the products that rules match now, and those that have something by them."""
    had = Product.objects.filter(Q(attachments__source__in=rules)).distinct()
    found = {product.pk: product for product in had}
    for rule in rules:
        found |= {product.pk: product for product in rule.products()}
    return list(found.values())
