"""Fill a database with orders, by its own SQL: a question to ask inside a service's environment.

A million orders are five million grants; written as rows of the ORM they would take hours. Each
column that is not named here gets the model's own default.
"""

import time
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.color import no_style
from django.db import connection, models
from django.utils import timezone

from downloads.models import (
    Asset,
    Attachment,
    Customer,
    Grant,
    LineItem,
    Order,
    Product,
    Shop,
)
from storefront.models import StorefrontKey, WebhookSecret
from tests.benchmarks.faces import known, people
from tests.benchmarks.faces.indexes import unindexed

LARGE = (Customer, Order, LineItem, Grant)
# More than a load can click while it lasts.
LIMIT = 1_000_000
AT = timezone.now()
SQL = {
    "postgresql": {
        "token": "substr(encode(sha256(convert_to('order ' || n, 'UTF8')), 'hex'), 1, 32)",
        "hash": "encode(sha256(convert_to({}, 'UTF8')), 'hex')",
        "key": "('00000000-0000-4000-8000-' || lpad(to_hex({}), 12, '0'))::uuid",
    },
    "sqlite": {
        "token": "substr(sha256_of('order ' || n), 1, 32)",
        "hash": "sha256_of({})",
        "key": "'00000000000040008000' || printf('%%012x', {})",
    },
}


def fill(orders: int, lines: int) -> dict[str, Any]:
    """Make so many orders of so many lines; tell what cannot be computed, and the seconds."""
    began = time.monotonic()
    _make_shops()
    with unindexed(LARGE):
        _make_orders(orders, lines)
    _settle()
    people.register_owners()
    bearers = people.let_in(orders)
    return {"bearers": bearers, "seconds": round(time.monotonic() - began, 1)}


def _make_shops() -> None:
    folder = Path(settings.MEDIA_ROOT) / "assets"
    folder.mkdir(parents=True)
    for number in range(known.SHOPS):
        shop = Shop.objects.create(name=f"Shop {number}", domain=known.domain(number))
        StorefrontKey.issue(shop, name="load", key=known.key(number), rate_per_minute=2**31 - 1)
        WebhookSecret.keep(shop, source="shopify", secret=known.WEBHOOK_SECRET)
        products = range(number * known.PRODUCTS, (number + 1) * known.PRODUCTS)
        Product.objects.bulk_create(_product(shop, each) for each in products)
        files = [*(2 * each for each in products), known.own_asset(number)]
        Asset.objects.bulk_create(_file(shop, each, folder) for each in files)
        Asset.objects.bulk_create(_link(shop, 2 * each + 1) for each in products)
        Attachment.objects.bulk_create(
            Attachment(
                product_id=known.row_key(each), asset_id=known.row_key(2 * each + which), limit=10
            )
            for each in products
            for which in (0, 1)
        )


def _product(shop: Shop, number: int) -> Product:
    return Product(
        id=known.row_key(number),
        shop=shop,
        name=f"My new Book {number}",
        variant_name="Paper back",
        sku=f"book-{number}",
        vendor=shop.name,
        tags=["books", "paper-books"],
        product_id=7_000_000_000_000 + number,
        variant_id=42_000_000_000_000 + number,
    )


