"""What rules read of products, as reports of the shop bring it."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef

from downloads.fulfilment.recalculation import settle_within
from downloads.fulfilment.rules.resolution import READ
from downloads.models import Attachment, Grant, LineItem, Order, Product

# So many earlier orders are opened with a report; what is older is given in a step of its own.
MOST_ORDERS = 500


def untold(
    rows: Mapping[int | None, Product],
    words: Mapping[int | None, Mapping[str, Any]],
    changes: Collection[tuple[Product, dict[str, Any]]],
) -> list[tuple[Product, dict[str, Any]]]:
    """Return the numbers and types of products of which none was known so far.

    Whose words stand or not: which product a variant is of is none of them, and a report that was
    read before there were types has the rank of the same one with its type.
    """
    described = {product.variant_id for product, _words in changes}
    found = []
    for number, product in rows.items():
        values = {
            name: words[number][name]
            for name in ("product_id", "product_type")
            if getattr(product, name) is None and words[number][name] is not None
        }
        if values and number not in described:
            found.append((product, values))
    return found


def are_read(product: Product, values: Mapping[str, Any]) -> bool:
    """Say whether rules may come to something else by a change that is not made yet."""
    return any(getattr(product, name) != values[name] for name in READ & values.keys())


def settle_early_orders(products: Collection[Product], *, at: datetime) -> None:
    """Open what was bought before the shop said what rules read of it, the newest orders first."""
    if not products:
        return
    attached = Attachment.objects.given().filter(product=OuterRef("product"))
    given = Grant.objects.filter(line=OuterRef("pk"))
    bare = LineItem.objects.filter(Exists(attached), ~Exists(given), product__in=products)
    newest = bare.order_by("-order").values_list("order", flat=True)[:MOST_ORDERS]
    for order in Order.objects.filter(pk__in=list(newest)).order_by("pk"):
        settle_within(order, at=at)
