"""Fill a database with a merchant's years: orders in every state, their downloads, mails, events.

On PostgreSQL: a question to ask inside a service's environment.
"""

import time
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.core.management.color import no_style
from django.db import connection

from downloads.models import (
    Asset,
    Customer,
    DownloadEvent,
    Grant,
    LineItem,
    Mail,
    Membership,
    Message,
    Order,
    Role,
    Shop,
)
from downloads.search.indexes import FIGURES
from downloads.search.text import TEXTS, index_of
from tests.benchmarks.faces import known, seed
from tests.benchmarks.faces.indexes import unindexed

LARGE = (Customer, Order, LineItem, Grant, DownloadEvent, Mail, Message)
# Of a shop that sells no more: its rows are the oldest.
QUIET = 1_000
NAMES = ("Ada", "Grace", "Mary", "Alan", "Edsger", "Barbara", "Donald", "Radia")
OWNER, QUIET_OWNER, BOSS = "owner", "owner of a quiet shop", "boss"
AGED = f"'{seed.AT.isoformat()}'::timestamptz - n * interval '20 seconds'"


def fill(orders: int) -> dict[str, Any]:
    """Make so many orders, three downloads of each; tell the seconds."""
    began = time.monotonic()
    seed._make_shops()
    with unindexed(LARGE):
        seed._make_orders(orders, 1)
        _make_uneven()
        _make_mails(orders)
    seed._settle()
    _go_on_from_there()
    _make_quiet_shop()
    _employ()
    with connection.cursor() as cursor:
        for model in TEXTS:
            # They were made anew, without what the migration sets.
            name = index_of(model)
            cursor.execute(f'ALTER INDEX "{name}" ALTER COLUMN 1 SET STATISTICS {FIGURES}')
        cursor.execute("ANALYZE")
    return {"seconds": round(time.monotonic() - began, 1), "bytes": _bytes()}


def filled() -> dict[str, Any] | None:
    """Return what `fill` told, of a database that it filled before; None of an empty one."""
    if not User.objects.filter(username=BOSS).exists():
        return None
    return {"seconds": 0, "bytes": _bytes(), "orders": Order.objects.count() - QUIET}


def _make_uneven() -> None:
    """Give the rows what tells real ones apart: times, names, and states that are rare."""
    names = ", ".join(f"'{name}'" for name in NAMES)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE downloads_order SET placed_at = now() - id * interval '20 seconds'")
        cursor.execute(
            "UPDATE downloads_order SET "
            "payment = CASE id % 3 WHEN 0 THEN 'pending' WHEN 1 THEN 'refunded' ELSE 'paid' END, "
            "hold = CASE id % 5 WHEN 0 THEN 'risk' ELSE '' END, is_test = id % 4 = 0, "
            "receipt_number = 'WEB-' || id WHERE id % 1000 = 7"
        )
        cursor.execute(
            f"UPDATE downloads_customer SET first_name = (ARRAY[{names}])[1 + id % 8], "  # noqa: S608
            "last_name = 'Number' || id, created_at = now() - id * interval '90 seconds'"
        )


def _make_mails(orders: int) -> None:
    given = {"n": orders, "id": "n", "shop_id": _shop_of("n")}
    seed._insert(
        Mail,
        **given,
        kind="'order'",
        email="'buyer-' || n || '@example.com'",
        order_id="n",
        state="CASE n %% 1000 WHEN 3 THEN 'set_aside' WHEN 4 THEN 'waiting' ELSE 'sent' END",
        created_at=AGED,
        due_at=AGED,
        bounced_at="CASE n %% 1000 WHEN 5 THEN now() END",
    )
    seed._insert(
        Message,
        **given,
        source="'shopify'",
        topic="CASE n %% 3 WHEN 0 THEN 'orders/create' WHEN 1 THEN 'orders/updated' "
        "ELSE 'orders/paid' END",
        delivery_id="'delivery-' || n",
        about_order="5000000000000 + n",
        state="CASE n %% 5000 WHEN 3 THEN 'set_aside' ELSE 'applied' END",
        received_at=AGED,
        due_at=AGED,
    )
    seed._insert(
        DownloadEvent,
        n=orders,
        id="n",
        grant_id="n * 3 - 2",
        kind="'charged'",
        downloads="1",
        at=AGED,
    )


def _go_on_from_there() -> None:
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), list(LARGE)):
            cursor.execute(statement)


def _shop_of(number: str) -> str:
    first = Shop.objects.order_by("pk").values_list("pk", flat=True)[0]
    return f"{first} + ({number} - 1) %% {known.SHOPS}"


def _make_quiet_shop() -> None:
    shop = Shop.objects.create(name="Quiet", domain="quiet.example")
    at = seed.AT - timedelta(days=3000)
    asset = Asset.objects.create(shop=shop, title="Silence", link="https://a.example/silence")
    orders = Order.objects.bulk_create(
        Order(shop=shop, number=n, placed_at=at, email=f"q{n}@quiet.example", payment="paid")
        for n in range(QUIET)
    )
    grants = Grant.objects.bulk_create(
        Grant(order=order, asset=asset, created_at=at, updated_at=at) for order in orders
    )
    DownloadEvent.objects.bulk_create(
        DownloadEvent(grant=grant, kind="charged", downloads=1, at=at) for grant in grants
    )


def _employ() -> None:
    User.objects.create_superuser(BOSS)
    for name, shop in ((OWNER, Shop.objects.first()), (QUIET_OWNER, Shop.objects.last())):
        user = User.objects.create_user(name, is_staff=True)
        Membership.objects.create(user=user, shop=shop, role=Role.OWNER)


def _bytes() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return int(cursor.fetchone()[0])
