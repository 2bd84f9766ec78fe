"""A customer's day, lived by the clients that storefronts are built with, unchanged."""

import re

import pytest
from graphql import build_schema, lexicographic_sort_schema, print_schema

from tests.contracts.clients import python_client
from tests.contracts.clients.conftest import door_of
from tests.contracts.clients.documents import DOCUMENTS
from tests.system.harness.processes import ROOT

pytestmark = pytest.mark.slow

ADA = {"email": "ada@example.com", "password": "correct horse battery staple"}
IRI = "/api/shop/customer-downloadable-products/"
WHO = {"id": "/api/shop/customers/1", "_id": 1}
REFUSED = "Unauthenticated. Please login to perform this action"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00")
CLIENTS = ["gql", "apollo", "urql", "urql with GET"]


@pytest.fixture(scope="module")
def customer(service):
    """Give the service's customer an account, a file that is left ten times, and four links."""
    made = [service.ask("add_file", name="My new book.pdf", size_bytes=1000, limit=10)]
    made += [service.ask("add_link", link=f"https://example.com/{n}") for n in range(4)]
    assert [one["grant"] for one in made] == [1, 2, 3, 4, 5]
    service.ask("register", **ADA)
    return ADA


@pytest.fixture(scope="module", params=CLIENTS)
def day(request, service, customer):
    """What one of the clients was given, from introspection to sign-out."""
    client, _, get = request.param.partition(" with ")
    if get:
        service = request.getfixturevalue("service_with_get")
    given = customer | door_of(service)
    if client == "gql":
        return python_client.live(**given)
    run_script = request.getfixturevalue("run_script")
    return run_script("clients.mjs", client=client, get=bool(get), documents=DOCUMENTS, **given)


def test_introspection_tells_the_schema(day):
    written = build_schema((ROOT / "schema.graphql").read_text())
    told, written = map(lexicographic_sort_schema, (build_schema(day["schema"]), written))
    assert print_schema(told) == print_schema(written)


def test_the_query_is_answered_in_full(day):
    download = day["download"]
    assert all(TIME.fullmatch(download.pop(name)) for name in ("createdAt", "updatedAt"))
    assert "/downloads/" in download.pop("downloadUrl")
    assert download == {
        "id": f"{IRI}1",
        "_id": 1,
        "productName": "My new book.pdf",
        "name": "My new book.pdf",
        "fileName": "My new book.pdf",
        "type": "file",
        "downloadBought": 10,
        "downloadUsed": 0,
        "downloadCanceled": 0,
        "status": "available",
        "remainingDownloads": 10,
        "order": {"_id": 1, "incrementId": "1", "status": "completed", "grandTotal": None},
    }


def test_the_list_is_paged_to_its_end(day):
    pages = [[edge["node"]["_id"] for edge in page["edges"]] for page in day["pages"]]
    assert pages == [[5, 4], [3, 2], [1]]
    assert [page["totalCount"] for page in day["pages"]] == [5, 5, 5]
    assert [page["pageInfo"]["hasNextPage"] for page in day["pages"]] == [True, True, False]


@pytest.mark.parametrize("day", ["apollo"], indirect=True)
def test_apollos_link_for_persisted_queries_sends_hashes_no_more(day):
    names = ["My new book.pdf"] * 2
    assert day["by_hash"] == {"sent": ["POST hash", "POST query", "POST query"], "names": names}
    sent = ["GET hash", "POST query", "POST query"]
    assert day["by_hash_in_address"] == {"sent": sent, "names": names}


def test_a_wrong_password_signs_nobody_in(day):
    assert day["mistyped"] == {
        "id": None,
        "_id": 0,
        "token": "",
        "success": False,
        "message": "Invalid email or password",
    }


def test_signing_in_gives_a_bearer(day):
    signed_in = day["signed_in"]
    assert re.fullmatch(r"[0-9]+\|[^\s|]{40,}", signed_in.pop("token"))
    assert signed_in == WHO | {"success": True, "message": "Signed in"}


def test_the_bearer_is_verified_as_the_customers(day):
    named = {"email": ADA["email"], "firstName": "", "lastName": ""}
    assert day["verified"] == WHO | named | {"isValid": True, "message": "The token is valid"}


def test_nothing_is_told_before_signing_in_and_after_signing_out(day):
    assert day["signed_out"] == {"success": True, "message": "Signed out"}
    assert (day["before"], day["after"]) == (REFUSED, REFUSED)
