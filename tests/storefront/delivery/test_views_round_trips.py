"""How often a click goes to PostgreSQL and back, as a line between the two sees it."""

import pytest
from django.db import connection

from downloads.models import Delivery
from tests.factories import GrantFactory, make_file_grant
from tests.relay import relayed
from tests.storefront.conftest import click_on, spent

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.both_databases,
    pytest.mark.skipif(
        connection.vendor != "postgresql", reason="an embedded database has no line"
    ),
]


@pytest.fixture
def trips(client):
    """Return a function that asks for a click's bytes, and says after how many round trips."""
    with relayed() as relay:

        def ask(grant, click, **headers):
            connection.health_check_done = False  # as a request begins
            before = relay.turns
            response = client.get(click.url, headers=headers)
            body = b"".join(response.streaming_content) if response.streaming else b""
            response.close()
            return relay.turns - before, response.status_code, len(body)

        def warm_up(grant):
            # Their statements are written and prepared at the first use, for each kind of values.
            for _ in range(2):
                ask(grant, click := click_on(grant))
                ask(grant, click)

        ask.warm_up = warm_up
        yield ask


def test_a_click_on_a_file_takes_three(trips):
    grant = make_file_grant(b"x" * 1000, limit=10)
    trips.warm_up(grant)
    assert trips(grant, click_on(grant)) == (3, 200, 1000)
    assert spent(grant)[0] == 3


def test_a_click_on_a_link_takes_two(trips):
    grant = GrantFactory(limit=10)
    trips.warm_up(grant)
    assert trips(grant, click_on(grant)) == (2, 302, 0)
    assert spent(grant)[0] == 3


def test_a_further_part_of_a_click_takes_three(trips):
    grant = make_file_grant(b"x" * 1000, limit=10)
    trips.warm_up(grant)
    click = click_on(grant)
    trips(grant, click)
    assert trips(grant, click, range="bytes=0-99") == (3, 206, 100)


def test_behind_nginx_a_click_takes_two(trips, settings):
    settings.FILES_LEAVE_BY = "nginx"
    grant = make_file_grant(b"x" * 1000, limit=10)
    trips.warm_up(grant)
    assert trips(grant, click_on(grant)) == (2, 200, 0)
    assert Delivery.objects.filter(sent_bytes=1000).exists()
