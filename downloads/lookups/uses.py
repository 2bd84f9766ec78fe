"""Count what uses a row, and so keeps it from being deleted: orders, downloads, products."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import PROTECT, RESTRICT, Model, QuerySet

from downloads.models import (
    Asset,
    Attachment,
    AttachmentRule,
    Grant,
    LineItem,
    Order,
    Product,
    Shop,
)

Rows = Callable[[Collection[Any]], QuerySet[Any, Any]]


@dataclass(frozen=True)
class Use:
    """How many rows of a kind use one; `is_cut` where there are more than are counted."""

    kind: type[Model]
    count: int
    is_cut: bool


WAYS: dict[type[Model], dict[type[Model], Rows]] = {
    Asset: {
        Order: lambda keys: Grant.objects.filter(asset__in=keys).values("order").distinct(),
        Grant: lambda keys: Grant.objects.filter(asset__in=keys).values("pk"),
        Product: lambda keys: (
            Attachment.objects.filter(asset__in=keys).values("product").distinct()
        ),
        AttachmentRule: lambda keys: AttachmentRule.objects.filter(asset__in=keys).values("pk"),
    },
    Product: {
        Order: lambda keys: LineItem.objects.filter(product__in=keys).values("order").distinct(),
        Grant: lambda keys: Grant.objects.filter(line__product__in=keys).values("pk"),
    },
    Shop: {
        Order: lambda keys: Order.objects.filter(shop__in=keys).values("pk"),
        Grant: lambda keys: Grant.objects.filter(order__shop__in=keys).values("pk"),
    },
}


def uses_of(model: type[Model], keys: Collection[Any]) -> list[Use]:
    """Return what uses rows of a model, by kind; empty where nothing does. A query a kind."""
    ways = WAYS.get(model) or _protecting(model)
    uses = [_counted(kind, rows(keys)) for kind, rows in ways.items()]
    return [use for use in uses if use.count]


def _protecting(model: type[Model]) -> dict[type[Model], Rows]:
    """Return the rows that point to a model's and forbid to delete them."""
    found: dict[type[Model], Rows] = {}
    for relation in model._meta.related_objects:
        kind: Any = relation.related_model
        if getattr(relation, "on_delete", None) in {PROTECT, RESTRICT}:
            column = f"{relation.field.name}__in"
            found[kind] = lambda keys, kind=kind, column=column: (  # type: ignore[misc]
                kind._base_manager.filter(**{column: keys}).values("pk")
            )
    return found


def _counted(kind: type[Model], rows: QuerySet[Any, Any]) -> Use:
    most = settings.LIST_MOST_ROWS
    count = rows.order_by()[: most + 1].count()
    return Use(kind, min(count, most), is_cut=count > most)
