"""The search box of every page, as its forms post it."""

import re
from html import unescape

import pytest

from downloads.models import Membership
from downloads.tokens import hash_token
from storefront.models import StorefrontKey
from storefront.signed_urls import new_click, ticket_url
from tests.factories import (
    NOW,
    AttachmentFactory,
    CustomerFactory,
    GrantFactory,
    LineFactory,
    LinkFactory,
    OrderFactory,
    ProductFactory,
)

SEARCH = "/admin/downloads/order/search/"
ORDERS, ASSETS = "/admin/downloads/order/", "/admin/downloads/asset/"
PRODUCTS = "/admin/downloads/product/"
TOKEN = "0c732eb6fd9802a0821a9d29888baee8"


def page_of(order):
    return f"{ORDERS}{order.pk}/change/"


@pytest.fixture
def search(staff):
    """Return a function that types into a page's box, and returns where it leads."""

    def ask(text, *, page="/admin/", box="site-search", client=staff):
        html = client.get(page).content.decode()
        form = re.search(rf'<form id="{box}".*?</form>', html, re.DOTALL)[0]
        assert 'method="post"' in form
        action = re.search('action="([^"]+)"', form)[1]
        boxes = (
            dict(re.findall(r'(\w+)="([^"]*)"', tag)) for tag in re.findall("<input.*?>", form)
        )
        sent = {each["name"]: unescape(each.get("value", "")) for each in boxes if "name" in each}
        return client.post(action, sent | {"q": text})

    return ask


def found_by(client, answer):
    """Return the pages of all that a search has found."""
    assert answer.status_code == 303
    if not answer["Location"].startswith(SEARCH):
        return {answer["Location"]}
    groups = client.get(answer["Location"]).context["groups"]
    return {row.url for group in groups for row in group.rows}


@pytest.fixture
def order(db):
    return OrderFactory(number=1050, token_hash=hash_token(TOKEN))


@pytest.mark.slow
@pytest.mark.parametrize(
    "text", ["1050", "#1050", "Order 1050", "No. 1050", "１０５０", "Quittung 1050"]
)
@pytest.mark.parametrize(
    ("page", "box"), [("/admin/", "site-search"), (ORDERS, "changelist-search")]
)
def test_a_number_leads_to_its_order(search, order, text, page, box):
    answer = search(text, page=page, box=box)
    assert (answer.status_code, answer["Location"]) == (303, page_of(order))


@pytest.mark.parametrize("text", ["WEB-2024-17", "web-2024-17"])
def test_a_number_with_letters_leads_to_its_order(search, staff, text):
    written = OrderFactory(number=202417, receipt_number="WEB-2024-17")
    assert search(text)["Location"] == page_of(written)
    assert list(staff.get(ORDERS, {"q": text}).context["cl"].queryset) == [written]


def test_a_number_of_several_orders_leads_to_the_list_of_them(search, staff, order):
    OrderFactory(number=1050)
    OrderFactory(number=1051)
    answer = search("Order #1050")
    assert answer["Location"] == f"{ORDERS}?q=1050"
    assert staff.get(answer["Location"]).context["cl"].result_count == 2


def secrets_of(order):
    click = new_click(GrantFactory(order=order, line=None), at=NOW)
    url = ticket_url(order)
    return {
        "token": TOKEN,
        "page": f"http://localhost:8000/orders/{TOKEN}",
        "ticket": url.rpartition("/")[2],
        "ticket's page": url,
        "download": click.url,
        "download with its name": f"{click.url}/My%20book.pdf",
        "click": f"http://localhost:8000{click.form_action}",
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    ("page", "box"), [("/admin/", "site-search"), (PRODUCTS, "changelist-search")]
)
def test_a_secret_leads_to_its_order_and_stands_in_no_address(search, order, page, box):
    led = {name: search(text, page=page, box=box) for name, text in secrets_of(order).items()}
    assert {name: answer["Location"] for name, answer in led.items()} == dict.fromkeys(
        led, page_of(order)
    )


def text_of(answer):
    return re.sub(
        r'name="csrfmiddlewaretoken" value="\w+"|nonce="[^"]+"', "", answer.content.decode()
    )


@pytest.mark.slow
def test_of_another_shop_it_is_answered_as_of_nobody(search, order, clerk):
    ours = clerk("view_order", "view_asset")
    theirs = OrderFactory(number=2001, shop__name="Theirs", token_hash=hash_token(TOKEN[::-1]))
    Membership.objects.filter(shop=theirs.shop).delete()
    named = LinkFactory(shop=theirs.shop, title="Secret plans", file_name="plans.pdf")
    click = new_click(GrantFactory(order=theirs, asset=named, line=None), at=NOW)
    asked = [
        *(TOKEN[::-1], ticket_url(theirs), click.url, "2001", "#2001", "plans.pdf", "Secret plans"),
        *(f"/orders/{TOKEN[::-1]}", (theirs.customer and theirs.customer.email) or "a@b.example"),
        # Of nobody, and signed wrongly.
        *("f" * 31 + "0", ticket_url(order)[:-2], click.url[:-2], "9999", "nowhere", "x" * 5000),
        *("word " * 500, "\ud7ff"),
    ]
    answers = [search(text, client=ours) for text in asked]
    assert {(each.status_code, text_of(each)) for each in answers} == {(200, text_of(answers[-1]))}
    assert "Nothing was found." in text_of(answers[0])
    assert search(TOKEN, client=ours)["Location"] == page_of(order)


