"""What a request asks the database for comes with its key, and each is judged in its turn."""

from functools import partial

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from storefront.graphql_api.lifted_documents import shelf
from storefront.models import CustomerToken, StorefrontKey
from tests.factories import NOW, CustomerFactory, GrantFactory, ShopFactory
from tests.storefront.conftest import FACE_B
from tests.storefront.graphql_api.test_schema import DOCUMENT_QUERY

IRI = "/api/shop/customer-downloadable-products/"
UNAUTHENTICATED = "Unauthenticated. Please login to perform this action"
BY_ID = "query ($id: ID!) { customerDownloadableProduct(id: $id) { _id } }"
LIST = "{ customerDownloadableProducts { totalCount } }"
OWN = "ada@example.com"


@pytest.fixture
def grant(customer):
    return GrantFactory(
        order__shop=customer.shop, order__customer=customer, order__email=OWN, order__number=7
    )


@pytest.fixture
def ask(client, credentials, round_trips):
    """Return a function that sends a known document, and returns its answer's data and errors.

    It has been sent before, so that nothing is new and no use is noted; `asking` counts its trips.
    """
    headers = {}

    def send(query, customer, variables=None, **replaced):
        if customer.pk not in headers:
            headers[customer.pk] = credentials(customer)
        sent = headers[customer.pk] | replaced
        body = {"query": query, "variables": variables}
        post = partial(client.post, FACE_B, body, content_type="application/json", headers=sent)
        post()
        round_trips.clear()
        with CaptureQueriesContext(connection) as queries:
            response = post()
        # Whatever is prepared goes in these trips; the rest is the ORM's own.
        send.others = len(queries) - sum(round_trips)
        send.headers = sent
        body = response.json()
        return body.get("data"), [error["message"] for error in body.get("errors", ())]

    return send


def numbered(form, grant):
    return DOCUMENT_QUERY.replace('"/api/shop/customer-downloadable-products/%s"', form) % grant.pk


@pytest.mark.parametrize("form", [f'"{IRI}%s"', '"%s"', "%s"], ids=["IRI", "text", "number"])
def test_the_documents_query_takes_one_round_trip(ask, grant, customer, round_trips, form):
    data, errors = ask(numbered(form, grant), customer)
    assert (data["customerDownloadableProduct"]["_id"], errors) == (grant.pk, [])
    assert (round_trips, ask.others) == ([3], 0)


@pytest.mark.parametrize("form", [str, int, lambda pk: f"{IRI}{pk}"], ids=["text", "int", "IRI"])
def test_so_does_one_with_its_id_as_a_variable(ask, grant, customer, round_trips, form):
    data, errors = ask(BY_ID, customer, {"id": form(grant.pk)})
    assert (data, errors) == ({"customerDownloadableProduct": {"_id": grant.pk}}, [])
    assert (round_trips, ask.others) == ([3], 0)


def test_another_id_is_another_grant_in_the_same_shape(ask, grant, customer, round_trips):
    other = GrantFactory(order=grant.order)
    for each in (grant, other, grant):
        data, _errors = ask(DOCUMENT_QUERY % each.pk, customer)
        assert data["customerDownloadableProduct"]["_id"] == each.pk
        assert round_trips == [3]


def test_a_second_grant_takes_a_second_round_trip(ask, grant, customer, round_trips):
    other = GrantFactory(order=grant.order)
    fields = [
        f"{name}: customerDownloadableProduct(id: {pk}) {{ _id }}"
        for name, pk in (("a", grant.pk), ("b", other.pk), ("c", grant.pk))
    ]
    data, errors = ask(f"{{ {' '.join(fields)} }}", customer)
    assert (data, errors) == (
        {"a": {"_id": grant.pk}, "b": {"_id": other.pk}, "c": {"_id": grant.pk}},
        [],
    )
    assert (round_trips, ask.others) == ([3, 1], 0)


def test_the_owner_of_an_address_takes_two_round_trips(ask, grant, round_trips):
    owner = CustomerFactory(shop=grant.order.shop)
    _row, bearer = CustomerToken.issue(owner, at=NOW, email=OWN.title())
    data, errors = ask(DOCUMENT_QUERY % grant.pk, owner, Authorization=f"Bearer {bearer}")
    assert (data["customerDownloadableProduct"]["_id"], errors) == (grant.pk, [])
    assert (round_trips, ask.others) == ([3, 1], 0)


def test_an_owners_bearer_does_not_show_what_its_customer_bought(ask, grant, customer):
    _row, bearer = CustomerToken.issue(customer, at=NOW, email="other@example.com")
    data, [error] = ask(BY_ID, customer, {"id": grant.pk}, Authorization=f"Bearer {bearer}")
    assert data == {"customerDownloadableProduct": None}
    assert error == f'Customer downloadable product with ID "{grant.pk}" not found'


