"""Who asks too often, counted by several processes in a Redis they share: exact, as for one."""

import json
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from config.redis_cache import OneTripRedisCache
from tests.system.harness.clients import get
from tests.system.harness.processes import times
from tests.system.harness.servers import redis
from tests.system.harness.service import beside, serving

pytestmark = pytest.mark.slow

MINUTE = 60
# What the requests of one test take at most, on a slow machine.
ENOUGH_SECONDS = 15
CLIENTS = 32
REQUESTS, RATE = times(150, drill=700), 50
MISSES, ALLOWED = times(50, drill=100), 30
FACE_B = "/api/graphql"
UNKNOWN = "/api/v2/customer-account-orders?id=nobodys-token-"
QUERY = json.dumps({"query": "{ __typename }"}).encode()


def test_a_count_is_one_question_and_keeps_its_end():
    with redis() as url:
        cache = OneTripRedisCache(url, {})
        with pytest.raises(ValueError, match="not found"):
            cache.incr("who")
        assert cache.add("who", 1, timeout=100)
        assert [cache.incr("who"), cache.incr("who", 5), cache.decr("who")] == [2, 7, 6]
        client = cache._cache.get_client("who")
        assert 0 < client.ttl(":1:who") <= 100
        assert client.info("commandstats")["cmdstat_eval"]["calls"] == 4


@pytest.fixture(scope="module")
def behind_a_proxy():
    """Two processes that believe one proxy; the storefront key's rate is RATE."""
    settings = {"STOREFRONT_KEY_RATE_PER_MINUTE": str(RATE), "TRUSTED_PROXIES": "1"}
    with redis() as url, serving(workers=2, threads=8, CACHE_URL=url, **settings) as service:
        yield service


@pytest.fixture(scope="module")
def alone(behind_a_proxy):
    """Another server beside them, on the same Redis, that believes no proxy."""
    with beside(behind_a_proxy, TRUSTED_PROXIES="0") as service:
        yield service


def in_one_minute(asks):
    """Ask all of these at once, within one minute by the clock; return the answers as the asks.

    What fell into two minutes is asked again in the next whole one.
    """
    for _ in range(3):
        left = MINUTE - time.time() % MINUTE
        if left < ENOUGH_SECONDS:
            time.sleep(left + 0.1)
        began = int(time.time()) // MINUTE
        with ThreadPoolExecutor(CLIENTS) as pool:
            answers = list(pool.map(lambda ask: ask(), asks))
        if int(time.time()) // MINUTE == began:
            return answers
        time.sleep(MINUTE - time.time() % MINUTE + 0.1)
    raise TimeoutError("too slow for one minute")


def query(service):
    headers = {"X_Storefront_Key": service.opens["key"], "Content_Type": "application/json"}
    return lambda: get(service.port, FACE_B, method="POST", body=QUERY, **headers)


def miss(service, number, forwarded):
    """Return a question that finds nothing, from this X-Forwarded-For."""
    return lambda: get(service.port, f"{UNKNOWN}{number}", X_Forwarded_For=forwarded)


def misses(service, *forwarded):
    """Ask in vain MISSES times for each of these, mixed; count the answers of each by status."""
    asked = [text for _ in range(MISSES) for text in forwarded]
    asks = [
        miss(service, number, text.replace("#", str(number))) for number, text in enumerate(asked)
    ]
    statuses = zip(asked, (answer.status for answer in in_one_minute(asks)), strict=True)
    found = Counter(statuses)
    return {text: (found[text, 404], found[text, 429]) for text in forwarded}


def test_a_key_may_ask_exactly_as_often_as_it_says(behind_a_proxy):
    answers = in_one_minute([query(behind_a_proxy)] * REQUESTS)
    statuses = Counter(answer.status for answer in answers)
    assert statuses == {200: RATE, 429: REQUESTS - RATE}
    remaining = [int(a.headers["x-ratelimit-remaining"]) for a in answers if a.status == 200]
    assert sorted(remaining) == list(range(RATE))


def test_each_address_has_its_own_misses_whatever_else_it_claims(behind_a_proxy):
    exact = (ALLOWED, MISSES - ALLOWED)
    counts = misses(
        behind_a_proxy,
        "192.0.2.1",
        # Each names another address first, which nobody of ours has seen.
        "203.0.113.#, 192.0.2.2",
        "192.0.2.1, 192.0.2.3",
        # One subscriber's many addresses.
        "2001:db8:1:1::#",
    )
    assert set(counts.values()) == {exact}


def test_two_spellings_of_an_address_share_its_misses(behind_a_proxy):
    counts = misses(behind_a_proxy, "192.0.2.4", "10.0.0.1, ::ffff:192.0.2.4")
    assert [sum(answers) for answers in zip(*counts.values(), strict=True)] == [
        ALLOWED,
        2 * MISSES - ALLOWED,
    ]


def test_without_a_proxy_of_ours_nobody_is_believed(alone):
    assert misses(alone, "192.0.2.#") == {"192.0.2.#": (ALLOWED, MISSES - ALLOWED)}
