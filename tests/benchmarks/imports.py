"""What an imported order costs, beside bare inserts of the rows that it made.

    python -m tests.benchmarks.imports [ORDERS]

Mixed odd orders of every format go through the import, none lost and each refused one named; then
the same rows go into empty tables of the same kind, an order a transaction.
"""

import os
import sys
import tempfile
import time
from io import BytesIO

ORDERS = 10_000
SEED = 17


def main(count):
    """Import, then insert; print both times and what one order costs."""
    import django

    os.environ["DATA_DIR"] = tempfile.mkdtemp()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from django.core.management import call_command

    from downloads.models import Order, Shop
    from tests.factories import AttachmentFactory, ProductFactory
    from tests.storefront.imports.odd_orders import odd_files

    call_command("migrate", verbosity=0)
    shop = Shop.objects.create(name="Shop", domain="shop.example")
    AttachmentFactory(product=ProductFactory(shop=shop, sku="BOOK-1", name="My new Book"))
    AttachmentFactory(product=ProductFactory(shop=shop, variant_id=501))
    files = odd_files(count, SEED)
    began = time.perf_counter()
    refused = [_import(shop, file) for file in files]
    seconds = time.perf_counter() - began
    made = Order.objects.count()
    good = sum(file.good for file in files)
    sys.stdout.write(
        f"{made} orders in, {sum(map(len, refused))} refused by name, in {seconds:.1f} s" + "\n"
    )
    assert made == good, f"{good} were good"
    assert [len(each) for each in refused] == [len(file.refused) for file in files]
    bare = _insert_bare()
    one, plain = seconds / made * 1000, bare / made * 1000
    sys.stdout.write(
        f"{one:.2f} ms an order; {plain:.2f} ms as bare inserts: {one / plain:.1f} times" + "\n"
    )


def _import(shop, file):
    from django.utils import timezone
    from tqdm import tqdm

    from storefront.imports.formats import open_orders
    from storefront.imports.run import Importer, Tally, run

    opened, tally, refused = open_orders(BytesIO(file.content)), Tally(), []
    steps = run(
        Importer(shop),
        opened,
        clock=timezone.now,
        tally=tally,
        refuse=lambda found, problem: refused.append((found.place, problem)),
    )
    for _found in tqdm(steps, desc=file.name, total=opened.total, disable=not sys.stderr.isatty()):
        pass
    assert all(problem for _place, problem in refused)
    return refused


def _insert_bare():
    """Insert the rows of each order once more, under other numbers, and nothing else."""
    from django.db import connection, transaction

    from downloads.models import Customer, Grant, LineItem, Order

    orders = list(Order.objects.select_related("customer").prefetch_related("lines", "grants"))
    shift = 10**15
    began = time.perf_counter()
    for order in orders:
        lines, grants = list(order.lines.all()), list(order.grants.all())
        with transaction.atomic():
            if order.customer is not None:
                Customer.objects.bulk_create([_fresh(order.customer)])
            order.platform_id -= shift
            order.token_hash = None
            Order.objects.bulk_create([_fresh(order)])
            by_line = {line.pk: line for line in lines}
            for line in lines:
                line.order = order
            LineItem.objects.bulk_create(map(_fresh, lines))
            for grant in grants:
                grant.order, grant.line = order, by_line.get(grant.line_id)
            Grant.objects.bulk_create(map(_fresh, grants))
    seconds = time.perf_counter() - began
    connection.close()
    return seconds


def _fresh(row):
    row.pk = None if row._meta.pk.name == "id" and isinstance(row.pk, int) else type(row)().pk
    row._state.adding = True
    if type(row).__name__ == "Customer":
        row.platform_id = None
    return row


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ORDERS)
