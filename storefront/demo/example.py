"""Demo data: the documents' own example, made by the domain's verbs.

Made once; whatever is there already is left as it is.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from django.core.files.base import ContentFile
from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.models import Model

from downloads import fulfilment
from downloads.incoming import CustomerReport, LineReport, OrderReport, ProductReport
from downloads.models import Asset, Customer, Grant, Order, Product, Shop
from downloads.tokens import hash_token
from storefront.demo.contents import guide, tone
from storefront.demo.credentials import (
    ADMIN,
    STAFF,
    admin_password,
    api_key,
    bearer,
    customer_password,
    generic_secret,
    shopify_secret,
    staff_password,
)
from storefront.models import CustomerToken, SecretKey, StorefrontKey
from storefront.platforms.shopify.documents import orders_in
from storefront.platforms.shopify.reports import read_order

ORDER_TOKEN = "0c732eb6fd9802a0821a9d29888baee8"  # noqa: S105 (published in the document)
BASIC_ORDER_TOKEN = "5f0d1f6e0e4b4c0c8d7a3f1b2c9e6a47"  # noqa: S105 (an example too)
SHOP = "my-store"
EMAIL = "ada@example.com"
REAL_ORDER = Path(__file__).with_name("shopify-order.json")
PAID_MESSAGE = Path(__file__).with_name("paid-message.json")
GENERIC_MESSAGE = Path(__file__).with_name("generic-message.json")
PLACED_AT = datetime(2025, 6, 15, 10, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Example:
    """The demo's credentials; `grant` is the number of the book's grant.

    `admin` sees every shop, `staff_user` is the manager of SHOP alone.
    """

    grant: int
    storefront_key: str
    customer_token: str
    other_customer_token: str
    customer_email: str
    customer_password: str
    secret_api_key: str
    shopify_webhook_secret: str
    generic_webhook_secret: str
    admin: str
    admin_password: str
    staff_user: str
    staff_password: str


@transaction.atomic
def make_example(*, at: datetime) -> Example:
    """Create the demo's two shops, orders and keys. Again: the same keys."""
    _count_from_one(Order, Grant, CustomerToken)
    shop = _shop(SHOP, plan="premium")
    basic = _shop("basic-store", plan="basic")
    if not Order.objects.filter(token_hash=hash_token(ORDER_TOKEN)).exists():
        _make_book_order(shop, at=at)
        _make_other_order(shop, at=at)
        _make_basic_order(basic, at=at)
        real = json.loads(REAL_ORDER.read_text(encoding="utf-8"))
        for payload in orders_in(real):
            fulfilment.record_order(shop, read_order(payload), at=at, mails_buyer=False)
    book = Order.objects.get(token_hash=hash_token(ORDER_TOKEN))
    return Example(
        grant=book.grants.order_by("pk").values_list("pk", flat=True)[0],
        storefront_key=api_key(StorefrontKey, shop, purpose="storefront key"),
        customer_token=bearer(_customer(shop, EMAIL), at=at),
        other_customer_token=bearer(_customer(shop, "grace@example.com"), at=at),
        customer_email=EMAIL,
        customer_password=customer_password(shop, EMAIL, at=at),
        secret_api_key=api_key(SecretKey, shop, purpose="secret key"),
        shopify_webhook_secret=shopify_secret(shop),
        generic_webhook_secret=generic_secret(shop),
        admin=ADMIN,
        admin_password=admin_password(),
        staff_user=STAFF,
        staff_password=staff_password(shop),
    )


def _count_from_one(*models: type[Model]) -> None:
    # The addresses in the documents begin at 1, and PostgreSQL's sequences keep what a demo used
    # up that was broken off.
    counters = [
        {"table": model._meta.db_table, "column": "id"}
        for model in models
        if not model._default_manager.exists()
    ]
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_by_name_sql(no_style(), counters):
            cursor.execute(statement)


def _shop(name: str, *, plan: str) -> Shop:
    return Shop.objects.get_or_create(domain=name, defaults={"name": name, "plan_id": plan})[0]


