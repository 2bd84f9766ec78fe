from datetime import timedelta

import pytest

from downloads.errors import Unavailable
from downloads.models import Delivery
from downloads.models.deliveries import refusal_of_click, window_seconds
from tests.factories import NOW, GrantFactory

SECOND = timedelta(seconds=1)
MINUTES_30 = 1800


@pytest.mark.parametrize(
    ("size_bytes", "seconds"),
    [
        (None, MINUTES_30),
        (1, MINUTES_30),
        (90_000_000, MINUTES_30),
        (90_050_000, MINUTES_30 + 1),
        (1_000_000_000, 20_000),
    ],
)
def test_a_window_is_as_long_as_a_slow_line_needs(size_bytes, seconds):
    assert window_seconds(size_bytes) == seconds


def test_the_window_follows_its_settings(settings):
    settings.DELIVERY_WINDOW_SECONDS = 60
    settings.DELIVERY_BYTES_PER_SECOND = 10
    assert window_seconds(599) == 60
    assert window_seconds(6_000) == 600


@pytest.mark.django_db
def test_a_click_finds_its_own_delivery_alone():
    grant, other = GrantFactory(), GrantFactory()
    times = {"opened_at": NOW, "closes_at": NOW + SECOND}
    mine = Delivery.objects.create(grant=grant, nonce="mine", **times)
    Delivery.objects.create(grant=grant, nonce="next", **times)
    Delivery.objects.create(grant=other, nonce="other", **times)
    assert Delivery.objects.of_click(grant, "mine") == mine
    assert Delivery.objects.of_click(grant, "other") is None
    assert Delivery.objects.of_click(grant, "") is None


BEFORE, AFTER = NOW - SECOND, NOW + SECOND


@pytest.mark.parametrize(
    ("facts", "closes_at", "valid_until", "reason"),
    [
        # A first click.
        ({}, None, AFTER, None),
        ({}, None, NOW, Unavailable.LINK_PAST),
        ({"used": 10}, None, AFTER, Unavailable.USED_UP),
        ({"used": 10}, None, NOW, Unavailable.LINK_PAST),
        # A live delivery outlives its address and its last download.
        ({"used": 10}, AFTER, BEFORE, None),
        # A delivery that is over.
        ({}, NOW, AFTER, Unavailable.CLICK_OVER),
        ({}, NOW, NOW, Unavailable.LINK_PAST),
        ({"used": 10}, NOW, AFTER, Unavailable.USED_UP),
        # The right is asked first, whatever is live.
        ({"withdrawn_at": NOW}, AFTER, AFTER, Unavailable.WITHDRAWN),
        ({"expires_at": NOW}, AFTER, AFTER, Unavailable.PAST),
        ({"refunded": True}, AFTER, AFTER, Unavailable.REFUNDED),
        ({"withdrawn_at": NOW, "used": 10}, None, BEFORE, Unavailable.WITHDRAWN),
    ],
)
@pytest.mark.django_db
def test_a_click_is_refused_with_its_reason(facts, closes_at, valid_until, reason):
    grant = GrantFactory(**facts)
    delivery = closes_at and Delivery(
        grant=grant, nonce="n", opened_at=BEFORE - SECOND, closes_at=closes_at
    )
    assert refusal_of_click(grant, delivery, valid_until=valid_until, at=NOW) == reason
