"""The light of a connection, in words for a merchant."""

from datetime import timedelta

import pytest

from storefront.connections.lights import last_messages, light_of
from storefront.models import PlatformAccess, WebhookSecret
from tests.factories import NOW, ShopFactory

SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)


def access(**values):
    return PlatformAccess(source="shopify", **{"connected_at": NOW - 30 * DAY} | values)


CASES = [
    ({"fault": "The app is gone."}, NOW, "bad", "Failing"),
    ({"connected_at": None}, None, "warn", "No message yet"),
    ({}, None, "warn", "Waiting for the first message"),
    ({"connected_at": NOW - HOUR / 2}, NOW - 12 * SECOND, "ok", "first message received 12 s ago"),
    ({}, NOW - 2 * HOUR, "ok", "Connected; last message 2\u00a0hours ago"),
    ({}, NOW + HOUR, "ok", "last message 1 s ago"),
    ({}, NOW - 4 * DAY, "warn", "Quiet since 4\u00a0days"),
    ({"mended_at": NOW - DAY, "lost_topics": "a/b c/d"}, NOW - HOUR, "warn", "Webhooks were lost"),
    ({"mended_at": NOW - 8 * DAY, "lost_topics": "a/b"}, NOW - 2 * HOUR, "ok", "Connected"),
]


@pytest.mark.parametrize(("row", "heard", "level", "words"), CASES)
def test_a_light_says_how_it_is(row, heard, level, words):
    light = light_of(access(**row), heard, at=NOW)
    assert light.level == level
    assert words in light.words


def test_what_failed_is_told_with_its_cause():
    assert light_of(access(fault="The app is gone."), NOW, at=NOW).cause == "The app is gone."
    mended = access(mended_at=NOW - DAY, lost_topics="a/b c/d")
    cause = light_of(mended, NOW - HOUR, at=NOW).cause
    assert cause.startswith("Shopify had dropped 2 of our webhooks; they were registered again 1")


def test_the_hours_of_quiet_are_a_setting(settings):
    settings.CONNECTION_QUIET_HOURS = 200
    assert light_of(access(), NOW - 4 * DAY, at=NOW).level == "ok"


def test_a_shop_is_heard_by_its_platforms_secrets(db, django_assert_num_queries):
    rows = []
    for number in range(3):
        shop = ShopFactory()
        rows.append(PlatformAccess.objects.create(shop=shop, source="shopify", address="a"))
        for source in ("shopify", "woocommerce"):
            WebhookSecret.keep(shop, source=source, secret="a secret of the test")
        if number:
            heard = NOW - number * HOUR
            WebhookSecret.objects.filter(shop=shop, source="shopify").update(used_at=heard)
    with django_assert_num_queries(1):
        heard = last_messages(rows)
    assert heard == {rows[1].pk: NOW - HOUR, rows[2].pk: NOW - 2 * HOUR}
