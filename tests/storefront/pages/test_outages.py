"""The database gone, or the shared cache: 503 at every door, and well again by itself."""

import base64
import json
import logging
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone

from config.urls import urlpatterns as all_urls
from downloads import fulfilment
from downloads.brand.logos import read_logo, store_logo
from downloads.models import Account, Grant, Shop
from storefront.brand.addresses import logo_url, sheet_url
from storefront.models import SecretKey
from storefront.pages.handlers import server_error
from storefront.signed_urls import account_url
from storefront.urls import urlpatterns
from tests.conftest import WEBHOOK_SECRET, sign
from tests.downloads.brand.test_headers import picture
from tests.factories import NOW, OrderFactory, make_file_grant
from tests.storefront.conftest import (
    CONTENT,
    FACE_A,
    FACE_B,
    PRIVATE,
    TOKEN,
    Page,
    click_on,
    counted,
    headers_of,
    page_headers,
)

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

MESSAGE = (
    "The service cannot reach its own records just now. Please try again shortly: the same link "
    "is never counted twice."
)
JSON = PRIVATE | {"content-type": "application/json", "retry-after": "30"}
PAGE_BODY = ("One moment, please", MESSAGE, "Wait a moment, then reload this page.")
PROVIDERS = "provider:ours-alone"
MY_PRODUCTS = "{ customerDownloadableProducts(first: 1) { edges { node { _id } } } }"


@pytest.fixture
def client():
    """A client that is answered as a stranger is: no exception reaches the test."""
    return Client(raise_request_exception=False)


@pytest.fixture
def staff():
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.create_superuser("merchant", password="open sesame"))
    return client


@pytest.fixture
def outage(database_gone):
    """A database that is gone for the whole test."""
    with database_gone():
        yield


@pytest.fixture
def cache_gone(settings):
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:1/0",
        }
    }


def text_of(response):
    """Return what a page says: its heading and sentences."""
    page = Page(response)
    return page.texts["h1"][0], *page.texts["p"]


def message_headers(shop, body):
    return {
        "X-Shopify-Topic": "orders/paid",
        "X-Shopify-Shop-Domain": shop.domain,
        "X-Shopify-Webhook-Id": "1",
        "X-Shopify-Hmac-Sha256": sign(body, WEBHOOK_SECRET),
    }


# --- Every public route ------------------------------------------------------------------------

# What each answers without a database.
NEEDS_NONE = {
    "healthz",
    "openapi",
    "graphiql",
    "docs-folder",
    "docs",
    "document",
    "brand-logo",
    "brand-sheet",
}
ANSWERS = {"home": 503, "healthz": 200, "readyz": 503, "face-a": 503, "face-b": 503,
           "openapi": 200, "webhook": 503, "order": 503, "download": 503, "click": 503,
           "downloadables": 503, "downloadable": 503, "downloadable-download": 503,
           "purchased-download": 503,
           "customer-tokens": 503, "account": 503, "graphiql": 404, "links": 503,
           "shop-webhook": 503, "bounces": 503, "invitation": 503,
           "docs-folder": 302, "docs": 200, "document": 200,
           "brand-logo": 200, "brand-sheet": 200}  # fmt: skip
DOWNLOADS = ("downloadable-download", "purchased-download")
# Else 200.
WELL = {"docs-folder": 302, "click": 303, "customer-tokens": 201, "graphiql": 404}


