"""What every test of a face can ask for. The clock stands still at NOW unless a test moves it."""

import logging
import re
from contextlib import contextmanager
from html.parser import HTMLParser

import pytest
from django.db import connection
from django.test import Client

from downloads import fulfilment
from downloads import round_trips as database
from downloads.models import Delivery, Grant, Product
from storefront.http.log_redaction import RedactingFormatter
from storefront.models import CustomerToken, StorefrontKey
from storefront.signed_urls import new_click
from tests.factories import (
    NOW,
    AttachmentFactory,
    GrantFactory,
    LineFactory,
    LinkFactory,
    OrderFactory,
    ProductFactory,
    ShopFactory,
    make_file_grant,
)

TOKEN = "0c732eb6fd9802a0821a9d29888baee8"
FACE_A = "/api/v2/customer-account-orders"
FACE_B = "/api/graphql"
CONTENT = b"0123456789"
LINK = "https://www.my-website.com/download/my-book.pdf"

PRIVATE = {
    "cache-control": "no-store, private",
    "referrer-policy": "no-referrer",
    "x-robots-tag": "noindex",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
}
# Pages and errors are told in the reader's language; these readers name none.
TOLD = {"content-language": "en", "vary": "Accept-Language"}
# Where scripts of any origin may ask, and what the answer depends on there.
BY_ORIGIN = {"vary": "Origin, Accept"}
TOLD_BY_ORIGIN = TOLD | {"vary": "Origin, Accept, Accept-Language"}
BROWSERS_ACCEPT = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
HTML = PRIVATE | {"content-type": "text/html; charset=utf-8"}
PAGE = HTML | TOLD
POLICY = {
    "default-src": {"'none'"},
    "script-src": {"'self'"},
    "style-src": {"'self'"},
    "img-src": {"'self'", "data:"},
    "font-src": {"'self'"},
    "connect-src": {"'self'"},
    "form-action": {"'self'"},
    "base-uri": {"'none'"},
    "frame-ancestors": {"'none'"},
}

EXPOSED = (
    "retry-after, x-request-id, x-ratelimit-limit, x-ratelimit-remaining, x-ratelimit-reset, "
    "x-total-count, x-page, x-per-page, x-total-pages, "
    "accept-ranges, content-disposition, content-length, content-range, etag"
)


@pytest.fixture(autouse=True)
def _clock_stands_still(frozen):
    frozen(NOW)


@pytest.fixture
def browser():
    """A client that accepts pages, as a person's browser does."""
    return Client(headers={"accept": BROWSERS_ACCEPT})


@pytest.fixture
def document_order(db):
    """The document's own order, made as it describes it."""
    shop = ShopFactory(name="my-store", domain="my-store")
    product = Product.objects.create(
        shop=shop,
        name="My new Book",
        variant_name="Paper back",
        sku="my-sku",
        product_id=123456,
        variant_id=1234567,
        vendor="my-store",
        tags=["books", "paper-books"],
    )
    AttachmentFactory(product=product, asset__title="My new book", limit=10)
    order = OrderFactory(shop=shop, number=1050, token=TOKEN)
    LineFactory(order=order, product=product)
    fulfilment.settle(order, at=NOW)
    order.grants.update(used=5)
    return order


@pytest.fixture
def sold(merchant):
    """The real order's three variants as `merchant` entered them, each with a link."""
    variants = ((39072856, "Green"), (49148385, "Red"), (457924702, "Black"))
    products = [
        ProductFactory(shop=merchant, name="Entered by hand", variant_id=number)
        for number, _name in variants
    ]
    for product, (_number, name) in zip(products, variants, strict=True):
        asset = LinkFactory(shop=merchant, title=f"{name} manual", link=f"{LINK}?{name}")
        fulfilment.attach_to_product(product, asset, limit=3, at=NOW)
    return products


@pytest.fixture
def face_a(client):
    """Return a function that reads the order of TOKEN on face A."""

    def read(**extra):
        response = client.get(FACE_A, {"id": TOKEN}, **extra)
        assert response.status_code == 200
        return response.json()["order"]

    return read


@pytest.fixture
def round_trips(monkeypatch):
    """How many statements went in each round trip of prepared ones."""
    trips = []

    def send(*statements):
        trips.append(len(statements))
        return unwatched(*statements)

    unwatched = database.send
    monkeypatch.setattr(database, "send", send)
    return trips


