"""What a refused download says, and that it moves nothing."""

from datetime import timedelta

import pytest

from downloads import fulfilment
from downloads.models import Grant
from tests.factories import NOW, OrderFactory, make_file_grant
from tests.storefront.conftest import (
    CONTENT,
    Page,
    click_on,
    counted,
    headers_of,
    page_headers,
    spent,
    words_of,
)

HALF_AN_HOUR = timedelta(minutes=30)
DAY = timedelta(days=1)


@pytest.fixture
def client(browser):
    return browser


# --- The signature -----------------------------------------------------------------------------


def bent(click):
    number, end, nonce, signature = click.signed.split("/")
    last = "A" if signature[-1] != "A" else "E"
    return [
        f"{int(number) + 1}/{end}/{nonce}/{signature}",
        f"{number}/{int(end) + 1}/{nonce}/{signature}",
        f"{number}/{end}/{nonce[::-1]}/{signature}",
        f"{number}/{end}/{nonce}/{signature[:-1]}{last}",
        f"{number}/{end}/{nonce}/{signature}%00",
        f"{number}/{end}/{nonce}/",
        f"{number}/{end}/{nonce}",
        number,
        "../../etc/passwd",
        "%2e%2e/%2e%2e/etc/passwd",
        "%ff%fe",
    ]


def test_a_wrong_signature_is_404_whatever_part_was_bent(client, grant):
    make_file_grant(CONTENT)  # the neighbour that a bent number would name
    before = counted()
    answers = set()
    for signed in bent(click_on(grant)):
        for response in (client.get(f"/downloads/{signed}"), client.post(f"/clicks/{signed}")):
            answers.add((response.status_code, response.content))
            assert headers_of(response) == page_headers(response)
    [(status, _body)] = answers
    assert status == 404
    assert words_of(response) == (404, "Not found", "This download does not exist.")
    assert counted() == before


def test_no_signature_at_all_is_404(client, db):
    for path in ("/downloads/", "/downloads", "/clicks/", "/clicks"):
        assert client.get(path).status_code == 404


def test_a_signed_address_of_a_gone_grant_is_404(client, grant):
    url = click_on(grant).url
    grant.delete()
    assert words_of(client.get(url)) == (404, "Not found", "This download does not exist.")


def test_a_forms_action_and_an_address_carry_one_signature(client, grant):
    click = click_on(grant)
    assert client.post(click.form_action).status_code == 303
    assert client.get(click.url).getvalue() == CONTENT
    assert spent(grant) == (1, 1)


def test_what_others_add_behind_is_ignored(client, grant):
    url = click_on(grant).url
    for query in ("?utm_source=mail", "?fbclid=1&id=2", "?x=%ff", "?", "?/../"):
        answer = client.get(url + query, headers={"range": "bytes=0-4"})
        assert (answer.status_code, answer.getvalue()) == (206, CONTENT[:5])
    assert spent(grant) == (1, 1)


# --- Another right -----------------------------------------------------------------------------


def cancel(grant):
    grant.order.cancelled_at = NOW
    grant.order.save()


def give_money_back(grant):
    grant.order.payment = "refunded"
    grant.order.save()


def take_units_back(grant):
    grant.line.current_quantity = 0
    grant.line.save()
    fulfilment.settle(grant.order, at=NOW)


def end(grant):
    Grant.objects.filter(pk=grant.pk).update(expires_at=NOW)


def revoke(grant):
    fulfilment.revoke(grant, at=NOW)


def withdraw(grant):
    fulfilment.withdraw_asset(grant.asset, at=NOW)


CANCELED = "This order was cancelled", "This order was cancelled, so its downloads are closed."
REFUNDED = "This purchase was refunded", "This purchase was refunded, so its download is closed."
WITHDRAWN = "Withdrawn by the shop", "The shop has withdrawn this download."
PAST = "The time is over", "The time for this download is over."
CLOSED = {
    cancel: CANCELED,
    give_money_back: REFUNDED,
    take_units_back: REFUNDED,
    end: PAST,
    revoke: WITHDRAWN,
    withdraw: WITHDRAWN,
}


@pytest.mark.parametrize(("close", "words"), CLOSED.items())
def test_a_closed_download_is_410_and_says_why(client, grant, close, words):
    click = click_on(grant)
    close(grant)
    before = counted()
    for response in (client.get(click.url), client.post(click.form_action)):
        assert words_of(response) == (410, *words)
        assert headers_of(response) == page_headers(response)
        assert Page(response).actions == []
    assert client.head(click.url).status_code == 410
    assert counted() == before