@pytest.fixture
def routes(client, browser, credentials, merchant, settings):
    """Return, by its route's name, a function that asks as a buyer or a shop would."""
    order = OrderFactory(token=TOKEN)
    grant = make_file_grant(CONTENT, "book.epub", order=order, limit=3)
    store_logo(order.shop, read_logo(ContentFile(picture("PNG"))))
    click, keys = click_on(grant), credentials(order.customer)
    body = b"{}"
    signed = message_headers(merchant, body)
    asked = json.dumps({"query": MY_PRODUCTS})
    mine = "/api/shop/customer-downloadable-products"
    server = {"Authorization": f"Bearer {SecretKey.issue(order.shop, name='test')[1]}"}
    whose = {"email": order.customer.email}
    entered = {"email": "ada@example.com", "first_name": "Ada", "last_name": "Byron"}
    fulfilment.register(order.shop, at=NOW, password="open sesame 9", **entered)
    account = Account.objects.get()
    _row, invited = fulfilment.memberships.invite(
        order.shop, "new@example.com", "support", at=timezone.now()
    )
    settings.MAIL_PROVIDER, settings.ANYMAIL = "postmark", {"WEBHOOK_SECRET": PROVIDERS}
    provider = {"Authorization": f"Basic {base64.b64encode(PROVIDERS.encode()).decode()}"}
    back = {"RecordType": "Bounce", "Type": "HardBounce", "MessageID": "an-id"}
    return {
        "home": lambda: client.get("/"),
        "healthz": lambda: client.get("/healthz"),
        "readyz": lambda: client.get("/readyz"),
        "face-a": lambda: client.get(FACE_A, {"id": TOKEN}),
        "face-b": lambda: client.post(FACE_B, asked, "application/json", headers=keys),
        "openapi": lambda: client.get("/api/schema/"),
        "webhook": lambda: client.post(
            "/webhooks/shopify", body, "application/json", headers=signed
        ),
        "order": lambda: client.get(f"/orders/{TOKEN}"),
        "download": lambda: browser.get(urlsplit(click.url).path),
        "click": lambda: client.post(click.form_action),
        "downloadables": lambda: client.get(mine, headers=keys),
        "downloadable": lambda: client.get(f"{mine}/{grant.pk}", headers=keys),
        "downloadable-download": lambda: client.get(f"{mine}/{grant.pk}/download", headers=keys),
        "purchased-download": lambda: client.get(
            f"/downloadable/download/purchased/{grant.pk}", headers=keys
        ),
        "customer-tokens": lambda: client.post(
            "/api/v1/customer-tokens", whose, "application/json", headers=server
        ),
        "account": lambda: client.get(urlsplit(account_url(account, at=NOW)).path),
        "invitation": lambda: client.get(f"/invitations/{invited}"),
        "graphiql": lambda: client.get("/api/graphiql"),
        "docs-folder": lambda: client.get("/docs"),
        "docs": lambda: client.get("/docs/"),
        "document": lambda: client.get("/docs/counting"),
        "brand-logo": lambda: client.get(logo_url(order.shop.logo.name)),
        "brand-sheet": lambda: client.get(sheet_url("#1f5fd0")),
        "links": lambda: client.post("/links", {"email": "ada@example.com"}),
        "shop-webhook": lambda: client.post(
            f"/webhooks/shopify/{merchant.domain}", body, "application/json", headers=signed
        ),
        "bounces": lambda: client.post(
            "/mail/bounces/postmark", back, "application/json", headers=provider
        ),
    }


def test_every_public_route_is_asked_here(routes):
    assert {route.name for route in urlpatterns} == set(routes) == set(ANSWERS)
    assert len(all_urls) == 2  # the admin beside them


@pytest.mark.slow
def test_no_route_fails_while_the_database_is_gone(routes, database_gone):
    before = counted()
    with database_gone():
        answers = {name: ask() for name, ask in routes.items()}
    assert {name: answer.status_code for name, answer in answers.items()} == ANSWERS
    for name in set(ANSWERS) - NEEDS_NONE:
        assert answers[name]["Retry-After"] == "30"
        assert answers[name]["Cache-Control"] == "no-store, private"
    assert counted() == before


@pytest.mark.slow
def test_every_route_is_well_again_by_itself(routes, database_gone):
    with database_gone():
        for ask in routes.values():
            ask()
    assert {name: ask().status_code for name, ask in routes.items()} == {
        name: WELL.get(name, 200) for name in ANSWERS
    }


