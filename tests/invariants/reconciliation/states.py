"""Everything that a shop's reports come to, by the platform's numbers alone."""

from typing import Any

from django.db import models

from downloads.models import (
    Customer,
    Dispute,
    Grant,
    LineItem,
    Order,
    Product,
    Refund,
    RefundedLine,
    RemovedProduct,
    RiskAssessment,
    Shop,
)

# Our own keys, and when we heard of a thing.
OURS = {"id", "created_at", "updated_at", "removed_at", "announced_at", "shop"}
TABLES: dict[type[models.Model], str] = {
    Order: "shop",
    LineItem: "order__shop",
    Grant: "order__shop",
    Customer: "shop",
    Product: "shop",
    Refund: "shop",
    RefundedLine: "refund__shop",
    Dispute: "shop",
    RiskAssessment: "shop",
    RemovedProduct: "shop",
}
NUMBERS = {
    "order": "order__platform_id",
    "customer": "customer__platform_id",
    "line": "line__platform_id",
    "product": "product__variant_id",
    "refund": "refund__platform_id",
    "asset": "asset__title",
}


def state_of(shop: Shop) -> dict[str, list[Any]]:
    """Return every row of every table that matters, as text, sorted."""
    state = {
        model.__name__: sorted(
            str(row) for row in model._default_manager.filter(**{path: shop}).values(*_names(model))
        )
        for model, path in TABLES.items()
    }
    told = Shop.objects.filter(pk=shop.pk).values("name", "reported_at", "uninstalled_at")
    return state | {"Shop": [str(row) for row in told]}


def _names(model: type[models.Model]) -> list[str]:
    names = [field.name for field in model._meta.concrete_fields if field.name not in OURS]
    return [NUMBERS.get(name, name) for name in names]
