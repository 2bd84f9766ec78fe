"""What counts as a download, and what a refused one says."""

import itertools
from datetime import timedelta
from http import HTTPStatus

import pytest
from django.test import Client

from downloads.models import Delivery, Grant
from storefront.signed_urls import Click
from tests.factories import NOW, GrantFactory, make_file_grant
from tests.storefront.conftest import (
    BROWSERS_ACCEPT,
    BY_ORIGIN,
    CONTENT,
    HTML,
    LINK,
    PAGE,
    POLICY,
    PRIVATE,
    TOLD_BY_ORIGIN,
    click_on,
    counted,
    headers_of,
    policy_of,
    spent,
    words_of,
)

HALF_AN_HOUR = timedelta(minutes=30)
DAY = timedelta(days=1)


@pytest.fixture
def client(browser):
    return browser


# --- A click -----------------------------------------------------------------------------------


def test_a_get_spends_one_download(client, grant):
    assert client.get(click_on(grant).url).getvalue() == CONTENT
    assert spent(grant) == (1, 1)


def test_the_same_click_is_free(client, grant):
    url = click_on(grant).url
    for headers in ({}, {}, {"range": "bytes=5-"}, {"range": "bytes=0-1"}, {}):
        client.get(url, headers=headers)
    assert spent(grant) == (1, 1)


def test_the_next_click_spends_the_next_download(client, grant):
    for used in (1, 2):
        assert client.get(click_on(grant).url).status_code == 200
        assert spent(grant) == (used, used)
    refused = click_on(grant)
    assert words_of(client.get(refused.url)) == (
        410,
        "All downloads used",
        "All downloads of this item have been used.",
    )
    assert spent(grant) == (2, 2)


def test_a_first_request_for_a_part_spends_too(client, grant):
    for used in (1, 2):
        response = client.get(click_on(grant).url, headers={"range": "bytes=9-"})
        assert (response.status_code, response.getvalue()) == (206, b"9")
        assert spent(grant) == (used, used)
    assert client.get(click_on(grant).url, headers={"range": "bytes=9-"}).status_code == 410


def test_the_last_download_can_be_resumed(client, db, frozen):
    grant = make_file_grant(CONTENT, limit=1)
    url = click_on(grant).url
    client.get(url)
    frozen(NOW + HALF_AN_HOUR - timedelta(seconds=1))
    response = client.get(url, headers={"range": "bytes=4-"})
    assert (response.status_code, response.getvalue()) == (206, CONTENT[4:])
    assert spent(grant) == (1, 1)


def test_an_unlimited_download_is_counted_and_never_used_up(client, db):
    grant = make_file_grant(CONTENT, limit=None)
    for used in (1, 2, 3):
        assert client.get(click_on(grant).url).status_code == 200
        assert spent(grant) == (used, used)


def test_a_click_counts_for_its_own_grant_alone(client, grant):
    other = make_file_grant(CONTENT, order=grant.order)
    client.get(click_on(grant).url)
    assert (spent(grant), spent(other)) == ((1, 1), (0, 0))


def test_a_download_moves_updated_at(client, grant, frozen):
    later = NOW + timedelta(minutes=5)
    url = click_on(grant).url
    frozen(later)
    client.get(url)
    assert Grant.objects.values_list("created_at", "updated_at").get() == (NOW, later)


@pytest.mark.parametrize(
    ("size_bytes", "window"),
    [(10, HALF_AN_HOUR), (90_000_000, HALF_AN_HOUR), (900_000_000, 10 * HALF_AN_HOUR)],
)
def test_a_window_is_as_long_as_a_slow_line_needs(client, db, size_bytes, window):
    grant = GrantFactory(asset__size_bytes=size_bytes)
    client.get(click_on(grant).url)
    delivery = Delivery.objects.get()
    assert (delivery.opened_at, delivery.closes_at) == (NOW, NOW + window)


def test_a_window_outlives_the_address(client, grant, frozen):
    url = click_on(grant).url
    frozen(NOW + DAY - timedelta(seconds=1))
    assert client.get(url).status_code == 200
    frozen(NOW + DAY + timedelta(minutes=29))
    assert client.get(url, headers={"range": "bytes=5-"}).getvalue() == CONTENT[5:]
    assert spent(grant) == (1, 1)


# --- What never counts -------------------------------------------------------------------------


def told(response):
    """Return an answer's headers but its own id."""
    return {name: value for name, value in response.headers.items() if name != "X-Request-ID"}


def test_head_spends_nothing_and_has_the_headers_of_get(client, grant):
    url = click_on(grant).url
    asked = client.head(url)
    assert (asked.status_code, asked.content) == (200, b"")
    assert spent(grant) == (0, 0)
    assert told(client.get(url)) == told(asked)


