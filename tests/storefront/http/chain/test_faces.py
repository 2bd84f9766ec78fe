"""The faces' short chain answers as the whole one does: each status, header and byte."""

import contextlib
import re
from contextlib import ExitStack
from dataclasses import replace

import pytest
from django.core.cache import cache
from django.core.exceptions import MiddlewareNotUsed, RequestDataTooBig
from django.db import OperationalError, connection, transaction
from django.http import Http404, HttpResponse, UnreadablePostError
from django.test import Client
from django.urls import URLPattern, resolve

from downloads.audit.actors import UNNAMED, Actor, actor_now
from downloads.errors import NoRoom
from downloads.models import Plan
from downloads.upgrades import PendingMigrations
from storefront.http.body_limits import EXEMPT_FORMS
from storefront.http.chain.faces import FACES, ShortensFaces
from storefront.http.chain.views import Views
from storefront.models import StorefrontKey
from tests.storefront.conftest import FACE_A, FACE_B, TOKEN
from tests.storefront.http.chain.conftest import LISTED, ORIGIN, asking
from tests.storefront.test_urls import ROUTES

JSON = "application/json"
SHORT = "storefront.http.chain.faces.ShortensFaces"
# New in each answer: its id, the click of an address.
RANDOM = re.compile(r"(?<=/downloads/)[^\s\"?]+|(?<=/clicks/)[^\s\"?]+|[0-9a-f]{32}")
PRODUCTION = {
    "PRODUCTION": True,
    "TRUSTED_PROXIES": 1,
    "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https"),
    "SECURE_SSL_REDIRECT": True,
    "SECURE_HSTS_SECONDS": 31_536_000,
    "SESSION_COOKIE_SECURE": True,
    "CSRF_COOKIE_SECURE": True,
}
SECURE = {"x-forwarded-proto": "https", "x-forwarded-for": "192.0.2.7"}
STATUSES = {
    *(200, 206, 302, 303, 400, 401, 404, 405, 408, 409, 411, 413, 416, 503),
}
# Our heading is in the caller's language.
VARY = "Origin, Accept, Accept-Language"


@pytest.fixture
def client():
    """A client that is answered as a stranger is: no exception reaches the test."""
    return Client(raise_request_exception=False)


@pytest.fixture
def answers(settings, db):
    """Return a function that asks through each chain; the same is there for both."""

    def ask(request, *, times=1, trouble=None):
        whole = [each for each in settings.MIDDLEWARE if each != SHORT]
        found = []
        for middleware in ([SHORT, *whole], whole):
            settings.MIDDLEWARE = middleware
            client = Client(raise_request_exception=False)
            found.append(_answer(client, request, times=times, trouble=trouble))
        return found

    return ask


def _answer(client, request, *, times, trouble):
    cache.clear()
    with transaction.atomic(), ExitStack() as stack:
        if trouble is not None:
            stack.enter_context(connection.execute_wrapper(trouble))
        for _ in range(times):
            response = client.generic(**request)
        body = b"".join(response) if response.streaming else response.content
        transaction.set_rollback(True)
    headers = [f"{name}: {value}" for name, value in response.items()]
    cookies = [cookie.output() for cookie in response.cookies.values()]
    written = "\n".join([response.reason_phrase, *headers, *cookies])
    return response.status_code, RANDOM.sub("…", written), RANDOM.sub("…", body.decode("latin-1"))


def differing(answers, asked, **more):
    """Return the statuses, and the answers that are not alike."""
    given = {name: answers(request, **more) for name, request in asked.items()}
    found = {status for (status, *_), _ in given.values()}
    return found, {name: both for name, both in given.items() if both[0] != both[1]}


@pytest.mark.slow
def test_every_answer_is_the_same_as_through_the_whole_chain(answers, asked):
    found, differ = differing(answers, asked)
    assert differ == {}
    assert found == STATUSES


@pytest.mark.slow
def test_so_it_is_in_production(answers, asked, settings):
    for name, value in PRODUCTION.items():
        setattr(settings, name, value)
    secure = {
        name: request | {"headers": request["headers"] | SECURE} for name, request in asked.items()
    }
    found, differ = differing(answers, secure)
    assert differ == {}
    assert found == STATUSES
    # By plain http; an address that opens something would come back in the redirect.
    names = ("no order, from a script", "a document", "a message", "no page", "a host of nobody's")
    found, differ = differing(answers, {name: asked[name] for name in names})
    assert differ == {}
    assert found == {301, 400}


