"""Tenant scoping: `shop_path` is the lookup from a row to its shop.

As Django writes look-ups ("order__shop"), or one of the words below. A model without one is visible
to superusers only. What is registered in the admin by others is named in `OTHERS`.
"""

from typing import Any

from django.db.models import Model, QuerySet

# The row is a shop itself.
ITSELF = "pk"
# Facts that all shops choose among; nobody's secret.
SHARED = "shared"
# Of the installation as a whole: superusers alone.
INSTALLATION = "installation"

OTHERS = {"auth.user": INSTALLATION, "auth.group": INSTALLATION}


def shop_path_of(model: type[Model]) -> str | None:
    """Return a model's `shop_path`; None where it declares none."""
    return getattr(model, "shop_path", OTHERS.get(model._meta.label_lower))


def of_shops(rows: QuerySet[Any], numbers: Any) -> QuerySet[Any]:
    """Filter rows by tenant: those of these shops alone (numbers, or a query of them)."""
    path = shop_path_of(rows.model)
    if path == SHARED:
        return rows
    if path in {None, INSTALLATION}:
        return rows.none()
    return rows.filter(**{f"{path}__in": numbers})


def shop_number_of(row: Model) -> int | None:
    """Return the number of the shop a row belongs to, or None if to none."""
    # Not its Python type: of whoever sent a request that is a stand-in.
    path = shop_path_of(row._meta.model)
    if path in {None, SHARED, INSTALLATION}:
        return None
    if path == ITSELF:
        return row.pk
    *steps, last = str(path).split("__")
    for step in steps:
        row = getattr(row, step)
        if row is None:
            return None
    return getattr(row, f"{last}_id")