@pytest.mark.parametrize("close", [cancel, take_units_back, revoke])
def test_a_closed_download_stops_at_its_next_request(client, grant, close):
    url = click_on(grant).url
    assert client.get(url).status_code == 200
    close(grant)
    before = counted()
    for headers in ({}, {"range": "bytes=5-"}):
        assert client.get(url, headers=headers).status_code == 410
    assert counted() == before


def test_an_unpaid_order_is_403_until_it_is_paid(client, db):
    grant = make_file_grant(CONTENT, order=OrderFactory(payment="pending"))
    url = click_on(grant).url
    before = counted()
    assert words_of(client.get(url)) == (
        403,
        "Waiting for your payment",
        "This order has not been paid yet. The download opens as soon as the payment has arrived.",
    )
    assert counted() == before
    grant.order.payment = "paid"
    grant.order.save()
    assert client.get(url).getvalue() == CONTENT


def test_an_unlimited_refunded_line_is_closed(client, db):
    grant = make_file_grant(CONTENT, limit=None)
    take_units_back(grant)
    assert words_of(client.get(click_on(grant).url)) == (410, *REFUNDED)


def test_a_used_up_download_is_410_without_a_form(client, db):
    grant = make_file_grant(CONTENT, limit=3, used=3)
    before = counted()
    response = client.get(click_on(grant).url)
    assert words_of(response)[:2] == (410, "All downloads used")
    assert Page(response).actions == []
    assert client.post(click_on(grant).form_action).status_code == 410
    assert counted() == before


def test_a_merchants_lapse_takes_no_buyers_file(client, grant):
    grant.order.shop.plan_id = "basic"
    grant.order.shop.save()
    assert client.get(click_on(grant).url).getvalue() == CONTENT


def test_revoked_tickets_end_the_addresses_made_until_then(client, grant):
    """Whoever had the page may have made some, which would last for a day."""
    click = click_on(grant)
    fulfilment.revoke_tickets(grant.order)
    for response in (client.get(click.url), client.post(click.form_action)):
        assert response.status_code == 404
    grant.order.refresh_from_db()
    assert client.get(click_on(grant).url).getvalue() == CONTENT


# --- Time --------------------------------------------------------------------------------------


def test_an_address_past_its_time_is_410_without_a_form(client, grant, frozen):
    click = click_on(grant)
    before = counted()
    frozen(NOW + DAY)
    for response in (client.get(click.url), client.post(click.form_action)):
        assert words_of(response) == (
            410,
            "This link is too old",
            "This download link is too old.",
        )
        assert Page(response).actions == []
    assert client.head(click.url).status_code == 410
    assert counted() == before


def test_a_click_past_its_window_is_410_with_one_form_that_spends_once_more(client, grant, frozen):
    click = click_on(grant)
    client.get(click.url)
    frozen(NOW + HALF_AN_HOUR)
    before = counted()
    response = client.get(click.url)
    assert words_of(response) == (
        410,
        "This download has ended",
        "This download can no longer be continued.",
    )
    assert counted() == before
    [action] = Page(response).actions
    assert click.nonce not in action
    follow = client.post(action)
    assert (follow.status_code, spent(grant)) == (303, (2, 2))
    assert client.get(follow["Location"]).getvalue() == CONTENT
    assert spent(grant) == (2, 2)


@pytest.mark.parametrize("ask", ["bytes=5-", "bytes=10-"], ids=["a part", "no part"])
def test_a_resume_past_its_window_offers_another_click(client, grant, frozen, ask):
    click = click_on(grant)
    client.get(click.url)
    frozen(NOW + HALF_AN_HOUR)
    response = client.get(click.url, headers={"range": ask})
    assert words_of(response)[:2] == (410, "This download has ended")
    assert len(Page(response).actions) == 1


def test_another_click_renews_no_address(client, grant, frozen):
    click = click_on(grant)
    client.get(click.url)
    frozen(NOW + HALF_AN_HOUR)
    [action] = Page(client.get(click.url)).actions
    end = int(click.valid_until.timestamp())
    assert action.startswith(f"/clicks/{grant.pk}/{end}/")


def test_a_last_click_past_its_window_is_used_up(client, db, frozen):
    grant = make_file_grant(CONTENT, limit=1)
    click = click_on(grant)
    client.get(click.url)
    frozen(NOW + HALF_AN_HOUR)
    response = client.get(click.url)
    assert words_of(response)[:2] == (410, "All downloads used")
    assert Page(response).actions == []