@pytest.fixture
def credentials():
    """Return a function that makes the two headers a signed-in customer sends to face B."""

    def issue(customer, *, shop=None):
        _row, key = StorefrontKey.issue(shop or customer.shop, name="test")
        _row, bearer = CustomerToken.issue(customer, at=NOW)
        return {"X-Storefront-Key": key, "Authorization": f"Bearer {bearer}"}

    return issue


@pytest.fixture
def logged(caplog):
    """Return a function with every line as the configured handlers write it."""
    formatters = [
        handler.formatter
        for handler in logging.getLogger().handlers
        if isinstance(handler.formatter, RedactingFormatter)
    ]
    assert len(formatters) == 2  # console and file

    def lines():
        return [formatter.format(record) for record in caplog.records for formatter in formatters]

    caplog.set_level("INFO")
    return lines


@pytest.fixture
def key(customer):
    """A key of the customer's shop: its row and the key itself."""
    return StorefrontKey.issue(customer.shop, name="Storefront")


@pytest.fixture
def post(client, key):
    """Return a function that posts a body to face B with a good key."""

    def send(body, content_type="application/json", **headers):
        headers = {"X-Storefront-Key": key[1]} | headers
        return client.post(FACE_B, body, content_type=content_type, headers=headers)

    return send


@pytest.fixture
def database_gone():
    """Return a context in which no database answers; a test that uses it has real transactions."""

    @contextmanager
    def gone():
        known = dict(connection.settings_dict)
        nowhere = {"NAME": "/nowhere/database", "HOST": "127.0.0.1", "PORT": "1"}
        connection.close()
        connection.settings_dict.update(nowhere)
        try:
            yield
        finally:
            connection.close()
            connection.settings_dict.update(known)

    return gone


@pytest.fixture
def grant(db):
    """Two downloads of a file of ten bytes."""
    return make_file_grant(CONTENT, "book.epub", limit=2)


@pytest.fixture
def link(db):
    """Two visits of a link."""
    return GrantFactory(limit=2, asset__link=LINK)


def page_headers(response):
    """Return the headers of a page; where scripts may ask too, it is one of several answers."""
    is_of_scripts = response.wsgi_request.path.startswith("/downloads/")
    return PAGE | (TOLD_BY_ORIGIN if is_of_scripts else {})


def click_on(grant):
    return new_click(grant, at=NOW)


def spent(grant):
    """Return what was counted: the counter, and how many clicks it was spent on."""
    used = Grant.objects.values_list("used", flat=True).get(pk=grant.pk)
    return used, Delivery.objects.filter(grant=grant).count()


def words_of(response):
    """Return a page's status, its heading and the sentence below it."""
    page = Page(response)
    return response.status_code, page.texts["h1"][0], page.texts["p"][0]


def counted():
    """Return all that a download moves, to compare before with after."""
    # A migration finds out by which product a grant came.
    grants = [row | {"product_id": None} for row in Grant.objects.order_by("pk").values()]
    return grants, list(Delivery.objects.values())


def headers_of(response):
    """Return an answer's headers by their lower-case names, without the ones for its length, its
    own id, and its policy, whose parts come in no fixed order."""
    left_out = {"content-length", "content-security-policy", "x-request-id"}
    headers = {name.lower(): value for name, value in response.headers.items()}
    return {name: value for name, value in headers.items() if name not in left_out}


def policy_of(response):
    """Return the Content-Security-Policy as a set of sources for each directive."""
    directives = response.headers["Content-Security-Policy"].split(";")
    return {name: set(sources) for name, *sources in (part.split() for part in directives)}


class Page(HTMLParser):
    """A page taken apart: `tags` as (name, attributes), `texts` by the class they stand in.

    What is isolated reads as part of its sentence. The links to the same page in other languages
    stand in `languages` alone.
    """

    VOID = {"meta", "link", "br", "img", "input"}

    def __init__(self, response):
        super().__init__()
        self.tags = []
        self.texts = {}
        self.languages = []
        self._open = []
        self.feed(re.sub("</?bdi>", "", response.content.decode()))

    def handle_starttag(self, tag, attrs):
        if tag not in self.VOID:
            self._open.append(dict(attrs).get("class") or tag)
        if "languages" not in self._open:
            self.tags.append((tag, dict(attrs)))
        elif tag == "a":
            self.languages.append(dict(attrs))

    def handle_endtag(self, tag):
        self._open.pop()

    def handle_data(self, data):
        text = " ".join(data.split())
        if text and "languages" not in self._open:
            self.texts.setdefault(self._open[-1], []).append(text)

    @property
    def actions(self):
        return [attrs["action"] for tag, attrs in self.tags if tag == "form"]
