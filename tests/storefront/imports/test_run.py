"""Imports through the write door: what comes of each order, once, again, and on trial."""

from io import BytesIO

import pytest
from django.utils import timezone

from downloads.models import Customer, Grant, LineItem, Mail, Order, Product
from storefront.imports.formats import open_orders
from storefront.imports.run import Importer, Tally, run
from storefront.platforms.woocommerce.reports import hash_of_key
from tests.factories import AttachmentFactory, OrderFactory, ProductFactory, ShopFactory
from tests.storefront.imports.odd_orders import odd_files
from tests.system.harness.processes import times

BOOK = "order_number,placed_at,paid,email,product,sku,quantity\n1,2025-06-15,yes,ada@example.com,"
PERMISSIONS = (
    "order_id,order_key,product_id,user_email,user_id,downloads_remaining,access_granted,"
    "download_count\n727,wc_order_Abc123Def456G,501,ada@example.com,0,1,2025-06-15 10:30:00,2\n"
)


@pytest.fixture
def shop(db):
    return ShopFactory()


@pytest.fixture
def import_(shop):
    """Return a function that imports a file; it returns the tally and what was refused."""

    def take_in(content, **options):
        tally, refused = Tally(), []
        opened = open_orders(BytesIO(content.encode() if isinstance(content, str) else content))
        importer = Importer(shop, **options)
        steps = run(
            importer,
            opened,
            clock=timezone.now,
            tally=tally,
            refuse=lambda found, problem: refused.append((found, problem)),
        )
        for _found in steps:
            pass
        return str(tally), [(found.name or found.place, problem) for found, problem in refused]

    return take_in


def rows_of_all():
    models = (Order, LineItem, Product, Customer, Grant, Mail)
    return [list(model.objects.order_by("pk").values()) for model in models]


def test_a_dry_run_does_each_order_and_leaves_nothing(import_, shop):
    AttachmentFactory(product=ProductFactory(shop=shop, sku="BOOK-1"))
    content = BOOK + "Book,BOOK-1,1\n2,,yes,,Mug,,1\n3,,no,,Cup,,1\n"
    import_(content.replace("3,,no", "4,,no"))
    before = rows_of_all()
    assert import_(content, is_dry=True) == ("1 new, 0 changed, 2 unchanged, 0 refused", [])
    assert rows_of_all() == before


def test_nobody_is_mailed_unless_that_is_asked(import_, shop):
    shop.mails_buyers = True
    shop.save()
    AttachmentFactory(product=ProductFactory(shop=shop, sku="BOOK-1"))
    today = BOOK.replace("2025-06-15", f"{timezone.now():%Y-%m-%d %H:%M:%S}")
    import_(today + "Book,BOOK-1,1\n")
    assert Mail.objects.count() == 0
    import_(today.replace("\n1,", "\n2,") + "Book,BOOK-1,1\n", mails_buyer=True)
    assert Mail.objects.count() == 1


PRODUCTS = {
    "by its SKU": ({"sku": "BOOK-1", "name": "Other"}, "My new Book,BOOK-1"),
    "by its name": ({"sku": None, "name": "My new Book"}, "My new Book,"),
    "by its name, with a SKU of its own": ({"sku": "X", "name": "My new Book"}, "My new Book,"),
    "by its and its variant's name": (
        {"name": "My new Book", "variant_name": "Signed"},
        "My new Book - Signed,",
    ),
    "made by hand": ({"sku": "BOOK-1", "variant_id": None, "name": "Other"}, "Book,BOOK-1"),
}


@pytest.mark.parametrize(("known", "line"), PRODUCTS.values(), ids=PRODUCTS)
def test_a_product_of_the_shop_is_found(import_, shop, known, line):
    product = ProductFactory(shop=shop, **known)
    ProductFactory(sku=product.sku, name=product.name)  # another shop's
    import_(f"{BOOK}{line},1\n")
    assert LineItem.objects.get().product == product
    fresh = Product.objects.get(pk=product.pk)
    assert (fresh.name, fresh.sku, fresh.tags) == (product.name, product.sku, product.tags)


UNKNOWN = {
    "two with this SKU": [{"sku": "BOOK-1"}, {"sku": "BOOK-1"}],
    "another SKU": [{"sku": "BOOK-2", "name": "Book"}],
    "two with this name": [{"name": "Book"}, {"name": "Book"}],
}


