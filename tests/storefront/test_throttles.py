"""Who asks too often."""

from datetime import timedelta

import pytest
from django.conf import settings as django_settings

from storefront.errors import RateExceeded
from storefront.throttles import Rate, client_address, count, count_miss
from tests.factories import NOW


def test_a_rate_counts_down_and_then_is_exceeded():
    rates = [count("scope", "ada", limit=2, at=NOW) for _ in range(4)]
    assert [rate.remaining for rate in rates] == [1, 0, 0, 0]
    assert [rate.is_exceeded for rate in rates] == [False, False, True, True]


def test_nobody_counts_for_another():
    count("scope", "ada", limit=1, at=NOW)
    assert count("scope", "grace", limit=1, at=NOW) == Rate(1, 1, 60)
    assert count("elsewhere", "ada", limit=1, at=NOW) == Rate(1, 1, 60)


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
    assert client_address(rf.get("/", headers=headers)) == address
