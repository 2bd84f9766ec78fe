"""Products by the numbers that a platform gives their variants: what lines and rules name."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from django.db import models

from downloads.models import Product, Shop
from downloads.prepared_inserts import KEPT_ROWS
from downloads.prepared_queries import FilledQuery, PreparedQuery, fetch
from downloads.prepared_statements import Slot

# Values in one question, far below what a statement takes.
BATCH = 500
Variants = Mapping[int | None, Product]


def questions_of_variants(shop: int, numbers: Collection[int | None]) -> list[FilledQuery]:
    """Return what asks for a shop's products by these numbers, to be sent with others.

    Nothing, where there is nothing to ask or too much for a kept statement: `by_variant` asks then.
    """
    if not 0 < len(numbers) <= KEPT_ROWS:
        return []
    given = {f"number {n}": number for n, number in enumerate(numbers)}
    return [_products_of(len(numbers)).given(shop=shop, **given)]


def by_variant(shop: Shop, numbers: Iterable[int | None]) -> dict[int | None, Product]:
    """Return a shop's products by these numbers, where there are any."""
    return {row.variant_id: row for some in shares(numbers) for row in _products(shop, some)}


def shares(values: Iterable[Any]) -> Iterator[list[Any]]:
    """Yield values in lists that one statement takes."""
    numbers = list(values)
    return (numbers[start : start + BATCH] for start in range(0, len(numbers), BATCH))


def _products(shop: Shop, numbers: list[Any]) -> Iterable[Product]:
    questions = questions_of_variants(shop.pk, numbers)
    if not questions:
        return Product.objects.filter(shop=shop, variant_id__in=numbers).order_by()
    rows: list[Product]
    [rows] = fetch(*questions)
    return rows


@cache
def _products_of(count: int) -> PreparedQuery:
    numbers: list[Any] = [Slot(f"number {n}", models.BigIntegerField()) for n in range(count)]
    shop = Slot("shop", models.BigAutoField())
    return PreparedQuery(
        lambda: Product.objects.filter(shop=shop, variant_id__in=numbers).order_by()
    )
