"""A worker killed with SIGKILL again and again while mail goes out, by the mail server's count."""

import contextlib
import random
import time
from collections import Counter

import pytest

from tests.system.harness.databases import database
from tests.system.harness.processes import Inside, times, until, working

# The two engines lock what a worker has claimed each in its own way.
pytestmark = [pytest.mark.slow, pytest.mark.both_databases]

# So many that each kill has an equal share.
ORDERS = times(42, drill=500)
KILLS = times(3, drill=50)
SEED = 6


@contextlib.contextmanager
def open_house(office, **settings):
    """Yield workers on a database of its own that mail to the office, and whom to ask of it."""
    settings = {
        "EMAIL_URL": f"smtp://127.0.0.1:{office.port}",
        "MAIL_FROM": "downloads@shop.example",
        "MAIL_LEASE_SECONDS": "2",
        "MAIL_RETRY_SECONDS": "1",
    } | settings
    with database() as environment:
        inside = Inside(environment, "tests.system.mail.questions")
        try:
            inside.ask("prepare", orders=ORDERS)
            with working(environment | settings, workers=0) as workers:
                yield workers, inside
        finally:
            inside.stop()


@pytest.fixture
def house(office):
    with open_house(office) as house:
        yield house


def until_more_is_taken(office):
    before = len(office.accepted)
    until(lambda: len(office.accepted) > before, "no mail goes out")


def ends_of(inside, office):
    """Wait until nothing moves; return each order's mail: its state, and how often it was taken."""
    until(lambda: inside.ask("moving") == 0, "mails are still under way", seconds=90)
    taken = Counter(office.accepted)
    told = inside.ask("ends")
    ends = {
        order: (state, taken.pop((name, email), 0)) for name, email, state, order in told["mails"]
    }
    assert taken == {}, "the server has mails nobody wrote"
    assert (len(ends), len(told["mails"]), told["orders"]) == (ORDERS, ORDERS, ORDERS)
    sent = {order for order, (state, _count) in ends.items() if state == "sent"}
    assert set(told["mailed"]) == sent
    return ends


def kill_again_and_again(house, office, *, kills):
    """Kill one of the workers so often while mail goes out; return how the mails ended."""
    workers, inside = house
    dice = random.Random(SEED)  # noqa: S311
    office.thinks(0.02)
    for _worker in range(times(2, drill=3)):
        workers.start()
    for kill in range(kills):
        first = kill * (ORDERS // kills) + 1
        inside.ask("pay", first=first, last=first + ORDERS // kills - 1)
        # While mail goes out: a worker that has just been started sends none yet.
        until_more_is_taken(office)
        time.sleep(dice.uniform(0, 0.1))
        workers.kill()
        workers.start()
    office.thinks(0.0)
    return Counter(ends_of(inside, office).values())


def test_a_worker_killed_again_and_again_sends_each_mail_once_or_says_that_it_cannot_tell(
    house, office
):
    kinds = kill_again_and_again(house, office, kills=KILLS)
    assert set(kinds) <= {("sent", 1), ("doubtful", 1), ("doubtful", 0)}
    # The gap is small: a kill leaves one mail in doubt, or none.
    assert ORDERS - kinds["sent", 1] <= KILLS


def test_workers_beside_each_other_send_each_mail_once(house, office):
    workers, inside = house
    workers.start()
    workers.start()
    inside.ask("pay", first=1, last=ORDERS)
    assert Counter(ends_of(inside, office).values()) == {("sent", 1): ORDERS}
