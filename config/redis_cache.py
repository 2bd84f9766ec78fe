"""Redis as the shared cache, asked once for each count where Django asks twice."""

from typing import Any

from django.core.cache.backends.redis import RedisCache, RedisCacheClient

# A count that nobody has begun is not begun here: it would have no end.
ADD = """
if redis.call('exists', KEYS[1]) == 0 then return nil end
return redis.call('incrby', KEYS[1], ARGV[1])
"""


class OneTripClient(RedisCacheClient):
    """Django's client, whose `incr` looks first whether the key is there."""

    def incr(self, key: Any, delta: int) -> int:
        """Add to a number in one step, and one round trip.

        Raises:
            ValueError: there is none.
        """
        count: Any = self.get_client(key, write=True).eval(ADD, 1, key, delta)
        if count is None:
            raise ValueError(f"Key {key!r} not found.")
        return int(count)


class OneTripRedisCache(RedisCache):
    """Django's cache in a Redis, by that client."""

    def __init__(self, server: Any, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = OneTripClient
