"""Counts in a Redis: one trip each, an end, and a line that went dead in between."""

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError

from config.redis_cache import OneTripRedisCache
from tests.invariants.costs.wire import counting
from tests.system.harness.servers import redis

# It starts a server.
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server():
    with redis() as address:
        yield address


@pytest.fixture
def cache(server):
    cache = OneTripRedisCache(server, {})
    cache.clear()
    return cache


def test_a_count_is_begun_once_and_has_an_end(cache):
    assert [cache.count("a", seconds=120) for _ in range(3)] == [1, 2, 3]
    assert cache.count("b", seconds=120) == 1
    client = cache._cache.get_client()
    assert 0 < client.ttl(cache.make_key("a")) <= 120
    client.expire(cache.make_key("a"), 50)
    assert cache.count("a", seconds=120) == 4
    assert client.ttl(cache.make_key("a")) <= 50


def test_it_is_read_and_taken_back_as_any_number(cache):
    cache.count("a", seconds=120)
    cache.count("a", seconds=120)
    assert (cache.get("a"), cache.decr("a"), cache.count("a", seconds=120)) == (2, 1, 2)


def test_a_count_is_one_trip(server):
    host, _, port = server.removeprefix("redis://").removesuffix("/0").partition(":")
    with counting(host, int(port), is_postgresql=False) as proxy:
        cache = OneTripRedisCache(f"redis://127.0.0.1:{proxy.port}/0", {})
        cache.count("c", seconds=120)
        before = proxy.counts
        for _ in range(3):
            cache.count("c", seconds=120)
        assert proxy.counts.since(before).trips == 3


def test_a_line_that_went_dead_is_opened_anew(cache):
    assert cache.count("a", seconds=120) == 1
    cache._cache.get_client().client_kill_filter(_type="normal", skipme=True)
    assert [cache.count("a", seconds=120) for _ in range(3)] == [2, 3, 4]


def test_what_is_left_of_a_refusal_is_not_taken_for_the_next_count(cache):
    cache.count("a", seconds=120)
    with pytest.raises(ResponseError):
        cache.count("b", seconds=0)
    assert cache.count("a", seconds=120) == 2


def test_without_a_server_it_is_an_outage():
    with redis() as address:
        cache = OneTripRedisCache(address, {})
        assert cache.count("a", seconds=120) == 1
    with pytest.raises(RedisConnectionError):
        cache.count("a", seconds=120)
