"""The upgrade of a large shop: 100,000 orders of the release before, in time and in memory.

`python -m tests.soak.upgrade [--orders 100000]` makes a database as the migrations below `BEFORE`
leave it, in a file of its own or beside the one that DATABASE_URL names on PostgreSQL, fills it,
runs `migrate`, and says how long that took and what memory it needed. It fails above `SECONDS`,
`MEGABYTES`, or where an order has lost its address, a line its paid units, a grant its product.
"""

import argparse
import itertools
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
BEFORE = {"downloads": "0026_mail_counted", "storefront": "0007_tries_by_address"}
SECONDS, MEGABYTES = 120, 250
BATCH = 5_000
AT = datetime(2026, 11, 1, tzinfo=UTC)
RANK = "2026-11-01T00:00:00.000000+00:00 0 2 " + "0" * 64


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=100_000)
    count = parser.parse_args().orders
    with tempfile.TemporaryDirectory() as folder:
        is_postgres = os.environ.get("DATABASE_URL", "").startswith("postgres")
        if not is_postgres:
            os.environ["DATABASE_URL"] = f"sqlite:///{folder}/large.sqlite3"
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        import django

        django.setup()
        if is_postgres:
            _in_a_database_of_its_own(count)
        else:
            _upgrade(count)


def _in_a_database_of_its_own(count: int) -> None:
    from django.db import connection

    creation = connection.creation
    creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    name = connection.settings_dict["NAME"]
    address = os.environ["DATABASE_URL"]
    os.environ["DATABASE_URL"] = address.rsplit("/", 1)[0] + f"/{name}"
    try:
        _upgrade(count)
    finally:
        creation.destroy_test_db(address.rsplit("/", 1)[1], verbosity=0)


def _upgrade(count: int) -> None:
    from django.db import connection

    from tests.migrating import executor

    made = executor()
    made.migrate([*BEFORE.items(), *_others(made)])
    _fill(executor().loader.project_state(list(BEFORE.items())).apps, count)
    connection.close()
    started = time.monotonic()
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"], cwd=ROOT, check=True
    )
    seconds = time.monotonic() - started
    megabytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    _say(f"{connection.vendor}: {count:,} orders in {seconds:.1f} s, {megabytes:.0f} MB at most")
    _require_all_carried(count)
    if seconds > SECONDS or megabytes > MEGABYTES:
        sys.exit(f"More than {SECONDS} s or {MEGABYTES} MB.")


def _others(made: Any) -> list[tuple[str, str]]:
    return [key for key in made.loader.graph.leaf_nodes() if key[0] not in BEFORE]


def _fill(apps: Any, count: int) -> None:
    model = {
        name: apps.get_model("downloads", name)
        for name in ("Shop", "Customer", "Product", "Asset", "Order", "LineItem", "Grant")
    }
    shop = model["Shop"].objects.create(name="Large", domain="large.example")
    products = [
        model["Product"].objects.create(shop=shop, name=f"Book {number}", variant_id=number)
        for number in (1, 2)
    ]
    assets = [
        model["Asset"].objects.create(shop=shop, title=f"File {number}", link="https://a.example/")
        for number in (1, 2)
    ]
    numbers = range(1, count + 1)
    _store(
        model["Customer"],
        (
            {"pk": each, "shop": shop, "platform_id": each, "email": f"buyer-{each}@x.example"}
            for each in numbers
        ),
    )
    _store(
        model["Order"],
        (
            {"pk": each, "shop": shop, "number": each, "platform_id": each, "customer_id": each}
            | {"placed_at": AT, "reported_at": AT, "reported_rank": RANK, "buyer_rank": RANK}
            | {"payment": "paid", "reported_payment": "paid"}
            for each in numbers
        ),
    )
    pairs = list(zip((0, 1), products, strict=True))
    _store(
        model["LineItem"],
        (
            {"pk": 2 * each + place, "order_id": each, "product": product, "platform_id": place + 1}
            for each in numbers
            for place, product in pairs
        ),
    )
    _store(
        model["Grant"],
        (
            {"order_id": each, "line_id": 2 * each + place, "asset": asset, "limit": 3, "bought": 3}
            | {"created_at": AT, "updated_at": AT}
            for each in numbers
            for place, _product in pairs
            for asset in assets
        ),
    )


def _store(model: Any, rows: Iterable[dict[str, Any]]) -> None:
    for some in _shares(rows):
        model.objects.bulk_create([model(**row) for row in some])


def _shares(rows: Iterable[Any]) -> Iterator[list[Any]]:
    ahead = iter(rows)
    while some := list(itertools.islice(ahead, BATCH)):
        yield some


def _require_all_carried(count: int) -> None:
    from downloads.models import Grant, LineItem, Order

    carried = (
        Order.objects.filter(email__startswith="buyer-", contact_rank=RANK, payment_rank=RANK),
        LineItem.objects.filter(paid_units=1, product_rank=RANK),
        Grant.objects.filter(product__isnull=False),
    )
    found = [rows.count() for rows in carried]
    if found != [count, 2 * count, 4 * count]:
        sys.exit(f"Something was lost: {found}")


def _say(sentence: str) -> None:
    sys.stdout.write(f"{sentence}\n")


if __name__ == "__main__":
    main()
