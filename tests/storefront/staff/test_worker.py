"""The start page says in words when the worker is silent or fails, to all staff."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User

from downloads import fulfilment
from downloads.models import Membership
from tests.factories import NOW, ShopFactory

WAITS = ": mails and messages wait. Start manage.py worker."


@pytest.fixture
def words(client, db, frozen):
    """Return a function that says what the start page tells a supporter of one shop now."""
    user = User.objects.create_user("ada", is_staff=True)
    Membership.objects.create(shop=ShopFactory(), user=user, role="support")
    frozen(NOW)
    client.force_login(user)

    def read():
        page = client.get("/admin/").content.decode()
        return re.findall(r"<b>(.*?worker.*?)</b>", page)

    return read


def test_a_worker_that_lives_is_not_spoken_of(words):
    fulfilment.beat("one", at=NOW)
    assert words() == []


@pytest.mark.parametrize(
    ("ago", "since"),
    [
        (timedelta(minutes=3), "11:57"),
        (timedelta(days=1), "28 February 2026, 12:00"),
    ],
)
def test_a_silent_worker_is_told_of_with_the_time(words, ago, since):
    fulfilment.beat("one", at=NOW - ago)
    assert f"The worker has said nothing since {since}{WAITS}" == words()[0]


def test_the_time_is_that_of_the_zone(words, settings):
    settings.TIME_ZONE = "Asia/Tokyo"
    fulfilment.beat("one", at=NOW - timedelta(minutes=3))
    assert f"The worker has said nothing since 20:57{WAITS}" == words()[0]


def test_a_worker_that_never_was_is_told_of(words):
    assert f"No worker has run yet{WAITS}" == words()[0]


def test_a_worker_that_fails_is_told_of(words):
    fulfilment.beat("one", at=NOW, failing="sending mail (ValueError)", failing_since=NOW)
    assert words()[0] == (
        "Since 12:00 the worker fails at sending mail (ValueError). It keeps trying; its log says "
        "more of the cause."
    )


def test_a_stranger_is_told_nothing(client, db):
    response = client.get("/admin/", follow=True)
    assert "worker" not in response.content.decode()
