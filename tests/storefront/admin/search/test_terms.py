"""What a search box is given: numbers in any spelling, and secrets in any wrapping."""

import pytest

from downloads.models import Order
from downloads.tokens import hash_token
from storefront.admin.search.terms import is_like_token, is_secret, order_number, orders_of
from storefront.signed_urls import new_click, ticket_url
from tests.factories import NOW, GrantFactory, OrderFactory

TOKEN = "0c732eb6fd9802a0821a9d29888baee8"


@pytest.mark.parametrize(
    "text",
    [
        *("1050", "#1050", "# 1050", "Order 1050", "order #1050", "Order: 1050", "ORDER NO. 1050"),
        *("No. 1050", "no 1050", "Nr. 1050", "№ 1050", "№1050", "n° 1050", "Nº 1050", "No1050"),
        *("Bestellung 1050", "Bestell-Nr.: 1050", "Commande n° 1050", "Pedido 1050", "注文 1050"),
        *("  1050  ", "1050.", "(1050)", "“1050”", "01050", "#\u00a01050", "\u200e1050"),
        *("１０５０", "＃１０５０", "١٠٥٠", "注文番号１０５０", "订单号：1050", "הזמנה 1050"),
        *("1,050", "1.050", "1 050", "1\u202f050", "1'050", "Order 1,050"),
    ],
)
def test_an_order_number_is_read_however_it_is_written(text):
    assert order_number(text, called=True) == 1050


@pytest.mark.parametrize("text", ["Volume 1050", "Book 1050", "Quittung 1050"])
def test_a_number_beside_other_words_is_read_where_that_is_wanted(text):
    assert (order_number(text, called=True), order_number(text)) == (None, 1050)


@pytest.mark.parametrize(
    "text",
    ["", "Order", "#", "1050 1051", "10-50", "a1050@b.example", "9" * 5000, str(2**63), "½"],
)
def test_no_number_or_several_are_none(text):
    assert order_number(text) is None


def wrapped(secret):
    """Return what people copy along with an address."""
    return [
        secret,
        f"  {secret} ",
        f"<{secret}>",
        f'"{secret}"',
        f"({secret})",
        f"My link {secret}, which you sent, does not work.",
        f"It is {secret}.",
        f"{secret}?utm_source=mail&x=1",
        f"{secret}#top",
        secret.replace("/", "%2F").replace(":", "%3A"),
    ]


def numbers(text):
    return list(orders_of(text).values_list("number", flat=True))


@pytest.fixture
def order(db):
    return OrderFactory(number=1050, token_hash=hash_token(TOKEN))


def test_a_token_leads_to_its_order_alone_or_in_an_address(order):
    OrderFactory(number=7)
    addresses = (
        TOKEN,
        f"http://localhost:8000/orders/{TOKEN}",
        f"/orders/{TOKEN}/",
        f"https://my-store.example/12/orders/{TOKEN}/authenticate?key=abc",
        f"http://localhost:8000/api/v2/customer-account-orders?id={TOKEN}",
    )
    texts = [text for address in addresses for text in wrapped(address)]
    assert [text for text in texts if numbers(text) != [1050]] == []


def test_a_page_link_leads_to_its_order_also_when_it_was_ended(order):
    url = ticket_url(order)
    Order.objects.update(ticket_revision=5)
    texts = [*wrapped(url), url.rpartition("/")[2]]
    assert [text for text in texts if numbers(text) != [1050]] == []


def test_a_download_leads_to_its_order_also_when_its_time_is_over(order):
    click = new_click(GrantFactory(order=order, line=None), at=NOW.replace(year=2020))
    addresses = (click.url, f"{click.url}/F%C3%BCr Elise.mp3", click.form_action, click.signed)
    texts = [*addresses, *wrapped(click.url), *wrapped(f"{click.url}/book.pdf")]
    assert [text for text in texts if numbers(text) != [1050]] == []


def test_two_links_lead_to_both_orders(order):
    other = OrderFactory(number=1051)
    assert sorted(numbers(f"{ticket_url(order)} and {ticket_url(other)}")) == [1050, 1051]


def test_a_wrong_signature_leads_nowhere(order):
    url = ticket_url(order)
    click = new_click(GrantFactory(order=order, line=None), at=NOW)
    wrong = [url[:-1] + ("A" if url[-1] != "A" else "B"), click.url[:-2], TOKEN[:-1], "", " "]
    assert [numbers(text) for text in wrong] == [[]] * 5


def test_secrets_are_known_by_their_look(order):
    click = new_click(GrantFactory(order=order, line=None), at=NOW)
    ticket = ticket_url(order)
    secrets = [click.url, click.signed, click.form_action, ticket, ticket.rpartition("/")[2]]
    secrets += [f"/orders/{TOKEN}", f"?id={TOKEN}", f"sk_{TOKEN}", f"12|{TOKEN}", "/accounts/7.x.y"]
    assert [text for text in secrets if not is_secret(text)] == []
    assert [text for text in secrets if not is_secret(text.replace("/", "%2F"))] == []


@pytest.mark.parametrize(
    "text",
    [
        *("#1050", "mary@example.com", "Mary Worth", "My new book.pdf", "garden-sounds-2024.mp3"),
        *("SKU/7", "9780306406157", "130e039f-f9b1-40a9-b417-ee399cfef2e9", "Vol. 2, no. 7"),
    ],
)
def test_words_are_no_secrets(text):
    assert not is_secret(text)
    assert not is_like_token(text)


def test_what_chance_wrote_looks_so():
    assert is_like_token(TOKEN)
    assert is_like_token("q2w3e4r5t6y7u8i9o0p1as2d3f4g5h6j7k8l9z0x1c2")
