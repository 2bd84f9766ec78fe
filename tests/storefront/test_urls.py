"""Every route is open to strangers by design, or refuses them. A new one fails until listed."""

import pytest
from django.urls import URLPattern, get_resolver
from django.utils.regex_helper import normalize

OPEN = {
    "home": 200,
    "healthz": 200,
    "readyz": 200,
    "openapi": 200,
    "links": 200,
    "docs-folder": 302,
    "docs": 200,
    "document": 200,
    "admin:login": 200,
    "admin:forgotten_password": 200,
}
OPEN_ADMIN = {"admin:login", "admin:forgotten_password"}
# How a stranger with a plausible credential asks, and what the answer is.
REFUSING = {
    "face-a": ("GET", 404),
    "face-b": ("POST", 401),
    "downloadables": ("GET", 401),
    "downloadable": ("GET", 401),
    "downloadable-download": ("GET", 401),
    "purchased-download": ("GET", 401),
    "customer-tokens": ("POST", 401),
    "graphiql": ("GET", 404),  # there by setting alone
    "order": ("GET", 404),
    "account": ("GET", 404),
    "invitation": ("GET", 404),
    "brand-logo": ("GET", 404),
    "brand-sheet": ("GET", 404),
    "download": ("GET", 404),
    "click": ("POST", 404),
    "webhook": ("POST", 401),
    "shop-webhook": ("POST", 401),
    "bounces": ("POST", 404),  # there for the provider alone that we send by
}
PLAUSIBLE = {
    "source": "shopify",
    "shop_domain": "my-store",
    "provider": "postmark",
    "token_or_ticket": "0c732eb6fd9802a0821a9d29888baee8",
    "token": "q2w3e4r5t6y7u8i9o0p1as2d3f4g5h6j7k8l9z0x1c2",
    "ticket": "1.1772366400.0c732eb6fd9802a0821a9d29888baee8.A4rZ00000000000000000000000000000000",
    "signed": "1/1772366400/q2w3e4r5t6y7u8i9o0p1as/A4rZ0000000000000000000000000000000000000000",
    # The admin's.
    "app_label": "downloads",
    "content_type_id": "1",
    "form": "csv",
    "id": "1",
    "name": "api",
    "number": "1",
    "object_id": "1",
    "shop": "1",
    "table": "1",
    "upload": "00000000-0000-4000-8000-000000000007",
    "url": "nothing",
}


def routes(resolver=None, namespace="", prefix="/"):
    """Yield each route's full name and one path that leads to it."""
    for pattern in (resolver or get_resolver()).url_patterns:
        # The first of the forms a pattern can take; none of ours has a second.
        template, _names = normalize(pattern.pattern.regex.pattern)[0]
        path = prefix + template % PLAUSIBLE
        if isinstance(pattern, URLPattern):
            yield f"{namespace}{pattern.name}", path
        else:
            inner = f"{pattern.namespace}:" if pattern.namespace else namespace
            yield from routes(pattern, inner, path)


ROUTES = list(routes())
FACES = [(name, path) for name, path in ROUTES if not name.startswith("admin:")]
ADMIN = [(name, path) for name, path in ROUTES if name.startswith("admin:")]


def test_every_public_route_is_listed():
    assert sorted(name for name, _path in FACES) == sorted({*OPEN, *REFUSING} - OPEN_ADMIN)


def test_all_the_admins_routes_are_known():
    assert "admin:index" in dict(ADMIN)
    assert {path for _name, path in ADMIN if not path.startswith("/admin/")} == set()


@pytest.mark.parametrize(("name", "status"), OPEN.items())
def test_an_open_route_answers(client, db, name, status):
    assert client.get(dict(ROUTES)[name]).status_code == status


@pytest.mark.parametrize(("name", "asked"), REFUSING.items())
def test_a_stranger_is_refused(client, db, name, asked):
    method, status = asked
    assert client.generic(method, dict(ROUTES)[name]).status_code == status


@pytest.mark.slow
def test_a_stranger_is_sent_from_the_admin_to_its_login(client, db):
    gates = {*OPEN_ADMIN, "admin:logout", "admin:password_link"}
    closed = [path for name, path in ADMIN if name not in gates]
    for method in ("GET", "POST"):
        answers = {path: client.generic(method, path) for path in closed}
        assert {path: answer.headers.get("Location") for path, answer in answers.items()} == {
            path: f"/admin/login/?next={path}" for path in closed
        }
        assert {answer.status_code for answer in answers.values()} == {302}


def test_leaving_leads_back_to_the_admins_door(client, db):
    for method in ("GET", "POST"):
        response = client.generic(method, "/admin/logout/")
        assert (response.status_code, response["Location"]) == (302, "/admin/")
