"""One walk through every migration, there and back and there again, with rows of each time.

Each step over the tables renders the models of its time, which takes most of a walk's time: a walk
of its own for each test took two minutes in all. Rows of each time are made on the way, in shops
of their own; what is to be seen on the way only is told, and the database is kept at both ends.
"""

import json
import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import connection

from downloads import fulfilment, lookups
from downloads.models import Attachment, Grant
from storefront.rest.customer_account_orders_schema import shape_of
from tests.downloads.clicking import spend
from tests.factories import NOW, AttachmentFactory, LineFactory, OrderFactory
from tests.migrating import APPS, begin_at, migrate_to, migrate_to_newest
from tests.prepared_database import keep

HOUR = timedelta(hours=1)
TOKEN = "0c732eb6fd9802a0821a9d29888baee8"
COLUMNS = ("id", "product_id", "asset_id", "limit", "lifetime_days", "created_at")
TERMS = [(None, None), (3, None), (None, 7), (2, 30)]
SHOP, COUNTED, MAILED, MANY = "shop.example", "counted.example", "mailed.example", "many.example"
# One mailbox may be stored in several spellings.
STORED = [
    ("one.example", "Grace@Example.com"),
    ("one.example", "ada@xn--bcher-kva.example"),
    ("one.example", "ada@b\u00fccher.example"),
    ("one.example", "hans@xn--strae-oqa.example"),
    ("one.example", "hans@strasse.example"),
    ("one.example", None),
    ("two.example", "ada@xn--bcher-kva.example"),
    ("two.example", "kim@example.com."),
]


@dataclass
class Walk:
    """What was seen on the way, and what was kept at its ends."""

    tables_at_once: dict[str, Any]
    tables: dict[str, Any]
    newest: Any
    ledger_on_the_way_back: list[tuple]
    attached: list[tuple]
    attached_on_the_way_back: list[tuple]
    shown: tuple[str, list[dict]]
    changed_on_the_way_back: int
    tables_again: dict[str, Any]
    newest_again: Any


def walk(place: Path) -> Walk:
    """Walk with the test database, and keep what it leaves at both ends in a folder."""
    told: dict[str, Any] = {"tables_at_once": tables()}
    fill(begin_at("downloads", "0002_plans"))
    fill_counts(migrate_to("downloads", "0009_refunds_without_orders"), [3, 0, 12])
    fill_orders(migrate_to("downloads", "0012_accounts"))
    earlier = migrate_to("downloads", "0022_end_of_addresses")
    fill_addresses(earlier)
    fill_many_addresses(earlier)
    migrate_to_newest()
    told |= {"tables": tables(), "newest": keep(connection, place, "newest")}

    spend(counted().earliest("pk"), "new")
    line = LineFactory(quantity=2, order=OrderFactory(token=TOKEN))
    for limit, days in TERMS:
        AttachmentFactory(product=line.product, limit=limit, lifetime_days=days)
    fulfilment.settle(line.order, at=NOW)
    told |= {"shown": shown(), "attached": attached(Attachment)}
    apps = migrate_to("downloads", "0037_reported_units")
    told["attached_on_the_way_back"] = attached(apps.get_model("downloads", "Attachment"))
    entries = enter(migrate_to("downloads", "0015_staff_and_audit"))
    told["changed_on_the_way_back"] = entries.filter(what="Locked").update(actor="grace")
    apps = migrate_to("downloads", "0010_ledger")
    told["ledger_on_the_way_back"] = carried(apps)
    migrate_to("storefront", "0001_initial")
    migrate_to("downloads", "0006_data_requests")

    enter(migrate_to("downloads", "0015_staff_and_audit"))
    attach_as_before(migrate_to("downloads", "0037_reported_units"))
    call_command("migrate", verbosity=0)
    told |= {"tables_again": tables(), "newest_again": keep(connection, place, "newest_again")}
    return Walk(**told)


def tables() -> dict[str, Any]:
    """Return each table of ours with its columns, its constraints and indexes."""
    found = {}
    with connection.cursor() as cursor:
        inspect = connection.introspection
        for table in inspect.table_names(cursor):
            if table.startswith(APPS):
                rules = inspect.get_constraints(cursor, table).values()
                columns = inspect.get_table_description(cursor, table)
                found[table] = (
                    sorted((each.name, each.type_code, each.null_ok) for each in columns),
                    sorted(str({**each, "name": ""}) for each in rules),
                )
    return found


# --- Refunds without numbers ---------------------------------------------------------------------


def fill(apps: Any) -> None:
    """Make rows as they were before refunds had numbers: three orders, two of them refunded."""
    model = {name: apps.get_model("downloads", name) for name in ("Shop", "Product", "Order")}
    shop = model["Shop"].objects.create(name="Shop", domain=SHOP)
    product = model["Product"].objects.create(shop=shop, name="Book", variant_id=1001)
    for number in (7001, 7002):
        order = model["Order"].objects.create(
            shop=shop,
            number=1050,
            platform_id=number,
            payment="paid",
            placed_at=NOW,
            reported_at=NOW + (number - 7001) * HOUR,
        )
        line = order.lines.create(product=product, platform_id=1, quantity=3)
        refund = order.refunds.create(platform_id=9001, refunded_at=NOW)
        refund.lines.create(line=line, quantity=number - 7000)
    model["Order"].objects.create(shop=shop, number=1, payment="pending", placed_at=NOW)