def test_without_a_role_that_sees_orders_nothing_is_found(search, order, clerk):
    answer = search(TOKEN, client=clerk("view_asset"))
    assert "Nothing was found." in answer.content.decode()


@pytest.mark.slow
def test_a_files_name_leads_to_the_orders_that_have_it(search, staff, order):
    asset = LinkFactory(shop=order.shop, title="Piano", file_name="Für Elise.mp3")
    GrantFactory(order=order, asset=asset, line=None)
    for text in ("Für Elise.mp3", "Fu\u0308r  Elise.mp3", "Elise.mp3", "Piano"):
        assert found_by(staff, search(text)) == {page_of(order), f"{ASSETS}{asset.pk}/change/"}


def test_a_files_name_that_no_order_has_leads_to_the_asset(search, staff, order):
    asset = LinkFactory(shop=order.shop, title="Piano", file_name="elise.mp3")
    assert search("elise.mp3")["Location"] == f"{ASSETS}{asset.pk}/change/"
    product = AttachmentFactory(asset=asset, product=ProductFactory(shop=order.shop)).product
    pages = {f"{ASSETS}{asset.pk}/change/", f"{PRODUCTS}{product.pk}/change/"}
    assert found_by(staff, search("elise.mp3")) == pages
    of_list = search("elise.mp3", page=PRODUCTS, box="changelist-search")
    assert of_list["Location"] == f"{PRODUCTS}?q=elise.mp3"
    assert staff.get(of_list["Location"]).context["cl"].result_count == 1


@pytest.mark.slow
def test_what_was_found_before_is_found(search, staff, order):
    customer = CustomerFactory(shop=order.shop, email="mary@b.example", first_name="Mary")
    order.customer = customer
    order.save()
    line = LineFactory(order=order, product__name="Gardening")
    for text in ("mary@b.example", "Mary", line.product.name):
        assert page_of(order) in found_by(staff, search(text))


def test_a_number_of_an_article_is_found_that_could_be_a_token(search, order):
    LineFactory(order=order, product__sku="BOOK-2024-EDITION-1")
    assert search("BOOK-2024-EDITION-1")["Location"].startswith(SEARCH)


def test_a_lists_box_keeps_its_filters(search, order):
    page = f"{ORDERS}?payment__exact=paid&p=1"
    answer = search("Mary", page=page, box="changelist-search")
    assert answer.status_code == 200
    CustomerFactory(shop=order.shop, first_name="Mary").orders.add(order)
    answer = search("Mary", page=page, box="changelist-search")
    assert answer["Location"] == f"{ORDERS}?payment__exact=paid&q=Mary"
    answer = search("", page=page, box="changelist-search")
    assert answer["Location"] == f"{ORDERS}?payment__exact=paid"


def test_a_merchants_link_leads_to_its_asset(search, order):
    link = "https://files.example/s/8f3k2j5h7g9d1s4a6q0w/book.pdf?dl=1"
    asset = LinkFactory(shop=order.shop, link=link)
    assert search(link)["Location"] == f"{ASSETS}{asset.pk}/change/"


@pytest.mark.slow
def test_two_pasted_links_lead_to_both_orders(search, staff, order):
    other = OrderFactory(shop=order.shop)
    answer = search(f"{ticket_url(order)} {ticket_url(other)}")
    assert {each.pk for each in staff.get(answer["Location"]).context["cl"].result_list} == {
        order.pk,
        other.pk,
    }


def test_the_beginning_of_a_key_leads_to_it(search, order):
    row, _key = StorefrontKey.issue(order.shop, name="theme")
    page = "/admin/storefront/storefrontkey/"
    answer = search(row.prefix, page=page, box="changelist-search")
    assert answer["Location"] == f"{page}{row.pk}/change/"


@pytest.mark.slow
def test_a_secret_in_a_lists_address_is_led_on_or_not_repeated(staff, order):
    for name, text in secrets_of(order).items():
        answer = staff.get(PRODUCTS, {"q": text})
        assert (answer.status_code, answer["Location"]) == (303, page_of(order)), name
        wrong = text.replace(text.removesuffix("/My%20book.pdf")[-8:], "00000000")
        page = staff.get(PRODUCTS, {"q": wrong})
        assert page.context["cl"].result_count == 0
        assert wrong not in page.content.decode(), name


@pytest.mark.slow
def test_numbers_are_read_alike_in_every_list_that_names_orders(staff, order):
    GrantFactory(order=order, line=None)
    for url in (ORDERS, "/admin/downloads/grant/"):
        for text in ("#1050", "No. 1050", "１０５０"):
            assert staff.get(url, {"q": text}).context["cl"].result_count == 1, (url, text)


def test_a_product_that_is_called_like_a_number_is_found_by_it(staff, order):
    product = ProductFactory(shop=order.shop, name="No. 7")
    OrderFactory(number=7)
    order.lines.create(product=product, quantity=1)
    assert list(staff.get(ORDERS, {"q": "No. 7"}).context["cl"].result_list) == [order]


def test_the_page_of_the_box_opens_by_itself(staff):
    page = staff.get(SEARCH).content.decode()
    assert 'id="search-again"' in page
    assert "Nothing was found." not in page


@pytest.mark.parametrize("text", ["x " * 500, "x" * 60_000], ids=["words", "letters"])
def test_more_than_a_list_is_searched_for_is_refused_in_a_sentence(staff, order, text):
    answer = staff.get(ORDERS, {"q": text})
    assert answer.status_code == 400
    assert "Search for fewer of them." in answer.content.decode()