@pytest.mark.parametrize("known", UNKNOWN.values(), ids=UNKNOWN)
def test_what_no_one_product_is_is_entered_by_its_words(import_, shop, known):
    products = [ProductFactory(shop=shop, **each) for each in known]
    import_(f"{BOOK}Book,BOOK-1,1\n")
    product = LineItem.objects.get().product
    assert product not in products
    assert (product.name, product.sku, product.variant_id) == ("Book", "BOOK-1", None)


def test_two_orders_of_one_unknown_product_share_its_row(import_):
    import_(f"{BOOK}Book,BOOK-1,1\n2,,yes,,Book,BOOK-1,1\n")
    assert len(set(LineItem.objects.values_list("product", flat=True))) == 1


def test_a_products_number_needs_no_words(import_, shop):
    product = ProductFactory(shop=shop, variant_id=501, name="Ebook")
    import_(PERMISSIONS)
    order = Order.objects.get()
    assert (order.platform_id, order.token_hash) == (727, hash_of_key("wc_order_Abc123Def456G"))
    assert LineItem.objects.get().product == product
    assert Product.objects.get(pk=product.pk).name == "Ebook"


def rest_order(**values):
    line = {"id": 9, "name": "Ebook", "product_id": 501, "variation_id": 0, "quantity": 1}
    return {
        "id": 727,
        "number": "727",
        "order_key": "wc_order_Abc123Def456G",
        "status": "completed",
        "date_created_gmt": "2025-06-15T10:30:00",
        "date_modified_gmt": "2025-06-16T10:30:00",
        "date_paid_gmt": "2025-06-15T10:30:00",
        "line_items": [line],
    } | values


def test_an_order_that_is_known_keeps_its_own_lines(import_, as_json):
    import_(as_json([rest_order()]))
    import_(PERMISSIONS)
    assert [line.platform_id for line in LineItem.objects.all()] == [9]
    assert LineItem.objects.get().current_quantity in (None, 1)


@pytest.mark.parametrize(
    ("rows", "numbers"),
    [
        (["Ebook as it was called", "Mug"], [9, 10]),
        (["Mug", "Another name"], [9, 10]),
        (["Both", "renamed"], [9, 10]),
        (["Mug"], [9, 10]),
    ],
)
def test_a_product_renamed_since_is_no_further_line(import_, as_json, rows, numbers):
    ebook, mug = rest_order()["line_items"][0], {"id": 10, "name": "Mug", "product_id": 502}
    import_(as_json([rest_order(line_items=[ebook, mug | {"quantity": 1}])]))
    header = "order_number,order_id,placed_at,paid,product\n"
    import_(header + "".join(f"727,727,2025-06-15,yes,{name}\n" for name in rows))
    lines = LineItem.objects.order_by("platform_id")
    assert [line.platform_id for line in lines] == numbers
    assert [line.product.name for line in lines] == ["Ebook", "Mug"]


def test_a_fault_of_ours_with_one_order_keeps_no_other_out(import_, monkeypatch):
    def fail(shop, report):
        if report.number == 1:
            raise ZeroDivisionError
        return report

    monkeypatch.setattr("storefront.imports.run.matched", fail)
    assert import_(f"{BOOK}Book,,1\n2,,yes,,Book,,1\n") == (
        "1 new, 0 changed, 0 unchanged, 1 refused",
        [("1", "a fault of ours (ZeroDivisionError); the log has more")],
    )
    assert Order.objects.get().number == 2


def test_another_shops_order_is_another(import_, shop):
    OrderFactory(platform_id=727)
    import_(PERMISSIONS)
    assert Order.objects.filter(platform_id=727).count() == 2


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 17][: times(1, drill=2)])
def test_of_mixed_odd_orders_none_is_lost_and_each_refused_one_is_named(import_, seed):
    count = times(100, drill=300)
    files = odd_files(count, seed)
    for file in files:
        before = Order.objects.count()
        tally, refused = import_(file.content)
        fresh = Order.objects.count() - before
        assert (file.name, fresh) == (file.name, file.good)
        assert tally == f"{file.good} new, 0 changed, 0 unchanged, {len(file.refused)} refused"
        assert all(problem and "fault of ours" not in problem for _name, problem in refused)
        named = {name for name, _problem in refused}
        assert {name for name in file.refused if name} <= named
        again, _refused = import_(file.content)
        assert again == f"0 new, 0 changed, {file.good} unchanged, {len(file.refused)} refused"
    assert sum(file.good + len(file.refused) for file in files) >= count
