"""Redis as the shared cache, asked once for each count where Django asks three times."""

from typing import Any

from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

# A count that nobody has begun is not begun here: it would have no end.
ADD = """
if redis.call('exists', KEYS[1]) == 0 then return nil end
return redis.call('incrby', KEYS[1], ARGV[1])
"""
# `SET key 0 EX seconds NX` and `INCR key`, each text behind its length: the library packs them by a
# hundred calls.
COUNT = (
    b"*6\r\n$3\r\nSET\r\n$%d\r\n%b\r\n$1\r\n0\r\n$2\r\nEX\r\n$%d\r\n%b\r\n$2\r\nNX\r\n"
    b"*2\r\n$4\r\nINCR\r\n$%d\r\n%b\r\n"
)


class OneTripClient(RedisCacheClient):
    """Django's client, which makes one of the library's anew for each question."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._clients: dict[bool, Any] = {}
        # Django makes a client for each thread.
        self._line: Any = None

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

    def count(self, key: str, *, seconds: int) -> int:
        """Add one to a number that ends so long after it was begun; begin it where there is none.

        Two commands in one round trip, over a line of one's own: the library asks before each use
        of a line whether it is alive.
        """
        client = self.get_client(key, write=True)
        name, end = key.encode(), b"%d" % seconds
        packed = COUNT % (len(name), name, len(end), end, len(name), name)
        if self._line is None:
            self._line = client.connection_pool.make_connection()
        try:
            self._line.send_packed_command([packed])
            self._line.read_response()
            return int(self._line.read_response())
        except (RedisConnectionError, RedisTimeoutError):
            # It may have gone dead long ago: the library knows how often to try.
            self._line.disconnect()
        except BaseException:
            # Else the next count would read what is left.
            self._line.disconnect()
            raise
        pipeline = client.pipeline(transaction=False)
        pipeline.set(key, 0, ex=seconds, nx=True).incr(key)
        return int(pipeline.execute()[-1])


class OneTripRedisCache(RedisCache):
    """Django's cache in a Redis, by that client."""

    def __init__(self, server: Any, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = OneTripClient

    def count(self, key: str, *, seconds: int) -> int:
        """Add one to a number, as the client does."""
        client: Any = self._cache
        return int(client.count(self.make_and_validate_key(key), seconds=seconds))
