"""A run that is killed or stopped in its middle, and started anew: one end, and the true one."""

import contextlib
import functools
import random
import signal
import subprocess
import time

import pytest

from tests.invariants.reconciliation.shopify import ShopifyShop
from tests.invariants.reconciliation.woocommerce import WooShop
from tests.invariants.reconciliation.worlds import shopify_season, woo_season
from tests.system.harness.databases import database
from tests.system.harness.processes import Inside, start, times, until

pytestmark = pytest.mark.slow
PLATFORMS = {
    "shopify": (ShopifyShop, shopify_season),
    "woocommerce": (WooShop, woo_season),
}
ORDERS = 30
ON_THIS_MACHINE = {"ALLOW_PRIVATE_PLATFORMS": "true", "PLATFORM_RETRY_SECONDS": "0"}


@pytest.fixture
def source():
    return "shopify"


@contextlib.contextmanager
def standin_of(source, season):
    with PLATFORMS[source][0](bucket=10**6, largest_page=8) as standin:
        season.tell(standin)
        yield standin


@pytest.fixture
def platform(source):
    with standin_of(source, PLATFORMS[source][1](ORDERS, seed=3)) as standin:
        yield standin


@contextlib.contextmanager
def shop_in_a_database(source, platform):
    """Yield two functions: one starts the command in a fresh shop's own database, one asks it."""
    with database() as environment:
        environment |= ON_THIS_MACHINE
        inside = Inside(environment, "tests.invariants.reconciliation.questions")
        domain = inside.ask("prepare", source=source, address=platform.address)

        def run():
            return start(
                *("manage.py", "reconcile", "--shop", domain),
                environment=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                # Whoever starts the tests may have had it ignored.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            )

        try:
            yield run, lambda: inside.ask("end")
        finally:
            inside.stop()


def wait_until_asked(platform, questions):
    due = len(platform.asked) + questions
    until(lambda: len(platform.asked) >= due, "nothing is asked")


@functools.cache
def end_of_a_whole_run(source):
    season = PLATFORMS[source][1](ORDERS, seed=3)
    with standin_of(source, season) as platform, shop_in_a_database(source, platform) as house:
        start, end = house
        process = start()
        process.communicate(timeout=300)
        assert process.returncode == 0
        whole = end()
    assert whole["statuses"] == {str(number): status for number, status in season.truths.items()}
    return whole["state"]


@pytest.mark.parametrize("source", list(PLATFORMS)[-times(1, drill=2) :])
def test_killed_three_times_it_ends_as_if_it_had_not_been(source, platform):
    dice = random.Random(4)  # noqa: S311
    whole = end_of_a_whole_run(source)
    with shop_in_a_database(source, platform) as (start, end):
        for questions in (3, 4, 5):
            process = start()
            wait_until_asked(platform, questions)
            time.sleep(dice.uniform(0, 0.1))
            process.kill()
            process.communicate()
            assert process.returncode == -signal.SIGKILL
        assert end()["state"] != whole
        said, problems = start().communicate(timeout=300)
        assert (said.splitlines()[-1][:9], problems) == ("Repaired ", "")
        assert end()["state"] == whole
        assert start().communicate(timeout=300)[0].startswith("Nothing to repair")


def test_stopped_it_says_so_and_goes_on_where_it_is_started_anew(source, platform):
    whole = end_of_a_whole_run(source)
    with shop_in_a_database(source, platform) as (start, end):
        process = start()
        wait_until_asked(platform, 3)
        process.send_signal(signal.SIGINT)
        _said, problems = process.communicate(timeout=60)
        stopped = "Stopped. Run it again: what is done stays, and the rest is done then."
        assert (process.returncode, problems) == (130, f"CommandError: {stopped}\n")
        assert end()["summary"] == stopped
        assert start().communicate(timeout=300)[1] == ""
        assert end()["state"] == whole


def test_two_at_once_end_as_one_does(source, platform):
    whole = end_of_a_whole_run(source)
    with shop_in_a_database(source, platform) as (start, end):
        both = [start(), start()]
        assert [process.communicate(timeout=300)[1] for process in both] == ["", ""]
        assert [process.returncode for process in both] == [0, 0]
        assert end()["state"] == whole
