import re
from datetime import timedelta

import pytest
from django.utils import timezone

from downloads.models import Delivery, Grant
from tests.factories import NOW, DeliveryFactory, GrantFactory

URL = "/admin/downloads/grant/"


def deliveries_of(client, grant):
    """Return what a download's page says of each Delivery."""
    page = client.get(f"{URL}{grant.pk}/change/").content.decode()
    fields = ("opened_at", "sent", "is_open", "closes_at")
    columns = [re.findall(rf'<td class="field-{field}">\s*<p>(.*?)</p>', page) for field in fields]
    columns[2] = [re.search('alt="(.*?)"', mark)[1] for mark in columns[2]]
    return list(zip(*columns, strict=True))


@pytest.fixture
def act(staff, messages_of):
    """Return a function that runs an action on grants and returns its messages."""

    def run(action, *grants, amount=""):
        data = {"action": action, "amount": amount, "_selected_action": [g.pk for g in grants]}
        return messages_of(staff.post(URL, data, follow=True))

    return run


def test_reset(act):
    grants = [GrantFactory(used=3), GrantFactory(used=10)]
    assert act("reset", *grants) == ["2 downloads reset to zero."]
    assert list(Grant.objects.values_list("used", flat=True)) == [0, 0]


def test_raise_names_those_it_refused(act):
    limited, unlimited = GrantFactory(limit=2), GrantFactory(limit=None)
    assert act("raise_limit", limited, unlimited, amount=3) == [
        "1 downloads raised by 3.",
        f"{unlimited}: This download is unlimited already.",
    ]
    limited.refresh_from_db()
    assert (limited.bought, limited.added) == (5, 3)


@pytest.mark.slow
@pytest.mark.parametrize("amount", ["", "0", "-1", "1.5", "many"])
def test_raise_without_an_amount_says_what_to_enter(act, amount):
    grant = GrantFactory(limit=2)
    [message] = act("raise_limit", grant, amount=amount)
    grant.refresh_from_db()
    assert grant.bought == 2
    assert message.endswith("Enter how many downloads to add: 1 or more.")


def test_extend(act):
    end = timezone.now() + timedelta(days=5)
    grant = GrantFactory(expires_at=end)
    assert act("extend", grant, amount=10) == ["1 downloads extended by 10 days."]
    grant.refresh_from_db()
    assert grant.expires_at == end + timedelta(days=10)


def test_revoke_and_restore(act):
    grant = GrantFactory()
    assert act("revoke", grant) == ["1 downloads withdrawn."]
    grant.refresh_from_db()
    assert grant.withdrawn_at is not None
    assert act("restore", grant) == ["1 downloads restored."]
    grant.refresh_from_db()
    assert grant.withdrawn_at is None


def test_counters_cannot_be_typed_over(staff):
    grant = GrantFactory(used=3, given_back=1)
    DeliveryFactory(grant=grant)
    counts = {"used": 0, "bought": 99, "given_back": 0}
    inline = {
        "deliveries-TOTAL_FORMS": 1,
        "deliveries-INITIAL_FORMS": 1,
        "deliveries-0-id": grant.deliveries.get().pk,
        "deliveries-0-sent_bytes": 0,
        "deliveries-0-DELETE": "on",
    }
    before = list(Delivery.objects.values())
    assert staff.post(f"{URL}{grant.pk}/change/", counts | inline).status_code == 302
    grant.refresh_from_db()
    assert (grant.used, grant.bought, grant.given_back) == (3, 10, 1)
    assert list(Delivery.objects.values()) == before


def test_the_newest_downloads_say_what_was_sent_and_whether_they_are_open(staff, frozen):
    grant = GrantFactory()
    sizes = {"size_bytes": 10_000_000, "sent_bytes": 4_200_000}
    DeliveryFactory(grant=grant, opened_at=NOW - timedelta(hours=1), **sizes)
    DeliveryFactory(grant=grant, opened_at=NOW, size_bytes=10, sent_bytes=30)
    DeliveryFactory(grant=grant, opened_at=NOW)
    frozen(NOW + timedelta(minutes=1))
    assert deliveries_of(staff, grant) == [
        ("1 March 2026, 12:00", "led to the link", "True", "1 March 2026, 12:30"),
        (
            "1 March 2026, 12:00",
            "30\u202fB of 10\u202fB, some of it again",
            "False",
            "1 March 2026, 12:30",
        ),
        ("1 March 2026, 11:00", "4.2\u202fMB of 10\u202fMB", "False", "1 March 2026, 11:30"),
    ]


def test_of_many_downloads_the_newest_fifty_are_shown(staff):
    grant = GrantFactory(limit=None)
    for minute in range(51):
        DeliveryFactory(grant=grant, opened_at=NOW - timedelta(minutes=minute))
    rows = deliveries_of(staff, grant)
    assert len(rows) == 50
    assert (rows[0][0], rows[-1][0]) == ("1 March 2026, 12:00", "1 March 2026, 11:11")


def test_a_download_shows_what_was_given_back_by_itself(staff, settings):
    settings.GIVE_BACKS_PER_GRANT = 5
    page = staff.get(f"{URL}{GrantFactory(given_back=2).pk}/change/").content.decode()
    assert "2 of at most 5 that broke off at once" in page


def test_what_was_done_stands_in_the_history(act, staff):
    grant = GrantFactory()
    act("raise_limit", grant, amount=3)
    history = staff.get(f"{URL}{grant.pk}/history/").content.decode()
    assert "Raised the limit" in history


@pytest.mark.slow
def test_the_list_asks_the_same_for_one_and_for_many(staff, django_assert_num_queries):
    grant = GrantFactory()
    with django_assert_num_queries(6):
        staff.get(URL)
    for _ in range(5):
        GrantFactory(order__shop=grant.order.shop)
    with django_assert_num_queries(6):
        staff.get(URL)