# --- Counts without a ledger ---------------------------------------------------------------------


def fill_counts(apps: Any, counts: list[int]) -> None:
    """Make a grant of a link for each count, the first one with a delivery that is open."""
    model = {name: apps.get_model("downloads", name) for name in ("Shop", "Asset", "Order")}
    shop = model["Shop"].objects.create(name="Shop", domain=COUNTED)
    order = model["Order"].objects.create(shop=shop, number=1, payment="paid", placed_at=NOW)
    assets = model["Asset"].objects.bulk_create(
        model["Asset"](shop=shop, title=f"Link {number}", link="https://example.com/book.pdf")
        for number in range(len(counts))
    )
    grant = apps.get_model("downloads", "Grant")
    grants = grant.objects.bulk_create(
        grant(
            order=order,
            asset=asset,
            limit=10,
            bought=10,
            used=count,
            created_at=NOW - HOUR,
            updated_at=NOW,
        )
        for asset, count in zip(assets, counts, strict=True)
    )
    grants[0].deliveries.create(nonce="click", opened_at=NOW, closes_at=NOW + HOUR)


def counted() -> Any:
    """Return the grants of `fill_counts`."""
    return Grant.objects.filter(order__shop__domain=COUNTED)


def carried(apps: Any) -> list[tuple]:
    events = apps.get_model("downloads", "DownloadEvent").objects.order_by("pk")
    return list(events.values_list("grant__asset__title", "kind", "downloads", "at"))


# --- Orders without mail -------------------------------------------------------------------------


def fill_orders(apps: Any) -> None:
    """Make orders that are open, pending, held and refunded."""
    shop = apps.get_model("downloads", "Shop").objects.create(name="Shop", domain=MAILED)
    orders = apps.get_model("downloads", "Order").objects
    stands = {
        1: {"payment": "paid"},
        2: {"payment": "pending"},
        3: {"payment": "paid", "hold": "risk"},
        4: {"payment": "refunded"},
    }
    for number, stand in stands.items():
        orders.create(shop=shop, number=number, placed_at=NOW, **stand)


# --- Addresses -----------------------------------------------------------------------------------


def fill_addresses(apps: Any) -> None:
    """Store these addresses as they were before a mailbox had one spelling."""
    model = {
        name: apps.get_model("downloads", name)
        for name in ("Shop", "Customer", "Account", "DataRequest")
    }
    shops = {
        domain: model["Shop"].objects.create(name="Shop", domain=domain)
        for domain in ("one.example", "two.example")
    }
    for number, (domain, email) in enumerate(STORED):
        shop = shops[domain]
        customer = model["Customer"].objects.create(shop=shop, email=email)
        if email is not None:
            model["Account"].objects.create(shop=shop, customer=customer, email=email)
        model["DataRequest"].objects.create(
            shop=shop, platform_id=number, email=email or "", asked_at=NOW
        )


def fill_many_addresses(apps: Any) -> None:
    shop = apps.get_model("downloads", "Shop").objects.create(name="Shop", domain=MANY)
    customer = apps.get_model("downloads", "Customer")
    customer.objects.bulk_create(
        customer(shop=shop, email=f"ada{number}@xn--bcher-kva.example") for number in range(2001)
    )


# --- Attachments ---------------------------------------------------------------------------------


def shown() -> tuple[str, list[dict]]:
    """Return what the face shows of the order, addresses of a click apart, and every count."""
    face = json.dumps(shape_of(lookups.order_for_page(TOKEN), at=NOW), default=str)
    face = re.sub(r"/downloads/[^\"]+", "", face)
    return face, list(Grant.objects.exclude(line=None).order_by("pk").values())


def attached(model: Any) -> list[tuple]:
    return list(model.objects.order_by("pk").values_list(*COLUMNS))


def attach_as_before(apps: Any) -> None:
    """Attach one more as the release before does, while this one starts."""
    asset = apps.get_model("downloads", "Attachment").objects.earliest("pk").asset
    other = apps.get_model("downloads", "Product").objects.create(
        shop_id=asset.shop_id, name="Other", variant_id=77
    )
    apps.get_model("downloads", "Attachment").objects.create(product=other, asset=asset, limit=None)


# --- The audit trail -----------------------------------------------------------------------------


def enter(apps: Any) -> Any:
    """Make an entry as it was before the trail was closed; return what makes and changes them."""
    entries = apps.get_model("downloads", "AuditEntry").objects
    entries.create(at=NOW, actor="ada", what="Locked")
    return entries
