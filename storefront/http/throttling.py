"""Rate limiting (fixed windows). Counts live in the cache, exact as far as it is shared."""

from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

from storefront.http.client_ip import client_ip
from storefront.http.errors import RateExceeded

WINDOW_SECONDS = 60
# A count outlives its window by another: it never ends under a request that began late, nor in
# the middle of `incr`, where a cache looks first whether it is there.
KEPT_WINDOWS = 2


@dataclass(frozen=True)
class Rate:
    """State of a rate limit: `remaining` requests until the window ends in `reset_seconds`."""

    limit: int
    count: int
    reset_seconds: int
    key: str = field(default="", compare=False, repr=False)

    @property
    def remaining(self) -> int:
        return max(0, self.limit - self.count)

    @property
    def is_exceeded(self) -> bool:
        return self.count > self.limit

    @property
    def headers(self) -> dict[str, str]:
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(self.reset_seconds),
        }

    def require(self) -> None:
        """Refuse the request that is one too many.

        Raises:
            RateExceeded: with the seconds until the next minute.
        """
        if self.is_exceeded:
            raise RateExceeded(self.reset_seconds)


def count(scope: str, who: str, *, limit: int, at: datetime, seconds: int = WINDOW_SECONDS) -> Rate:
    """Count one more request of `who` in this window, a minute; return the new state."""
    window = _window(scope, who, limit=limit, at=at, seconds=seconds)
    return replace(window, count=_count_on(window.key, seconds=seconds))


def counted(scope: str, who: str, *, limit: int, at: datetime) -> Rate:
    """Return the state that one more request of `who` would lead to; count none."""
    window = _window(scope, who, limit=limit, at=at)
    return replace(window, count=cache.get(window.key, 0) + 1)


def give_back(rate: Rate) -> Rate:
    """Uncount a request in its window; return the new state."""
    with suppress(ValueError):  # thrown out for want of room: nothing is left to be taken from
        cache.decr(rate.key)
    return replace(rate, count=rate.count - 1)


def _window(
    scope: str, who: str, *, limit: int, at: datetime, seconds: int = WINDOW_SECONDS
) -> Rate:
    now = int(at.timestamp())
    key = f"throttle:{scope}:{who}:{now // seconds}"
    return Rate(limit, 0, seconds - now % seconds, key)


def _count_on(key: str, *, seconds: int) -> int:
    kept = KEPT_WINDOWS * seconds
    count = getattr(cache, "count", None)
    if count is not None:
        counted: int = count(key, seconds=kept)
        return counted
    # Exact among threads and processes: adding one is a single step of the cache, and of all who
    # find no count only one begins it; the others go on from there.
    try:
        return cache.incr(key)
    except ValueError:
        pass
    if cache.add(key, 1, timeout=kept):
        return 1
    try:
        return cache.incr(key)
    except ValueError:  # thrown out for want of room between the two calls
        return 1


def count_miss(request: HttpRequest, *, at: datetime) -> None:
    """Rate limit token look-ups that found nothing, by client IP.

    Raises:
        RateExceeded: too many in this minute. A look-up that finds something never comes here.
    """
    limit = settings.TOKEN_MISSES_PER_MINUTE
    count("token-miss", client_ip(request), limit=limit, at=at).require()


def count_sign_in(ip: str, *, at: datetime) -> None:
    """Rate limit sign-ins and registrations by client IP, however they end.

    Raises:
        RateExceeded: too many in this minute.
    """
    count("sign-in", ip, limit=settings.SIGN_INS_PER_MINUTE, at=at).require()


def count_link_request(request: HttpRequest, *, at: datetime) -> None:
    """Rate limit requests for mail by client IP.

    Raises:
        RateExceeded: too many in this minute.
    """
    limit = settings.LINK_REQUESTS_PER_MINUTE
    count("link-request", client_ip(request), limit=limit, at=at).require()
