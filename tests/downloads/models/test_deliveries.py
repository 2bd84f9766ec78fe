from datetime import timedelta

import pytest

from downloads.errors import Unavailable
from downloads.models import Asset, Delivery
from downloads.models.deliveries import refusal_of_click, window_seconds
from tests.factories import NOW, DeliveryFactory, GrantFactory

SECOND = timedelta(seconds=1)
MINUTES_30 = 1800
KIB_64 = 64 * 1024


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
    mine = DeliveryFactory(grant=grant, nonce="mine")
    DeliveryFactory(grant=grant, nonce="next")
    DeliveryFactory(grant=other, nonce="other")
    assert Delivery.objects.of_click(grant, "mine") == mine
    assert Delivery.objects.of_click(grant, "other") is None
    assert Delivery.objects.of_click(grant, "") is None


ONE, OTHER = "1" * 64, "2" * 64
FILE = {"file": "book.epub", "link": "", "sha256": ONE, "size_bytes": 1000}
LINK = {"link": "https://shop.example/book", "size_bytes": 1000}


@pytest.mark.parametrize(
    ("opened", "asset", "is_its"),
    [
        ({"size_bytes": 1000, "sha256": ONE}, FILE, True),
        # Replaced since, also by one as large.
        ({"size_bytes": 1000, "sha256": OTHER}, FILE, False),
        ({"size_bytes": 999, "sha256": OTHER}, FILE, False),
        # Opened by older code.
        ({"size_bytes": 1000}, FILE, True),
        ({"size_bytes": 999}, FILE, False),
        # A link has no size that is sent.
        ({"size_bytes": None}, LINK, True),
        ({"size_bytes": 1000}, LINK, False),
        ({"size_bytes": None}, FILE, False),
    ],
)
def test_a_delivery_is_of_what_its_asset_was_when_it_was_opened(opened, asset, is_its):
    assert Delivery(**opened).is_of(Asset(**asset)) is is_its


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


@pytest.mark.parametrize(
    ("sent_bytes", "reason"), [(29, None), (30, Unavailable.CLICK_OVER), (99, "click_over")]
)
@pytest.mark.django_db
def test_a_click_is_over_when_its_budget_is_spent(sent_bytes, reason):
    delivery = DeliveryFactory(size_bytes=10, sent_bytes=sent_bytes)
    assert refusal_of_click(delivery.grant, delivery, valid_until=AFTER, at=NOW) == reason


# --- What a Delivery may still send --------------------------------------------------------------

# (size, sent, its window's end) and whether it is open; of a window that is not over, the budget
# alone decides, and the database says the same.
OPEN = [
    (None, 0, AFTER, True),
    (None, 10**15, AFTER, True),
    (None, 0, NOW, False),
    (None, 0, BEFORE, False),
    (10, 0, AFTER, True),
    (10, 29, AFTER, True),
    (10, 30, AFTER, False),
    (10, 31, AFTER, False),
    (10, 0, NOW, False),
    (1, 2, AFTER, True),
    (1, 3, AFTER, False),
    (5_000_000_000, 14_999_999_999, AFTER, True),
    (5_000_000_000, 15_000_000_000, AFTER, False),
]


@pytest.mark.parametrize(("size_bytes", "sent_bytes", "closes_at", "is_open"), OPEN)
@pytest.mark.django_db
def test_a_delivery_is_open_within_its_window_and_its_budget(
    size_bytes, sent_bytes, closes_at, is_open
):
    delivery = DeliveryFactory(size_bytes=size_bytes, sent_bytes=sent_bytes, closes_at=closes_at)
    assert delivery.is_open(NOW) is is_open
    if closes_at == AFTER:
        assert Delivery.objects.within_budget().exists() is is_open


@pytest.mark.django_db
def test_the_budget_follows_its_setting(settings):
    settings.DELIVERY_BUDGET_SIZES = 1
    delivery = DeliveryFactory(size_bytes=10, sent_bytes=10)
    assert delivery.is_open(NOW) is False
    assert not Delivery.objects.within_budget().exists()


# --- What has barely begun -----------------------------------------------------------------------

LARGE = 10_000_000
BARELY_BEGUN = [
    # Under 1 % …
    (100, 0, True),
    (100, 1, False),
    (101, 1, True),
    (6_400_000, 63_999, True),
    (6_400_000, 64_000, False),
    (1, 0, True),
    (1, 1, False),
    # … and under 64 KiB.
    (LARGE, KIB_64 - 1, True),
    (LARGE, KIB_64, False),
    (5_000_000_000, KIB_64 - 1, True),
    (5_000_000_000, KIB_64, False),
    # A link sends no bytes.
    (None, 0, False),
]


@pytest.mark.parametrize(("size_bytes", "sent_bytes", "is_barely_begun"), BARELY_BEGUN)
@pytest.mark.django_db
def test_barely_begun_is_under_a_percent_and_under_64_kib(size_bytes, sent_bytes, is_barely_begun):
    DeliveryFactory(size_bytes=size_bytes, sent_bytes=sent_bytes)
    assert Delivery.objects.barely_begun().exists() is is_barely_begun


@pytest.mark.django_db
def test_what_is_kept_is_never_barely_begun():
    DeliveryFactory(size_bytes=LARGE, is_kept=True)
    assert not Delivery.objects.barely_begun().exists()


@pytest.mark.parametrize(("bound", "is_barely_begun"), [(0, False), (1, True)])
@pytest.mark.django_db
def test_barely_begun_follows_its_setting_and_0_switches_it_off(settings, bound, is_barely_begun):
    settings.GIVE_BACK_BYTES = bound
    DeliveryFactory(size_bytes=LARGE)
    assert Delivery.objects.barely_begun().exists() is is_barely_begun


@pytest.mark.parametrize(
    ("facts", "is_to_weigh"),
    [
        ({"size_bytes": 10, "closes_at": NOW}, True),
        ({"size_bytes": 10, "closes_at": BEFORE}, True),
        ({"size_bytes": 10, "sent_bytes": 10, "closes_at": BEFORE}, True),
        ({"size_bytes": 10, "closes_at": AFTER}, False),
        ({"size_bytes": 10, "closes_at": BEFORE, "is_kept": True}, False),
        ({"size_bytes": None, "closes_at": BEFORE}, False),
    ],
)
@pytest.mark.django_db
def test_files_whose_window_has_ended_are_weighed_once(facts, is_to_weigh):
    DeliveryFactory(**facts)
    assert Delivery.objects.to_weigh(NOW).exists() is is_to_weigh