def _file(shop: Shop, number: int, folder: Path) -> Asset:
    content = number.to_bytes(8, "big") * (known.FILE_BYTES // 8)
    stored = folder / f"{number:032x}"
    stored.write_bytes(content)
    return Asset(
        id=known.row_key(number),
        shop=shop,
        title=f"My new book {number}",
        file=f"assets/{stored.name}",
        file_name=f"my-new-book-{number}.pdf",
        content_type="application/pdf",
        size_bytes=len(content),
        sha256=sha256(content).hexdigest(),
    )


def _link(shop: Shop, number: int) -> Asset:
    return Asset(
        id=known.row_key(number),
        shop=shop,
        title=f"My new course {number}",
        link=f"https://www.my-website.example/courses/{number}",
        size_bytes=10_000_000,
    )


def _make_orders(orders: int, lines: int) -> None:
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        connection.connection.create_function(
            "sha256_of", 1, lambda text: sha256(text.encode()).hexdigest(), deterministic=True
        )
    sql = SQL[connection.vendor]
    shop = f"(n - 1) %% {known.SHOPS}"
    customer = f"(n - 1) / {known.ORDERS_EACH * known.SHOPS} * {known.SHOPS} + {shop} + 1"
    first_shop = Shop.objects.order_by("pk").values_list("pk", flat=True)[0]
    customers = known.customer_of(orders) + known.SHOPS
    _insert(
        Customer,
        n=customers,
        id="n",
        shop_id=f"{first_shop} + {shop}",
        email="'buyer-' || n || '@example.com'",
        first_name="'Ada'",
        last_name="'Lovelace'",
        platform_id="8000000000000 + n",
    )
    _insert(
        Order,
        n=orders,
        id="n",
        shop_id=f"{first_shop} + {shop}",
        number="1000 + n",
        platform_id="5000000000000 + n",
        token_hash=sql["hash"].format(sql["token"]),
        customer_id=customer,
        email=f"'buyer-' || ({customer}) || '@example.com'",
        payment="'paid'",
        reported_payment="'paid'",
        grand_total="19.99",
        currency="'EUR'",
    )
    product = f"(({shop}) * {known.PRODUCTS} + (n * 7 + l) %% {known.PRODUCTS})"
    _insert(
        LineItem,
        n=orders,
        l=lines,
        id=f"(n - 1) * {lines} + l",
        order_id="n",
        product_id=sql["key"].format(product),
        position="l - 1",
        platform_id=f"13000000000000 + (n - 1) * {lines} + l",
        current_quantity="1",
        paid_units="1",
    )
    _insert(
        Grant,
        n=orders,
        l=lines,
        a=2,
        id=f"(n - 1) * {2 * lines + 1} + (l - 1) * 2 + a",
        order_id="n",
        line_id=f"(n - 1) * {lines} + l",
        product_id=sql["key"].format(product),
        asset_id=sql["key"].format(f"{product} * 2 + a - 1"),
        limit=str(LIMIT),
        bought=str(LIMIT),
        used="n %% 3",
    )
    _insert(
        Grant,
        n=orders,
        id=f"n * {2 * lines + 1}",
        order_id="n",
        asset_id=sql["key"].format(f"{known.own_asset(0)} + {shop}"),
        limit=str(LIMIT),
        bought=str(LIMIT),
    )


def _insert(model: type[models.Model], *, n: int, l: int = 0, a: int = 0, **columns: str) -> None:  # noqa: E741
    """Insert a row for each combination of the numbers from 1 to n, l and a."""
    counts = {name: count for name, count in (("n", n), ("l", l), ("a", a)) if count}
    series = ", ".join(
        f"{name}({name}) AS (SELECT 1 UNION ALL SELECT {name} + 1 FROM {name} "
        f"WHERE {name} < {count})"
        for name, count in counts.items()
    )
    quote = connection.ops.quote_name
    fields = model._meta.concrete_fields
    given = [_default(field) for field in fields if field.attname not in columns]
    statement = (
        f"INSERT INTO {quote(model._meta.db_table)} "
        f"({', '.join(quote(field.column) for field in fields)}) WITH RECURSIVE {series} SELECT "
        f"{', '.join(columns.get(field.attname, '%s') for field in fields)} "
        f"FROM {' CROSS JOIN '.join(counts)}"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, given)


def _default(field: models.Field) -> Any:
    is_date = isinstance(field, models.DateTimeField)
    value = AT if is_date and not field.null else field.get_default()
    return field.get_db_prep_save(value, connection)


def _settle() -> None:
    """Leave the database as one that has run for a while: with figures for its planner."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA journal_mode = WAL")
            return
        for statement in connection.ops.sequence_reset_sql(no_style(), list(LARGE)):
            cursor.execute(statement)
        cursor.execute("VACUUM (ANALYZE)")
