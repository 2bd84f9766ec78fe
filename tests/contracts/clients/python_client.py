"""A customer's day with Python's `gql`; `clients.mjs` is the same day with clients of npm."""

from typing import Any

from gql import Client, GraphQLRequest
from gql.client import SyncClientSession
from gql.transport.exceptions import TransportQueryError
from gql.transport.requests import RequestsHTTPTransport
from graphql import print_schema

from tests.contracts.clients.documents import DOWNLOAD, DOWNLOADS, SIGN_IN, SIGN_OUT, VERIFY


def live(*, url: str, key: str, email: str, password: str) -> dict[str, Any]:
    """Return what the client was given, from introspection to sign-out."""
    transport = RequestsHTTPTransport(url, headers={"X-STOREFRONT-KEY": key}, timeout=30)
    day: dict[str, Any] = {}
    with Client(transport=transport, fetch_schema_from_transport=True) as session:
        assert session.client.schema is not None
        day["schema"] = print_schema(session.client.schema)
        day["before"] = _refusal(session)
        day["mistyped"] = _sign_in(session, email, f"{password}?")
        day["signed_in"] = _sign_in(session, email, password)
        assert transport.headers is not None
        transport.headers["Authorization"] = f"Bearer {day['signed_in']['token']}"
        day["download"] = _ask(session, DOWNLOAD)
        day["pages"] = _pages(session)
        day["verified"] = _ask(session, VERIFY)["verifyToken"]
        day["signed_out"] = _ask(session, SIGN_OUT)["logout"]
        day["after"] = _refusal(session)
    return day


def _ask(session: SyncClientSession, document: str, **variables: Any) -> Any:
    answer = session.execute(GraphQLRequest(document, variable_values=variables))
    return next(iter(answer.values()))


def _sign_in(session: SyncClientSession, email: str, password: str) -> dict[str, Any]:
    return _ask(session, SIGN_IN, email=email, password=password)["customerLogin"]


def _refusal(session: SyncClientSession) -> str | None:
    try:
        _ask(session, DOWNLOAD)
    except TransportQueryError as refused:
        return refused.errors[0]["message"] if refused.errors else str(refused)
    return None


def _pages(session: SyncClientSession) -> list[dict[str, Any]]:
    pages = [_ask(session, DOWNLOADS, first=2)]
    while pages[-1]["pageInfo"]["hasNextPage"]:
        after = pages[-1]["pageInfo"]["endCursor"]
        pages.append(_ask(session, DOWNLOADS, first=2, after=after))
    return pages
