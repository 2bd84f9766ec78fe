"""Several connections to the mail server at once: each with mails of its own, none sent twice."""

from collections import Counter

import pytest

from downloads.models import Mail, Order
from storefront.management.commands import worker
from tests.system.mail.office import serving_mail
from tests.system.mail.test_kills import ORDERS, ends_of, kill_again_and_again, open_house
from tests.system.mail.test_outages import until

racing = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture
def working():
    """Return a function that sends mail as a worker does until something is so, then stops."""
    command = worker.Command()
    loops = []

    def work(is_so):
        loops.extend(command.begin_mail(0.05))
        until(is_so)

    yield work
    command.is_stopping.set()
    for loop in loops:
        loop.join()


def is_done():
    return not Mail.objects.exclude(state=Mail.State.SENT).exists()


@racing
@pytest.mark.parametrize("connections", [1, 2, 4])
def test_as_many_mails_are_open_at_once_as_there_are_connections(
    server, write, working, settings, connections
):
    settings.MAIL_CONNECTIONS = connections
    mails = [write() for _ in range(16)]
    server.thinks(0.1)  # and again: 200 ms a mail
    working(is_done)
    assert server.most_at_once == connections
    # Each its own line, for as many mails as there are.
    assert server.connections == connections
    assert sorted(server.recipients) == sorted(mail.email for mail in mails)
    assert Order.objects.filter(email_sent_at=None).count() == 0


@racing
def test_a_line_that_breaks_leaves_those_of_the_others(server, write, working, settings):
    settings.MAIL_CONNECTIONS, settings.MAIL_RETRY_SECONDS = 4, 1
    mails = [write() for _ in range(16)]
    server.takes(3)  # then it hangs up
    working(is_done)
    assert sorted(server.recipients) == sorted(mail.email for mail in mails)
    assert server.connections > 4


def test_one_is_the_default(settings):
    assert settings.MAIL_CONNECTIONS == 1


# --- Real workers --------------------------------------------------------------------------------


@pytest.fixture
def office():
    with serving_mail() as server:
        yield server


@pytest.fixture
def house(office):
    with open_house(office, MAIL_CONNECTIONS="4") as house:
        yield house


@pytest.mark.slow
def test_workers_with_four_connections_each_send_each_mail_once(house, office):
    office.thinks(0.1)
    house.ask("pay", first=1, last=ORDERS)
    house.work()
    house.work()
    assert Counter(ends_of(house, office).values()) == {("sent", 1): ORDERS}
    assert 4 < office.most_at_once <= 8


@pytest.mark.slow
def test_each_kill_leaves_no_more_mails_in_doubt_than_there_are_connections(house, office, capsys):
    kinds = kill_again_and_again(house, office, kills=20)
    with capsys.disabled():
        print(f"\n20 kills of 4 connections, {ORDERS} mails: {dict(kinds)}", end=" ")  # noqa: T201
    assert set(kinds) <= {("sent", 1), ("doubtful", 1), ("doubtful", 0)}
    assert ORDERS - kinds["sent", 1] <= 20 * 4