def test_a_plan_and_a_limit_are_told_alike(answers, document_order, settings):
    settings.TOKEN_MISSES_PER_MINUTE = 1
    Plan.objects.update(customer_account_links=False)
    asked = {"no plan": asking("GET", f"{FACE_A}?id={TOKEN}", headers=ORIGIN)}
    assert differing(answers, asked) == ({402}, {})
    wrong = {"too often": asking("GET", f"{FACE_A}?id=no", headers=ORIGIN)}
    assert differing(answers, wrong, times=2) == ({429}, {})


def test_another_site_than_the_keys_is_refused_alike(answers, customer):
    row, key = StorefrontKey.issue(customer.shop, name="Storefront")
    row.allowed_origins = ["https://elsewhere.example"]
    row.save()
    headers = ORIGIN | {"X-Storefront-Key": key}
    asked = {"elsewhere": asking("POST", FACE_B, LISTED, content_type=JSON, headers=headers)}
    assert differing(answers, asked) == ({403}, {})


@pytest.mark.slow
def test_outages_and_faults_are_answered_alike(answers, asked):
    def gone(*_):
        raise OperationalError("gone")

    def wrong(*_):
        raise ZeroDivisionError

    asked = {name: request for name, request in asked.items() if "broken" not in name}
    for trouble, status in ((gone, 503), (wrong, 500)):
        found, differ = differing(answers, asked, trouble=trouble)
        assert (differ, status in found) == ({}, True)


def test_a_database_behind_the_code_is_told_alike(answers, asked, monkeypatch):
    monkeypatch.setattr(PendingMigrations, "are_there", lambda self: True)
    names = ("an order, from a script", "a document", "a page", "a message", "a preflight")
    found, differ = differing(answers, {name: asked[name] for name in names})
    assert differ == {}
    assert found == {503, 200}


@pytest.mark.parametrize("path", ["/webhooks/x", "/downloads/1/1/n/s"])
@pytest.mark.parametrize("error", [UnreadablePostError, NoRoom, RequestDataTooBig, Http404])
def test_what_a_view_lets_through_is_answered_alike(answers, monkeypatch, path, error):
    def fail(*_args, **_kwargs):
        raise error

    match = resolve(path)
    match.func = fail
    monkeypatch.setattr(URLPattern, "resolve", lambda self, _path: match)
    _found, differ = differing(answers, {"it": asking("POST", path, headers=ORIGIN)})
    assert differ == {}


def test_a_cookie_of_nobodys_changes_nothing(client, document_order):
    # The whole chain would say that the answer depends on it.
    for cookie in ("sessionid=x", "csrftoken=x"):
        response = client.get(f"{FACE_A}?id={TOKEN}", headers={"cookie": cookie})
        assert (response["Vary"], dict(response.cookies)) == (VARY, {})


def test_no_route_below_is_one_that_the_whole_chain_would_check():
    below = {name: path for name, path in ROUTES if path.startswith(FACES)}
    assert {"face-a", "face-b", "downloadable", "webhook", "download", "order"} <= set(below)
    assert not any(name.startswith("admin:") for name in below)
    assert not EXEMPT_FORMS & set(below)
    for path in below.values():
        assert resolve(path).func.csrf_exempt


def test_what_is_changed_by_a_stranger_bears_the_address(client, monkeypatch):
    entered = []

    def note(request, **_kwargs):
        entered.append(replace(actor_now(), request_id=""))
        return HttpResponse()

    match = resolve("/webhooks/x")
    match.func = note
    monkeypatch.setattr(URLPattern, "resolve", lambda self, _path: match)
    client.get("/webhooks/x", REMOTE_ADDR="192.0.2.7", headers={"user-agent": "curl"})
    assert entered == [Actor("somebody not signed in", "192.0.2.7", "curl")]
    assert actor_now() == UNNAMED


def test_debug_pages_keep_their_own_way(settings):
    settings.DEBUG = True
    with pytest.raises(MiddlewareNotUsed):
        ShortensFaces(lambda request: HttpResponse())


def test_each_path_without_a_variable_part_is_resolved_once(rf, db):
    views = Views()
    for path in (FACE_A, "/orders/no", "/orders/none"):
        with contextlib.suppress(Http404):
            views(rf.get(path))
    assert set(views._matches) == {FACE_A}
