from datetime import timedelta

import pytest
from django.utils import timezone

from downloads.models import Grant
from tests.factories import GrantFactory

URL = "/admin/downloads/grant/"


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
    assert act("revoke", grant) == ["1 downloads revoked."]
    grant.refresh_from_db()
    assert grant.withdrawn_at is not None
    assert act("restore", grant) == ["1 downloads restored."]
    grant.refresh_from_db()
    assert grant.withdrawn_at is None


def test_counters_cannot_be_typed_over(staff):
    grant = GrantFactory(used=3)
    staff.post(f"{URL}{grant.pk}/change/", {"used": 0, "bought": 99, "deliveries-TOTAL_FORMS": 0})
    grant.refresh_from_db()
    assert (grant.used, grant.bought) == (3, 10)


def test_what_was_done_stands_in_the_history(act, staff):
    grant = GrantFactory()
    act("raise_limit", grant, amount=3)
    history = staff.get(f"{URL}{grant.pk}/history/").content.decode()
    assert "Raised by 3" in history


def test_the_list_asks_the_same_for_one_and_for_many(staff, django_assert_num_queries):
    grant = GrantFactory()
    with django_assert_num_queries(6):
        staff.get(URL)
    for _ in range(5):
        GrantFactory(order__shop=grant.order.shop)
    with django_assert_num_queries(6):
        staff.get(URL)
