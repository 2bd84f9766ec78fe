"""Everything that a shop's reports come to, and that applying one more reads or writes.

By the platform's numbers alone, without what is history: ledger and audit, our keys, our clock.
`announced_at` is left out, too: an order that was open for a moment had its mail, and one that was
never open had none. Nothing but the mail reads it.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from django.db import connection, models

from downloads.models import (
    Customer,
    Dispute,
    Grant,
    LineItem,
    Message,
    Order,
    Product,
    Refund,
    RefundedLine,
    RemovedProduct,
    RiskAssessment,
    Shop,
)

# Our own keys, when we heard of a thing, and how often links ended that somebody had by then.
OURS = {
    *("id", "created_at", "updated_at", "removed_at", "noted_at", "announced_at", "shop"),
    "ticket_revision",
}
# Which units were ever called paid is the past: who is asked tells the present.
PAST = {"refunds_listed_at", "refunds_fetched_at", "paid_units", "reported_units"}
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


def state_of(shop: Shop, *, has_ranks: bool = True) -> dict[str, list[str]]:
    """Return every row of every table that matters, as text, sorted.

    Without ranks where what was fetched is held against what was sent: they tell which it was.
    """
    rows: dict[str, list[str]] = {}
    with connection.cursor() as cursor:
        for name, (sql, others) in _questions(has_ranks).items():
            cursor.execute(sql, [shop.pk, *others])
            rows[name] = sorted(map(str, cursor.fetchall()))
    return rows


@cache
def _questions(has_ranks: bool) -> dict[str, tuple[str, Sequence[Any]]]:
    # Django writes a statement in longer than the database answers it, and this is asked often.
    querysets: dict[type[models.Model], models.QuerySet] = {
        model: model._default_manager.filter(**{path: 0}).values_list(*_names(model, has_ranks))
        for model, path in TABLES.items()
    }
    querysets[Shop] = Shop.objects.filter(pk=0).values_list("name", "reported_at", "uninstalled_at")
    # A second one of the same that waits does no more than the first.
    waiting = Message.objects.filter(shop=0).exclude(body="")
    querysets[Message] = waiting.values_list("topic").distinct()
    questions = {}
    for model, queryset in querysets.items():
        sql, (_shop, *others) = queryset.order_by().query.sql_with_params()
        questions[model.__name__] = sql, others
    return questions


def _names(model: type[models.Model], has_ranks: bool) -> list[str]:
    names = [field.name for field in model._meta.concrete_fields if field.name not in OURS]
    if not has_ranks:
        names = [
            name for name in names if not name.endswith(("_rank", "_ranks")) and name not in PAST
        ]
    return [NUMBERS.get(name, name) for name in names]
