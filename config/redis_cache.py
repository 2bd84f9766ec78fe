"""Redis as the shared cache, asked once for each count where Django asks twice."""

from typing import Any

from django.core.cache.backends.redis import RedisCache, RedisCacheClient

# A count that nobody has begun is not begun here: it would have no end.
ADD = """
if redis.call('exists', KEYS[1]) == 0 then return nil end
return redis.call('incrby', KEYS[1], ARGV[1])
"""


class OneTripClient(RedisCacheClient):
    """Django's client, which makes one of the library's anew for each question."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._clients: dict[bool, Any] = {}

    def get_client(self, key: Any = None, *, write: bool = False) -> Any:
        """Return a client of one of the servers, made once for reading and once for writing."""
        if write not in self._clients:
            self._clients[write] = super().get_client(key, write=write)
        return self._clients[write]

    def incr(self, key: Any, delta: int) -> int:
        """Add to a number in one step, and one round trip; Django looks first whether it is there.

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
