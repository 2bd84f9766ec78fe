"""No English is left on a page: in a language that marks each of its texts, all of them are marked.

What merchants and buyers wrote is the one word `Ware`.
"""

import re

import pytest
from bs4 import BeautifulSoup
from django.utils.translation import trans_real

from downloads import fulfilment
from downloads.errors import (
    Contended,
    LinkBroken,
    PasswordsBusy,
    StorageDown,
    TooManyAtOnce,
    Unavailable,
)
from downloads.models import Account, Asset, Product, Shop
from storefront.http.errors import (
    ClickOver,
    CutShort,
    OpensInTab,
    OutOfReach,
    RateExceeded,
    Unauthenticated,
)
from storefront.pages import handlers, items, languages
from storefront.pages.errors import press_the_button, refusal_page
from storefront.pages.invitations import invitation_url
from storefront.signed_urls import account_url
from tests.factories import (
    NOW,
    GrantFactory,
    LineFactory,
    OrderFactory,
    ShopFactory,
    make_file_grant,
)
from tests.storefront.conftest import TOKEN
from tests.storefront.pages.test_accounts import registered

PSEUDO = "nl"
URL = f"/orders/{TOKEN}"
WARE = "Ware"
GOOD = "seventeen blue horses"
# What a page has of its own that no language changes.
BARE = re.compile(r"\b(Ware|UTC|K?B|MB|ada@example\.com|help@my-store\.example)\b")
MARKED = re.compile("⟦[^⟦⟧]*⟧")
ATTRIBUTES = ("alt", "title", "aria-label", "placeholder")


# What is said again and again, in each language.
KEPT = (languages._language_links, items._count)


class Marks:
    """A catalogue that has each text, as itself in brackets."""

    def gettext(self, text):
        return f"⟦{text.rpartition(trans_real.CONTEXT_SEPARATOR)[2]}⟧" if text else ""

    def ngettext(self, singular, plural, number):
        return self.gettext(singular if number == 1 else plural)

    def to_language(self):
        return PSEUDO


@pytest.fixture(autouse=True)
def marks(monkeypatch):
    monkeypatch.setitem(trans_real._translations, PSEUDO, Marks())
    for kept in KEPT:
        kept.cache_clear()
    yield
    for kept in KEPT:
        kept.cache_clear()


@pytest.fixture
def reader(client):
    """Return a client that accepts the marking language alone."""
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = PSEUDO
    client.defaults["HTTP_ACCEPT"] = "text/html"
    return client


def unmarked(response):
    """Return the letters of a page that stand in no text of ours."""
    page = BeautifulSoup(response.content, "html.parser")
    assert page.html["lang"] == PSEUDO
    for other in page.select("body [lang]"):
        other.clear()
    said = [
        page.get_text(),
        *(tag[name] for name in ATTRIBUTES for tag in page.select(f"[{name}]")),
    ]
    text = BARE.sub("", " ".join(said))
    assert "⟦" in text
    while MARKED.search(text):
        text = MARKED.sub("", text)
    return re.findall(r"[^\W\d_]+", text)


@pytest.fixture
def order(db):
    return OrderFactory(token=TOKEN, shop__support="help@my-store.example")


def write_wares():
    Shop.objects.update(name=WARE, page_text=WARE)
    Product.objects.update(name=WARE, variant_name=WARE)
    Asset.objects.update(title=WARE)


STATES = {
    "open": {},
    "pending": {"payment": "pending"},
    "held": {"hold": "dispute"},
    "canceled": {"cancelled_at": NOW},
    "refunded": {"payment": "refunded"},
}


@pytest.mark.parametrize("facts", STATES.values(), ids=STATES)
@pytest.mark.parametrize("count", [1, 12])
def test_an_orders_page_has_none(reader, order, facts, count):
    for name, value in facts.items():
        setattr(order, name, value)
    order.save()
    for _ in range(count):
        make_file_grant(b"x" * 1500, "Ware", order=order, limit=3, used=1)
    for own in ({"limit": None}, {"used": 10}, {"expires_at": NOW}, {"withdrawn_at": NOW}):
        GrantFactory(order=order, **own)
    GrantFactory(order=order, refunded=True)
    GrantFactory(order=order, replaced=True)
    GrantFactory(order=order, line=None, expires_at=NOW.replace(day=20))
    LineFactory(order=order)
    write_wares()
    for find in ("", "Ware", "nothing"):
        assert unmarked(reader.get(URL, {"find": find})) == []


def test_an_empty_orders_page_has_none(reader, order):
    write_wares()
    assert unmarked(reader.get(URL)) == []


ERRORS = [
    *(Unavailable(reason) for reason in Unavailable.MESSAGES),
    ClickOver("/clicks/1"),
    *(kind() for kind in (Contended, CutShort, LinkBroken, OpensInTab, OutOfReach, PasswordsBusy)),
    *(kind() for kind in (StorageDown, TooManyAtOnce, Unauthenticated)),
    *(RateExceeded(seconds) for seconds in (1, 2)),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: f"{type(error).__name__} {error}")
def test_a_refusal_has_none(rf, error):
    request = rf.get("/", headers={"accept-language": PSEUDO})
    assert unmarked(refusal_page(request, error)) == []


def test_the_pages_of_errors_have_none(rf, reader, db):
    request = rf.get("/", headers={"accept-language": PSEUDO})
    error = PermissionError()
    for handler in (handlers.bad_request, handlers.forbidden, handlers.not_found):
        assert unmarked(handler(request, error)) == []
    assert unmarked(handlers.server_error(request)) == []
    assert unmarked(press_the_button(request)) == []
    for path in ("/", "/nothing", "/orders/nobody", "/clicks/1/1/1/1", "/downloads/1/1/1/1"):
        assert unmarked(reader.get(path)) == []
    assert unmarked(reader.post("/clicks/1/1/1/1")) == []


def test_the_form_for_links_has_none(reader, order):
    assert unmarked(reader.get("/links")) == []
    assert unmarked(reader.post("/links", {"email": "x"})) == []
    assert unmarked(reader.post("/links", {"email": "ada@example.com"})) == []


def test_an_accounts_page_has_none(reader, db):
    registered("ada@example.com")
    write_wares()
    url = account_url(Account.objects.get(), at=NOW)
    assert unmarked(reader.get(url)) == []
    for password, again in (("short", "short"), (GOOD, "other"), ("password", "password")):
        assert unmarked(reader.post(url, {"password": password, "again": again})) == []
    assert unmarked(reader.post(url, {"password": GOOD, "again": GOOD})) == []
    assert unmarked(reader.get(url)) == []


@pytest.mark.parametrize("role", ["support", "manager", "owner"])
def test_an_invitations_page_has_none(reader, db, role):
    shop = ShopFactory()
    _row, token = fulfilment.memberships.invite(shop, "ada@example.com", role, at=NOW)
    write_wares()
    url = invitation_url(token)
    assert unmarked(reader.get(url)) == []
    assert unmarked(reader.post(url, {"password": "1", "again": "1"})) == []
    assert unmarked(reader.post(url, {"password": GOOD, "again": GOOD})) == []
    assert unmarked(reader.get(url)) == []


def test_what_is_not_marked_is_found(reader, order, monkeypatch):
    monkeypatch.setattr("storefront.pages.items._count", lambda *_: "some left")
    GrantFactory(order=order)
    write_wares()
    assert unmarked(reader.get(URL)) == ["some", "left"]
