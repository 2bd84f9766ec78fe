"""Whose words run from right to left, on every page and screen, turn nothing of ours around."""

import re

import pytest
from bs4 import BeautifulSoup
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import CharField, TextField
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from downloads import fulfilment
from downloads.models import Account, Asset, Customer, Grant, Order, Product
from downloads.tokens import hash_token
from storefront.models import PlatformAccess, WebhookSecret
from storefront.pages.invitations import invitation_url
from storefront.signed_urls import account_url, ticket_url
from tests.invariants.isolation.shops import MarkedShop, shop_models

WORD = "ספר"
OWNER = f"{WORD}-owner"
FSI, PDI = "\u2068", "\u2069"
# The admin's `bidi.css` lets each of these run as what stands in it does.
# The admin's `bidi.css` lets what stands in each of these run as it does.
CELLS = "td, th, .readonly, #changelist-filter a"
ATTRIBUTES = ("alt", "title", "aria-label", "placeholder", "value", "content")


def bare(response, *, values=frozenset()):
    """Return what of a page holds the word and is not isolated, each with where it stands."""
    page = BeautifulSoup(response.content, "html.parser")
    for apart in page.select("bdi, [dir=auto], textarea, script"):
        apart.clear()
    found = [
        (f"{element.name} {name}", element[name])
        for element in page.find_all(True)
        for name in ATTRIBUTES
        if _is_bare(element.get(name, ""), values)
    ]
    for cell in reversed(page.select(CELLS)):
        text = cell.get_text()
        if _is_bare(text, values):
            found.append((f"{cell.name} {cell.get('class')}", text.strip()))
        cell.clear()
    texts = page.find_all(string=True)
    return found + [(text.parent.name, text) for text in texts if _is_bare(text, ())]


def _is_bare(text, values):
    """Say whether the word stands among others; alone where it may, it moves nothing."""
    return WORD in re.sub(f"{FSI}[^{FSI}{PDI}]*{PDI}", "", text) and text.strip() not in values


@pytest.fixture
def shop(db):
    """A shop of which every column of every row holds the word."""
    marked = MarkedShop(WORD, 1_873_500_001)
    for model in (WebhookSecret, PlatformAccess):
        model.objects.update(source="shopify")  # a platform's name is ours
    return marked


@pytest.fixture
def values(shop):
    """Return every value that a single column holds."""
    return {
        str(value).strip()
        for model in shop_models()
        for row in shop.rows.get(model, [])
        for column in model._meta.concrete_fields
        if isinstance(column, CharField | TextField)
        for value in [getattr(row, column.attname)]
        if WORD in str(value)
    } | {OWNER, f"{WORD} changed"}


@pytest.mark.slow
def test_pages_for_buyers_isolate_every_word(shop, values, client):
    pages = [client.get(url) for url in pages_for_buyers(shop)]
    pages += [client.post("/links", {"email": email}) for email in (f"ada@{WORD}.example", WORD)]
    told = [(page.status_code, bare(page, values=values)) for page in pages]
    assert told == [(200, []), (200, []), (200, []), (200, []), (400, [])]
    assert all(WORD in page.content.decode() for page in pages)


def pages_for_buyers(shop):
    """Return the addresses of an order's page, an account's and an invitation's."""
    at = timezone.now()
    order = next(row for row in shop.rows[Order] if row.grants.exists())
    _invitation, token = fulfilment.memberships.invite(shop.shop, "ada@example.com", "owner", at=at)
    return ticket_url(order), account_url(Account.objects.get(), at=at), invitation_url(token)


@pytest.mark.slow
def test_every_screen_of_the_admin_isolates_every_word(shop, values, client):
    client.force_login(User.objects.create_superuser("boss"))
    found = {}
    for url in screens(shop):
        response = client.get(url)
        assert response.status_code in {200, 403}, url
        # What Django itself says of a user, which is read aloud alone.
        response.content = response.content.replace(b"for an action - " + OWNER.encode(), b"")
        if told := bare(response, values=values):
            found[url] = told
    assert found == {}


def screens(shop):
    """Yield the addresses of every list, and for a row of each its own screens."""
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield reverse(f"{name}_changelist")
        for row in shop.rows.get(model, [])[:1]:
            for verb in ("change", "delete", "history"):
                try:
                    yield reverse(f"{name}_{verb}", args=[row.pk])
                except NoReverseMatch:
                    continue


@pytest.mark.slow
def test_screens_of_acts_isolate_every_word(shop, values, client):
    client.force_login(User.objects.create_superuser("boss"))
    for model, action in ((Product, "apply_limits"), (Customer, "erase"), (Asset, "withdraw")):
        row = shop.rows[model][0]
        url = reverse(f"admin:downloads_{model._meta.model_name}_changelist")
        chosen = {"action": action, "_selected_action": row.pk}
        response = client.post(url, chosen, follow=True)
        assert bare(response, values=values) == []
    assert Grant.objects.exists()


def test_the_faces_for_programs_tell_words_as_they_are(shop, client):
    order = shop.rows[Order][0]
    Order.objects.filter(pk=order.pk).update(token_hash=hash_token("a" * 32))
    body = client.get("/api/v2/customer-account-orders", {"id": "a" * 32}).content.decode()
    assert WORD in body
    assert FSI not in body
