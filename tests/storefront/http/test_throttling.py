"""Who asks too often."""

import threading
import warnings
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache

from storefront.http.client_ip import client_ip
from storefront.http.errors import RateExceeded
from storefront.http.throttling import Rate, count, count_miss
from tests.factories import NOW


def test_a_rate_counts_down_and_then_is_exceeded():
    rates = [count("scope", "ada", limit=2, at=NOW) for _ in range(4)]
    assert [rate.remaining for rate in rates] == [1, 0, 0, 0]
    assert [rate.is_exceeded for rate in rates] == [False, False, True, True]


def test_nobody_counts_for_another():
    count("scope", "ada", limit=1, at=NOW)
    assert count("scope", "grace", limit=1, at=NOW) == Rate(1, 1, 60)
    assert count("elsewhere", "ada", limit=1, at=NOW) == Rate(1, 1, 60)


def test_of_many_at_once_each_is_counted_once():
    counts, ready = [], threading.Barrier(8)

    def ask():
        ready.wait()
        counts.extend(count("scope", "ada", limit=1, at=NOW).count for _ in range(200))

    clients = [threading.Thread(target=ask) for _ in range(8)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    assert sorted(counts) == list(range(1, 1601))


class Emptied:
    """A cache that lets go of a count at certain calls; `calls` are what it was asked."""

    def __init__(self, *lost):
        self.lost, self.calls = list(lost), []

    def incr(self, key):
        self.calls.append("incr")
        if self.lost.pop(0):
            raise ValueError
        return 7

    def add(self, key, value, timeout):
        self.calls.append(("add", value, timeout))
        return not self.lost.pop(0)


@pytest.mark.parametrize(
    ("lost", "calls", "counted"),
    [
        ([False], ["incr"], 7),
        ([True, False], ["incr", ("add", 1, 120)], 1),
        # Another began it in between.
        ([True, True, False], ["incr", ("add", 1, 120), "incr"], 7),
        ([True, True, True], ["incr", ("add", 1, 120), "incr"], 1),
    ],
)
def test_a_count_begins_once_and_a_lost_one_begins_anew(monkeypatch, lost, calls, counted):
    emptied = Emptied(*lost)
    monkeypatch.setattr("storefront.http.throttling.cache", emptied)
    assert count("scope", "ada", limit=1, at=NOW).count == counted
    assert emptied.calls == calls


@pytest.mark.parametrize(("second", "reset"), [(0, 60), (1, 59), (30, 30), (59, 1)])
def test_a_minute_ends_for_everybody_at_once(second, reset):
    at = NOW + timedelta(seconds=second)
    assert count("scope", "ada", limit=1, at=at).reset_seconds == reset


def test_the_next_minute_begins_at_nothing():
    count("scope", "ada", limit=1, at=NOW + timedelta(seconds=59))
    assert count("scope", "ada", limit=1, at=NOW + timedelta(seconds=60)) == Rate(1, 1, 60)


def test_the_miss_past_the_limit_says_when_to_come_back(rf, settings):
    settings.TOKEN_MISSES_PER_MINUTE = 2
    for _ in range(2):
        count_miss(rf.get("/"), at=NOW)
    with pytest.raises(RateExceeded, match=r"\ARate limit exceeded\Z") as refused:
        count_miss(rf.get("/"), at=NOW + timedelta(seconds=20))
    assert refused.value.retry_after == 40


def test_thirty_misses_a_minute_are_the_default():
    assert django_settings.TOKEN_MISSES_PER_MINUTE == 30


FORWARDED = "203.0.113.9, 198.51.100.7,  192.0.2.5"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, None, "127.0.0.1"),
        (0, FORWARDED, "127.0.0.1"),
        (1, None, "127.0.0.1"),
        (1, FORWARDED, "192.0.2.5"),
        (2, FORWARDED, "198.51.100.7"),
        (9, FORWARDED, "203.0.113.9"),
    ],
)
def test_only_our_own_proxies_are_believed(rf, settings, proxies, forwarded, address):
    settings.REST_FRAMEWORK = django_settings.REST_FRAMEWORK | {"NUM_PROXIES": proxies}
    headers = {"x-forwarded-for": forwarded} if forwarded else {}
    assert client_ip(rf.get("/", headers=headers)) == address


@pytest.mark.parametrize(
    ("sent", "counted"),
    [
        ("192.0.2.5", "192.0.2.5"),
        ("::ffff:192.0.2.5", "192.0.2.5"),
        ("::ffff:c000:205", "192.0.2.5"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2::", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::/64"),
        # A port is no part of who asks: each connection has another.
        ("192.0.2.5:50001", "192.0.2.5"),
        ("[2001:db8:1:2::1]:50001", "2001:db8:1:2::/64"),
        ("[::ffff:192.0.2.5]", "192.0.2.5"),
    ],
)
def test_a_subscriber_is_counted_however_they_are_written(rf, sent, counted):
    assert client_ip(rf.get("/", REMOTE_ADDR=sent)) == counted


@pytest.mark.parametrize(
    "sent",
    ["unknown", "a b\r\n", "\0", "192.0.2.500", "2001:db8::1::2", "[]", "x" * 100_000, "\ud800"],
)
def test_what_is_no_address_counts_as_itself_in_a_short_key(rf, sent):
    one, other = (client_ip(rf.get("/", REMOTE_ADDR=text)) for text in (sent, sent + "0"))
    assert one != other
    assert (len(one), len(other)) == (32, 32)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cache.get(one)


@pytest.mark.parametrize("address", ["", None])
def test_a_request_without_an_address_is_counted_too(rf, address):
    assert client_ip(rf.get("/", REMOTE_ADDR=address)) == ""
