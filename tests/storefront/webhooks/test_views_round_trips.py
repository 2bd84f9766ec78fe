"""How often a message goes to PostgreSQL and back before it is answered."""

import pytest
from django.db import connection
from django_tasks_db.models import DBTaskResult

from downloads.models import Message
from tests.relay import relayed

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.both_databases,
    pytest.mark.skipif(
        connection.vendor != "postgresql", reason="an embedded database has no line"
    ),
]


@pytest.fixture
def trips(deliver):
    """Return a function that posts a message, and says after how many round trips it is stored."""
    with relayed() as relay:

        def post(number):
            connection.health_check_done = False  # as a request begins
            before = relay.turns
            response = deliver("app/uninstalled", {}, is_applied=False, Webhook_Id=number)
            return relay.turns - before, response.status_code

        for number in range(2):
            # Statements are written and prepared at the first use; the bell is rung.
            post(f"first {number}"), post(f"first {number}")
        yield post


def test_a_message_takes_two(trips):
    # The message, if its secret still stands, and whether a bell waits that will find it.
    assert trips("news") == (2, 200)
    assert Message.objects.filter(delivery_id="news").exists()
    assert DBTaskResult.objects.count() == 1


def test_a_repeated_one_takes_three(trips):
    # Nothing is stored: that its secret stands is asked by itself, and the rest once more.
    trips("news")
    assert trips("news") == (3, 200)
