"""What a search has found, by kind: whose it is, how long it is kept, and what is never in it."""

import logging
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from downloads.models import Customer, Membership, Order
from downloads.tokens import hash_token
from storefront.admin.search.results import KEY, MOST_KEPT, SHOWN
from storefront.models import StaffSession
from tests.factories import (
    CustomerFactory,
    GrantFactory,
    LineFactory,
    LinkFactory,
    OrderFactory,
    ProductFactory,
    ShopFactory,
)

SEARCH = "/admin/downloads/order/search/"
TOKEN = "0c732eb6fd9802a0821a9d29888baee8"
# Of a search, and of its result.
MOST_QUERIES = 12


@pytest.fixture
def shop(db):
    shop = ShopFactory(name="Ours")
    for number in range(3):
        buyer = CustomerFactory(shop=shop, email=f"mary{number}@example.com", first_name="Mary")
        order = OrderFactory(shop=shop, number=1050 + number, customer=buyer, email=buyer.email)
        LineFactory(order=order, product__name="Maryland maps")
        asset = LinkFactory(shop=shop, title="Mary had a little lamb")
        GrantFactory(order=order, asset=asset, line=None)
    return shop


def titles(page):
    return {group.title: len(group.rows) for group in page.context["groups"]}


def test_a_search_leads_to_what_it_found_by_kind(staff, shop):
    answer = staff.post(SEARCH, {"q": "mary"})
    assert (answer.status_code, answer["Location"].startswith(SEARCH)) == (303, True)
    assert "mary" not in answer["Location"]
    page = staff.get(answer["Location"])
    assert titles(page) == {"orders": 3, "customers": 3, "files and links": 3, "products": 3}
    html = page.content.decode()
    assert all(f"Order <bdi>{number}" in html or str(number) in html for number in (1050, 1052))
    assert "mary1@example.com" in html


def test_the_one_row_found_is_opened(staff, shop):
    buyer = CustomerFactory(shop=shop, email="alone@b.example")
    answer = staff.post(SEARCH, {"q": "alone@b"})
    assert answer["Location"] == f"/admin/downloads/customer/{buyer.pk}/change/"


def test_of_many_the_newest_are_shown_and_the_list_has_all(staff, shop):
    Customer.objects.bulk_create(
        Customer(shop=shop, email=f"n{n}@many.example") for n in range(SHOWN + 5)
    )
    page = staff.get(staff.post(SEARCH, {"q": "many.example"})["Location"])
    [group] = page.context["groups"]
    assert (len(group.rows), group.all_url) == (
        SHOWN,
        "/admin/downloads/customer/?q=many.example",
    )
    assert staff.get(group.all_url).context["cl"].result_count == SHOWN + 5


def test_a_result_is_its_persons_alone_and_ends(staff, shop, clerk, settings, monkeypatch):
    address = staff.post(SEARCH, {"q": "mary"})["Location"]
    other = clerk("view_order")
    answers = [other.get(address), other.get(f"{SEARCH}nothing/")]
    assert {each.status_code for each in answers} == {404}
    assert "This search is over." in answers[0].content.decode()
    end = timezone.now() + timedelta(minutes=settings.SEARCH_MINUTES, seconds=1)
    monkeypatch.setattr("django.utils.timezone.now", lambda: end)
    assert staff.get(address).status_code == 404


@pytest.mark.slow
def test_few_results_are_kept(staff, shop):
    addresses = [staff.post(SEARCH, {"q": "mary"})["Location"] for _ in range(MOST_KEPT + 1)]
    assert [staff.get(each).status_code for each in addresses] == [404, *[200] * MOST_KEPT]
    assert len(staff.session[KEY]) == MOST_KEPT


def test_whoever_has_left_a_shop_sees_nothing_of_it(clerk, shop):
    ours = clerk("view_order", "view_customer")
    address = ours.post(SEARCH, {"q": "mary"})["Location"]
    assert titles(ours.get(address)) == {"orders": 3, "customers": 3}
    Membership.objects.all().delete()
    page = ours.get(address)
    assert page.status_code != 200 or "mary1" not in page.content.decode()


def test_of_another_shop_nothing_is_in_a_result(clerk, shop):
    ours = clerk("view_order", "view_customer", "view_asset", "view_product")
    theirs = OrderFactory(shop__name="Theirs", email="mary@theirs.example", number=9)
    LinkFactory(shop=theirs.shop, title="Mary's secret")
    Membership.objects.filter(shop=theirs.shop).delete()
    page = ours.get(ours.post(SEARCH, {"q": "mary"})["Location"])
    assert titles(page) == {"orders": 3, "customers": 3, "files and links": 3, "products": 3}
    assert "theirs" not in page.content.decode().lower()


def test_what_looks_like_a_secret_is_looked_up_by_its_hash_and_kept_nowhere(staff, shop, caplog):
    order = Order.objects.first()
    Order.objects.filter(pk=order.pk).update(token_hash=hash_token(TOKEN))
    near = TOKEN[:-1] + "7"
    with caplog.at_level(logging.DEBUG), CaptureQueriesContext(connection) as queries:
        answer = staff.post(SEARCH, {"q": TOKEN})
        assert answer["Location"] == f"/admin/downloads/order/{order.pk}/change/"
        assert not any(TOKEN in each["sql"] for each in queries)
        page = staff.post(SEARCH, {"q": near})
    assert "Nothing was found." in page.content.decode()
    assert near not in page.content.decode()
    assert TOKEN not in caplog.text
    sessions = [each.get_decoded() for each in StaffSession.objects.all()]
    assert not any(TOKEN in str(each) or near in str(each) for each in sessions)


def test_a_number_of_an_article_that_looks_made_by_chance_is_found_and_not_kept(staff, shop):
    sku = "BOOK-2024-EDITION-1-PRINT-00017"
    for number in range(2):
        LineFactory(order=Order.objects.first(), product__sku=f"{sku}{number}")
    name = staff.post(SEARCH, {"q": sku})["Location"].split("/")[-2]
    kept = staff.session[KEY][name]
    assert (len(kept["rows"]["downloads.product"]), kept["text"]) == (2, "")
    assert sku not in str(kept)


@pytest.mark.parametrize("text", ["mary", "mary smith", "example.com", "Order mary"])
def test_a_search_and_its_result_are_a_bounded_number_of_queries(staff, shop, text):
    counted = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as search:
            address = staff.post(SEARCH, {"q": text}).get("Location")
        with CaptureQueriesContext(connection) as result:
            if address:
                staff.get(address)
        counted.append((len(search), len(result)))
        assert max(counted[-1]) <= MOST_QUERIES, [each["sql"] for each in (*search, *result)]
        for number in range(20):
            buyer = CustomerFactory(shop=shop, email=f"mary-{number}@example.com")
            order = OrderFactory(shop=shop, customer=buyer, email=buyer.email)
            named = {"name": f"Mary {number}", "sku": f"mary-{number}"}
            LineFactory(order=order, product=ProductFactory(shop=shop, **named))
            LinkFactory(shop=shop, title=f"Mary {number}")


@pytest.mark.parametrize("text", ["%", "<script>", "' OR 1=1", '"mary', "ma*", "\0", "x" * 30_000])
def test_hostile_texts_find_nothing(staff, shop, text):
    answer = staff.post(SEARCH, {"q": text})
    page = answer.content.decode()
    assert (answer.status_code, "Nothing was found." in page) == (200, True) or text == "\0"
    assert not re.search(r"<script>(?!</)", page.partition("<main")[2])
