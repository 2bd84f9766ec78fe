"""Whatever a stranger uses up at one address, others are served at theirs; junk costs no query."""

import json

import pytest
from django.contrib.auth.hashers import make_password

from downloads import fulfilment
from downloads.models import Account, Invitation, Order
from downloads.tokens import hash_token, make_token, with_checksum
from storefront.models import CustomerToken, SecretKey, StorefrontKey
from storefront.signed_urls import account_url
from tests.factories import NOW, CustomerFactory, OrderFactory

STRANGER, HONEST = "203.0.113.66", "198.51.100.7"
MAIL, OWN, ORDER = "ada@example.com", "seventeen blue horses", "0c732eb6fd9802a0821a9d29888baee8"
LIST = "/api/shop/customer-downloadable-products"
FACE_A = "/api/v2/customer-account-orders"
QUERY = "{ customerDownloadableProducts { totalCount } }"
LOGIN = """mutation ($email: String!, $password: String!) {
  createCustomerLogin(input: {email: $email, password: $password}) {
    customerLogin { success } } }"""
REGISTER = """mutation ($email: String!, $password: String!) {
  createCustomer(input: {firstName: "A", lastName: "B", email: $email, password: $password,
    confirmPassword: $password}) { customer { email } } }"""
FORGOTTEN = """mutation ($email: String!) {
  createForgotPassword(input: {email: $email}) { forgotPassword { success } } }"""
LIMITS = (
    "TOKEN_MISSES_PER_MINUTE",
    "KEY_REFUSALS_PER_MINUTE",
    "SIGN_INS_PER_MINUTE",
    "LINK_REQUESTS_PER_MINUTE",
    "ACCOUNT_TRIES",
)


@pytest.fixture(autouse=True)
def _at_noon(db, frozen, settings):
    frozen(NOW)
    for name in LIMITS:
        setattr(settings, name, 3)


class Asker:
    """What somebody sends from one address; each method returns the answer's status."""

    def __init__(self, client, address):
        self.client, self.address = client, address
        self.order = Order.objects.get()
        self.shop, self.customer = self.order.shop, self.order.customer

    def get(self, path, **headers):
        return self.client.get(path, headers=headers, REMOTE_ADDR=self.address).status_code

    def post(self, path, body, **headers):
        sent = {"headers": headers, "REMOTE_ADDR": self.address}
        if isinstance(body, str):
            sent["content_type"] = "application/json"
        return self.client.post(path, body, **sent).status_code

    def graphql(self, query, key, bearer="", **variables):
        sent = {"X-Storefront-Key": key, "Authorization": f"Bearer {bearer}"}
        return self.post(
            "/api/graphql", json.dumps({"query": query, "variables": variables}), **sent
        )


@pytest.fixture
def account():
    customer = CustomerFactory(email=MAIL)
    OrderFactory(customer=customer, shop=customer.shop, token=ORDER)
    fields = {"email": MAIL, "password": make_password(OWN), "confirmed_at": NOW}
    return Account.objects.create(shop=customer.shop, customer=customer, **fields)


@pytest.fixture
def given(account):
    """What the shop's page, server and customers hold."""
    shop = account.shop
    return {
        "key": StorefrontKey.issue(shop, name="page", rate_per_minute=5)[1],
        "secret": SecretKey.issue(shop, name="server", rate_per_minute=5)[1],
        "bearer": CustomerToken.issue(account.customer, at=NOW)[1],
        "invitation": fulfilment.memberships.invite(shop, "staff@example.com", "manager", at=NOW)[
            1
        ],
        "account": account_url(account, at=NOW),
        "order": ORDER,
    }


JUNK = {
    "key": with_checksum(f"pk_storefront_{make_token()}"),
    "secret": with_checksum(f"sk_{make_token()}"),
    "bearer": f"1|{with_checksum(make_token())}",
    "invitation": with_checksum(make_token()),
    "account": f"/accounts/{make_token()}",
    "order": make_token(),
}
# Each: a request as it is good, with what is given, or as anybody sends it, with JUNK. What is
# public is the same for both.
ASKED = {
    "face A": lambda asker, it: asker.get(f"{FACE_A}?id={it['order']}"),
    "an order's page": lambda asker, it: asker.get(f"/orders/{it['order']}"),
    "an account's link": lambda asker, it: asker.get(it["account"]),
    "an invitation": lambda asker, it: asker.get(f"/invitations/{it['invitation']}"),
    "links by mail": lambda asker, it: asker.post("/links", {"email": MAIL}),
    "GraphQL": lambda asker, it: asker.graphql(QUERY, it["page"], it["bearer"]),
    "GraphQL's words": lambda asker, it: asker.graphql("{ __typename }", it["page"]),
    "REST": lambda asker, it: asker.get(
        LIST, **{"X-Storefront-Key": it["page"], "Authorization": f"Bearer {it['bearer']}"}
    ),
    "a sign-in": lambda asker, it: asker.graphql(
        LOGIN, it["page"], email=MAIL, password=it["password"]
    ),
    "a registration": lambda asker, it: asker.graphql(
        REGISTER, it["page"], email="new@example.com", password=it["password"]
    ),
    "a forgotten password": lambda asker, it: asker.graphql(FORGOTTEN, it["page"], email=MAIL),
    "a shop's server": lambda asker, it: asker.post(
        "/api/v1/customer-tokens",
        json.dumps({"email": MAIL}),
        Authorization=f"Bearer {it['secret']}",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED)
def test_what_a_stranger_uses_up_is_nobody_elses(client, given, ask):
    public = {"page": given["key"]}
    stranger, honest = Asker(client, STRANGER), Asker(client, HONEST)
    for _ in range(12):
        ask(stranger, JUNK | public | {"password": "not the password"})
    assert ask(honest, given | public | {"password": OWN}) in (200, 201)


def miswritten(text):
    """Return a secret with its last letter copied wrongly."""
    return text[:-1] + ("a" if text[-1] != "a" else "b")


# An order's page is no such: what is no ticket of ours may be a platform's token, of any form.
LOOKED_UP = {
    "a storefront's key": ("key", lambda asker, it: asker.graphql(QUERY, it, JUNK["bearer"])),
    "the same, in REST": ("key", lambda asker, it: asker.get(LIST, **{"X-Storefront-Key": it})),
    "a secret key": (
        "secret",
        lambda asker, it: asker.post("/api/v1/customer-tokens", "{}", Authorization=f"Bearer {it}"),
    ),
    "an invitation": ("invitation", lambda asker, it: asker.get(f"/invitations/{it}")),
    "an account's link": ("account", lambda asker, it: asker.get(it)),
    "an address of a download": ("x", lambda asker, it: asker.get(f"/downloads/1/2/{it}")),
}


@pytest.mark.parametrize(("kind", "ask"), LOOKED_UP.values(), ids=LOOKED_UP)
def test_what_was_not_copied_whole_costs_no_query(
    client, given, account, kind, ask, django_assert_num_queries
):
    asker = Asker(client, HONEST)
    held = given | {"x": make_token()}
    with django_assert_num_queries(0):
        assert ask(asker, miswritten(held[kind])) in (401, 404)


def test_an_invitation_from_before_checksums_works_until_its_end(client, given):
    token = make_token()
    Invitation.objects.update(token_hash=hash_token(token))
    assert Asker(client, HONEST).get(f"/invitations/{token}") == 200