def test_head_of_a_part_has_the_headers_of_its_get(client, grant):
    url = click_on(grant).url
    asked = client.head(url, headers={"range": "bytes=2-4"})
    assert (asked.status_code, asked.content) == (206, b"")
    assert spent(grant) == (0, 0)
    assert told(client.get(url, headers={"range": "bytes=2-4"})) == told(asked)


PREFETCHES = [
    {"sec-purpose": "prefetch"},
    {"sec-purpose": "prefetch;prerender"},
    {"sec-purpose": "prefetch;anonymous-client-ip"},
    {"purpose": "prefetch"},
    {"purpose": "Prefetch"},
    {"x-moz": "prefetch"},
]


def test_a_prefetch_spends_nothing(client, grant, link):
    before = counted()
    for headers, asked in itertools.product(PREFETCHES, (grant, link)):
        response = client.get(click_on(asked).url, headers=headers)
        assert (response.status_code, response.content) == (503, b"Open this link to download.")
        assert headers_of(response) == PRIVATE | TOLD_BY_ORIGIN | {
            "content-type": "text/plain; charset=utf-8"
        }
    assert counted() == before


def test_another_purpose_is_a_persons(client, grant):
    assert client.get(click_on(grant).url, headers={"sec-purpose": "other"}).status_code == 200
    assert spent(grant) == (1, 1)


def test_a_part_that_is_none_spends_nothing(client, grant):
    before = counted()
    for asked in ("bytes=10-", "bytes=-0", "bytes=99-100"):
        response = client.get(click_on(grant).url, headers={"range": asked})
        assert (response.status_code, response.content) == (416, b"")
        assert response["Content-Range"] == "bytes */10"
    assert counted() == before


def test_an_address_takes_get_and_head_alone(client, grant):
    before = counted()
    for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"):
        response = client.generic(method, click_on(grant).url)
        assert words_of(response) == (405, "This did not work", "Send GET or HEAD.")
        assert response["Allow"] == "GET, HEAD"
    assert counted() == before


def test_a_missing_file_is_503_and_spends_nothing(client, grant):
    grant.asset.file.storage.delete(grant.asset.file.name)
    before = counted()
    for method in ("GET", "HEAD"):
        response = client.generic(method, click_on(grant).url)
        assert headers_of(response) == PAGE | TOLD_BY_ORIGIN | {"retry-after": "30"}
        assert response.status_code == 503
    assert words_of(client.get(click_on(grant).url)) == (
        503,
        "The file is not within reach",
        "This file cannot be read just now. Nothing was counted; please try again shortly.",
    )
    assert client.post(click_on(grant).form_action).status_code == 503
    assert counted() == before


def test_a_file_cut_short_is_503_and_spends_nothing(client, grant):
    with open(grant.asset.file.path, "r+b") as stored:
        stored.truncate(5)
    before = counted()
    assert client.get(click_on(grant).url).status_code == 503
    assert counted() == before


def test_a_file_lost_after_the_click_is_503_and_back_again_free(client, grant):
    click = click_on(grant)
    client.get(click.url)
    name = grant.asset.file.name
    with grant.asset.file.storage.open(name) as stored:
        content = stored.read()
    grant.asset.file.storage.delete(name)
    assert client.get(click.url).status_code == 503
    with open(grant.asset.file.path, "wb") as stored:
        stored.write(content)
    assert client.get(click.url).getvalue() == CONTENT
    assert spent(grant) == (1, 1)


@pytest.mark.parametrize("ask", [lambda c: c.url, lambda c: c.form_action])
def test_a_row_that_cannot_be_written_is_our_fault_and_spends_nothing(grant, ask, monkeypatch):
    client = Client(raise_request_exception=False, headers={"accept": BROWSERS_ACCEPT})
    click = click_on(grant)
    before = counted()
    with monkeypatch.context() as broken:
        broken.setattr("downloads.fulfilment.deliveries.version_of", lambda _asset: ("", -1))
        method = client.get if ask(click) == click.url else client.post
        assert words_of(method(ask(click))) == (
            500,
            "Something went wrong",
            "It is our fault, and nothing was counted. Please try again in a moment.",
        )
    assert counted() == before
    assert not grant.events.exists()
    assert client.get(click.url).getvalue() == CONTENT


# --- The form ----------------------------------------------------------------------------------


def test_a_post_spends_and_leads_to_the_same_click(client, grant):
    click = click_on(grant)
    response = client.post(click.form_action)
    assert (response.status_code, response.content) == (303, b"")
    assert headers_of(response) == HTML | {"location": click.path}
    assert click.path == f"/downloads/{click.signed}/{grant.asset.file_name}"
    assert spent(grant) == (1, 1)
    assert client.get(response["Location"]).getvalue() == CONTENT
    assert spent(grant) == (1, 1)


def test_a_double_click_on_the_button_spends_once(client, grant):
    click = click_on(grant)
    for _ in range(3):
        assert client.post(click.form_action).status_code == 303
    assert spent(grant) == (1, 1)


