"""No answer but a GET that spends names where a counted link leads.

Face A names it too where the shop chose so (`link_urls` is `direct`): CONTRACTS, face A.
"""

import json
from datetime import timedelta

import pytest

from downloads.models import Asset, Delivery, Grant, Order, Shop
from storefront.delivery.senders import PROOF
from storefront.signed_urls import Click, proof_of, ticket_url
from tests.factories import NOW, GrantFactory, OrderFactory
from tests.storefront.conftest import FACE_A, FACE_B, TOKEN, click_on, spent

HOST, PATH = "where-the-book-lies.example", "a-path-to-keep"
LINK = f"https://{HOST}/{PATH}"
BOUGHT = "/api/shop/customer-downloadable-products"
LIST = """{ customerDownloadableProducts { edges { node {
    id _id productName name fileName type downloadBought downloadUsed downloadCanceled status
    remainingDownloads order { _id incrementId status grandTotal } createdAt updatedAt downloadUrl
} } } }"""


@pytest.fixture(params=["application", "nginx"])
def grant(db, request, settings):
    settings.FILES_LEAVE_BY = request.param
    order = OrderFactory(token=TOKEN, shop__link_urls=Shop.LinkUrls.COUNTED)
    return GrantFactory(order=order, limit=1, asset__link=LINK, asset__size_bytes=1234)


@pytest.fixture
def ask(client, grant, credentials):
    """Return a function that asks for a path; what comes back must not name the link."""
    headers = credentials(grant.order.customer)
    asked = []

    def send(method, path, data="", **more):
        response = client.generic(
            method, path, data, content_type="application/json", headers=headers | more
        )
        told = b"".join(response) if response.streaming else response.getvalue()
        told = told.decode() + json.dumps(dict(response.headers))
        assert HOST not in told, (method, path, response.status_code)
        assert PATH not in told, (method, path, response.status_code)
        asked.append(response.status_code)
        return response

    send.asked = asked
    return send


def ask_all(ask, grant, click):
    """Ask for everything that knows of the link, but for what would spend."""
    ask("HEAD", click.url)
    ask("HEAD", f"{BOUGHT}/{grant.pk}/download")
    for address in (click.url, f"{BOUGHT}/{grant.pk}/download"):
        ask("GET", address, **{"sec-purpose": "prefetch"})
        for method in ("OPTIONS", "POST", "PUT", "PATCH", "DELETE"):
            ask(method, address)
        ask("OPTIONS", address, origin="https://a.example")
    for method in ("GET", "HEAD", "OPTIONS"):
        ask(method, click.form_action)
        ask(method, ticket_url(grant.order).removeprefix("http://localhost:8000"))
        ask(method, f"/orders/{TOKEN}")
        ask(method, f"{FACE_A}?id={TOKEN}")
        ask(method, BOUGHT)
        ask(method, f"{BOUGHT}/{grant.pk}")
    ask("POST", FACE_B, json.dumps({"query": LIST}))
    ask("GET", click.url.replace(click.nonce, "x" * 22))
    ask("GET", click.url, **{PROOF: proof_of(click.nonce)})


@pytest.mark.slow
def test_what_spends_nothing_names_no_link(ask, grant):
    ask_all(ask, grant, click_on(grant))
    assert spent(grant) == (0, 0)
    assert {200, 405, 503, 404} <= set(ask.asked)


CLOSINGS = {
    "unpaid": lambda grant: Order.objects.update(payment="pending"),
    "cancelled": lambda grant: Order.objects.update(cancelled_at=NOW),
    "refunded": lambda grant: Order.objects.update(payment="refunded"),
    "used up": lambda grant: Grant.objects.update(used=1),
    "past": lambda grant: Grant.objects.update(expires_at=NOW),
    "withdrawn": lambda grant: Asset.objects.update(withdrawn_at=NOW),
    "no link for programs": lambda grant: Asset.objects.update(link=f"https://{'ü' * 70}.{HOST}/"),
}

# Of a signed address and its form, and of REST; else 410 and 403.
STATUSES = {"unpaid": (403, 403), "no link for programs": (503, 503)}


@pytest.mark.parametrize("close", CLOSINGS.values(), ids=CLOSINGS)
@pytest.mark.parametrize("grant", ["nginx"], indirect=True)
def test_a_refusal_names_no_link(ask, grant, close, request):
    close(grant)
    before = spent(grant)
    click = click_on(grant)
    ask_all(ask, grant, click)
    signed, by_rest = STATUSES.get(request.node.callspec.id.rpartition("-")[2], (410, 403))
    assert ask("GET", click.url).status_code == signed
    assert ask("POST", click.form_action).status_code == signed
    assert ask("GET", f"{BOUGHT}/{grant.pk}/download").status_code == by_rest
    assert spent(grant) == before


def test_an_address_that_is_over_names_no_link(ask, client, grant):
    past = Click(grant.pk, "nonce", NOW - timedelta(seconds=1))
    assert ask("GET", past.url).status_code == 410
    Grant.objects.update(bought=2, limit=2)
    click = click_on(grant)
    assert client.get(click.url)["Location"] == LINK
    Delivery.objects.update(closes_at=NOW)
    assert ask("GET", click.url).status_code == 410
    assert ask("HEAD", click.url).status_code == 410


@pytest.mark.slow
def test_a_spent_get_alone_names_the_link(ask, client, grant):
    click = click_on(grant)
    follow = ask("POST", click.form_action)
    assert (follow.status_code, follow["Location"]) == (303, f"/downloads/{click.signed}")
    response = client.get(follow["Location"])
    assert (response.status_code, response["Location"], response.getvalue()) == (302, LINK, b"")
    assert spent(grant) == (1, 1)
    ask_all(ask, grant, click)


def test_face_a_names_it_where_the_shop_chose_so(client, grant):
    Shop.objects.update(link_urls=Shop.LinkUrls.DIRECT)
    assert LINK in client.get(FACE_A, {"id": TOKEN}).content.decode()
