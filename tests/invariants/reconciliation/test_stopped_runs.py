"""A run that is killed or stopped in its middle, and started anew: one end, and the true one."""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest

from tests.invariants.reconciliation.shopify import ShopifyShop
from tests.invariants.reconciliation.woocommerce import WooShop
from tests.invariants.reconciliation.worlds import shopify_season, woo_season
from tests.system.storms.storm import ROOT, database

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


@pytest.fixture
def season(source):
    return PLATFORMS[source][1](ORDERS, seed=3)


@pytest.fixture
def platform(source, season):
    with PLATFORMS[source][0](bucket=10**6, largest_page=8) as standin:
        season.tell(standin)
        yield standin


@contextlib.contextmanager
def shop_in_a_database(source, platform):
    """Yield a function that runs a command in a fresh shop's own database."""
    with database(os.environ.get("DATABASE_URL")) as environment:
        environment |= ON_THIS_MACHINE
        domain = inside(environment, "prepare", source, platform.address)

        def start():
            return subprocess.Popen(
                [sys.executable, "manage.py", "reconcile", "--shop", domain],
                cwd=ROOT,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                # Whoever starts the tests may have had it ignored.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            )

        yield start, lambda: inside(environment, "end")


def inside(environment, *words):
    printed = subprocess.run(
        [sys.executable, "-m", "tests.invariants.reconciliation.inside", *words],
        cwd=ROOT,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    return json.loads(printed.stdout)


def wait_until_asked(platform, questions):
    asked = len(platform.asked) + questions
    deadline = time.monotonic() + 60
    while len(platform.asked) < asked and time.monotonic() < deadline:
        time.sleep(0.005)


def end_of_a_whole_run(source, platform, season):
    with shop_in_a_database(source, platform) as (start, end):
        process = start()
        process.communicate(timeout=300)
        assert process.returncode == 0
        whole = end()
    assert whole["statuses"] == {str(number): status for number, status in season.truths.items()}
    return whole["state"]


@pytest.mark.parametrize("source", PLATFORMS)
def test_killed_three_times_it_ends_as_if_it_had_not_been(source, platform, season):
    dice = random.Random(4)  # noqa: S311
    whole = end_of_a_whole_run(source, platform, season)
    with shop_in_a_database(source, platform) as (start, end):
        for questions in (3, 4, 5):
            process = start()
            wait_until_asked(platform, questions)
            time.sleep(dice.uniform(0, 0.3))
            process.kill()
            process.communicate()
            assert process.returncode == -signal.SIGKILL
        assert end()["state"] != whole
        said, problems = start().communicate(timeout=300)
        assert (said.splitlines()[-1][:9], problems) == ("Repaired ", "")
        assert end()["state"] == whole
        assert start().communicate(timeout=300)[0].startswith("Nothing to repair")


def test_stopped_it_says_so_and_goes_on_where_it_is_started_anew(source, platform, season):
    whole = end_of_a_whole_run(source, platform, season)
    with shop_in_a_database(source, platform) as (start, end):
        process = start()
        wait_until_asked(platform, 3)
        process.send_signal(signal.SIGINT)
        _said, problems = process.communicate(timeout=60)
        stopped = "Stopped. Run it again: what is done stays, and the rest is done then."
        assert (process.returncode, problems) == (130, f"CommandError: {stopped}\n")
        assert end()["said"] == stopped
        assert start().communicate(timeout=300)[1] == ""
        assert end()["state"] == whole


def test_two_at_once_end_as_one_does(source, platform, season):
    whole = end_of_a_whole_run(source, platform, season)
    with shop_in_a_database(source, platform) as (start, end):
        both = [start(), start()]
        assert [process.communicate(timeout=300)[1] for process in both] == ["", ""]
        assert [process.returncode for process in both] == [0, 0]
        assert end()["state"] == whole