def test_the_button_needs_no_cookie(grant):
    careful = Client(enforce_csrf_checks=True)
    response = careful.post(click_on(grant).form_action)
    assert response.status_code == 303
    assert not response.cookies
    assert spent(grant) == (1, 1)


def test_a_forms_action_takes_post_alone(client, grant):
    before = counted()
    for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"):
        response = client.generic(method, click_on(grant).form_action)
        assert response.status_code == 405
        assert response["Allow"] == "POST"
    assert "Open your order page again" in client.get(click_on(grant).form_action).content.decode()
    assert counted() == before


def test_an_address_takes_no_post_from_anywhere(grant):
    response = Client(enforce_csrf_checks=True).post(click_on(grant).url)
    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")


def test_a_form_may_lead_out_of_the_house(client, grant, link):
    expected = POLICY | {"form-action": {"'self'", "https:"}}
    assert policy_of(client.post(click_on(link).form_action)) == expected
    assert policy_of(client.get(click_on(link).url)) == expected
    grant.order.cancelled_at = NOW
    grant.order.save()
    assert policy_of(client.get(click_on(grant).url)) == expected


# --- A link ------------------------------------------------------------------------------------


def test_a_link_is_counted_then_followed(client, link):
    url = click_on(link).url
    for _ in range(2):
        response = client.get(url)
        assert (response.status_code, response.content) == (302, b"")
        assert headers_of(response) == HTML | BY_ORIGIN | {"location": LINK}
        assert spent(link) == (1, 1)


def test_a_link_is_saved_and_served_without_a_line_to_anybody(client, link, monkeypatch):
    def refuse(*asked, **also):
        raise AssertionError(f"somebody was asked: {asked}")

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(f"socket.socket.{name}", refuse)
    monkeypatch.setattr("socket.getaddrinfo", refuse)
    link.asset.link = "https://files.example/other.pdf"
    link.asset.full_clean()
    link.asset.save()
    assert client.get(click_on(link).url).headers["location"] == link.asset.link


def test_a_link_is_counted_for_each_click(client, link):
    for used in (1, 2):
        client.get(click_on(link).url)
        assert spent(link) == (used, used)
    assert client.get(click_on(link).url).status_code == 410
    assert spent(link) == (2, 2)


def test_head_of_a_link_tells_nothing_and_spends_nothing(client, link):
    response = client.head(click_on(link).url)
    assert (response.status_code, response.getvalue()) == (200, b"")
    # Nor how long it is: that is a matter of where it leads.
    assert not {"Location", "Content-Length"} & response.headers.keys()
    assert spent(link) == (0, 0)


def test_a_link_to_an_international_host_is_led_to_in_ascii(client, link):
    link.asset.link = "https://bücher.example/größe.pdf"
    link.asset.save()
    response = client.get(click_on(link).url)
    assert response["Location"] == "https://xn--bcher-kva.example/gr%C3%B6%C3%9Fe.pdf"


def test_a_host_that_no_program_can_look_up_costs_nothing(client, link):
    # Entered before such hosts were refused.
    type(link.asset).objects.update(link=f"https://{'ü' * 64}.example/")
    assert client.get(click_on(link).url).status_code == 503
    assert spent(link) == (0, 0)


def test_a_link_has_no_parts(client, link):
    response = client.get(click_on(link).url, headers={"range": "bytes=99999999999-"})
    assert (response.status_code, response["Location"]) == (302, LINK)
    assert spent(link) == (1, 1)


def test_the_button_of_a_link_leads_out_in_two_steps(client, link):
    response = client.post(click_on(link).form_action)
    assert response.status_code == 303
    assert client.get(response["Location"])["Location"] == LINK
    assert spent(link) == (1, 1)


def test_a_changed_link_is_followed_where_it_leads_now(client, link):
    url = click_on(link).url
    link.asset.link = "https://example.com/new"
    link.asset.save()
    assert client.get(url)["Location"] == "https://example.com/new"


def test_no_header_moves_the_way_to_the_bytes(client, grant, settings):
    settings.ALLOWED_HOSTS = ["*"]
    click = Click(grant.pk, "nonce", NOW + DAY)
    response = client.post(click.form_action, headers={"host": "evil.example"})
    assert response["Location"] == f"/downloads/{click.signed}/{grant.asset.file_name}"


def test_no_log_holds_an_address(client, grant, logged):
    click = click_on(grant)
    client.get(click.url, headers={"range": "bytes=99-"})
    client.get(f"/downloads/{click.signed}x/{grant.asset.file_name}")
    client.post(click.url)
    lines = logged()
    assert [line.split(" ", 4)[4] for line in lines[::2]] == [
        f"django.request {HTTPStatus(416).phrase}: /downloads/[redacted]",
        "django.request Not Found: /downloads/[redacted]",
        "django.request Method Not Allowed: /downloads/[redacted]",
    ]
