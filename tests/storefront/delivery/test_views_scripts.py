"""A page's script at a signed address and at the REST download: read by it, and counted rightly."""

from itertools import product

import pytest

from downloads import fulfilment
from downloads.models import Grant
from tests.factories import NOW, OrderFactory, make_file_grant
from tests.storefront.conftest import (
    CONTENT,
    LINK,
    PRIVATE,
    TOLD_BY_ORIGIN,
    Page,
    click_on,
    counted,
    headers_of,
    spent,
)

SHOP = {"origin": "https://shop.example"}
SCRIPTS = {
    "fetch": {"sec-fetch-mode": "cors", "sec-fetch-dest": "empty", "sec-fetch-site": "cross-site"},
    "fetch of our own": {"sec-fetch-mode": "cors", "sec-fetch-site": "same-origin"},
    "fetch that reads nothing": {"sec-fetch-mode": "no-cors"},
    "an image": {"sec-fetch-mode": "no-cors", "sec-fetch-dest": "image"},
    "fetch with same-origin": {"sec-fetch-mode": "same-origin"},
    "a socket": {"sec-fetch-mode": "websocket"},
    "an older browser": {},
    "a sandbox of an older browser": {"origin": "null"},
    "in capitals": {"sec-fetch-mode": "CORS"},
}
PERSONS = {
    "a click": {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document"},
    "a form's redirect": {"sec-fetch-mode": "navigate", "origin": "null"},
    "a frame": {"sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe"},
    "an older browser": {},
    "curl": {"accept": "*/*", "user-agent": "curl/8.5.0"},
    "a mobile app": {"accept": "*/*", "x-locale": "en"},
}
OPENS_IN_TAB = {
    "message": "This download is kept at another site: open its address in a new tab. Nothing was "
    "counted.",
    "error": "link",
    "url": None,
}
BOUGHT = "/api/shop/customer-downloadable-products"


def rest_paths(grant):
    return [f"{BOUGHT}/{grant.pk}/download", f"/downloadable/download/purchased/{grant.pk}"]


@pytest.fixture
def rest(client, credentials):
    """Return a function that asks both REST paths as a grant's customer; it returns answers."""
    known = {}

    def ask(grant, query="", method="GET", **headers):
        customer = grant.order.customer
        known.setdefault(customer.pk, credentials(customer))
        sent = known[customer.pk] | {name.replace("_", "-"): text for name, text in headers.items()}
        return [client.generic(method, path + query, headers=sent) for path in rest_paths(grant)]

    return ask


# --- A link ------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("who", SCRIPTS.values(), ids=SCRIPTS)
def test_a_script_is_told_to_open_a_link_and_nothing_is_spent(client, rest, link, who):
    sent = SHOP | who
    before = counted()
    for response in (client.get(click_on(link).url, headers=sent), *rest(link, **sent)):
        assert (response.status_code, response.json()) == (409, OPENS_IN_TAB)
        assert response["Access-Control-Allow-Origin"] == "*"
        assert LINK not in str(response.headers)
    for response in (
        client.head(click_on(link).url, headers=sent),
        *rest(link, "", "HEAD", **sent),
    ):
        assert (response.status_code, response.content) == (409, b"")
    assert counted() == before


@pytest.mark.parametrize("who", PERSONS.values(), ids=PERSONS)
def test_a_person_or_a_program_is_led_to_a_link(client, link, who):
    for used in (1, 2):
        response = client.get(click_on(link).url, headers=who)
        assert (response.status_code, response["Location"]) == (302, LINK)
        assert spent(link) == (used, used)


@pytest.mark.slow
@pytest.mark.parametrize("who", PERSONS.values(), ids=PERSONS)
def test_a_person_is_led_to_a_link_by_rest_too(rest, link, who):
    assert {response.status_code for response in rest(link, **who)} == {302}
    assert spent(link) == (2, 2)


def test_an_older_browser_that_keeps_a_forms_origin_is_led_on(client, link):
    for origin in ("null", "http://localhost:8000"):
        click = click_on(link)
        follow = client.post(click.form_action, headers={"origin": origin})
        assert follow.status_code == 303
        response = client.get(follow["Location"], headers={"origin": origin})
        assert (response.status_code, response["Location"]) == (302, LINK)
    assert spent(link) == (2, 2)


def test_a_script_that_may_not_have_a_link_learns_why(client, rest, link):
    sent = SHOP | SCRIPTS["fetch"]
    Grant.objects.update(used=2)
    before = counted()
    words = {"message": "All downloads of this item have been used.", "error": "used_up"}
    signed = client.get(click_on(link).url, headers=sent)
    assert (signed.status_code, signed.json()) == (410, words)
    for response in rest(link, **sent):
        assert (response.status_code, response.json()) == (403, words)
    assert counted() == before


def test_a_script_that_names_pages_gets_one(client, link):
    response = client.get(click_on(link).url, headers=SCRIPTS["fetch"] | {"accept": "text/html"})
    assert response.status_code == 409
    assert Page(response).texts["h1"] == ["Open this in a tab"]
    assert spent(link) == (0, 0)


def test_a_forms_action_is_for_no_script(client, grant, link):
    before = counted()
    for one in (grant, link):
        response = client.post(click_on(one).form_action, headers=SHOP | SCRIPTS["fetch"])
        assert response.status_code == 409
        assert Page(response).texts["h1"] == ["Nothing was downloaded"]
    assert counted() == before
    # A form always tells whence it came.
    assert client.post(click_on(link).form_action, headers=SHOP).status_code == 303


# --- A file ------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", SCRIPTS.values(), ids=SCRIPTS)
def test_a_script_reads_a_files_bytes_and_counts_once(client, grant, who):
    url = click_on(grant).url
    sent = SHOP | who | {"x-storefront-key": "pk", "authorization": "Bearer 1|x", "accept": "*/*"}
    for _ in range(2):
        response = client.get(url, headers=sent)
        assert (response.status_code, response.getvalue()) == (200, CONTENT)
        assert response["Access-Control-Allow-Origin"] == "*"
        assert "content-length" in response["Access-Control-Expose-Headers"]
    assert spent(grant) == (1, 1)


def test_a_script_downloads_a_file_by_rest(rest, grant):
    for response in rest(grant, **SHOP, **SCRIPTS["fetch"]):
        assert (response.status_code, response.getvalue()) == (200, CONTENT)
        assert response["Access-Control-Allow-Origin"] == "*"
    assert spent(grant) == (2, 2)


def test_nginx_is_handed_a_scripts_file_like_anybodys(client, grant, settings):
    settings.FILES_LEAVE_BY = "nginx"
    response = client.get(click_on(grant).url, headers=SHOP | SCRIPTS["fetch"])
    assert response["X-Accel-Redirect"].startswith("/_files/whole/")
    assert response["Access-Control-Allow-Origin"] == "*"


def test_a_preflight_of_a_download_counts_nothing(client, grant):
    before = counted()
    asked = {
        "access-control-request-method": "GET",
        "access-control-request-headers": "authorization,x-storefront-key",
    }
    for path in (click_on(grant).url, *rest_paths(grant)):
        response = client.options(path, headers=SHOP | asked)
        assert response.status_code == 200
        assert response["Access-Control-Allow-Headers"] == "authorization, x-storefront-key"
    assert counted() == before


# --- An address to open ------------------------------------------------------------------------


@pytest.mark.slow
def test_an_address_is_fresh_good_and_costs_nothing(client, rest, grant, link):
    before = counted()
    found = set()
    for one, sent in product((grant, link), ({}, SHOP | SCRIPTS["fetch"], {"accept": "*/*"})):
        for response in rest(one, "?as=address", **{"accept": "application/json"} | sent):
            assert (response.status_code, list(response.json())) == (200, ["url"])
            found.add(response.json()["url"])
    assert (len(found), counted()) == (12, before)
    opened = client.get(response.json()["url"], headers=PERSONS["a click"])
    assert (opened.status_code, opened["Location"]) == (302, LINK)
    assert (spent(grant), spent(link)) == ((0, 0), (1, 1))


def test_a_head_for_an_address_tells_none(rest, link):
    for response in rest(link, "?as=address", "HEAD"):
        assert (response.status_code, response.content) == (200, b"")


def test_an_address_takes_no_longer_name_than_a_download_does(rest, grant):
    for response in rest(grant, "?as=address", Idempotency_Key="x" * 256):
        assert (response.status_code, response.json()["error"]) == (400, "invalid_request")


@pytest.mark.slow
@pytest.mark.parametrize("query", ["?as=", "?as=url", "?as=Address", "?as=address&as=address"])
def test_any_other_form_is_400_and_costs_nothing(rest, grant, query):
    before = counted()
    for response in rest(grant, query):
        assert response.status_code == 400
        assert response.json() == {
            "message": '"as" must be "address", or be left out',
            "error": "invalid_request",
        }
    assert counted() == before


def test_no_address_is_given_of_what_is_not_to_be_had(rest, grant):
    cases = {
        "used_up": lambda: Grant.objects.update(used=2),
        "withdrawn": lambda: fulfilment.revoke(grant, at=NOW),
    }
    for reason, close in cases.items():
        close()
        for response in rest(grant, "?as=address"):
            assert (response.status_code, response.json()["error"]) == (403, reason)


def test_no_address_is_given_of_a_missing_file_or_ahead_of_a_person(rest, grant):
    for response in rest(grant, "?as=address", Sec_Purpose="prefetch"):
        assert (response.status_code, "url" in response.json()) == (503, False)
    grant.asset.file.storage.delete(grant.asset.file.name)
    for response in rest(grant, "?as=address"):
        assert (response.status_code, response.json()["error"]) == (503, "service_unavailable")


def test_an_address_wants_key_and_bearer(client, grant):
    for path in rest_paths(grant):
        assert client.get(f"{path}?as=address").status_code == 401


# --- Refusals as a program reads them -----------------------------------------------------------


def cancel(grant):
    grant.order.cancelled_at = NOW
    grant.order.save()


def close_click(grant):
    grant.deliveries.update(closes_at=NOW)


def lose_file(grant):
    grant.asset.file.storage.delete(grant.asset.file.name)


def use_up(grant):
    Grant.objects.update(used=2)


REFUSALS = {
    cancel: (410, "canceled", "This order was cancelled, so its downloads are closed."),
    use_up: (410, "used_up", "All downloads of this item have been used."),
    lose_file: (
        503,
        "service_unavailable",
        "This file cannot be read just now. Nothing was counted; please try again shortly.",
    ),
}
PROGRAMS = [None, "", "*/*", "application/json", "application/json, text/plain, */*", "text/*",
            "text/html;q=0, */*", "image/avif,*/*"]  # fmt: skip
BROWSERS = ["text/html", "text/html,application/xhtml+xml,*/*;q=0.8", "TEXT/HTML;q=0.1, */*",
            "application/json, text/html"]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("close", REFUSALS)
def test_a_refusal_is_json_unless_pages_are_named(client, grant, close):
    status, word, message = REFUSALS[close]
    url = click_on(grant).url
    close(grant)
    for accept in PROGRAMS:
        response = client.get(url, headers={} if accept is None else {"accept": accept})
        assert (response.status_code, response.json()) == (
            status,
            {"message": message, "error": word},
        )
        told = headers_of(response)
        told.pop("retry-after", None)
        assert told == PRIVATE | TOLD_BY_ORIGIN | {"content-type": "application/json"}
    for accept in BROWSERS:
        response = client.get(url, headers={"accept": accept})
        assert response.status_code == status
        assert response["Content-Type"] == "text/html; charset=utf-8"


def test_an_unpaid_order_and_a_click_that_is_over_are_told_by_their_words(client, grant, db):
    waiting = make_file_grant(CONTENT, order=OrderFactory(payment="pending"))
    response = client.get(click_on(waiting).url)
    assert (response.status_code, response.json()["error"]) == (403, "pending")
    url = click_on(grant).url
    client.get(url).getvalue()
    close_click(grant)
    response = client.get(url)
    assert (response.status_code, response.json()["error"]) == (410, "click_over")


@pytest.mark.parametrize(
    ("method", "path", "status", "word", "message"),
    [
        ("GET", "/downloads/7/1/n/s", 404, "not_found", "This download does not exist."),
        ("GET", "/downloads/", 404, "not_found", "Not found. Check the address."),
        ("POST", "/downloads/7/1/n/s", 405, "method_not_allowed", "Send GET or HEAD."),
        ("OPTIONS", "/downloads/7/1/n/s", 405, "method_not_allowed", "Send GET or HEAD."),
        ("GET", "/downloadable/nothing", 404, "not_found", "Not found. Check the address."),
    ],
)
def test_what_leads_nowhere_is_json_too(client, db, method, path, status, word, message):
    response = client.generic(method, path, headers=SHOP)
    assert (response.status_code, response.json()) == (status, {"message": message, "error": word})
    assert response["Access-Control-Allow-Origin"] == "*"
    assert response.headers.get("Allow") == ("GET, HEAD" if status == 405 else None)


def test_a_prefetch_is_json_to_a_program(client, grant):
    response = client.get(click_on(grant).url, headers={"purpose": "prefetch"})
    assert response.status_code == 503
    assert response.json() == {
        "message": "Open this link to download.",
        "error": "service_unavailable",
    }
    assert spent(grant) == (0, 0)


def test_a_fault_of_ours_is_json_to_a_program(client, grant, monkeypatch):
    client.raise_request_exception = False
    monkeypatch.setattr("storefront.delivery.views.lookups.grant_of_click", lambda number: 1 / 0)
    response = client.get(click_on(grant).url, headers=SHOP)
    assert (response.status_code, response.json()["error"]) == (500, "internal_error")
    assert response["Access-Control-Allow-Origin"] == "*"


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_an_outage_is_json_to_a_program(client, grant, database_gone):
    url = click_on(grant).url
    with database_gone():
        response = client.get(url, headers=SHOP)
    assert (response.status_code, response.json()["error"]) == (503, "service_unavailable")
    assert (response["Retry-After"], response["Access-Control-Allow-Origin"]) == ("30", "*")


def test_no_cookie_is_read_at_a_signed_address(client, grant, admin_user):
    client.force_login(admin_user)
    response = client.get(click_on(grant).url, headers=SHOP | SCRIPTS["fetch"])
    assert "Access-Control-Allow-Credentials" not in response
    assert not response.cookies
    assert "cookie" not in response["Vary"].lower()
