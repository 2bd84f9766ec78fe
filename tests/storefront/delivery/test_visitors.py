"""What the ledger knows of who asked."""

import pytest
from django.conf import settings as django_settings

from downloads.models import DownloadEvent
from storefront.delivery.visitors import visitor_of
from tests.storefront.conftest import CONTENT, click_on

CHARGED = DownloadEvent.Kind.CHARGED


def address_hash(rf, address, **headers):
    return visitor_of(rf.get("/", headers=headers, REMOTE_ADDR=address)).address_hash


def user_agent(rf, text):
    return visitor_of(rf.get("/", headers={"user-agent": text})).user_agent


# --- The address -------------------------------------------------------------------------------


def test_an_address_is_told_from_another_and_known_again(rf):
    one, other = address_hash(rf, "192.0.2.1"), address_hash(rf, "192.0.2.2")
    assert one != other
    assert one == address_hash(rf, "192.0.2.1")
    assert len(one) == len(address_hash(rf, "2001:db8::1")) == 64


def test_an_address_cannot_be_tried_out_without_the_key(rf, settings):
    known = address_hash(rf, "192.0.2.1")
    settings.SECRET_KEY = "another" * 10
    assert address_hash(rf, "192.0.2.1") != known


@pytest.mark.parametrize("address", ["", None])
def test_a_visitor_without_an_address_is_one_too(rf, address):
    assert len(address_hash(rf, address)) == 64


def test_only_our_own_proxies_are_believed(rf, settings):
    direct, behind = address_hash(rf, "192.0.2.1"), {"x-forwarded-for": "203.0.113.9, 192.0.2.7"}
    assert address_hash(rf, "192.0.2.1", **behind) == direct
    settings.REST_FRAMEWORK = django_settings.REST_FRAMEWORK | {"NUM_PROXIES": 1}
    assert address_hash(rf, "192.0.2.1", **behind) == address_hash(rf, "192.0.2.7")


# --- What their program calls itself -----------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("curl/8.5.0", "curl/8.5.0"),
        ("", ""),
        ("a\r\nb\tc\0d\x1b[31me\x7f", "a  b c d [31me "),
        ("a\u202eb\u2028c\ud800d", "a b c d"),
        ("Müller/1.0", "Müller/1.0"),
        ("x" * 10_000, "x" * 200),
    ],
)
def test_a_user_agent_is_kept_short_and_in_print(rf, said, kept):
    assert user_agent(rf, said) == kept


def test_a_visitor_may_say_nothing(rf):
    assert visitor_of(rf.get("/")).user_agent == ""


# --- In the ledger -----------------------------------------------------------------------------


def rows():
    return list(DownloadEvent.objects.order_by("id").values())


def test_every_line_of_a_click_says_who_asked(client, grant):
    url = click_on(grant).url
    asked = {"user-agent": "curl/8.5.0\r\n" + "x" * 10_000}
    assert client.get(url, headers=asked, REMOTE_ADDR="192.0.2.77").getvalue() == CONTENT
    [hashed] = {row["address_hash"] for row in rows()}
    assert {row["kind"] for row in rows()} == {"charged", "served"}
    assert {row["user_agent"] for row in rows()} == {("curl/8.5.0  " + "x" * 188)}
    assert len(hashed) == 64


def test_two_visitors_are_told_apart_and_neither_address_is_kept(client, grant):
    for address in ("192.0.2.77", "2001:db8::77"):
        client.get(click_on(grant).url, REMOTE_ADDR=address).getvalue()
    charged = DownloadEvent.objects.filter(kind=CHARGED).values_list("address_hash", flat=True)
    assert len(set(charged)) == 2
    for address in ("192.0.2.77", "2001:db8::77"):
        assert address not in repr(rows())


def test_a_refused_click_says_who_asked(client, grant):
    grant.order.cancelled_at = click_on(grant).valid_until
    grant.order.save()
    client.get(click_on(grant).url, headers={"user-agent": "wget"}, REMOTE_ADDR="192.0.2.77")
    [row] = rows()
    assert (row["kind"], row["reason"], row["user_agent"]) == ("refused", "canceled", "wget")
    assert len(row["address_hash"]) == 64


def test_no_forwarded_address_is_believed_or_kept(client, grant):
    for number in (1, 2):
        forwarded = {"x-forwarded-for": f"203.0.113.{number}"}
        client.get(click_on(grant).url, headers=forwarded).getvalue()
    assert len({row["address_hash"] for row in rows()}) == 1
    assert "203.0.113" not in repr(rows())
