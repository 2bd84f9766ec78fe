"""A worker killed with SIGKILL again and again while mail goes out, by the mail server's count."""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter

import pytest

from tests.system.fire.asking import until
from tests.system.fire.service import end
from tests.system.mail.office import serving_mail
from tests.system.storms.storm import ROOT, database

pytestmark = pytest.mark.slow

ORDERS = 500
KILLS = 50
SEED = 6


@pytest.fixture
def office():
    with serving_mail() as server:
        yield server


@contextlib.contextmanager
def open_house(office, **settings):
    """Yield a database of its own, and workers on it that mail to the office."""
    settings |= {
        "EMAIL_URL": f"smtp://127.0.0.1:{office.port}",
        "MAIL_FROM": "downloads@shop.example",
        "MAIL_LEASE_SECONDS": "3",
        "MAIL_RETRY_SECONDS": "1",
    }
    with database(os.environ.get("DATABASE_URL")) as environment:
        house = House(environment | settings)
        try:
            yield house
        finally:
            house.close()


@pytest.fixture
def house(office):
    with open_house(office) as house:
        yield house


class House:
    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment
        self.workers: list[subprocess.Popen] = []
        self._inside = self._start("-m", "tests.system.mail.inside", stdin=subprocess.PIPE)
        self.ask("prepare", orders=ORDERS)

    def _start(self, *command: str, **pipes: int) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE if pipes else subprocess.DEVNULL,
            text=True,
            **pipes,
        )

    def work(self) -> None:
        """Start one more worker."""
        command = ("manage.py", "worker", "--interval", "0.1", "--no-startup-delay")
        self.workers.append(self._start(*command))

    def kill(self) -> None:
        """Kill the worker that has worked longest, as a power cut would."""
        worker = self.workers.pop(0)
        worker.send_signal(signal.SIGKILL)
        worker.wait()

    def ask(self, question: str, **given: int):
        self._inside.stdin.write(json.dumps([question, given]) + "\n")
        self._inside.stdin.flush()
        return json.loads(self._inside.stdout.readline())

    def close(self) -> None:
        for process in [*self.workers, self._inside]:
            with contextlib.suppress(ProcessLookupError):
                end(process)


def until_more_is_taken(office):
    before = len(office.accepted)
    until(lambda: len(office.accepted) > before, "no mail goes out")


def ends_of(house, office):
    """Wait until nothing moves; return each order's mail: its state, and how often it was taken."""
    until(lambda: house.ask("moving") == 0, "mails are still under way", seconds=90)
    taken = Counter(map(tuple, office.accepted))
    told = house.ask("ends")
    ends = {
        order: (state, taken.pop((name, email), 0)) for name, email, state, order in told["mails"]
    }
    assert taken == {}, "the server has mails nobody wrote"
    assert (len(ends), len(told["mails"]), told["orders"]) == (ORDERS, ORDERS, ORDERS)
    sent = {order for order, (state, _count) in ends.items() if state == "sent"}
    assert set(told["mailed"]) == sent
    return ends


def kill_again_and_again(house, office, *, kills):
    """Kill one of three workers so often while mail goes out; return how the mails ended."""
    dice = random.Random(SEED)  # noqa: S311
    office.thinks(0.02)
    for _worker in range(3):
        house.work()
    for kill in range(kills):
        first = kill * (ORDERS // kills) + 1
        house.ask("pay", first=first, last=first + ORDERS // kills - 1)
        # While mail goes out: a worker that has just been started sends none yet.
        until_more_is_taken(office)
        time.sleep(dice.uniform(0, 0.4))
        house.kill()
        house.work()
    office.thinks(0.0)
    return Counter(ends_of(house, office).values())


def test_a_worker_killed_fifty_times_sends_each_mail_once_or_says_that_it_cannot_tell(
    house, office, capsys
):
    kinds = kill_again_and_again(house, office, kills=KILLS)
    with capsys.disabled():
        print(f"\n{KILLS} kills, {ORDERS} mails: {dict(kinds)}", end=" ")  # noqa: T201
    assert set(kinds) <= {("sent", 1), ("doubtful", 1), ("doubtful", 0)}
    # The gap is small: a kill leaves one mail in doubt, or none.
    assert ORDERS - kinds["sent", 1] <= KILLS


def test_workers_beside_each_other_send_each_mail_once(house, office):
    house.work()
    house.work()
    house.ask("pay", first=1, last=ORDERS)
    assert Counter(ends_of(house, office).values()) == {("sent", 1): ORDERS}
