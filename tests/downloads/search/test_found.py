"""Search by a part of a text: what is found, by which index, and what stands in the way."""

import itertools

import pytest
from django.db import connection
from django.db.models import QuerySet

from downloads.models import Account, Asset, Customer, Grant, Mail, Order, Product
from downloads.search import Contains, find_rows, with_text
from downloads.search.found import WAYS, Search
from downloads.search.text import TEXTS, index_of
from tests.factories import (
    CustomerFactory,
    GrantFactory,
    LineFactory,
    LinkFactory,
    OrderFactory,
    ProductFactory,
    ShopFactory,
)

MANY = 3000
HOSTILE = (
    *("%", "_", "\\", "'", '"', '""', "*", "a*", "NEAR", "AND", "OR NOT", "texts:a", "-", "^a"),
    *("\0", "a\0b", "a" * 1000, "(", ")", "{}", "%s", "%(a)s", "ab\u202ec", "\U0001f600", "İ", " "),
)


@pytest.fixture
def shop(db):
    return ShopFactory()


def plan_of(rows: QuerySet) -> str:
    """Return how the database goes about a query."""
    return rows.explain()


def keys(model, text, shops=None):
    return find_rows(model, text, shops=shops).keys


@pytest.fixture
def many(shop):
    """Thousands of rows of each table whose texts are indexed, with figures for the planner."""
    numbers = range(MANY)
    buyers = Customer.objects.bulk_create(
        Customer(shop=shop, email=f"buyer-{n}@example.com", first_name="Ada", last_name=f"Nr{n}x")
        for n in numbers
    )
    common = {"shop": shop, "placed_at": "2026-01-01T00:00Z"}
    Order.objects.bulk_create(
        Order(number=n, email=f"buyer-{n}@example.com", customer=buyers[n], **common)
        for n in numbers
    )
    Product.objects.bulk_create(Product(shop=shop, name=f"Book {n}", sku=f"b-{n}") for n in numbers)
    Asset.objects.bulk_create(
        Asset(shop=shop, title=f"Book {n}", link=f"https://a.example/{n}") for n in numbers
    )
    Account.objects.bulk_create(
        Account(shop=shop, email=f"owner-{n}@example.com", first_name="A", last_name="B")
        for n in numbers
    )
    now = {"created_at": "2026-01-01T00:00Z", "due_at": "2026-01-01T00:00Z"}
    Mail.objects.bulk_create(
        Mail(shop=shop, kind=Mail.Kind.LINKS, email=f"owner-{n}@example.com", **now)
        for n in numbers
    )
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
            # So few rows are read as quickly whole: what is left of that has no index.
            cursor.execute("SET LOCAL enable_seqscan = off")


@pytest.mark.slow  # thousands of rows, made once for every part and table
def test_a_part_is_looked_for_by_the_index(many):
    for text, model in itertools.product(("zqx", "zq", "z"), TEXTS):
        plan = plan_of(with_text(model.objects.order_by(), text))
        if connection.vendor == "postgresql":
            assert f"Bitmap Index Scan on {index_of(model)}" in plan, (text, model, plan)
        else:
            table = model._meta.db_table
            assert f"SCAN {index_of(model)} VIRTUAL TABLE INDEX" in plan, (text, model, plan)
            assert f"SCAN {table}\n" not in f"{plan}\n", (text, model, plan)


@pytest.mark.slow
def test_what_belongs_to_what_was_found_is_read_by_an_index(many, monkeypatch):
    plans = []
    newest = Search.newest

    def explained(search, rows, key="pk"):
        plans.append((str(rows.query), plan_of(rows[:5])))
        return newest(search, rows, key)

    monkeypatch.setattr(Search, "newest", explained)
    for model in WAYS:
        keys(model, "2999")
    large = [model._meta.db_table for model in (*TEXTS, Grant)]
    whole = [
        (query, plan)
        for query, plan in plans
        for table in large
        if f"Seq Scan on {table}" in plan or f"SCAN {table}\n" in f"{plan}\n"
        # Two numbers of products alone, which are few.
        if "variant_id" not in query and "grant" not in table
    ]
    assert whole == []


def test_a_text_is_found_by_each_part_of_it_in_any_case(shop):
    buyer = CustomerFactory(shop=shop, email="Mary.Jones@example.com", first_name="Mary")
    for text in ("mary.jones@example.com", "JONES@EX", "ary", "es@exam", "ma", "m", "Mary jones"):
        assert keys(Customer, text) == [buyer.pk], text
    for text in ("jonas", "ry", "z", "Mary Smith", ""):
        assert keys(Customer, text) == [], text