def test_a_person_reads_a_page(routes, outage):
    for name in ("home", "order", "download", "click", "account", "links", "invitation"):
        response = routes[name]()
        assert text_of(response) == PAGE_BODY
        assert headers_of(response) == page_headers(response) | {"retry-after": "30"}
        assert Page(response).actions == []


def test_a_program_reads_json(routes, outage):
    for name in ("face-a", "webhook", "shop-webhook", "bounces"):
        response = routes[name]()
        assert (response.json(), response["Content-Type"]) == (
            {"message": MESSAGE},
            "application/json",
        )
    assert headers_of(routes["webhook"]()) == JSON
    for name in ("downloadables", "downloadable", *DOWNLOADS, "customer-tokens"):
        response = routes[name]()
        assert response.json() == {"message": MESSAGE, "error": "service_unavailable"}
        assert response["Content-Type"] == "application/json"


def test_a_storefront_may_read_that_face_a_is_out_of_reach(routes, client, outage):
    response = routes["face-a"]()
    assert response["Access-Control-Allow-Origin"] == "*"
    abroad = {"origin": "https://my-store.example"}
    response = client.get(FACE_A, {"id": TOKEN}, headers=abroad)
    assert (response.status_code, response["Access-Control-Allow-Origin"]) == (503, "*")


def test_face_b_keeps_its_shape(routes, outage):
    response = routes["face-b"]()
    assert response.json() == {"errors": [{"message": MESSAGE}]}
    assert response["Content-Type"] == "application/json"
    assert response["Retry-After"] == "30"


def test_readyz_names_the_database(routes, outage):
    assert routes["readyz"]().json() == {"status": "unavailable", "failing": ["database"]}
    assert routes["healthz"]().json() == {"status": "ok"}


def test_what_is_wrong_anyway_stays_so(client, outage):
    assert client.get("/downloads/7/1/n/s").status_code == 404
    assert client.get("/nowhere").status_code == 404
    assert client.post(FACE_B, {}, "application/json").status_code == 401
    assert client.put(FACE_A).status_code == 405


def test_head_is_503_too(client, outage):
    for path in (f"/orders/{TOKEN}", f"{FACE_A}?id={TOKEN}"):
        response = client.head(path)
        assert (response.status_code, response["Retry-After"]) == (503, "30")


# --- In the midst of an answer -----------------------------------------------------------------


@pytest.fixture
def grants_gone():
    """Grants out of reach, behind a key and a bearer that are still found."""
    if connection.vendor == "sqlite":
        with connection.schema_editor() as editor:
            editor.alter_db_table(Grant, "downloads_grant", "downloads_elsewhere")
        yield
        with connection.schema_editor() as editor:
            editor.alter_db_table(Grant, "downloads_elsewhere", "downloads_grant")
        return

    def break_off(execute, sql, *rest):
        if '"downloads_grant"' in sql:
            connection.connection.close()
        return execute(sql, *rest)

    with connection.execute_wrapper(break_off):
        yield
    connection.close()


def test_a_resolver_that_meets_it_fails_the_whole_request(routes, grants_gone, logged):
    response = routes["face-b"]()
    assert (response.status_code, response.json()) == (503, {"errors": [{"message": MESSAGE}]})
    assert response["Retry-After"] == "30"
    assert not any("Traceback" in line for line in logged())


# --- The admin ---------------------------------------------------------------------------------

ADMIN = ["/admin/", "/admin/downloads/order/", "/admin/downloads/asset/add/", "/admin/auth/user/"]


@pytest.mark.slow
@pytest.mark.parametrize("path", ADMIN)
def test_the_admin_is_a_page_and_well_again_by_itself(staff, database_gone, path):
    with database_gone():
        response = staff.get(path)
        assert (response.status_code, response["Retry-After"]) == (503, "30")
        assert text_of(response) == PAGE_BODY
    # The session is as it was: nobody is signed out by it.
    assert staff.get(path).status_code == 200


