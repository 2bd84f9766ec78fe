"""Signed addresses and page tickets."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.core.signing import Signer

from downloads.errors import NotFound
from downloads.models import Shop
from storefront.signed_urls import (
    Click,
    absolute,
    asset_url,
    counted_url,
    new_click,
    read_click,
    read_ticket,
    ticket_url,
)
from tests.factories import NOW, GrantFactory, OrderFactory, make_file_grant

CLICK = Click(7, "q2w3e4r5t6y7u8i9o0p1as", NOW)


def test_a_click_comes_back_as_it_was_signed():
    assert read_click(CLICK.signed) == CLICK


def test_a_click_that_has_ended_can_still_be_read():
    ended = Click(7, "q2w3e4r5t6y7u8i9o0p1as", datetime(2001, 1, 1, tzinfo=UTC))
    assert read_click(ended.signed) == ended


def test_the_signature_is_the_last_part():
    assert re.fullmatch(r"7/1772366400/q2w3e4r5t6y7u8i9o0p1as/[\w-]{43}", CLICK.signed)


def test_an_address_is_public_and_a_forms_action_a_path():
    assert CLICK.url == f"http://localhost:8000/downloads/{CLICK.signed}"
    assert CLICK.form_action == f"/clicks/{CLICK.signed}"


def broken_clicks():
    """Return every way to bend a signed click, by its name."""
    number, end, nonce, signature = CLICK.signed.split("/")
    last = "A" if signature[-1] != "A" else "E"
    return {
        "another grant": f"8/{end}/{nonce}/{signature}",
        "a later end": f"{number}/{int(end) + 1}/{nonce}/{signature}",
        "another nonce": f"{number}/{end}/{nonce[:-1]}X/{signature}",
        "another signature": f"{number}/{end}/{nonce}/{signature[:-1]}{last}",
        "a shorter signature": f"{number}/{end}/{nonce}/{signature[:-1]}",
        "a padded signature": f"{number}/{end}/{nonce}/{signature}=",
        "no signature": f"{number}/{end}/{nonce}",
        "an empty signature": f"{number}/{end}/{nonce}/",
        "a part more": f"{number}/{end}/{nonce}/0/{signature}",
        "a moved border": f"{number}{end}//{nonce}/{signature}",
        "a zero in front": f"0{CLICK.signed}",
        "a space behind": f"{CLICK.signed} ",
        "a line behind": f"{CLICK.signed}\n",
        "upper case": CLICK.signed.upper(),
        "nothing": "",
        "no text at all": "\0\ud800",
        "a ticket": Signer(salt="storefront.ticket", sep=".").sign("7.0"),
        "another salt": Signer(salt="other", sep="/").sign(f"{number}/{end}/{nonce}"),
        "too few signed parts": Signer(salt="storefront.click", sep="/").sign("7/1772366400"),
    }


@pytest.mark.parametrize("signed", broken_clicks().values(), ids=broken_clicks())
def test_a_bent_click_is_none(signed):
    with pytest.raises(NotFound, match=r"\AThis download does not exist\.\Z"):
        read_click(signed)


@pytest.mark.parametrize(
    "behind", ["/", "/book.pdf", "/Für Elise.mp3", "/a/b", "//", "/..", "/7/1772366400/nonce/x"]
)
def test_what_stands_behind_the_signature_is_for_the_clients_eyes(behind):
    assert read_click(CLICK.signed + behind) == CLICK


def test_an_address_outlives_a_change_of_the_secret(settings):
    signed = CLICK.signed
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another"
    # Signers read the keys when they are made, at the start of a process.
    assert Signer(salt="storefront.click", sep="/").unsign(signed) == signed.rpartition("/")[0]


def test_a_new_click_is_never_an_old_one(db):
    grant = GrantFactory()
    clicks = {new_click(grant, at=NOW) for _ in range(5)}
    assert len(clicks) == 5
    assert {(click.grant, click.valid_until) for click in clicks} == {
        (grant.pk, NOW + timedelta(hours=24))
    }
    assert {len(click.nonce) for click in clicks} == {22}


def test_a_new_click_can_keep_an_earlier_end(db):
    end = NOW + timedelta(minutes=3)
    assert new_click(GrantFactory(), at=NOW, valid_until=end).valid_until == end


@pytest.mark.parametrize("link_urls", Shop.LinkUrls.values)
def test_a_file_is_always_signed(db, link_urls):
    grant = make_file_grant(order__shop__link_urls=link_urls)
    url = asset_url(grant, grant.order.shop, at=NOW)
    assert read_click(url.partition("/downloads/")[2]).grant == grant.pk


def test_an_address_of_a_file_ends_in_its_name(db):
    file = make_file_grant(name="Für Elise.mp3")
    link = GrantFactory(order__shop__link_urls="counted")
    for grant, end in ((file, "/F%C3%BCr%20Elise.mp3"), (link, "")):
        for url in (asset_url(grant, grant.order.shop, at=NOW), counted_url(grant, at=NOW)):
            assert re.search(r"/downloads/\d+/\d+/[\w-]{22}/[\w-]{43}(.*)\Z", url)[1] == end


def test_a_link_is_counted_on_face_b_whatever_the_shop_says(db):
    grant = GrantFactory(order__shop__link_urls="direct")
    assert asset_url(grant, grant.order.shop, at=NOW) == grant.asset.link
    assert read_click(counted_url(grant, at=NOW).partition("/downloads/")[2]).grant == grant.pk


@pytest.mark.parametrize("make", [GrantFactory, make_file_grant])
def test_what_is_not_available_has_no_address(db, make):
    grant = make(expires_at=NOW + timedelta(seconds=1))
    assert counted_url(grant, at=NOW) is not None
    later = NOW + timedelta(seconds=1)
    assert asset_url(grant, grant.order.shop, at=later) is None
    assert counted_url(grant, at=later) is None


def test_a_ticket_names_an_order_and_its_revision(db):
    order = OrderFactory(ticket_revision=3)
    base, _, ticket = ticket_url(order).rpartition("/")
    assert base == "http://localhost:8000/orders"
    assert read_ticket(ticket) == (order.pk, 3)


def test_a_bent_ticket_is_none(db):
    ticket = ticket_url(OrderFactory()).rpartition("/")[2]
    number, revision, signature = ticket.split(".")
    bent = {
        "another order": f"1{ticket}",
        "another revision": f"{number}.{int(revision) + 1}.{signature}",
        "cut": ticket[:-1],
        "longer": f"{ticket}A",
        "unsigned": f"{number}.{revision}",
        "empty": "",
        "a token": "0c732eb6fd9802a0821a9d29888baee8",
        "another salt": Signer(salt="storefront.click", sep=".").sign(f"{number}.{revision}"),
        "too few parts": Signer(salt="storefront.ticket", sep=".").sign(number),
    }
    assert read_ticket(ticket) == (int(number), int(revision))
    assert {name: read_ticket(text) for name, text in bent.items()} == dict.fromkeys(bent)


def test_an_address_never_doubles_a_slash(settings):
    assert absolute("/x") == "http://localhost:8000/x"


@pytest.mark.parametrize(("behind", "revision"), [("", 0), ("1", 1), ("4294967295", 4294967295)])
def test_a_click_says_the_revision_of_its_orders_tickets(behind, revision):
    click = replace(CLICK, nonce=f"{CLICK.nonce}{behind}")
    assert read_click(click.signed).revision == revision