def _customer(shop: Shop, email: str) -> Customer:
    return fulfilment.require_owner(shop, email)


def _make_book_order(shop: Shop, *, at: datetime) -> None:
    book = ProductReport(
        name="My new Book",
        variant_name="Paper back",
        sku="my-sku",
        product_id=123456,
        variant_id=1234567,
        vendor="my-store",
        tags=("books", "paper-books"),
    )
    sounds = ProductReport(
        name="Sounds of the garden",
        sku="garden-sounds",
        product_id=123457,
        variant_id=1234568,
        vendor="my-store",
        tags=("music",),
    )
    order = _record(
        shop,
        number=1050,
        token=ORDER_TOKEN,
        total="39.90",
        buyer=CustomerReport(email=EMAIL, first_name="Ada", last_name="Byron"),
        products=(book, sounds),
        at=at,
    )
    book_row, sounds_row = (line.product for line in order.lines.select_related("product"))
    link = Asset.objects.create(
        shop=shop,
        title="My new book",
        link="https://www.my-website.com/download/my-book.pdf",
        size_bytes=10_000_000,
    )
    fulfilment.attach_to_product(book_row, link, limit=10, at=at)
    _attach_file(sounds_row, "Garden at dawn", "garden-at-dawn.wav", tone(), limit=3, at=at)
    reading = _file(shop, "Reading guide", "reading-guide.zip", guide())
    fulfilment.attach_to_order(order, reading, limit=5, at=at)
    spent = order.grants.with_facts().get(asset=link)
    for number in range(5):
        fulfilment.spend(spent, nonce=f"demo-{number}", valid_until=at + timedelta(days=1), at=at)


def _make_other_order(shop: Shop, *, at: datetime) -> None:
    knitting = ProductReport(
        name="Knitting pattern", product_id=123458, variant_id=1234569, vendor="my-store"
    )
    order = _record(
        shop,
        number=1051,
        token=None,
        total="6.50",
        buyer=CustomerReport(email="grace@example.com", first_name="Grace", last_name="Murray"),
        products=(knitting,),
        at=at,
    )
    product = order.lines.select_related("product").get().product
    _attach_file(product, "Pattern, all sizes", "pattern.zip", guide(), limit=None, at=at)


def _make_basic_order(shop: Shop, *, at: datetime) -> None:
    photos = ProductReport(name="Photo set", product_id=223456, variant_id=2234567)
    order = _record(
        shop,
        number=2001,
        token=BASIC_ORDER_TOKEN,
        total="12.00",
        buyer=CustomerReport(email="mary@example.com", first_name="Mary"),
        products=(photos,),
        at=at,
    )
    product = order.lines.select_related("product").get().product
    _attach_file(product, "All photos", "photos.zip", guide(), limit=5, at=at)


def _record(
    shop: Shop,
    *,
    number: int,
    token: str | None,
    total: str,
    buyer: CustomerReport,
    products: tuple[ProductReport, ...],
    at: datetime,
) -> Order:
    report = OrderReport(
        platform_id=5_000_000 + number,
        number=number,
        payment=Order.ReportedPayment.PAID,
        placed_at=PLACED_AT,
        reported_at=PLACED_AT,
        token_hash=token and hash_token(token),
        grand_total=Decimal(total),
        currency="EUR",
        customer=buyer,
        email=buyer.email,
        lines=tuple(
            LineReport(platform_id=number * 10 + position, product=product, quantity=1)
            for position, product in enumerate(products, 1)
        ),
    )
    return fulfilment.record_order(shop, report, at=at, mails_buyer=False).order


def _attach_file(
    product: Product, title: str, name: str, content: bytes, *, limit: int | None, at: datetime
) -> None:
    asset = _file(product.shop, title, name, content)
    fulfilment.attach_to_product(product, asset, limit=limit, at=at)


def _file(shop: Shop, title: str, name: str, content: bytes) -> Asset:
    return fulfilment.store_file(Asset(shop=shop, title=title), ContentFile(content, name=name))
