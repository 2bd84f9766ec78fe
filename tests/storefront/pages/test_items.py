"""Long orders: a search, sections by product, and a file once in each."""

from datetime import timedelta

import pytest

from storefront.pages.items import MOST_PLAIN
from tests.factories import (
    NOW,
    GrantFactory,
    LineFactory,
    LinkFactory,
    OrderFactory,
    ProductFactory,
)
from tests.storefront.conftest import TOKEN, Page

URL = f"/orders/{TOKEN}"


@pytest.fixture
def order(db):
    return OrderFactory(token=TOKEN)


@pytest.fixture
def patterns(order):
    """Two products, bought on two lines each in turn, with as many files as are still plain."""
    products = [
        ProductFactory(shop=order.shop, name=name, variant_name=variant)
        for name, variant in (("Coat", "Größe M"), ("Shirt", None))
    ]
    for number in range(MOST_PLAIN):
        line = LineFactory(order=order, product=products[number % 2])
        asset = LinkFactory(shop=order.shop, title=f"Sheet {number}")
        GrantFactory(order=order, line=line, asset=asset, limit=3)
    return products


def show(client, **query):
    response = client.get(URL, query)
    assert response.status_code == 200
    return Page(response)


def clicks(page):
    return [action for action in page.actions if action.startswith("/clicks/")]


def test_up_to_ten_are_listed_as_they_were_placed(client, order, patterns):
    page = show(client)
    assert page.texts["h2"] == ["Coat", "Shirt"] * 5
    assert "find" not in page.texts
    # There is nothing to look for: the page is whole.
    assert len(clicks(show(client, find="nothing like it"))) == MOST_PLAIN


def test_of_more_each_product_has_one_section_in_the_order_it_was_placed(client, order, patterns):
    GrantFactory(order=order, line=None, asset=LinkFactory(shop=order.shop, title="Thanks"))
    page = show(client)
    assert page.texts["h2"] == ["Coat", "Shirt", "With your order"]
    evens, odds = ([f"Sheet {n}" for n in range(MOST_PLAIN) if n % 2 == half] for half in (0, 1))
    assert page.texts["h3"] == [*evens, *odds, "Thanks"]
    assert len(clicks(page)) == MOST_PLAIN + 1
    assert page.texts["h3"] == show(client).texts["h3"]


def test_what_was_bought_twice_stands_once_with_all_that_is_left(client, order, patterns):
    """Those that stand alike are one button; one that was refunded says so, used ones nothing."""
    first = order.grants.order_by("pk").first()

    def again(**facts):
        line = LineFactory(order=order, product=patterns[0])
        GrantFactory(order=order, line=line, asset=first.asset, limit=3, **facts)

    again(used=2)
    again(used=3)
    again(refunded=True)
    again(expires_at=NOW + timedelta(days=1))
    page = show(client)
    assert page.texts["h3"].count("Sheet 0") == 1
    assert page.texts["count"][:2] == ["4 downloads left", "3 downloads left"]
    assert page.texts["refusal"] == ["This purchase was refunded, so its download is closed."]
    assert len(clicks(page)) == MOST_PLAIN + 1
    assert clicks(page)[0].startswith(f"/clicks/{first.pk}/")


@pytest.mark.parametrize(
    ("find", "titles"),
    [
        ("sheet 3", ["Sheet 3"]),
        ("SHEET", 11),
        ("coat 4", ["Sheet 4"]),
        ("größe", 5),
        ("GRÖSSE m", 5),
        ("nothing", []),
        ("  ", 11),
        ("<b>", []),
        ("%", []),
        ("x" * 5_000, []),
    ],
)
def test_a_search_shows_what_has_all_its_words(client, order, patterns, find, titles):
    GrantFactory(order=order, line=None, asset=LinkFactory(shop=order.shop, title="Sheet of all"))
    page = show(client, find=find)
    shown = page.texts.get("h3", [])
    assert (len(shown) if isinstance(titles, int) else shown) == titles
    [field] = [attrs for tag, attrs in page.tags if attrs.get("type") == "search"]
    assert field["value"] == find.strip()[:100]
    if find.strip():
        assert f"{len(shown)} of 11 shown." in " ".join(page.texts["p"])


def test_a_search_keeps_the_language_and_the_language_the_search(client, order, patterns):
    GrantFactory(order=order)
    page = show(client, find="sheet", lang="de")
    [hidden] = [attrs for tag, attrs in page.tags if attrs.get("type") == "hidden"]
    assert (hidden["name"], hidden["value"]) == ("lang", "de")
    assert page.languages[0]["href"] == "?lang=ar&find=sheet"
    assert [attrs["href"] for tag, attrs in page.tags if tag == "a"] == ["?lang=de"]


def test_a_search_sets_no_cookie_and_spends_nothing(client, order, patterns):
    GrantFactory(order=order)
    assert not client.get(URL, {"find": "sheet"}).cookies
    assert set(order.grants.values_list("used", flat=True)) == {0}
