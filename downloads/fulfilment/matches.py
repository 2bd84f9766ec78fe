"""Match what was paid for and brings nothing to the product whose files were meant."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from downloads.audit.entries import enter_audit
from downloads.errors import BadInput
from downloads.fulfilment.attachments import attach_to_product
from downloads.fulfilment.changes import assign
from downloads.fulfilment.recalculation import lock_order, lock_shop, settle
from downloads.models import LineItem, Product


@dataclass(frozen=True)
class Shared:
    """How many assets a product was given, grants to earlier orders' lines, and mails to buyers."""

    assets: int
    grants: int
    mails: int


@transaction.atomic
def match_line(line: LineItem, product: Product, *, at: datetime) -> None:
    """Say which product a line is whose own has no number, and open what waited.

    The shop names no variant for it, so that its later reports change nothing of that.

    Raises:
        BadInput: another shop's product, one without files, or a line whose product is known: its
            files are given by `share_files`, since the next report would name that product again.
    """
    lock_shop(line.order.shop)
    order = lock_order(line.order)
    line = order.lines.select_related("product").get(pk=line.pk)
    _check(order.shop_id, product)
    if line.product.variant_id is not None:
        raise BadInput(
            _('"{product}" is known by its number: give that product its files.').format(
                product=line.product
            )
        )
    before = {"product": str(line.product)}
    if assign(line, product=product):
        if not line.is_audited():  # else the audit trail tells of it by itself
            enter_audit(
                "Matched to a product", row=line, before=before, after={"product": str(product)}
            )
        settle(order, at=at)


@transaction.atomic
def share_files(product: Product, like: Product, *, at: datetime) -> Shared:
    """Give all buyers of a product what those of another one get, earlier buyers included.

    What it has already stays as it is.

    Raises:
        BadInput: another shop's product, or one without files.
    """
    _check(product.shop_id, like)
    lock_shop(product.shop)
    own = product.attachments.values("asset")
    given = [
        attach_to_product(
            product,
            attachment.asset,
            limit=attachment.limit,
            lifetime_days=attachment.lifetime_days,
            at=at,
        )
        for attachment in like.attachments.given().exclude(asset__in=own).select_related("asset")
    ]
    return Shared(
        assets=len(given),
        grants=sum(each.grants for each in given),
        mails=sum(each.mails for each in given),
    )


def _check(shop_id: int, product: Product) -> None:
    if product.shop_id != shop_id:
        raise BadInput(_("This product belongs to another shop."))
    if not product.attachments.given().exists():
        raise BadInput(_('"{product}" has no files itself.').format(product=product))