@pytest.mark.parametrize(
    ("query", "others"),
    [
        (LIST, 2),
        ("{ readCustomerProfile { _id } }", 0),
        ("{ __typename }", 0),
        ("mutation { createVerifyToken(input: {}) { verifyToken { isValid } } }", 0),
    ],
    ids=["list", "profile", "nobody's", "mutation"],
)
def test_key_and_bearer_come_in_one_round_trip(ask, customer, round_trips, query, others):
    _data, errors = ask(query, customer)
    assert (errors, round_trips, ask.others) == ([], [2], others)


def test_without_a_bearer_the_key_comes_alone(ask, grant, customer, round_trips):
    _data, errors = ask(BY_ID, customer, {"id": grant.pk}, Authorization="")
    assert (errors, round_trips, ask.others) == ([UNAUTHENTICATED], [1], 0)


def test_a_document_that_is_new_is_read_once_the_key_is_good(
    client, credentials, customer, grant, round_trips
):
    headers = credentials(customer)
    shelf.clear()
    body = {"query": BY_ID, "variables": {"id": grant.pk}}
    post = partial(client.post, FACE_B, body, content_type="application/json")
    response = post(headers=headers | {"X-Storefront-Key": headers["X-Storefront-Key"][:-1]})
    assert (response.status_code, [*shelf]) == (401, [])
    assert post(headers=headers).json()["data"]["customerDownloadableProduct"]["_id"] == grant.pk
    assert (round_trips, len([*shelf])) == ([1, 1, 1], 1)


# --- Each in its turn ----------------------------------------------------------------------------


def test_what_comes_with_a_bad_key_is_not_shown(ask, client, grant, customer):
    ask(BY_ID, customer, {"id": grant.pk})
    StorefrontKey.objects.revoke(NOW)
    body = {"query": BY_ID, "variables": {"id": grant.pk}}
    response = client.post(FACE_B, body, content_type="application/json", headers=ask.headers)
    assert (response.status_code, response.json()["error"]) == (401, "invalid_key")


def test_what_comes_with_a_bad_bearer_is_not_shown(ask, grant, customer):
    ask(BY_ID, customer, {"id": grant.pk})
    CustomerToken.objects.revoke(NOW)
    assert ask(BY_ID, customer, {"id": grant.pk}) == (
        {"customerDownloadableProduct": None},
        [UNAUTHENTICATED],
    )


def test_what_comes_with_another_shops_bearer_is_not_shown(ask, grant, customer):
    _row, key = StorefrontKey.issue(ShopFactory(), name="another's")
    replaced = {"X-Storefront-Key": key}
    assert ask(BY_ID, customer, {"id": grant.pk}, **replaced)[1] == [UNAUTHENTICATED]


def test_what_came_is_gone_once_its_reader_signed_out(client, credentials, customer):
    fields = "logout { success } } again: createVerifyToken(input: {}) { verifyToken { isValid }"
    query = f"mutation {{ createLogout(input: {{}}) {{ {fields} }} }}"
    headers = credentials(customer)
    for _ in range(2):  # the second time it is known beforehand
        row, bearer = CustomerToken.issue(customer, at=NOW)
        sent = headers | {"Authorization": f"Bearer {bearer}"}
        response = client.post(
            FACE_B, {"query": query}, content_type="application/json", headers=sent
        )
        assert response.json()["data"]["createLogout"]["logout"] == {"success": True}
        assert response.json()["data"]["again"] == {"verifyToken": {"isValid": False}}
        row.refresh_from_db()
        assert row.revoked_at == NOW


# --- A body that is cut short --------------------------------------------------------------------


def test_a_body_cut_short_is_told_behind_its_key_and_counted(ask, client, customer, monkeypatch):
    ask(LIST, customer)

    def read(*_args):
        raise OSError("the client went away")

    post = partial(client.post, FACE_B, {"query": LIST}, content_type="application/json")
    wrong = ask.headers | {"X-Storefront-Key": ask.headers["X-Storefront-Key"][:-1]}
    with monkeypatch.context() as cut:
        cut.setattr(WSGIRequest, "read", read)
        assert post(headers=ask.headers).status_code == 408
        response = post(headers=wrong)
    assert (response.status_code, response.json()["error"]) == (401, "invalid_key")
    # Two of `ask`, the one that was cut, and this one.
    assert post(headers=ask.headers)["X-RateLimit-Remaining"] == str(600 - 4)