def test_fewer_than_three_letters_are_the_beginning_of_a_column(shop):
    product = ProductFactory(shop=shop, name="Zen garden", sku="QX-9")
    for text in ("z", "ze", "q", "qx", "zen 9", "gar QX"):
        assert product.pk in keys(Product, text), text
    for text in ("en", "ga", "x-"):
        assert product.pk not in keys(Product, text), text


def test_the_index_keeps_step_with_every_change(shop):
    buyer = CustomerFactory(shop=shop, email="first@example.com", first_name="", last_name="")
    asset = LinkFactory(shop=shop, title="Overture")
    assert keys(Customer, "first@") == [buyer.pk]
    Customer.objects.filter(pk=buyer.pk).update(email="second@example.com")
    Asset.objects.filter(pk=asset.pk).update(title="Finale")
    assert (keys(Customer, "first@"), keys(Customer, "second@")) == ([], [buyer.pk])
    assert (keys(Asset, "overt"), keys(Asset, "final")) == ([], [asset.pk])
    # What somebody erased was called is in no table of ours.
    Customer.objects.filter(pk=buyer.pk).update(email=None)
    asset.delete()
    assert (keys(Customer, "second@"), keys(Asset, "final")) == ([], [])
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("SELECT texts FROM downloads_customer_text")
            assert "second" not in str(cursor.fetchall())


def test_an_order_is_found_by_all_that_belongs_to_it(shop):
    order = OrderFactory(shop=shop, number=1050, receipt_number="WEB-17", email="to@a.example")
    order.customer = CustomerFactory(shop=shop, email="ada@b.example", first_name="Ada")
    order.save()
    line = LineFactory(order=order, product__name="Gardening", product__sku="SKU-77")
    asset = LinkFactory(shop=shop, title="Piano", file_name="elise.mp3")
    grant = GrantFactory(order=order, asset=asset, line=None)
    OrderFactory(shop=shop, number=1051)
    texts = ("1050", "web-17", "to@a", "ada@b.example", "Ada", "garden", "sku-77", "elise", "Piano")
    assert {text: keys(Order, text) for text in texts} == {text: [order.pk] for text in texts}
    assert keys(Grant, "elise") == keys(Grant, "1050") == keys(Grant, "ada@b") == [grant.pk]
    assert keys(Product, "sku-77") == [line.product.pk]


def test_another_shops_rows_are_not_found(shop):
    theirs = OrderFactory(number=7, email="secret@a.example", shop=ShopFactory())
    GrantFactory(order=theirs, asset=LinkFactory(shop=theirs.shop, title="Secret"), line=None)
    for text in ("secret", "7"):
        assert not any(keys(model, text, shops=[shop.pk]) for model in WAYS), text
        assert keys(Order, text, shops=[theirs.shop_id]) == [theirs.pk]


def test_no_more_than_the_newest_are_found_and_it_is_told(shop, settings):
    settings.SEARCH_MOST_ROWS = 3
    buyers = [CustomerFactory(shop=shop, email=f"b{n}@many.example") for n in range(4)]
    found = find_rows(Customer, "many.example", shops=None)
    assert (found.keys, found.is_cut) == ([each.pk for each in buyers[:0:-1]], True)
    assert not find_rows(Customer, "b1@many", shops=None).is_cut


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_looked_for_as_they_are_written(shop, text):
    CustomerFactory(shop=shop, email="plain@example.com", first_name="Ada", last_name="Lovelace")
    assert not any(keys(model, text) for model in WAYS)
    clean = text.replace("\0", "").strip()
    named = ProductFactory(shop=shop, name=f"x {clean[:400]} y") if len(clean) > 2 else None
    if named is not None:
        assert keys(Product, clean[:400]) == [named.pk]


def test_a_search_is_a_bounded_number_of_queries(shop, django_assert_max_num_queries):
    order = OrderFactory(shop=shop, number=5, email="many@example.com")
    for _ in range(30):
        LineFactory(order=order, product__name="many")
        GrantFactory(order=order, asset=LinkFactory(shop=shop, title="many"), line=None)
    for model in WAYS:
        with django_assert_max_num_queries(4):
            keys(model, "many")
        # Words that no row has together are looked for apart, side by side.
        with django_assert_max_num_queries(6):
            keys(model, "many example nothing")


def test_without_an_index_the_same_is_found(shop):
    buyer = CustomerFactory(shop=shop, email="Mary_Jones@example.com")
    CustomerFactory(shop=shop, email="maryxjones@example.com")
    rows = Customer.objects.filter(Contains(Customer, "mary_jones", by_index=False))
    assert list(rows) == [buyer]