def test_signing_in_is_a_page(staff, client, database_gone):
    asked = {"username": "merchant", "password": "open sesame", "next": "/admin/"}
    with database_gone():
        assert staff.get("/admin/login/").status_code == 503
        # To a stranger the form needs nothing; sent in, it does.
        assert client.get("/admin/login/").status_code == 200
        assert client.post("/admin/login/", asked).status_code == 503
    assert client.post("/admin/login/", asked)["Location"] == "/admin/"


def test_a_change_in_the_admin_is_a_page(staff, database_gone):
    shop = Shop.objects.create(name="Shop", domain="shop.example")
    with database_gone():
        response = staff.post(f"/admin/downloads/shop/{shop.pk}/change/", {"name": "New"})
        assert response.status_code == 503
    assert Shop.objects.values_list("name", flat=True).get(pk=shop.pk) == "Shop"


# --- Beside the views --------------------------------------------------------------------------


def asks_afterwards(get_response):
    """A middleware that needs the database once the view has answered, as sessions do."""

    def answer(request):
        response = get_response(request)
        Shop.objects.exists()
        return response

    return answer


@pytest.fixture
def _asked_afterwards(settings):
    settings.MIDDLEWARE = [
        "tests.storefront.pages.test_outages.asks_afterwards",
        *settings.MIDDLEWARE,
    ]


@pytest.mark.usefixtures("_asked_afterwards")
def test_a_middleware_that_meets_it_is_503_too(client, outage, logged):
    page, answer = client.get("/healthz"), client.get("/api/schema/")
    assert (page.status_code, page["Retry-After"]) == (503, "30")
    assert text_of(page) == PAGE_BODY
    assert (answer.status_code, answer.json()) == (503, {"message": MESSAGE})
    assert not any("Traceback" in line for line in logged())


def test_any_other_fault_stays_a_fault(rf):
    response = server_error(rf.get("/"))
    assert response.status_code == 500
    assert "Retry-After" not in response
    assert get_resolver().resolve_error_handler(500) is server_error


# --- The cache ---------------------------------------------------------------------------------


def test_a_cache_that_is_gone_is_503_where_it_is_counted(routes, client, cache_gone):
    unknown = "f" * 32
    page, face_a = client.get(f"/orders/{unknown}"), client.get(FACE_A, {"id": unknown})
    face_b = routes["face-b"]()
    for response in (page, face_a, face_b):
        assert (response.status_code, response["Retry-After"]) == (503, "30")
    assert text_of(page) == PAGE_BODY
    assert face_a.json() == {"message": MESSAGE}
    assert face_a["Access-Control-Allow-Origin"] == "*"
    assert face_b.json() == {"errors": [{"message": MESSAGE}]}


def test_a_cache_that_is_gone_takes_nobodys_download(routes, cache_gone):
    for name in ("home", "readyz", "face-a", "webhook", "order", "download"):
        assert routes[name]().status_code == 200


# --- The log -----------------------------------------------------------------------------------


def test_an_outage_is_one_line_that_says_which_part_and_no_secret(
    routes, outage, logged, caplog, credentials
):
    for name in ("home", "face-a", "face-b", "webhook", "order", "download", "click"):
        caplog.clear()
        routes[name]()
        told = [record for record in caplog.records if record.name == "storefront.http.errors"]
        assert [record.levelno for record in told] == [logging.ERROR], name
        assert told[0].getMessage().startswith("Out of reach: ")
        assert not any(record.exc_info for record in caplog.records)
        for line in logged():
            assert "\n" not in line
            assert TOKEN not in line
            assert "/downloads/1/" not in line


def test_a_cache_that_is_gone_is_one_line(client, cache_gone, logged, caplog):
    client.get(f"/orders/{'f' * 32}")
    told = [record for record in caplog.records if record.name == "storefront.http.errors"]
    assert len(told) == 1
    assert not any("Traceback" in line or "f" * 32 in line for line in logged())
