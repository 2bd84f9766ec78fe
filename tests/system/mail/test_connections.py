"""Several connections to the mail server at once: each with mails of its own, none sent twice."""

from collections import Counter

import pytest

from downloads.models import Mail, Order
from storefront.management.commands import worker
from tests.system.harness.processes import times, until
from tests.system.mail.test_kills import (
    ORDERS,
    ends_of,
    kill_again_and_again,
    open_house,
)

racing = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture
def working():
    """Return a function that sends mail as a worker does until something is so, then stops."""
    command = worker.Command()
    loops = []

    def work(is_so):
        loops.extend(command.begin_mail(0.05))
        until(is_so, "mails wait")

    yield work
    command.is_stopping.set()
    for loop in loops:
        loop.join()


def is_done():
    return not Mail.objects.exclude(state=Mail.State.SENT).exists()


@pytest.mark.slow
@racing
@pytest.mark.both_databases  # rows are claimed by locks
@pytest.mark.parametrize("connections", [1, 2, 4])
def test_as_many_mails_are_open_at_once_as_there_are_connections(
    server, write, working, settings, connections
):
    settings.MAIL_CONNECTIONS = connections
    mails = [write() for _ in range(16)]
    server.holds = True
    working(lambda: server.open == connections)
    server.holds = False
    until(is_done, "mails wait")
    assert server.most_at_once == connections
    # Each its own line, for as many mails as there are.
    assert server.connected == connections
    assert sorted(server.recipients) == sorted(mail.email for mail in mails)
    assert Order.objects.filter(email_sent_at=None).count() == 0


@pytest.mark.slow
@racing
@pytest.mark.both_databases  # rows are claimed by locks
def test_a_line_that_breaks_leaves_those_of_the_others(server, write, working, settings):
    settings.MAIL_CONNECTIONS, settings.MAIL_RETRY_SECONDS = 4, 1
    mails = [write() for _ in range(16)]
    server.takes(3)  # then it hangs up
    working(is_done)
    assert sorted(server.recipients) == sorted(mail.email for mail in mails)
    assert server.connected > 4


def test_one_is_the_default(settings):
    assert settings.MAIL_CONNECTIONS == 1


# --- Real workers --------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.both_databases  # each of a worker's threads has a connection of its own
def test_workers_with_four_connections_each_send_each_mail_once(office):
    with open_house(office, MAIL_CONNECTIONS="4", MAIL_LEASE_SECONDS="300") as (workers, inside):
        inside.ask("pay", first=1, last=ORDERS)
        office.holds = True
        workers.start()
        workers.start()
        until(lambda: office.open == 8, "the workers are not at work")
        office.holds = False
        assert Counter(ends_of(inside, office).values()) == {("sent", 1): ORDERS}
        assert office.most_at_once == 8


@pytest.mark.slow
@pytest.mark.both_databases  # likewise
def test_each_kill_leaves_no_more_mails_in_doubt_than_there_are_connections(office):
    kills = times(2, drill=20)
    with open_house(office, MAIL_CONNECTIONS="4") as house:
        kinds = kill_again_and_again(house, office, kills=kills)
    assert set(kinds) <= {("sent", 1), ("doubtful", 1), ("doubtful", 0)}
    assert ORDERS - kinds["sent", 1] <= kills * 4
